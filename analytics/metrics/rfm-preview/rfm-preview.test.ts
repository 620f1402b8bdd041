import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cases } from '../../../fixtures/cases.ts'
import { answer, questions, testEngine } from '../../oracle/asked.ts'
import { handQuestion, handShop } from '../../oracle/hand-shop.ts'
import type { Question } from '../../oracle/meaning.ts'
import { type PlainShop, shops } from '../../oracle/shop.ts'
import type { RfmRule } from '../../relations/rfm.ts'
import { rfmOracle } from '../rfm/oracle.ts'
import { rfmPreview, rfmPreviewFindings } from './rfm-preview.ts'

let shop: Awaited<ReturnType<typeof testEngine>>
beforeAll(async () => {
  shop = await testEngine()
})
afterAll(() => shop.close())

const days = [0, 5, 30, 90] as const
const orders = [1, 2, 3, 4] as const
const money = [0, 100, 250, 1000] as const
const rules: fc.Arbitrary<RfmRule> = fc.record({
  windowDays: fc.constantFrom(null, 30, 90),
  recency: fc.constantFrom(null, days),
  frequency: fc.constantFrom(null, orders),
  money: fc.constantFrom(null, money),
})

/** The settings that try a rule, as somebody types them. */
const typed = ({ windowDays, ...cuts }: RfmRule) => ({
  ...(windowDays === null ? {} : { windowDays }),
  ...Object.fromEntries(
    Object.entries(cuts).map(([measure, values]) => [measure, values?.join(',') ?? 'fifths']),
  ),
})

/** Each scored member's group by either rule, by sorting and counting twice. */
function moves(plain: PlainShop, question: Question, present: RfmRule, tried: RfmRule) {
  const groups = (rule: RfmRule) =>
    new Map(
      rfmOracle(plain, question, rule.windowDays ?? undefined, rule).scored.map(({ member, group }) => [
        member,
        group.toLowerCase().replace("can't", 'cannot'),
      ]),
    )
  const [now, then] = [groups(present), groups(tried)]
  return [...new Set([...now.keys(), ...then.keys()])].map((member) => ({
    from: now.get(member) ?? 'not scored',
    to: then.get(member) ?? 'not scored',
  }))
}

test('who would move is told by scoring everybody by either rule', async () => {
  await fc.assert(
    fc.asyncProperty(shops, questions, rules, rules, async (plain, question, present, tried) => {
      const scope = { ...(await shop.load(plain, question)), rfm: present }
      const rows = await answer(shop.engine, rfmPreview, scope, typed(tried))
      const expected = moves(plain, question, present, tried)
      expect(Object.fromEntries(rows.map(({ from, to, members }) => [`${from} > ${to}`, members]))).toEqual(
        Object.fromEntries(
          [...Map.groupBy(expected, ({ from, to }) => `${from} > ${to}`)].map(([move, some]) => [
            move,
            some.length,
          ]),
        ),
      )
    }),
    { numRuns: cases(20) },
  )
})

test('worked by hand', async () => {
  const scope = await shop.load(handShop, handQuestion)
  // By fifths Ann (47 days, 3 orders, 18,000) is at risk, Cai (31 days, 1, 2,500) promising, Ben (11 days, 1, 6,000)
  // potentially loyal. With days 60 120 240 360 all three score 5 for recency: Ann with F 4, M 4 becomes loyal, Cai
  // with F 1, M 1 new; Ben stays, having FM 2 with R 5.
  const rows = await answer(shop.engine, rfmPreview, scope, { recency: '60,120,240,360' })
  expect(rows.map(({ from, to, members, netMinor }) => [from, to, members, netMinor])).toEqual([
    ['potential loyal', 'potential loyal', 1, 6000],
    ['promising', 'new', 1, 2500],
    ['at risk', 'loyal', 1, 18000],
  ])
  expect(rfmPreviewFindings(rows)).toEqual([
    { id: 'rfm-preview.would-move', values: { moved: 2, members: 3, share: 2 / 3 } },
  ])
  const [same] = [await answer(shop.engine, rfmPreview, scope)]
  expect(rfmPreviewFindings(same)).toEqual([{ id: 'rfm-preview.would-not-move', values: { members: 3 } }])
  // Within 30 days only Ben bought.
  const window = await answer(shop.engine, rfmPreview, scope, { windowDays: 30 })
  expect(window.map(({ from, to, membersExpression }) => [from, to, membersExpression])).toEqual([
    ['potential loyal', 'new', null],
    ['promising', 'not scored', null],
    ['at risk', 'not scored', null],
  ])
})

test.each(['30,90,60,180', '30,30,60,90', '30,60,90', 'thirds', '30,60,90,180,365', '-1,2,3,4', '1.5,2,3,4'])(
  'thresholds %s are refused',
  (recency) => {
    expect(rfmPreview.settings.safeParse({ recency })).toMatchObject({
      success: false,
      error: { issues: [{ path: ['recency'], message: 'rfm-cuts' }] },
    })
  },
)
