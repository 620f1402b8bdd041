import type { Session } from '../../../analytics/engine/engine.ts'
import { type Sql, sql } from '../../../analytics/sql/sql.ts'

/** Members of a relation with one column `member_id`: new members get keys above all that were ever given; stubs among the named are members again. */
export async function welcome(session: Session, named: Sql): Promise<void> {
  const highest = sql`greatest(member_key, (select coalesce(max(member_key), 0) from members))`
  await session.run(sql`update keys_given set member_key = ${highest}`)
  await session.run(sql`insert into members (member_key, member_id)
    select cast((select member_key from keys_given) + row_number() over (order by member_id) as integer), member_id
    from ${named} as named where member_id not in (select member_id from members)`)
  await session.run(sql`update keys_given set member_key = ${highest}`)
  await session.run(sql`update members set stub = false
    where stub and member_id in (select member_id from ${named} as named)`)
}
