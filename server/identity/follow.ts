import type { Session } from '../../analytics/engine/engine.ts'
import { type Sql, sql } from '../../analytics/sql/sql.ts'
import { memberRegions, rewriteOrders } from '../import/orders/fold.ts'
import { importedTags } from '../import/kinds/imported-tags.ts'
import { foldMembers } from '../import/members/fold.ts'
import { welcome } from '../import/members/welcome.ts'
import {
  anyIdentities,
  type Changes,
  identifyAll,
  newPersonsOfChanged,
  ordersOfChanged,
  personsOfChanged,
  rowPeopleOfChanged,
} from './match.ts'
import { resolveMembers } from './resolve.ts'

/**
 * Brings orders and members in line with what `identifyAll` changed, and the members of `named` (a relation with
 * one column `member_id`) with what files say of them now. Leaves whom it touched in `touched_members`, among whom the
 * caller drops those with nothing left; answers how many orders are somebody else's now, and whether ids name somebody else.
 */
export async function followChanges(
  session: Session,
  changes: Changes,
  named: Sql,
  timeZone: string,
): Promise<{ orders: number; renamed: boolean }> {
  const renamed = await resolveMembers(session)
  if (renamed)
    await session.run(
      sql`create or replace temp table touched_by_names as select member_key from touched_members`,
    )
  const changed = changes.lines || changes.members
  await welcome(
    session,
    changed ? sql`(select member_id from ${named} as named union ${newPersonsOfChanged})` : named,
  )
  // what stands under ids that are somebody else's now, while those still name somebody
  if (changes.lines)
    await importedTags(
      session,
      sql`(
    select member_id, tag from imported_tags where member_id in ${rowPeopleOfChanged})`,
    )
  let orders = 0
  if (changes.lines) {
    await session.run(
      sql`create or replace temp table rewritten as select order_id from ${ordersOfChanged} as moved`,
    )
    const [moved] = await session.rows(sql`select count(*) as orders from rewritten`)
    orders = Number(moved!.orders)
  }
  if (orders > 0) await rewriteOrders(session, timeZone)
  else await session.run(sql`create or replace temp table touched_members (member_key integer)`)
  if (renamed)
    await session.run(sql`insert into touched_members select member_key from touched_by_names
      where member_key not in (select member_key from touched_members)`)
  await touch(session, named)
  if (changed) await touch(session, personsOfChanged)
  await memberRegions(session)
  await foldMembers(session)
  return { orders, renamed }
}

/** Adds the members of a relation with one column `member_id` to `touched_members`. */
export async function touch(session: Session, persons: Sql): Promise<void> {
  await session.run(sql`insert into touched_members
    select member_key from members where member_id in ${persons}
      and member_key not in (select member_key from touched_members)`)
}

/**
 * Tells anew who everybody is after merges changed: two members who both claim a value are one now, or two again.
 * Adds whom it touched to `touched_members`; answers how many orders are somebody else's now.
 */
export async function matchAgain(session: Session, timeZone: string): Promise<{ orders: number }> {
  const changes = (await anyIdentities(session))
    ? await identifyAll(session, { tuples: 'as-they-are' })
    : { lines: false, members: false }
  await session.run(
    sql`create or replace temp table touched_by_merges as select member_key from touched_members`,
  )
  const moved = await followChanges(session, changes, nobody, timeZone)
  await session.run(sql`insert into touched_members select member_key from touched_by_merges
    where member_key not in (select member_key from touched_members)`)
  return moved
}

/** Relation of no member. */
export const nobody: Sql = sql`(select member_id from members where false)`
