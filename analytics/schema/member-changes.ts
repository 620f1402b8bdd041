import type { Session } from '../engine/engine.ts'
import { type Sql, sql } from '../sql/sql.ts'

/**
 * Whose rows of the derived tables a change made anew, so that what is computed of them is followed and not made anew.
 */
export const memberChanges: readonly Sql[] = [
  sql`create table if not exists member_changes (
    orders_version bigint not null,        -- the state of the derived tables that the change led to
    member_key integer                     -- null: everybody's
  )`,
]

/** So many states back it is known who changed. */
const keptVersions = 100
/** More members are told as everybody. */
const mostMembers = 200_000

/** Raises the version of the derived tables, after the rows of these members were made anew, or everybody's. */
export async function noteChange(session: Session, members?: Sql): Promise<void> {
  await session.run(sql`update workspace_state set orders_version = orders_version + 1`)
  const version = sql`(select orders_version from workspace_state)`
  const [many] = members
    ? await session.rows(sql`select count(*) > ${mostMembers} as so_many from (${members}) as changed`)
    : [{ soMany: true }]
  await session.run(
    many!.soMany === true
      ? sql`insert into member_changes select ${version}, null`
      : sql`insert into member_changes select ${version}, member_key from (
        -- nobody's number stands for a change of none
        select 0 as member_key union all select member_key from (${members!}) as changed
      ) as changed`,
  )
  await session.run(sql`delete from member_changes where orders_version <= ${version} - ${keptVersions}`)
}

/**
 * A relation with one column `member_key`: whose rows changed since a state of the derived tables; null when that is
 * everybody, or not known any more.
 */
export async function changedSince(session: Session, version: number): Promise<Sql | null> {
  const later = sql`from member_changes where orders_version > ${version}`
  const [known] = await session.rows(sql`select (select orders_version from workspace_state) as now,
    count(distinct orders_version) as versions, count(*) filter (where member_key is null) as everybody ${later}`)
  if (Number(known!.everybody) > 0 || Number(known!.versions) !== Number(known!.now) - version) return null
  return sql`(select distinct member_key ${later})`
}
