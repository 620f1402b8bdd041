import { z } from 'zod'
import { addDays } from '../../calendar/calendar.ts'
import { countedBuyers } from '../../relations/counted-buyers.ts'
import { countedOrdersSaid, isText } from '../../relations/expressions.ts'
import { askedMembers, inPlace } from '../../relations/member-orders.ts'
import type { Scope } from '../../relations/scope.ts'
import { qualifiesOn } from '../../schema/derived.ts'
import type { Dialect } from '../../sql/dialect.ts'
import { join, type Sql, sql } from '../../sql/sql.ts'
import type { Finding } from '../finding.ts'
import { defineMetric } from '../metric.ts'
import { Share, share } from '../ratio.ts'

/** The days over which a card's fee is held against what its members saved. */
export const feeDays = 365

/** A fee per tier in minor units: `{"Gold": 9900}`, or on the command line `Gold=9900,Black=29900`. */
const Fees = z
  .union([z.record(z.string().min(1).max(200), z.int().min(1)), z.string().max(2000)])
  .transform((given, context) => {
    if (typeof given !== 'string') return given
    const pairs = given === '' ? [] : given.split(',').map((pair) => pair.split(/=(?=\d+$)/))
    const fees = Object.fromEntries(pairs.map(([tier, fee]) => [tier ?? '', Number(fee)]))
    if (Object.entries(fees).every(([tier, fee]) => tier !== '' && Number.isSafeInteger(fee) && fee > 0))
      return fees
    context.addIssue({ code: 'custom', message: 'tier=fee, the fee a whole number of minor units above 0' })
    return z.NEVER
  })

const Settings = z.object({
  /** Who holds something and has placed no order for longer than so many days is quiet. */
  quietDays: z.coerce.number().int().min(1).max(3650).default(90),
  /** What a year of a tier's card costs, in minor units; tiers that are free are left out. */
  fees: Fees.default({}),
})

const Row = z.object({
  kind: z.enum(['tier', 'points', 'stored value']),
  /** Of a tier row; null: no tier is known. */
  tier: z.string().nullable(),
  /** Of a band of points or of minor units of stored value: its least and most, inclusive; null is open. */
  from: z.int().nullable(),
  to: z.int().nullable(),
  /** False for the members whose tier, points or stored value no file tells. */
  known: z.boolean(),
  members: z.int(),
  /** Of all members asked about. */
  share: Share,
  /** Members with a counted order. */
  buyers: z.int(),
  /** Counted orders and net of all time. */
  orders: z.int(),
  netMinor: z.int(),
  /** Of the net of all members asked about. */
  netShare: Share,
  /** Members without a counted order for longer than the days asked for. */
  quietMembers: z.int(),
  /** What the members of a band hold together, and the quiet of them: points, or minor units. */
  held: z.int().nullable(),
  quietHeld: z.int().nullable(),
  /** Of a tier whose card has a fee: the fee, what its members saved by discounts in 365 days (null: no discount is known), that ÷ all their fees, and how many saved the fee or more. */
  feeMinor: z.int().nullable(),
  savedMinor: z.int().nullable(),
  savedOfFees: Share.nullable(),
  paidOff: z.int().nullable(),
  membersExpression: z.string(),
  quietExpression: z.string(),
})

export type CardsRow = z.output<typeof Row>

const Counted = z.object({
  kind: z.enum(['tier', 'points', 'stored value']),
  tier: z.string().nullable(),
  band: z.int().nullable(),
  members: z.int(),
  buyers: z.int(),
  orders: z.int(),
  netMinor: z.int(),
  quietMembers: z.int(),
  held: z.int(),
  quietHeld: z.int(),
  savedMinor: z.int(),
  discountKnown: z.int(),
  paidOff: z.int(),
})

/** Where bands of points begin; below the first is less than nothing. */
const pointsFrom = [0, 1, 100, 500, 1000, 5000] as const
/** Where bands of stored value begin, in minor units of a currency with so many decimals. */
const storedFrom = (decimals: number): number[] => {
  const unit = decimals === 0 ? 100 : 10 ** decimals
  return [0, 1, 50 * unit, 200 * unit, 500 * unit, 1000 * unit]
}

/** The number of a value's band: how many bands begin at it or below. */
const bandOf = (value: Sql, begins: readonly number[]): Sql =>
  sql`case when ${value} is not null then ${join(
    begins.map((least) => sql`cast(${value} >= ${least} as integer)`),
    sql` + `,
  )} end`

/** What discounts saved each member on counted orders of the last 365 days, and on how many of them that is known. */
const savedBy = (scope: Scope, d: Dialect): Sql => sql`(
        select member_key, ${d.sum(sql`discount_minor`)} as saved_minor, count(discount_minor) as discount_known
        from orders
        where member_key is not null and ${qualifiesOn(d.date(scope.asOf))} and ${inPlace(scope)}
          and local_day > ${d.date(addDays(scope.asOf, -feeDays))}
        group by member_key
      )`

/**
 * Who holds a card of which tier, how many points and how much stored value, by the values that were imported last. Each
 * of the three divides all members; those of whom no file tells it are a row of their own. *Buyers*, orders and net are
 * of all time; *quiet* is who has not ordered for longer than the days asked for, never included. Order filters restrict
 * the orders and the net, never who holds what. *Saved ÷ fee*: discounts on orders of the last 365 days by who holds the
 * card today, over one fee a member, whenever the card was bought. A balance has no past: another day than the newest is
 * refused. Source: DEFINITIONS, "Filters", "Time" (history of fields), "Campaigns and coupons" (tiers and points are
 * imported values).
 */
export const cards = defineMetric({
  name: 'cards',
  version: 1,
  title: { en: 'Tiers, points, stored value', 'zh-CN': '会员等级、积分与储值' },
  description: {
    en: 'How members spread over tiers, points and stored value, which holders are quiet, and whether a paid card pays.',
    'zh-CN': '会员在等级、积分、储值上的分布，哪些持有者已沉默，付费卡是否值回卡费。',
  },
  settings: Settings,
  row: Row,
  knownOnlyNow: () => true,

  build({ quietDays, fees }, scope, d) {
    const paid = Object.entries(fees)
    const feeOf =
      paid.length === 0
        ? sql`cast(null as bigint)`
        : sql`case tier ${join(
            paid.map(([tier, fee]) => sql`when ${tier} then ${fee}`),
            sql` `,
          )} end`
    const saved =
      paid.length === 0
        ? sql`(select cast(null as integer) as member_key, 0 as saved_minor, 0 as discount_known where false)`
        : savedBy(scope, d)
    const counts = (held: Sql) => sql`
        count(*) as members, ${d.countIf(sql`orders > 0`)} as buyers, ${d.sum(sql`orders`)} as orders,
        ${d.sum(sql`net_minor`)} as net_minor, ${d.countIf(sql`quiet`)} as quiet_members,
        ${d.sum(held)} as held, ${d.sumIf(held, sql`quiet`)} as quiet_held`
    const unpaid = sql`0 as saved_minor, 0 as discount_known, 0 as paid_off`
    return sql`
      with holder as (
        select asked.tier, asked.points, asked.stored_value_minor,
          coalesce(buyer.orders, 0) as orders, coalesce(buyer.net_minor, 0) as net_minor,
          coalesce(buyer.silent_days > ${quietDays}, true) as quiet,
          coalesce(saved.saved_minor, 0) as saved_minor, coalesce(saved.discount_known, 0) as discount_known
        from ${askedMembers(scope)} as asked
        left join ${countedBuyers(scope, d)} as buyer on buyer.member_key = asked.member_key
        left join ${saved} as saved on saved.member_key = asked.member_key
      )
      select 'tier' as kind, tier, cast(null as integer) as band,${counts(sql`0`)},
        ${d.sum(sql`saved_minor`)} as saved_minor, ${d.sum(sql`discount_known`)} as discount_known,
        ${d.countIf(sql`saved_minor >= ${feeOf}`)} as paid_off
      from holder group by tier
      union all
      select 'points', null, ${bandOf(sql`points`, pointsFrom)} as band,${counts(sql`points`)}, ${unpaid}
      from holder group by band
      union all
      select 'stored value', null, ${bandOf(sql`stored_value_minor`, storedFrom(scope.currencyDecimals))} as band,${counts(sql`stored_value_minor`)}, ${unpaid}
      from holder group by band`
  },

  finish(rows, { quietDays, fees }, scope) {
    const counted = z.array(Counted).parse(rows)
    const tiers = counted.filter(({ kind }) => kind === 'tier')
    const all = tiers.reduce((sum, { members }) => sum + members, 0)
    const allNet = tiers.reduce((sum, { netMinor }) => sum + netMinor, 0)
    const quiet = `${countedOrdersSaid(scope, `between ${addDays(scope.asOf, -quietDays)} and ${scope.asOf}`)} = 0`
    const begins = { points: pointsFrom, 'stored value': storedFrom(scope.currencyDecimals) }
    return counted
      .map(({ band, savedMinor, discountKnown, paidOff, held, quietHeld, ...row }): CardsRow => {
        const bands = row.kind === 'tier' ? [] : begins[row.kind]
        const from = band === null ? null : (bands[band - 1] ?? null)
        const next = band === null ? null : (bands[band] ?? null)
        const to = next === null ? null : next - 1
        const known = row.kind === 'tier' ? row.tier !== null : band !== null
        const feeMinor = row.tier === null ? null : (fees[row.tier] ?? null)
        const saved = feeMinor === null || discountKnown === 0 ? null : savedMinor
        const membersExpression = heldSaid(row, { from, to, known }, scope.currencyDecimals)
        return {
          ...row,
          from,
          to,
          known,
          share: share(row.members, all),
          netShare: share(row.netMinor, allNet),
          held: row.kind === 'tier' || !known ? null : held,
          quietHeld: row.kind === 'tier' || !known ? null : quietHeld,
          feeMinor,
          savedMinor: saved,
          savedOfFees: saved === null ? null : share(saved, feeMinor! * row.members),
          paidOff: saved === null ? null : paidOff,
          membersExpression,
          quietExpression: `${membersExpression} and ${quiet}`,
        }
      })
      .toSorted(inOrder)
  },
})

/** In the segment language: holds this. */
function heldSaid(
  { kind, tier }: Pick<CardsRow, 'kind' | 'tier'>,
  { from, to, known }: Pick<CardsRow, 'from' | 'to' | 'known'>,
  decimals: number,
): string {
  if (kind === 'tier') return tier === null ? 'tier is unknown' : isText('tier', tier)
  const field = kind === 'points' ? 'points' : 'stored_value'
  if (!known) return `${field} is unknown`
  const written = (value: number) =>
    kind === 'points' || decimals === 0 ? String(value) : (value / 10 ** decimals).toFixed(decimals)
  if (from === null) return `${field} <= ${written(to!)}`
  if (to === null) return `${field} >= ${written(from)}`
  return from === to ? `${field} = ${written(from)}` : `${field} between ${written(from)} and ${written(to)}`
}

const kinds = ['tier', 'points', 'stored value']
/** Tiers by their members, the most first; bands from below; what is unknown last. */
const inOrder = (a: CardsRow, b: CardsRow): number =>
  kinds.indexOf(a.kind) - kinds.indexOf(b.kind) ||
  Number(b.known) - Number(a.known) ||
  (a.kind === 'tier'
    ? b.members - a.members || ((a.tier ?? '') < (b.tier ?? '') ? -1 : 1)
    : (a.from ?? -Infinity) - (b.from ?? -Infinity))

/** The tier whose members bring the most beside how many they are; what quiet members hold. */
export function cardsFindings(rows: readonly CardsRow[]): Finding[] {
  const [tier] = rows
    .filter(
      ({ kind, known, members, netShare }) =>
        kind === 'tier' && known && members > 0 && netShare.value !== null,
    )
    .toSorted((a, b) => b.netMinor / b.members - a.netMinor / a.members)
  const quiet = (of: CardsRow['kind'], id: string, amount: string): Finding[] => {
    const holders = rows.filter(({ kind, known, from }) => kind === of && known && from !== null && from > 0)
    const members = holders.reduce((sum, { quietMembers }) => sum + quietMembers, 0)
    const held = holders.reduce((sum, row) => sum + (row.quietHeld ?? 0), 0)
    const whole = holders.reduce((sum, row) => sum + (row.held ?? 0), 0)
    return whole > 0 && members > 0 ? [{ id, values: { members, [amount]: held, share: held / whole } }] : []
  }
  return [
    ...(tier
      ? [
          {
            id: 'cards.tier',
            values: { tier: tier.tier!, first: tier.share.value!, second: tier.netShare.value! },
          },
        ]
      : []),
    ...quiet('points', 'cards.points-quiet', 'held'),
    ...quiet('stored value', 'cards.stored-quiet', 'heldMinor'),
  ]
}
