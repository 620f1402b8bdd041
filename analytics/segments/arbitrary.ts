import fc from 'fast-check'
import { addDays } from '../calendar/calendar.ts'
import {
  type Condition,
  directions,
  type Expression,
  everyone,
  group,
  limits,
  partsOf,
  type Test,
  textOperators,
  type Value,
} from './ast.ts'
import { isLater } from './days.ts'
import { fields, measures, sources } from './fields/catalogue.ts'
import { isOrdered, type Kind } from './fields/described.ts'
import type { PersonCoupon } from './person-coupons.ts'
import type { Field } from './fields/field.ts'
import type { Measure, Source } from './fields/measure.ts'
import type { Person, Purchase } from './person.ts'

/** Days of the small shops: 2024-01-01 plus up to 500, so that a leap day and month ends occur. */
export const start = '2024-01-01'
/** A day on which much happens and which is often asked about, so that bounds are met. */
const busy = fc.constantFrom(299, 300, 301)
const day = fc
  .oneof({ weight: 3, arbitrary: fc.integer({ min: 0, max: 500 }) }, busy)
  .map((count) => addDays(start, count))
export const asOf = fc.oneof(fc.integer({ min: 250, max: 500 }), busy).map((count) => addDays(start, count))

const stores = ['A', 'B', 'say "hi"\\']
const channels = ['shop', 'wechat']
const categories = ['Tea', 'Cake', "it's; drop table members --"]
const products = ['Milk 奶粉 🍼', 'Green tea']
const tags = ['vip', 'quiet']
const regions = ['North', 'South']
const orNull = <T>(values: readonly T[]) => fc.constantFrom<T | null>(null, ...values)

/** Days that move with the one asked about; a month after the 31st has none. */
const relative = fc.constantFrom('today', 'yesterday', '-30d', '-4w', '-1m', '-13m', '-1y', '+7d', '+1m')

/** Amounts that meet often, so that ties and exact bounds occur. */
const minor = fc.constantFrom(0, 1, 999, 1000, 1001, 2500, 5000, 12345)

const purchase: fc.Arbitrary<Purchase> = fc.record({
  day,
  store: orNull(stores),
  channel: orNull(channels),
  state: fc.constantFrom('paid', 'paid', 'paid', 'unpaid', 'closed'),
  netMinor: minor,
  hour: fc.constantFrom(0, 4, 5, 10, 11, 13, 14, 16, 17, 21, 22, 23),
  discountMinor: orNull([0, 0, 1, 500]),
  lines: fc.array(
    fc.record({
      category: orNull(categories),
      product: orNull(products),
      sku: orNull(['1', '2']),
      quantity: orNull([1, 2, 0.5, 1.5]),
      netMinor: minor,
    }),
    { maxLength: 3 },
  ),
  refunds: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    fc.array(fc.record({ day, amountMinor: fc.constantFrom(1, 1000, 5000) }), { maxLength: 2 }),
  ),
})

const coupon: fc.Arbitrary<PersonCoupon> = fc.oneof(
  fc.record({
    of: fc.constant('ours' as const),
    campaign: fc.constantFrom('c1', 'c2'),
    issued: day,
    expires: day,
    uses: fc.constantFrom(1, 1, 2),
    redeemed: fc.array(
      fc
        .tuple(day, fc.option(fc.nat(100)))
        .map(([used, kept]) => ({ day: used, cancelled: kept === null ? null : addDays(used, kept) })),
      { maxLength: 2 },
    ),
    revoked: fc.option(day),
  }),
  fc.record({
    of: fc.constant('others' as const),
    campaign: orNull(['c1', '双十一 🎉']),
    issued: fc.option(day),
    expires: fc.option(day),
    used: fc.option(day),
    state: fc.constantFrom('used', 'unused', 'expired', 'void', null),
  }),
)

const person: fc.Arbitrary<Omit<Person, 'id'>> = fc.record({
  joined: fc.option(day),
  region: orNull(regions),
  channel: orNull(channels),
  gender: orNull(['female', 'male']),
  tier: orNull(['gold', 'silver']),
  birthday: fc.constantFrom(null, '1992-02-29', '1990-12-31', '1990-01-01', '1988-03-01', '2001-02-28'),
  points: orNull([0, 1, 100]),
  storedValueMinor: orNull([0, 1, 5000]),
  consent: fc.constantFrom('granted', 'denied', 'unknown'),
  tags: fc.uniqueArray(
    fc
      .tuple(fc.constantFrom(...tags), day, fc.option(fc.integer({ min: 1, max: 200 })))
      .map(([tag, addedDay, kept]) => ({
        tag,
        addedDay,
        removedDay: kept === null ? null : addDays(addedDay, kept),
      })),
    { selector: ({ tag }) => tag, maxLength: 2 },
  ),
  arms: fc.array(
    fc.record({ campaign: fc.constantFrom('c1', 'c2'), arm: fc.constantFrom('treated', 'held-out'), day }),
    { maxLength: 2 },
  ),
  coupons: fc.array(coupon, { maxLength: 3 }),
  pointsEntries: fc.array(
    fc.record({ day, change: fc.constantFrom(-120, -50, -1, 0, 30, 100, 100), expires: fc.option(day) }),
    { maxLength: 6 },
  ),
  orders: fc
    .array(purchase, { maxLength: 6 })
    .map((orders) => orders.toSorted((a, b) => (a.day < b.day ? -1 : Number(a.day > b.day)))),
  looseRefunds: fc.array(fc.record({ day, amountMinor: minor }), { maxLength: 1 }),
})

/** Three who come every few days, so often that the rhythm of a shop can be told. */
const regulars: fc.Arbitrary<Omit<Person, 'id'>[]> = fc
  .tuple(
    fc.array(person, { minLength: 3, maxLength: 3 }),
    purchase,
    fc.constantFrom(11, 12),
    fc.integer({ min: 1, max: 20 }),
  )
  .map(([those, bought, times, apart]) =>
    those.map((one, nth) => ({
      ...one,
      orders: Array.from({ length: times }, (_, i) => ({
        ...bought,
        day: addDays(start, (apart + nth) * i),
        state: 'paid' as const,
        netMinor: 1000,
        refunds: [],
      })),
    })),
  )

export const people: fc.Arbitrary<readonly Person[]> = fc
  .tuple(fc.array(person, { minLength: 1, maxLength: 8 }), fc.oneof(fc.constant([]), regulars))
  .map((both) => both.flat())
  .map((list) => list.map((one, i) => ({ ...one, id: `m${i}` })))

const valuesOf: Record<string, fc.Arbitrary<string>> = {
  store: fc.constantFrom(...stores),
  channel: fc.constantFrom(...channels),
  category: fc.constantFrom(...categories),
  product: fc.constantFrom(...products),
  sku: fc.constantFrom('1', '2', '3'),
  region: fc.constantFrom(...regions),
  tier: fc.constantFrom('gold', 'silver'),
  tag: fc.constantFrom(...tags),
  member: fc.constantFrom('m0', 'm1', 'm9'),
  treated_in: fc.constantFrom('c1', 'c2'),
  held_out_of: fc.constantFrom('c1', 'c2'),
  campaign: fc.constantFrom('c1', 'c2', '双十一 🎉'),
}

function value(name: string, kind: Kind, choices: readonly string[]): fc.Arbitrary<Value> {
  switch (kind) {
    case 'count':
      return fc.constantFrom(-30, -1, 0, 1, 2, 3, 17, 30, 31, 34, 90, 100, 180, 364)
    case 'money':
      return fc.constantFrom(-10, 0, 0.01, 9.99, 10, 10.01, 20, 25, 50, 123.45)
    case 'percent':
      return fc.constantFrom(-5, 0, 0.01, 33.33, 50, 66.67, 99.99, 100, 100.01)
    case 'day':
      return fc.oneof({ weight: 3, arbitrary: day }, { weight: 1, arbitrary: relative })
    case 'month':
    case 'anniversary':
      return day.map((one) => one.slice(0, 7))
    case 'flag':
      return fc.boolean()
    case 'choice':
      return fc.constantFrom(...choices)
    case 'text':
    case 'set':
      return fc.oneof({ weight: 5, arbitrary: valuesOf[name]! }, fc.string())
  }
}

function test(name: string, kind: Kind, choices: readonly string[] = []): fc.Arbitrary<Test> {
  const ordered = isOrdered(kind)
  const one = value(name, kind, choices)
  const operators = ordered ? (['=', '!=', '<', '<=', '>', '>='] as const) : (['=', '!='] as const)
  const compare = fc.record({
    kind: fc.constant('compare' as const),
    operator: kind === 'set' ? fc.constant('=' as const) : fc.constantFrom(...operators),
    value: one,
  })
  const between = fc.tuple(one, one).map(([a, b]) => {
    const swap = kind === 'day' ? isLater(String(a), String(b)) : a > b
    return { kind: 'between' as const, from: swap ? b : a, to: swap ? a : b }
  })
  const list = fc.record({
    kind: fc.constant('in' as const),
    values: fc.array(one, { minLength: 1, maxLength: 3 }),
  })
  const known = fc.constantFrom({ kind: 'known' as const }, { kind: 'unknown' as const })
  const within = fc.record({
    kind: fc.constant('within' as const),
    direction: fc.constantFrom(...directions),
    days: fc.constantFrom(0, 1, 7, 30, 365, 366, 400),
  })
  if (kind === 'anniversary') return fc.oneof({ weight: 5, arbitrary: within }, known)
  const part = fc.record({
    kind: fc.constant('text' as const),
    operator: fc.constantFrom(...textOperators),
    value: fc.constantFrom('', 'a', 'TE', '奶', '"hi"', 'N', 'drop', 'x%_'),
  })
  return fc.oneof(
    { weight: 4, arbitrary: compare },
    ...(kind === 'text' ? [part] : []),
    ...(kind === 'day' ? [within] : []),
    ...(kind === 'flag' ? [] : [list]),
    ...(ordered ? [between] : []),
    known,
  )
}

const conditionOn = ({ name, kind, choices }: Source['conditions'][number]): fc.Arbitrary<Condition> =>
  test(
    name,
    kind,
    choices?.map((one) => one.value),
  ).map((asked) => ({ kind: 'condition', field: name, test: asked }))

const condition = (source: Source): fc.Arbitrary<Condition> =>
  fc.oneof(
    fc.record({ kind: fc.constant('within' as const), days: fc.constantFrom(0, 1, 30, 180) }),
    ...source.conditions.map(conditionOn),
  )

const askedOfField = ({ name, kind, choices }: Field): fc.Arbitrary<Expression> =>
  test(
    name,
    kind,
    choices?.map((one) => one.value),
  ).map((asked) => ({ kind: 'clause', subject: { kind: 'field', field: name }, test: asked }))

const askedOfMeasure = ({ name, kind, source }: Measure): fc.Arbitrary<Expression> =>
  fc
    .tuple(fc.array(condition(source), { minLength: 1, maxLength: 3 }), test(name, kind))
    .map(([where, asked]) => ({
      kind: 'clause',
      subject: { kind: 'measure', measure: name, where },
      test: asked,
    }))

const oneCondition = (source: Source): fc.Arbitrary<Expression>[] =>
  source.conditions.map((one) =>
    conditionOn(one).map((asked): Expression => {
      const { name: measure } = measures.find(
        ({ of, per, source: own }) => own === source && (of === 'count' || of === 'amount') && !per,
      )!
      return {
        kind: 'clause',
        subject: { kind: 'measure', measure, where: [asked] },
        test: { kind: 'compare', operator: '>=', value: 1 },
      }
    }),
  )

/** A clause on each field and each measure, and a measure with each condition alone. */
export const everyEntry: fc.Arbitrary<Expression[]> = fc.tuple(
  ...fields.map(askedOfField),
  ...measures.map(askedOfMeasure),
  ...sources.flatMap(oneCondition),
)

const clause: fc.Arbitrary<Expression> = fc.oneof(
  { weight: fields.length, arbitrary: fc.constantFrom(...fields).chain(askedOfField) },
  { weight: 2 * measures.length, arbitrary: fc.constantFrom(...measures).chain(askedOfMeasure) },
)

/** The segments that are saved in the small shops; the second and third are made of the one before. */
export const savedSegments: ReadonlyMap<string, Expression> = new Map<string, Expression>([
  [
    'bought',
    {
      kind: 'clause',
      subject: { kind: 'field', field: 'orders' },
      test: { kind: 'compare', operator: '>=', value: 1 },
    },
  ],
  ['say "hi" 🍵', { kind: 'not', part: { kind: 'segment', name: 'bought' } }],
  ['then', { kind: 'on', day: '-30d', part: { kind: 'segment', name: 'say "hi" 🍵' } }],
])

/** The days that `on` may name: within the history of the small shops, before and at the day asked about. */
const pastDay = fc.oneof(
  fc.integer({ min: 0, max: 200 }).map((count) => addDays(start, count)),
  fc.constantFrom('today', 'yesterday', '-30d', '-1m', '-8w'),
)

/** Any rule that the grammar can produce, groups flattened as the parser leaves them. */
export const expressions: fc.Arbitrary<Expression> = fc
  .letrec<{ any: Expression }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      { weight: 8, arbitrary: clause },
      { weight: 1, arbitrary: fc.constant(everyone) },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('random' as const),
          percent: fc.constantFrom(0, 0.01, 10, 33.33, 50, 99.99, 100),
          seed: fc.oneof(fc.constantFrom('', 'spring', '券 "1"'), fc.string()),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('segment' as const),
          name: fc.constantFrom(...savedSegments.keys()),
        }),
      },
      { weight: 4, arbitrary: tie('any').map((part): Expression => ({ kind: 'not', part })) },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant('on' as const), day: pastDay, part: tie('any') }),
      },
      {
        weight: 6,
        arbitrary: fc
          .tuple(fc.constantFrom('and', 'or'), fc.array(tie('any'), { minLength: 2, maxLength: 3 }))
          .map(([kind, parts]) => group(kind, parts)),
      },
    ),
  }))
  .any.filter((rule) => daysIn(rule) <= limits.days)

const daysIn = (rule: Expression): number =>
  partsOf(rule).reduce((total, part) => total + daysIn(part), rule.kind === 'on' ? 1 : 0)
