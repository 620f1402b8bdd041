import { duckdb as d } from '../../analytics/sql/duckdb.ts'
import { type Sql, sql } from '../../analytics/sql/sql.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

export const segmentExportFormats = ['csv', 'jsonl', 'parquet'] as const
export type SegmentExportFormat = (typeof segmentExportFormats)[number]

/** What an export of a segment can say of each member. Amounts are in minor units. */
export const segmentColumns = [
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
export type SegmentColumn = (typeof segmentColumns)[number]

/** The phone of `members`, whole or with its middle hidden. */
export const phoneFor = (unmasked: boolean): Sql =>
  unmasked
    ? sql`members.phone`
    : sql`case when length(members.phone) < 9 then '****'
        else left(members.phone, 3) || '****' || right(members.phone, 4) end`

/** Each column from `members` and, as `facts`, the member's facts as of the day. */
export function columnsAt(
  asOf: string,
  { dormancy }: Workspace,
  unmasked: boolean,
): Record<SegmentColumn, Sql> {
  const silentDays = d.daysBetween(sql`facts.last_day`, d.date(asOf))
  return {
    member_id: sql`members.member_id`,
    name: sql`members.name`,
    phone: phoneFor(unmasked),
    status: sql`case when facts.last_day is null then 'never bought'
      when ${silentDays} <= ${dormancy.active} then 'active'
      when ${silentDays} <= ${dormancy.cooling} then 'cooling'
      when ${silentDays} <= ${dormancy.dormant} then 'dormant' else 'lost' end`,
    days_since_order: silentDays,
    first_order: sql`facts.first_day`,
    last_order: sql`facts.last_day`,
    orders: sql`facts.orders`,
    net_minor: sql`facts.net_minor`,
    value_at_risk_minor: sql`facts.yearly_net_minor`,
    joined: sql`facts.joined_day`,
    tier: sql`members.tier`,
    region: sql`members.region`,
    channel: sql`members.channel`,
    main_store: sql`facts.main_store`,
    consent: sql`cast(members.consent as varchar)`,
  }
}
