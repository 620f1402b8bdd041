import type { Session } from '../../analytics/engine/engine.ts'
import { type Sql, sql } from '../../analytics/sql/sql.ts'
import { personValues } from '../import/columns/fields.ts'
import { type Home, phonesOfIdSql } from '../import/members/phones.ts'
import { plainEmail } from '../import/values/person-values.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { Deletion } from './deletions.ts'
import { keyedHashSql } from './keyed.ts'

/** By what phones without a country code are read. */
export const homeOf = ({ currency, calendar }: Workspace): Home => ({
  currency,
  timeZone: calendar.timeZone,
})

/** A text of what tells a person, as the list has it. */
const isValueText = sql`regexp_matches(member_id, ${`^(${personValues.join('|')}):`})`

/**
 * SQL over an id: under which texts the list may know it: as an id; and as a phone, openid or e-mail, where a file
 * took such a column for the number.
 */
export const textsOfId = (home: Home): Sql => sql`case when ${isValueText} then [member_id] else
  list_concat([member_id, 'openid:' || member_id, case when strpos(member_id, '@') > 0 then 'email:' || ${plainEmail(sql`member_id`)} end],
    list_transform(${phonesOfIdSql(sql`member_id`, home)}, lambda phone: 'phone:' || phone)) end`

/**
 * Finds the ids of `among` (a relation with one column `member_id`) that the deletion list knows, as they are or as the
 * phone, openid or e-mail that they may be, into the temporary table `deleted_ids` (`member_id`, `pseudonym`, `secret`).
 * Answers whether there are any. Where two entries know an id, the one that knows it as it is counts, else the one
 * whose pseudonym is a member already.
 */
export async function findDeleted(
  session: Session,
  list: readonly Deletion[],
  among: Sql,
  home: Home,
): Promise<boolean> {
  if (list.length === 0) return false
  await session.run(sql`create or replace temp table deleted_hits
    (member_id varchar, pseudonym varchar, secret varchar, as_it_is boolean)`)
  for (const secret of new Set(list.map((entry) => entry.secret))) {
    const entries = list
      .filter((entry) => entry.secret === secret)
      .map(({ hash, pseudonym }) => ({ hash, pseudonym }))
    await session.run(sql`insert into deleted_hits
      with entry as (
        select unnest(from_json(${JSON.stringify(entries)}, '[{"hash":"VARCHAR","pseudonym":"VARCHAR"}]'), recursive := true)
      ),
      hashed as (
        select member_id, text = member_id as as_it_is, ${keyedHashSql(secret, sql`text`)} as hash
        from (select member_id, unnest(${textsOfId(home)}) as text
          from (select distinct member_id from ${among} as named where member_id is not null) as distinct_ids) as texts
        where text is not null
      )
      select hashed.member_id, entry.pseudonym, ${secret}, as_it_is from hashed join entry on entry.hash = hashed.hash`)
  }
  await session.run(sql`create or replace temp table deleted_ids as
    select member_id, pseudonym, secret from deleted_hits
    qualify row_number() over (partition by member_id
      order by as_it_is desc, pseudonym in (select member_id from members) desc, pseudonym) = 1`)
  await session.run(sql`drop table deleted_hits`)
  const [found] = await session.rows(sql`select count(*) as ids from deleted_ids`)
  return found!.ids !== 0
}
