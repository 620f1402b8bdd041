import { expect, test } from 'vitest'
import { declaredStarters } from '../segments/starters/declared.ts'
import { type HeldCoupon, nextStep, reasonsToSend, type Situation, warnings } from './next-step.ts'

/** Last bought forty days ago, may be written to, holds nothing, is in no group. */
const plain: Situation = {
  barred: null,
  consent: 'granted',
  withoutAddress: false,
  underWay: [],
  silentDays: 40,
  coupons: [],
  messages: null,
  groups: [],
  nextOrderIn: null,
}
const advised = (of: Partial<Situation>) => nextStep({ ...plain, ...of })
const coupon = (lastDay: string | null, daysLeft: number | null): HeldCoupon => ({
  campaign: 'Wake-up',
  campaignId: 'c1',
  lastDay,
  daysLeft,
})

test('who may not be written to is sent nothing, whatever else is true', () => {
  expect(
    advised({
      barred: 'consent-denied',
      consent: 'denied',
      groups: ['birthday-week'],
      coupons: [coupon('2026-07-02', 1)],
      silentDays: 1,
    }),
  ).toEqual({ kind: 'nothing', because: { id: 'barred', reason: 'consent-denied' } })
})

test('a standing campaign goes before all of ours; that with the next step is named, who waits to come in last', () => {
  const waits = { campaignId: 'a', campaign: 'Welcome', nextDay: null }
  const later = { campaignId: 'b', campaign: 'Second order', nextDay: '2026-07-09' }
  const sooner = { campaignId: 'c', campaign: 'Birthday', nextDay: '2026-07-03' }
  expect(advised({ underWay: [waits, later, sooner], silentDays: 1 })).toEqual({
    kind: 'nothing',
    because: { id: 'under-way', campaign: sooner },
  })
  expect(advised({ underWay: [waits], groups: ['second-order'] })).toEqual({
    kind: 'nothing',
    because: { id: 'under-way', campaign: waits },
  })
})

test('who bought in the last three days is left alone, from the fourth on not', () => {
  const groups = ['points-expiring']
  for (const silentDays of [0, 2, 3])
    expect(advised({ silentDays, groups, coupons: [coupon('2026-07-01', 0)] })).toEqual({
      kind: 'nothing',
      because: { id: 'just-bought', silentDays },
    })
  expect(advised({ silentDays: 4, groups })).toMatchObject({ kind: 'send' })
  expect(advised({ silentDays: null, groups: ['never-bought'] })).toMatchObject({ group: 'never-bought' })
})

test('a coupon that lapses within three days is worth a reminder, a later one keeps everything else back', () => {
  const [soon, later, open] = [coupon('2026-07-04', 3), coupon('2026-07-05', 4), coupon(null, null)]
  const groups = ['high-value-quiet', 'full-price']
  expect(advised({ coupons: [open, later, soon], groups, consent: 'unknown' })).toEqual({
    kind: 'remind',
    coupon: soon,
    notes: ['ask-consent'],
  })
  expect(advised({ coupons: [open, later], groups })).toEqual({
    kind: 'nothing',
    because: { id: 'holds-coupon', coupon: later },
  })
  expect(advised({ coupons: [open], groups })).toEqual({
    kind: 'nothing',
    because: { id: 'holds-coupon', coupon: open },
  })
})

test('who has had as many messages as the cap allows gets no more', () => {
  const groups = ['quiet-month']
  expect(advised({ groups, messages: { had: 2, most: 2, days: 7 } })).toEqual({
    kind: 'nothing',
    because: { id: 'capped', had: 2, days: 7 },
  })
  expect(advised({ groups, messages: { had: 1, most: 2, days: 7 } })).toMatchObject({ kind: 'send' })
})

test('of several groups the most urgent decides, with what stands in the way', () => {
  expect(
    advised({
      groups: ['quiet-month', 'full-price', 'high-value-quiet', 'one-store', 'rhythm-late'],
      consent: 'unknown',
      withoutAddress: true,
    }),
  ).toEqual({ kind: 'send', group: 'high-value-quiet', notes: ['ask-consent', 'no-address', 'full-price'] })
  expect(advised({ groups: ['rhythm-late', 'second-order'] })).toEqual({
    kind: 'send',
    group: 'second-order',
    notes: [],
  })
})

test('with no reason to write, the next expected order is what there is to say, unless it is overdue', () => {
  const groups = ['frequent', 'best-active']
  expect(advised({ groups, nextOrderIn: 5 })).toEqual({
    kind: 'nothing',
    because: { id: 'in-rhythm', nextOrderIn: 5 },
  })
  expect(advised({ nextOrderIn: 0 })).toEqual({
    kind: 'nothing',
    because: { id: 'in-rhythm', nextOrderIn: 0 },
  })
  for (const nextOrderIn of [-1, null])
    expect(advised({ nextOrderIn })).toEqual({ kind: 'nothing', because: { id: 'no-reason' } })
})

test('all groups that it goes by are starters', () => {
  const none = { buyers: 0, members: 0, minor: 0, returned: 0, days: 0 }
  const starters = declaredStarters(
    {
      orders: { ...none, high: 2 },
      toReturn: none,
      average: none,
      discount: { known: 0, discounted: 0 },
      net: none,
      gap: none,
      points: { ...none, points: 0 },
      repeat: null,
      store: null,
    } as never,
    'CNY',
    'en',
  )
  const ids = starters.map(({ id }) => id)
  for (const group of [...reasonsToSend, ...warnings]) expect(ids).toContain(group)
})
