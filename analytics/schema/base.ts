import { createHash, randomBytes } from 'node:crypto'
import type { Session } from '../engine/engine.ts'
import { name, type Sql, sql } from '../sql/sql.ts'
import { campaignTables } from './campaign-tables.ts'
import { currentTables } from './current-tables.ts'
import { identityTables } from './identity-tables.ts'
import { importedTables } from './imported-tables.ts'
import { kindTables } from './kind-tables.ts'
import { memberChanges } from './member-changes.ts'
import { memberViews } from './member-views.ts'
import { keepMembersAsBits, segmentTables } from './segment-tables.ts'
import { tagTables } from './tag-tables.ts'

/**
 * The base tables of a workspace: imported facts with the import that brought each, and what the
 * Store's events say. Money is an integer of minor units. Instants are UTC, `local_day` is the
 * business calendar's day. Members have an integer key inside the engine that is never used again;
 * outside, they are known by `member_id`, as imported.
 *
 * The derived tables (derived.ts) are computed from these and from nothing else.
 */
const baseTables: readonly Sql[] = [
  // One row: what the workspace's data is now.
  sql`create table if not exists workspace_state (
    schema_version integer not null,
    data_version bigint not null,          -- rises with every change that any figure could see
    watermark bigint not null,             -- newest Store event that has been taken in
    ledger_watermark bigint not null,      -- newest row of the Store's coupon ledger that has been taken in
    time_zone varchar not null,
    first_weekday utinyint not null,
    opened_at_start boolean not null,      -- the shop really opened where its data starts: nobody is "first seen"
    as_of date,                            -- the day the derived tables are built for; null while there is no order
    data_start date,                       -- local day of the first order
    orders_version bigint default 0,       -- rises with every change of the derived tables
    clv_discount_percent double default 0  -- what money that comes in a year is worth less
  )`,

  ...importedTables,
  ...identityTables,
  ...kindTables,
  ...currentTables,
  ...tagTables,
  ...segmentTables,
  ...campaignTables,
  ...memberChanges,

  // One row once the workspace was opened: of which structure the file is (structureMark).
  sql`create table if not exists made_by (structure varchar not null)`,

  // Who did what to the data, left by the transaction that did it until the Store's audit has it.
  sql`create table if not exists audit_waiting (
    id varchar not null,
    actor varchar not null,
    action varchar not null,
    subject varchar not null,
    done_at timestamp not null
  )`,
]

/**
 * 2: where a member's attributes and consent come from is kept. 3: what people decided of tags is kept. 4: refunds
 * come as files of their own. 5: derived tables hold gaps between purchase days, discounts, hours and order lines.
 * 6: who is in a segment is kept as bits.
 */
const schemaVersion = 6

/** What files from before a column was there get; a new file has most of them from the start. */
const addedColumns: readonly Sql[] = [
  sql`alter table workspace_state add column if not exists ledger_watermark bigint default 0`,
  sql`alter table workspace_state add column if not exists orders_version bigint default 0`,
  sql`alter table workspace_state add column if not exists clv_discount_percent double default 0`,
  sql`alter table orders add column if not exists identity_key integer`,
  sql`alter table refunds add column if not exists identity_key integer`,
  sql`alter table member_aliases add column if not exists claimed boolean default false`,
  sql`alter table member_aliases add column if not exists merged_id varchar`,
  sql`update member_aliases set merged_id = member_id where merged_id is null and not claimed`,
  sql`alter table order_lines add column if not exists category_of_product boolean default false`,
  sql`alter table import_members add column if not exists consent_at timestamp`,
  sql`alter table consents_set add column if not exists set_at timestamp`,
  // people known by more than an id
  ...['phone', 'openid', 'email', 'known_by'].map(
    (column) => sql`alter table import_lines add column if not exists ${name(column)} varchar`,
  ),
  sql`alter table import_lines add column if not exists piece integer`,
  // figures that were restated stand in a table of their own
  sql`alter table figure_changes drop column if exists changes`,
  ...['openid', 'email'].flatMap((column) => [
    sql`alter table import_members add column if not exists ${name(column)} varchar`,
    sql`alter table members add column if not exists ${name(column)} varchar`,
  ]),
]

const structure: readonly Sql[] = [...baseTables, ...addedColumns, ...memberViews]

/** Of two versions of Reveille that make the same tables, columns and views, the same. */
export const structureMark: string = createHash('sha256')
  .update([schemaVersion, ...structure.map(({ chunks }) => chunks.join(''))].join(';\n'))
  .digest('base64url')

/** Creates what is missing. Safe to repeat. */
export async function createBaseTables(
  session: Session,
  calendar: { timeZone: string; firstWeekday: number },
): Promise<void> {
  for (const statement of structure) await session.run(statement)
  await letRowsLackMembers(session)
  await session.run(sql`insert into identity_rule select 'id,phone,openid,email', ${randomBytes(32).toString('base64url')}
    where not exists (select 1 from identity_rule)`)
  await session.run(sql`insert into keys_given select 0, 0 where not exists (select 1 from keys_given)`)
  const [state] = await session.rows(sql`select schema_version from workspace_state`)
  if (state) {
    const before = Number(state.schemaVersion)
    if (before < 3) await keepOrigins(session, before)
    if (before < 4) await takeRefunds(session)
    if (before < 5) await dropDerived(session)
    if (before < 6) await keepMembersAsBits(session)
    await session.run(
      sql`update workspace_state set schema_version = ${schemaVersion} where schema_version <> ${schemaVersion}`,
    )
    return
  }
  await session.run(sql`insert into workspace_state
    (schema_version, data_version, watermark, ledger_watermark, time_zone, first_weekday, opened_at_start)
    values (${schemaVersion}, 0, 0, 0, ${calendar.timeZone}, ${calendar.firstWeekday}, false)`)
}

/** In a file from before people were known by more than an id every row of a file of members has one. */
async function letRowsLackMembers(session: Session): Promise<void> {
  const [required] = await session.rows(sql`select 1 as is_so from duckdb_columns()
    where database_name = current_database() and table_name = 'import_members' and column_name = 'member_id' and not is_nullable`)
  if (required) await session.run(sql`alter table import_members alter column member_id drop not null`)
}

/**
 * A workspace from before origins were kept: what a demo says of its members becomes rows of its import, and
 * the Store's events are told again, which changes nothing but keeps the consents and tags that people set.
 */
async function keepOrigins(session: Session, before: number): Promise<void> {
  if (before < 2) await keepMembersOfDemo(session)
  await session.run(sql`update workspace_state set watermark = 0`)
}

/** A workspace from before files of refunds: their lines may lack a date, and may have a reason. */
async function takeRefunds(session: Session): Promise<void> {
  await session.run(sql`alter table import_lines alter column ordered_at drop not null`)
  await session.run(sql`alter table import_lines add column if not exists refund_reason varchar`)
}

/** A workspace whose derived tables lack columns: they are made anew where they are missing. */
async function dropDerived(session: Session): Promise<void> {
  for (const table of ['member_facts', 'member_orders', 'category_orders'])
    await session.run(sql`drop table if exists ${name(table)}`)
}

/** Writes down what the members of a demo are as the rows of its import, so that files on top of it can be undone. */
export async function keepMembersOfDemo(session: Session): Promise<void> {
  await session.run(sql`insert into import_members by name
    select import_seq, member_key as row_number, member_id, name, phone, gender, birthday, joined_day, region, channel, tier,
      points, stored_value_minor, nullif(consent, 'unknown') as consent, openid, email
    from members cross join (select min(import_seq) as import_seq from imports where kind = 'demo') as demo
    where import_seq is not null order by member_key`)
}
