import { type Arm, proportionArm } from '../lift/arm.ts'
import type { Scope } from '../relations/scope.ts'
import { type Clause, everyone, type Expression, group, type Test, type Value } from '../segments/ast.ts'
import { fieldsByName } from '../segments/fields/catalogue.ts'
import type { Leaf } from '../segments/references.ts'
import { duckdb as d } from '../sql/duckdb.ts'
import { join, name, type Sql, sql } from '../sql/sql.ts'
import { type Look, trimmed, type TrimmedSide } from './differences.ts'

/** What members are compared by. */
export const traitIds = [
  'category',
  'store',
  'channel',
  'tier',
  'region',
  'gender',
  'tag',
  'daypart',
  'status',
  'frequency',
  'orders',
  'days-silent',
  'net',
  'average-order',
  'discounted-share',
] as const
export type TraitId = (typeof traitIds)[number]

export interface Trait {
  readonly id: TraitId
  /** Of a share: the category, store, tag …, or how many orders, such as `3-5`; null: that it is unknown. Of a mean ''. */
  readonly value: string | null
  /** Of a share: the rule for those who have it. Of a mean: for those who have a value. */
  readonly expression: Expression
}

/** Of each kind of trait so many values are compared: those that most members have. */
const mostValues = 40

const clause = (field: string, test: Test): Clause => ({
  kind: 'clause',
  subject: { kind: 'field', field },
  test,
})
const is = (field: string, value: Value) => clause(field, { kind: 'compare', operator: '=', value })
const isOrUnknown = (field: string) => (value: string | null) =>
  value === null ? clause(field, { kind: 'unknown' }) : is(field, value)
const bought = (category: string | null): Expression => ({
  kind: 'clause',
  subject: {
    kind: 'measure',
    measure: 'orders',
    where: [
      {
        kind: 'condition',
        field: 'category',
        test: category === null ? { kind: 'unknown' } : { kind: 'compare', operator: '=', value: category },
      },
    ],
  },
  test: { kind: 'compare', operator: '>=', value: 1 },
})

const frequencies = [
  { value: '0', from: 0, to: 0 },
  { value: '1', from: 1, to: 1 },
  { value: '2', from: 2, to: 2 },
  { value: '3-5', from: 3, to: 5 },
  { value: '6-10', from: 6, to: 10 },
  { value: '11+', from: 11, to: null },
] as const

function ofFrequency(value: string | null): Expression {
  const { from, to } = frequencies.find((one) => one.value === value)!
  if (to === null) return clause('orders', { kind: 'compare', operator: '>=', value: from })
  return from === to ? is('orders', from) : clause('orders', { kind: 'between', from, to })
}

interface Shared {
  readonly id: TraitId
  /** A column of the compared members. */
  readonly column: Sql
  readonly expression: (value: string | null) => Expression
  /** Language fields that are the same thing or say it in other words. */
  readonly names: readonly string[]
  /** Its past is not known: it is compared on the data's newest day alone. */
  readonly nowOnly?: true
}

/** What says how long ago somebody bought. */
const recency = ['days_since_order', 'last_order', 'status', 'rhythm_status']

const shared: readonly Shared[] = [
  { id: 'store', column: sql`main_store`, expression: isOrUnknown('store'), names: ['store'] },
  { id: 'channel', column: sql`channel`, expression: isOrUnknown('channel'), names: ['channel'] },
  { id: 'tier', column: sql`tier`, expression: isOrUnknown('tier'), names: ['tier'], nowOnly: true },
  { id: 'region', column: sql`region`, expression: isOrUnknown('region'), names: ['region'], nowOnly: true },
  { id: 'gender', column: sql`gender`, expression: isOrUnknown('gender'), names: ['gender'] },
  { id: 'daypart', column: sql`daypart`, expression: isOrUnknown('daypart'), names: ['daypart', 'hour'] },
  { id: 'status', column: sql`status`, expression: isOrUnknown('status'), names: recency },
  { id: 'frequency', column: sql`frequency`, expression: ofFrequency, names: ['orders', 'purchase_days'] },
]

interface Measured {
  readonly id: TraitId
  readonly kind: 'mean' | 'trimmed-mean'
  readonly column: Sql
  readonly expression: Expression
  readonly names: readonly string[]
}

const known = (field: string) => clause(field, { kind: 'known' })
const measured: readonly Measured[] = [
  {
    id: 'orders',
    kind: 'mean',
    column: sql`orders`,
    expression: everyone,
    names: ['orders', 'purchase_days'],
  },
  {
    id: 'days-silent',
    kind: 'mean',
    column: sql`days_silent`,
    expression: known('days_since_order'),
    names: recency,
  },
  {
    id: 'net',
    kind: 'trimmed-mean',
    column: sql`net_minor`,
    expression: everyone,
    names: ['net', 'spend', 'value_at_risk'],
  },
  {
    id: 'average-order',
    kind: 'trimmed-mean',
    column: sql`average_minor`,
    expression: known('average_order'),
    names: ['average_order'],
  },
  {
    id: 'discounted-share',
    kind: 'mean',
    column: sql`discounted_share`,
    expression: known('discounted_share'),
    names: ['discounted_share'],
  },
]

/**
 * The members of two sides with all that they are compared by, a row each. `sides` is a relation (`member_key`,
 * `side`), each member once; the other side's members are rows too.
 */
export const comparedMembers = (
  sides: Sql,
  { asOf, tables, dormancy, rfm }: Pick<Scope, 'asOf' | 'tables' | 'dormancy' | 'rfm'>,
): Sql => {
  const status = fieldsByName.get('status')!
  if (status.kind === 'set') throw new Error('A status is one value')
  const reading = { asOf, tables, dormancy, rfm, newest: true, d }
  return sql`select sided.member_key, sided.side, facts.main_store, facts.channel, facts.tier, facts.region,
      facts.gender, facts.daypart, ${status.value(reading)} as status,
      facts.orders, ${d.daysBetween(sql`facts.last_day`, d.date(asOf))} as days_silent, facts.net_minor,
      case when facts.orders > 0 then cast(facts.net_minor as double) / facts.orders end as average_minor,
      case when facts.discount_known_orders > 0
        then cast(facts.discounted_orders as double) / facts.discount_known_orders end as discounted_share,
      case ${frequencyCases} end as frequency
    from ${sides} as sided join ${tables.memberFacts} as facts on facts.member_key = sided.member_key`
}

const frequencyCases: Sql = frequencies
  .map(({ value, from, to }) =>
    to === null ? sql`else ${value}` : sql`when facts.orders between ${from} and ${to} then ${value} `,
  )
  .reduce((all, one) => sql`${all}${one}`)

/** Relation: `trait`, `value`, `side`, `members` who have it. `members` is a relation as `comparedMembers` answers it. */
export function sharesOf(
  members: Sql,
  { asOf, newest }: Pick<Scope, 'asOf'> & { readonly newest: boolean },
): Sql {
  const parts = shared
    .filter(({ nowOnly }) => newest || !nowOnly)
    .map(
      ({ id, column }) => sql`select ${id} as trait, ${column} as value, side, count(*) as members
        from ${members} as member group by ${column}, side`,
    )
  const tags = fieldsByName.get('tag')!
  if (tags.kind !== 'set') throw new Error('Tags are a set')
  const { table, past } = tags.from
  const carried = newest
    ? table
    : sql`(select member_key, tag from ${past!(d.date(asOf))} as entry where added_day <= ${d.date(asOf)})`
  return sql`
    select trait, value, side, members from (
      select *, dense_rank() over (partition by trait order by both_sides desc, value) as place from (
        select *, sum(members) over (partition by trait, value) as both_sides from (
          ${parts.reduce((all, one) => sql`${all} union all ${one}`)}
          union all
          select 'tag', tag, side, count(*) from (
            select distinct entry.tag, member.side, member.member_key
            from ${carried} as entry join ${members} as member on member.member_key = entry.member_key
          ) as tagged group by tag, side
        ) as counted
      ) as summed
    ) as ranked where place <= ${mostValues}`
}

/** So many categories are compared, those with most lines: a bit each of one whole number. */
export const mostCategories = 60

/** Relation: a row per member who bought one of `categories`: `member_key`, `bits`, the first category's the lowest. */
export function categoriesOfMembers(orderItems: Sql, categories: readonly (string | null)[]): Sql {
  const places = categories.map((category, place) => sql`(${category}, ${place})`)
  if (places.length === 0)
    return sql`select member_key, cast(0 as bigint) as bits from ${orderItems} as item where false`
  return sql`select item.member_key, bit_or(cast(1 as bigint) << cast(place as integer)) as bits
    from ${orderItems} as item
    join (values ${join(places)}) as placed (category, place) on placed.category is not distinct from item.category
    group by item.member_key`
}

/**
 * Relation: a row per side with `c0`, `c1`, …: how many of its members bought each of so many categories. `bought` is a
 * relation as `categoriesOfMembers` answers it.
 */
export const categoriesOfSides = (members: Sql, bought: Sql, count: number): Sql =>
  sql`select ${join([
    sql`member.side`,
    ...Array.from(
      { length: count },
      (_, place) => sql`count(*) filter (where (bits >> ${place}) & 1 = 1) as ${name(`c${place}`)}`,
    ),
  ])} from ${members} as member join ${bought} as bought on bought.member_key = member.member_key group by member.side`

/** Relation: per measured trait and side what `differences.ts` needs of the values, `trait` and `side` beside. */
export function valuesOf(members: Sql): Sql {
  return measured
    .map(({ id, kind, column }) =>
      kind === 'mean'
        ? sql`select ${id} as trait, side, count(${column}) as n, null as low, null as high, null as at_low, null as at_high,
            coalesce(sum(cast(${column} as double)), 0) as sum,
            coalesce(sum(cast(${column} as double) * ${column}), 0) as sum_of_squares
          from ${members} as member group by side`
        : sql`select ${id} as trait, member.side, count(*) as n, cast(low as double) as low, cast(high as double) as high,
            count(*) filter (where ${column} <= low) as at_low,
            count(*) filter (where ${column} >= high) as at_high,
            coalesce(sum(cast(${column} as double)) filter (where ${column} > low and ${column} < high), 0) as sum,
            coalesce(sum(cast(${column} as double) * ${column}) filter (where ${column} > low and ${column} < high), 0)
              as sum_of_squares
          from ${members} as member
          join (select side, quantile_disc(${column}, ${lowEnd}) as low, quantile_disc(${column}, ${highEnd}) as high
            from ${members} as member group by side) as ends on ends.side = member.side
          where ${column} is not null group by member.side, low, high`,
    )
    .reduce((all, one) => sql`${all} union all ${one}`)
}

/**
 * The engine's p-quantile is the ⌈np⌉-th value. A little above and below the share that is cut off it is the
 * (⌊n/5⌋ + 1)-th from either end, whether n divides by five or not, up to a hundred million members.
 */
const nudge = 1e-9
const lowEnd = trimmed + nudge
const highEnd = 1 - trimmed - nudge

type Row = Readonly<Record<string, string | number | boolean | null>>

/** The categories that most members of both sides bought, as `sharesOf` tells shares. */
export function sharesOfCategories(
  sides: readonly Row[],
  categories: readonly (string | null)[],
): Record<string, string | number | null>[] {
  const inAll = (place: number) => sides.reduce((sum, row) => sum + Number(row[`c${place}`]), 0)
  return categories
    .map((value, place) => ({ value, place, members: inAll(place) }))
    .filter(({ members }) => members > 0)
    .toSorted((x, y) => y.members - x.members || x.place - y.place)
    .slice(0, mostValues)
    .flatMap(({ value, place }) =>
      sides.map((row) => ({
        trait: 'category',
        value,
        side: String(row.side),
        members: Number(row[`c${place}`]),
      })),
    )
}

/**
 * What the relations answered, as things to compare by: `shares` of `sharesOf` and `sharesOfCategories`, `values` of
 * `valuesOf`. `sizes`: how many members each side has.
 */
export function looksOf(
  shares: readonly Row[],
  values: readonly Row[],
  sizes: { readonly a: number; readonly b: number },
): (Trait & Look)[] {
  const byValue = new Map<string, Row[]>()
  for (const row of shares) {
    const key = JSON.stringify([row.trait, row.value])
    byValue.set(key, [...(byValue.get(key) ?? []), row])
  }
  const armOf = (rows: readonly Row[], side: 'a' | 'b'): Arm =>
    proportionArm(sizes[side], Number(rows.find((row) => row.side === side)?.members ?? 0))
  const ofShares = [...byValue.values()].map((rows): Trait & Look => {
    const { trait, value } = rows[0]!
    const text = value === null ? null : String(value)
    const rule = shared.find(({ id }) => id === trait)?.expression ?? (trait === 'tag' ? tagged : bought)
    return {
      kind: 'share',
      id: trait as TraitId,
      value: text,
      expression: rule(text),
      a: armOf(rows, 'a'),
      b: armOf(rows, 'b'),
    }
  })
  const ofValues = measured.flatMap(({ id, kind, expression }): (Trait & Look)[] => {
    const side = (name: 'a' | 'b') => values.find((row) => row.trait === id && row.side === name)
    const [a, b] = [side('a'), side('b')]
    if (!a || !b) return []
    const trait = { id, value: '', expression }
    return [
      kind === 'mean'
        ? { ...trait, kind, a: momentsOf(a), b: momentsOf(b) }
        : { ...trait, kind, a: trimmedOf(a), b: trimmedOf(b) },
    ]
  })
  return [...ofShares, ...ofValues]
}

const tagged = (tag: string | null): Expression => is('tag', tag!)

const momentsOf = (row: Row): Arm => ({
  n: Number(row.n),
  sum: Number(row.sum),
  sumOfSquares: Number(row.sumOfSquares),
})
const trimmedOf = (row: Row): TrimmedSide => ({
  ...momentsOf(row),
  low: Number(row.low),
  high: Number(row.high),
  atLow: Number(row.atLow),
  atHigh: Number(row.atHigh),
})

/** Ways to say that somebody never ordered, the plainest first: who has no store or no usual part of the day may have ordered. */
const neverOrdered: readonly { readonly id: TraitId; readonly value: string | null }[] = [
  { id: 'frequency', value: '0' },
  { id: 'status', value: 'never bought' },
  { id: 'store', value: null },
  { id: 'daypart', value: null },
]

/**
 * The looks without those that say once more that somebody never ordered, which of several of them that have the same
 * members stays the plainest; `also` says in which traits else it shows. Whoever never ordered has no store and no part
 * of the day, so that as many members on both sides are the same members.
 */
export function saidOnce<T extends Trait & Look>(looks: readonly T[]): (T & { readonly also: TraitId[] })[] {
  const rankOf = ({ id, value }: Trait) =>
    neverOrdered.findIndex((one) => one.id === id && one.value === value)
  const same = (x: T, y: T) =>
    x.kind === 'share' && y.kind === 'share' && x.a.sum === y.a.sum && x.b.sum === y.b.sum
  return looks.flatMap((look) => {
    const rank = rankOf(look)
    if (rank < 0) return [{ ...look, also: [] }]
    const others = looks.filter((one) => one !== look && rankOf(one) >= 0 && same(one, look))
    if (others.some((one) => rankOf(one) < rank)) return []
    return [{ ...look, also: others.map(({ id }) => id) }]
  })
}

/** Whether one of the conditions is about the same as the trait: a side then differs in it by its rule. */
export function isAsked(id: TraitId, leaves: readonly Leaf[]): boolean {
  const names = shared.find((one) => one.id === id)?.names ??
    measured.find((one) => one.id === id)?.names ?? [id]
  return leaves.some((leaf) => {
    if (leaf.kind === 'on') return false
    if (leaf.kind === 'random') return false
    const { subject } = leaf
    if (subject.kind === 'field') return names.includes(subject.field)
    return (
      names.includes(subject.measure) ||
      subject.where.some((one) => one.kind === 'condition' && names.includes(one.field))
    )
  })
}

/** Who has a trait within a side. */
export const within = (side: Expression, trait: Expression): Expression =>
  trait.kind === 'everyone' ? side : side.kind === 'everyone' ? trait : group('and', [side, trait])
