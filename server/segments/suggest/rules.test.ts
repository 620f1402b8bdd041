import { rfmByFifths } from '../../../analytics/relations/rfm.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addDays } from '../../../analytics/calendar/calendar.ts'
import type { Step } from '../../../analytics/models/tree.ts'
import { defaultDormancy } from '../../../analytics/relations/scope.ts'
import { evaluate } from '../../../analytics/segments/evaluate.ts'
import { parse } from '../../../analytics/segments/parse.ts'
import type { Moment, Person } from '../../../analytics/segments/person.ts'
import { print } from '../../../analytics/segments/print.ts'
import { buyers, featuresOf, round } from './features.ts'
import { ruleOf } from './rules.ts'

const asOf = '2026-06-30'
const features = featuresOf({
  net: [50, 120, 300],
  averageOrder: [20, 60],
  stores: ['East', 'We"st'],
  channels: ['app'],
  categories: ['奶粉'],
})

const order = fc.record({
  back: fc.constantFrom(0, 6, 7, 29, 30, 44, 45, 89, 90, 91, 120, 200, 364, 365, 400),
  store: fc.constantFrom('East', 'We"st', null),
  netMinor: fc.constantFrom(1999, 2000, 6000, 12_000, 30_000),
  discountMinor: fc.constantFrom(null, 0, 100),
  hour: fc.constantFrom(6, 12, 20),
  category: fc.constantFrom('奶粉', null),
})
const people = fc
  .record({
    orders: fc.array(order, { maxLength: 6 }),
    joinedBack: fc.constantFrom(null, 10, 90, 400),
    birthday: fc.constantFrom(null, '1990-07-01', '2000-01-01'),
    gender: fc.constantFrom(null, 'female', 'male'),
    channel: fc.constantFrom(null, 'app'),
  })
  .map(({ orders, joinedBack, birthday, gender, channel }): Person => ({
    id: 'M1',
    joined: joinedBack === null ? null : addDays(asOf, -joinedBack),
    region: null,
    channel,
    gender,
    tier: null,
    birthday,
    points: null,
    storedValueMinor: null,
    consent: 'unknown',
    tags: [],
    arms: [],
    coupons: [],
    pointsEntries: [],
    looseRefunds: [],
    orders: orders
      .toSorted((a, b) => b.back - a.back)
      .map(({ back, store, netMinor, discountMinor, hour, category }) => ({
        day: addDays(asOf, -back),
        store,
        channel: null,
        state: 'paid',
        netMinor,
        hour,
        discountMinor,
        lines: [{ category, product: null, sku: null, quantity: 1, netMinor }],
        refunds: [],
      })),
  }))

const step = fc
  .tuple(fc.nat(features.length - 1), fc.nat(20), fc.boolean())
  .map(([feature, n, below]): Step => ({
    feature,
    at: 1 + (n % features[feature]!.conditions.length),
    side: below ? 'below' : 'from',
  }))
// often several splits of one feature
const paths = fc
  .tuple(fc.array(step, { maxLength: 3 }), fc.boolean())
  .map(([steps, same]) =>
    same
      ? steps.map(({ at, side }) => {
          const { feature } = steps[0]!
          return { feature, at: 1 + ((at - 1) % features[feature]!.conditions.length), side }
        })
      : steps,
  )
  // a tree never asks for more and for less than one value of the same feature
  .filter((path) =>
    path.every((a) =>
      path.every((b) => a.feature !== b.feature || a.side === b.side || (a.side === 'from') === a.at < b.at),
    ),
  )

test('a leaf’s rule is true of exactly the buyers on its side of each split', () => {
  let inside = 0
  fc.assert(
    fc.property(people, paths, (person, path) => {
      const moment: Moment = {
        asOf,
        dormancy: defaultDormancy,
        rfm: rfmByFifths,
        foretold: () => new Map(),
        dataStart: '2020-01-01',
        openedAtStart: false,
        newest: true,
        people: [person],
      }
      const shop = { currencyDecimals: 2, segments: new Map() }
      const is = (expression: Parameters<typeof evaluate>[0]) => evaluate(expression, person, moment, shop)
      const wanted =
        is(buyers) &&
        path.every(
          ({ feature, at, side }) => is(features[feature]!.conditions[at - 1]!) === (side === 'from'),
        )
      if (wanted) inside++
      const rule = ruleOf(path, features)
      expect({ rule: print(rule), is: is(rule) }).toEqual({ rule: print(rule), is: wanted })
      const read = parse(print(rule), { currencyDecimals: 2 })
      expect(read.kind === 'parsed' ? read.expression : read.problems).toEqual(rule)
    }),
    { numRuns: 3000 },
  )
  expect(inside).toBeGreaterThan(200)
})

test('it is short: the narrowest of a side, ranges, and that somebody has bought only where nothing else says so', () => {
  const said = (...path: Step[]) => print(ruleOf(path, features))
  expect(said()).toBe('orders >= 1')
  expect(said({ feature: 0, at: 4, side: 'from' }, { feature: 0, at: 7, side: 'below' })).toBe(
    'days_since_order between 30 and 89',
  )
  expect(said({ feature: 1, at: 1, side: 'below' })).toBe('orders = 1')
  expect(said({ feature: 1, at: 3, side: 'below' }, { feature: 1, at: 2, side: 'below' })).toBe(
    'orders between 1 and 2',
  )
  expect(said({ feature: 4, at: 2, side: 'below' })).toBe('orders >= 1 and net < 120')
  expect(said({ feature: 7, at: 6, side: 'below' })).toBe('orders >= 1 and not discounted_share >= 60%')
})

test('amounts are as people say them', () => {
  expect([0.3, 7.4, 12.6, 123, 1284, 98_765].map(round)).toEqual([1, 7, 13, 120, 1300, 99_000])
})
