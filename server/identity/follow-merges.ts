import type { Session } from '../../analytics/engine/engine.ts'
import { refreshDerivedTables } from '../../analytics/schema/refresh.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { dropMembersWithNothingLeft } from '../import/apply.ts'
import { touchedMembers } from '../import/orders/fold.ts'
import { matchAgain } from './follow.ts'

/**
 * Carries merges that changed (`resolveMembers` said so) to the end: whose everything is now, members with nothing
 * left, and all that is counted of them. What is previewed and what is done both go through here.
 */
export async function followMerges(session: Session, timeZone: string, today: string): Promise<void> {
  const { orders } = await matchAgain(session, timeZone)
  await dropMembersWithNothingLeft(session)
  await refreshDerivedTables(
    session,
    {
      members: touchedMembers,
      ...(orders > 0 ? {} : { days: sql`select local_day from orders where false` }),
    },
    today,
  )
}

/** Sets many merges that people decided in the engine, as it is told of each alone. */
export async function setMergesInEngine(
  session: Session,
  merges: readonly { readonly from: string; readonly into: string }[],
): Promise<void> {
  await session.run(sql`insert or replace into merges_set
    select unnest(from_json(${JSON.stringify(merges)}, '[{"from":"VARCHAR","into":"VARCHAR"}]'), recursive := true)`)
}
