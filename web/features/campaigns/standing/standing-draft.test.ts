import { describe, expect, it, test } from 'vitest'
import { makeFormat } from '../../../ui/format.ts'
import { noChannel } from '../channel-draft.ts'
import { type Definition, definitionFrom, draftOf, emptyDraft, problemsOf } from '../draft.ts'
import {
  begunWith,
  emptyStep,
  memberDaysFrom,
  noStanding,
  stepMessageOf,
  templates,
} from './standing-draft.ts'

const format = makeFormat('en', 'CNY', 'Asia/Shanghai', { ofTotal: (part, total) => `${part}/${total}` })

describe('the member days that the fields name', () => {
  const monthly = (monthDays: string) => memberDaysFrom({ ...noStanding, comeIn: 'monthly', monthDays })
  it('are dates of each month, each once, in order, with any commas', () => {
    expect(monthly('8')).toEqual({ kind: 'monthly', days: [8] })
    expect(monthly(' 28, 8，18、8; 31 ')).toEqual({ kind: 'monthly', days: [8, 18, 28, 31] })
  })
  it('are none where a date is none, or nothing stands there', () => {
    for (const text of ['', ' , ', '0', '32', '8.5', 'eighth', '8 -18']) expect(monthly(text)).toBeNull()
  })
  it('are days of the week, one to six of them, Monday first', () => {
    const weekly = (weekdays: number[]) => memberDaysFrom({ ...noStanding, comeIn: 'weekly', weekdays })
    expect(weekly([7, 3])).toEqual({ kind: 'weekly', weekdays: [3, 7] })
    expect(weekly([])).toBeNull()
    expect(weekly([1, 2, 3, 4, 5, 6, 7])).toBeNull()
  })
  it('are none where members come in on any day', () => {
    expect(memberDaysFrom({ ...noStanding, comeIn: 'any-day', monthDays: '8', weekdays: [3] })).toBeNull()
  })
})

const mail = (text: string) => ({
  ...noChannel,
  channel: 'mail' as const,
  mailSubject: 'Hello',
  mailText: text,
})
const lapsing = {
  ...emptyDraft,
  ...templates.lapsing.fields,
  ...mail('We miss you.'),
  stands: true,
  name: 'Lapsing',
  segment: templates.lapsing.segment,
  budget: '1000',
  later: templates.lapsing.fields.later.map((step) =>
    step.kind === 'webhook'
      ? { ...step, url: 'https://crm.example/tier' }
      : { ...step, channel: mail('{{ coupon.code }}') },
  ),
}

test('a message, two coupons with words of their own, a tag and another system: saved and opened, it is the same', () => {
  const definition = definitionFrom(lapsing, format)!
  expect(definition).toMatchObject({
    channel: { kind: 'mail', text: 'We miss you.' },
    budgetMinor: 100_000,
    standing: {
      coolDownDays: 180,
      steps: [
        {
          afterDays: 7,
          when: 'not-bought',
          action: { kind: 'coupon', channel: { text: '{{ coupon.code }}' } },
        },
        { afterDays: 7, when: 'not-bought', action: { kind: 'coupon', channel: { kind: 'mail' } } },
        { afterDays: 7, when: 'not-bought', action: { kind: 'tag', tag: 'lapsed' } },
        { afterDays: 1, when: 'not-bought', action: { kind: 'webhook', url: 'https://crm.example/tier' } },
      ],
    },
  })
  expect(definition).not.toHaveProperty('offer')
  expect(definition).not.toHaveProperty('validDays')
  expect(definitionFrom(draftOf(definition, format), format)).toEqual(definition)
})

test('a message alone needs a channel and names no coupon; without coupons no budget is asked for', () => {
  const wrong = (differs: object) => problemsOf('channel', { ...lapsing, ...differs }, format)
  expect(wrong({})).toEqual([])
  expect(wrong(noChannel)).toEqual(['noChannel'])
  expect(wrong({ mailText: 'Yours: {{ coupon.code }}' })).toEqual(['namesCoupon'])
  // a first step with a coupon may name it
  expect(wrong({ mailText: '{{ coupon.code }}', begins: 'coupon' })).toEqual([])
  const budgetless = (later: typeof emptyDraft.later) =>
    problemsOf('offer', { ...lapsing, budget: '', later }, format)
  expect(budgetless(lapsing.later)).toEqual(['standingBudget'])
  expect(budgetless([{ ...emptyStep, kind: 'tag', tag: 'lapsed' }])).toEqual([])
})

test('a coupon after a message has to have its own words; a condition on a coupon has to have one before it', () => {
  const wrong = (later: typeof emptyDraft.later) => problemsOf('offer', { ...lapsing, later }, format)
  expect(wrong([{ ...emptyStep, channel: mail('') }])).toEqual(['later'])
  expect(wrong([{ ...emptyStep, channel: mail('{{ coupon.code }}') }])).toEqual([])
  const unused = { ...emptyStep, kind: 'tag' as const, tag: 'kept', when: 'coupon-not-used' as const }
  expect(wrong([unused])).toEqual(['later'])
  expect(wrong([{ ...emptyStep, channel: mail('{{ coupon.code }}') }, unused])).toEqual([])
})

test('what a later step says is previewed with its own coupon, or with none', () => {
  const definition: Definition = definitionFrom(
    {
      ...lapsing,
      later: [...lapsing.later.slice(0, 1), { ...emptyStep, kind: 'message', channel: mail('Still?') }],
    },
    format,
  )!
  expect(stepMessageOf(definition, 0)).toMatchObject({
    offer: { kind: 'amount', amountMinor: 1000 },
    validDays: 7,
    channel: { text: '{{ coupon.code }}' },
    standing: { steps: [] },
  })
  const message = stepMessageOf(definition, 1)!
  expect(message.channel).toMatchObject({ text: 'Still?' })
  expect(message.offer).toBeUndefined()
})

test('a member day keeps the audience that was written, and a tag is in the language of the screen', () => {
  expect(begunWith('memberDay', 'orders >= 3', '已流失').segment).toBe('orders >= 3')
  expect(begunWith('memberDay', ' ', '已流失').segment).toBe('everyone')
  expect(begunWith('memberDay', templates.quiet.segment, '已流失').segment).toBe('everyone')
  expect(begunWith('quiet', 'orders >= 3', '已流失').segment).toBe(templates.quiet.segment)
  const tags = begunWith('lapsing', '', '已流失').later!.flatMap(({ kind, tag }) =>
    kind === 'tag' ? [tag] : [],
  )
  expect(tags).toEqual(['已流失'])
})
