import { memberCoupons } from '../../analytics/relations/member-coupons.ts'
import { pointsLeft } from '../../analytics/relations/points-left.ts'
import { fieldsByName } from '../../analytics/segments/fields/catalogue.ts'
import type { Reading, SetField, ValueField } from '../../analytics/segments/fields/field.ts'
import { duckdb as d } from '../../analytics/sql/duckdb.ts'
import { join, name, type Sql, sql } from '../../analytics/sql/sql.ts'
import type { TablesAt } from '../analytics/tables-at.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

export const segmentExportFormats = ['csv', 'jsonl', 'parquet'] as const
export type SegmentExportFormat = (typeof segmentExportFormats)[number]

/** So far ahead points and coupons are looked at that expire. */
const aheadDays = 30

/** What an export of a segment says of each member unless columns are chosen. Amounts are in minor units. */
export const usualColumns = [
  'member_id',
  'name',
  'phone',
  'status',
  'days_since_order',
  'first_order',
  'last_order',
  'orders',
  'net_minor',
  'value_at_risk_minor',
  'joined',
  'tier',
  'region',
  'channel',
  'main_store',
  'consent',
] as const

/** All that it can say. */
export const segmentColumns = [
  ...usualColumns,
  'gender',
  'birthday',
  'age',
  'email',
  'openid',
  'stored_value_minor',
  'points',
  'points_expiring_30_days',
  'points_expire_next',
  'tags',
  'unused_coupons',
  'purchase_days',
  'average_order_minor',
  'discounted_share_percent',
  'cohort',
  'second_order',
  'rhythm_status',
  'next_order_in_days',
  'daypart',
] as const
export type SegmentColumn = (typeof segmentColumns)[number]

/** Between the tags of a member: files of tags are read with it, too. */
const betweenTags = '; '

/** The phone of `members`, whole or with its middle hidden. */
export const phoneFor = (unmasked: boolean): Sql =>
  unmasked
    ? sql`members.phone`
    : sql`case when length(members.phone) < 9 then '****'
        else left(members.phone, 3) || '****' || right(members.phone, 4) end`

/** As `maskedValue` shows an e-mail. */
const emailFor = (unmasked: boolean): Sql =>
  unmasked
    ? sql`members.email`
    : sql`case when strpos(members.email, '@') > 3 then left(members.email, 1) else '' end || '****@' || split_part(members.email, '@', 2)`

const openidFor = (unmasked: boolean): Sql =>
  unmasked
    ? sql`members.openid`
    : sql`case when length(members.openid) < 12 then '****'
        else left(members.openid, 4) || '****' || right(members.openid, 4) end`

interface Column {
  readonly value: Sql
  /** A relation with a row or none per `member_key` that `value` reads, by its alias. */
  readonly beside?: { readonly alias: string; readonly relation: Sql }
}

/**
 * A relation with a row per member of `memberKeys`, in the order of their ids: the columns asked for, each as the
 * language or the definitions have it as of the day. Of what has no past (points, stored value, tier, region, consent,
 * contacts) today's value. Phones, e-mails and openids are whole only for `unmasked`. `first`: columns before them.
 */
export function memberRows(
  columns: readonly SegmentColumn[],
  {
    asOf,
    newest,
    tables,
    memberKeys,
    unmasked,
    first = [],
  }: {
    asOf: string
    newest: boolean
    tables: TablesAt['tables']
    memberKeys: Sql
    unmasked: boolean
    first?: readonly Sql[]
  },
  { dormancy, rfm }: Workspace,
): Sql {
  const known = columnsAt({ asOf, dormancy, rfm, tables, newest, d }, memberKeys, unmasked)
  const chosen = columns.map((column) => [column, known[column]] as const)
  const besides = new Map(
    chosen.flatMap(([, { beside }]) => (beside ? [[beside.alias, beside.relation]] : [])),
  )
  return sql`select ${join([...first, ...chosen.map(([column, { value }]) => sql`${value} as ${name(column)}`)])}
    from ${join(
      [
        sql`${memberKeys} as chosen join members on members.member_key = chosen.member_key
          join ${tables.memberFacts} as facts on facts.member_key = chosen.member_key`,
        ...[...besides].map(
          ([alias, relation]) =>
            sql`${relation} as ${name(alias)} on ${name(alias)}.member_key = chosen.member_key`,
        ),
      ],
      sql` left join `,
    )}
    order by members.member_id`
}

function columnsAt(reading: Reading, memberKeys: Sql, unmasked: boolean): Record<SegmentColumn, Column> {
  const { asOf, newest } = reading
  /** As a rule reads it. */
  const field = (named: string): Column => {
    const { value, beside } = fieldsByName.get(named) as ValueField
    const relation = beside && { alias: beside.alias, relation: beside.relation(reading) }
    return relation ? { value: value(reading), beside: relation } : { value: value(reading) }
  }
  const plain = (value: Sql): Column => ({ value })
  const theirs = sql`member_key in (select member_key from ${memberKeys})`
  const expiring = {
    alias: 'expiring',
    relation: sql`(select member_key, ${d.sumIf(sql`points`, sql`expires_day <= ${d.addDays(d.date(asOf), aheadDays)}`)} as points,
      min(expires_day) as next_day from ${pointsLeft({ asOf, d })} as left_over where ${theirs} group by member_key)`,
  }
  const { from } = fieldsByName.get('tag') as SetField
  const day = d.date(asOf)
  const said = newest
    ? from.table
    : sql`(select * from ${from.past!(day)} as that_day where added_day <= ${day})`
  const carried = {
    alias: 'carried',
    relation: sql`(select member_key, string_agg(tag, ${betweenTags} order by tag) as tags
      from (select distinct member_key, tag from ${said} as said where ${theirs}) as each_tag group by member_key)`,
  }
  const held = {
    alias: 'held',
    relation: sql`(select member_key, ${d.countIf(sql`state = 'unused'`)} as coupons
      from ${memberCoupons({ asOf, newest, d })} as coupon where ${theirs} group by member_key)`,
  }
  return {
    member_id: plain(sql`members.member_id`),
    name: plain(sql`members.name`),
    phone: plain(phoneFor(unmasked)),
    status: field('status'),
    days_since_order: field('days_since_order'),
    first_order: field('first_order'),
    last_order: field('last_order'),
    orders: field('orders'),
    net_minor: field('net'),
    value_at_risk_minor: field('value_at_risk'),
    joined: field('joined'),
    tier: plain(sql`members.tier`),
    region: plain(sql`members.region`),
    channel: plain(sql`members.channel`),
    main_store: field('store'),
    consent: plain(sql`cast(members.consent as varchar)`),
    gender: field('gender'),
    birthday: field('birthday'),
    age: field('age'),
    email: plain(emailFor(unmasked)),
    openid: plain(openidFor(unmasked)),
    stored_value_minor: plain(sql`members.stored_value_minor`),
    points: plain(sql`members.points`),
    points_expiring_30_days: { value: sql`cast(coalesce(expiring.points, 0) as bigint)`, beside: expiring },
    points_expire_next: { value: sql`expiring.next_day`, beside: expiring },
    tags: { value: sql`carried.tags`, beside: carried },
    unused_coupons: { value: sql`cast(coalesce(held.coupons, 0) as bigint)`, beside: held },
    purchase_days: field('purchase_days'),
    average_order_minor: plain(
      // half away from zero, as every amount is rounded
      sql`case when facts.orders > 0 then cast(sign(facts.net_minor) *
        ${d.divide(sql`(2 * abs(facts.net_minor) + facts.orders)`, sql`(2 * facts.orders)`)} as bigint) end`,
    ),
    discounted_share_percent: plain(
      sql`case when facts.discount_known_orders > 0 then
        round(cast(100 * facts.discounted_orders as double) / facts.discount_known_orders, 1) end`,
    ),
    cohort: plain(sql`left(cast(facts.cohort_month as varchar), 7)`),
    second_order: field('second_order'),
    rhythm_status: field('rhythm_status'),
    next_order_in_days: field('next_order_in'),
    daypart: field('daypart'),
  }
}
