import type { Session } from '../../analytics/engine/engine.ts'
import { type Sql, sql } from '../../analytics/sql/sql.ts'
import { dropMembersWithNothingLeft, touch } from '../import/apply.ts'
import { memberRegions, rewriteOrders } from '../import/fold.ts'
import { foldMembers } from '../import/members/fold.ts'
import { type Changes, newPersonsOfChanged, ordersOfChanged, personsOfChanged } from './resolve.ts'

/**
 * Brings orders and members in line with what `identifyAll` changed, and the members of `named` (a relation with
 * one column `member_id`) with what files say of them now. Members with nothing left go, or stay as stubs. Leaves
 * whom it touched in `touched_members`; answers how many orders are somebody else's now.
 */
export async function followChanges(
  session: Session,
  changes: Changes,
  named: Sql,
  timeZone: string,
): Promise<{ orders: number }> {
  const changed = changes.lines || changes.members
  await welcome(
    session,
    changed ? sql`(select member_id from ${named} as named union ${newPersonsOfChanged})` : named,
  )
  let orders = 0
  if (changes.lines) {
    await session.run(sql`create or replace temp table rewritten as select order_id from ${ordersOfChanged} as moved`)
    const [moved] = await session.rows(sql`select count(*) as orders from rewritten`)
    orders = Number(moved!.orders)
  }
  if (orders > 0) await rewriteOrders(session, timeZone)
  else await session.run(sql`create or replace temp table touched_members (member_key integer)`)
  await touch(session, named)
  if (changed) await touch(session, personsOfChanged)
  await memberRegions(session)
  await foldMembers(session)
  if (changed) await dropMembersWithNothingLeft(session)
  return { orders }
}

/** New members get keys above all that were ever given; stubs among the named are members again. */
async function welcome(session: Session, named: Sql): Promise<void> {
  const highest = sql`greatest(member_key, (select coalesce(max(member_key), 0) from members))`
  await session.run(sql`update keys_given set member_key = ${highest}`)
  await session.run(sql`insert into members (member_key, member_id)
    select cast((select member_key from keys_given) + row_number() over (order by member_id) as integer), member_id
    from ${named} as named where member_id not in (select member_id from members)`)
  await session.run(sql`update keys_given set member_key = ${highest}`)
  await session.run(sql`update members set stub = false
    where stub and member_id in (select member_id from ${named} as named)`)
}
