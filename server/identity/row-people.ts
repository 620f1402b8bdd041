import type { Session } from '../../analytics/engine/engine.ts'
import { join, name, type Sql, sql } from '../../analytics/sql/sql.ts'
import { personValues } from '../import/columns/fields.ts'
import { ofRowPeople, opaqueIdOf, tellNew } from './match.ts'
import { identityRule } from './rule.ts'

/**
 * Whom rows of further kinds name that have no number: a phone, openid and e-mail together stand under an opaque id
 * in the place of the number, that of the value where there is only one. `row_people` keeps what each stands for.
 * Who it is, is told as of order lines, and what it comes to is an alias of that member (`resolveMembers`); where
 * several members claim what decides, it names nobody until that is settled. No row changes for any of it.
 */

/** SQL: the text that an opaque id is made of; of one value as everywhere. */
const valuesText = sql`concat_ws(chr(31), ${join(
  personValues.map((kind) => sql`${`${kind}:`} || ${name(kind)}`),
)})`

/**
 * The rows of a file that have values and no number with their id into the temporary table `coming_people` (`named`,
 * `phone`, `openid`, `email`), each combination once. Answers whether there are any. `number` is the rows' column of it.
 */
export async function findComingPeople(session: Session, rows: Sql, number: Sql): Promise<boolean> {
  const rule = await identityRule(session)
  await session.run(sql`create or replace temp table coming_people as
    select ${opaqueIdOf(rule, valuesText)} as named, phone, openid, email
    from (select distinct phone, openid, email from ${rows} as row
      where ${number} is null and coalesce(phone, openid, email) is not null) as person`)
  const [found] = await session.rows(sql`select count(*) as people from coming_people`)
  return found!.people !== 0
}

/** Rows with the ids of `coming_people` in the place of missing numbers, and without the values. */
export const namedRows = (rows: Sql, number: Sql): Sql => sql`(
  select row.* exclude (phone, openid, email) replace (coalesce(row.${number}, person.named) as ${number})
  from ${rows} as row
  left join coming_people as person on row.${number} is null and person.phone is not distinct from row.phone
    and person.openid is not distinct from row.openid and person.email is not distinct from row.email)`

/** Keeps `coming_people` and tells who they are by the claims that stand. */
export async function keepComingPeople(session: Session): Promise<void> {
  await session.run(sql`insert into row_people by name
    select * from coming_people where named not in (select named from row_people)`)
  await tellNew(
    session,
    sql`select distinct true as of_lines, cast(null as varchar) as member_id, phone, openid, email,
      cast(null as varchar) as known_by from coming_people`,
  )
}

/** Forgets those of `row_people` whom none of the ids names any more: `named` is a relation with one column `member_id`. Answers whether there were any. */
export async function forgetRowPeople(session: Session, named: Sql): Promise<boolean> {
  const left = sql`named not in (select member_id from ${named} as named_by_rows where member_id is not null)`
  const [gone] = await session.rows(sql`select count(*) as people from row_people where ${left}`)
  if (gone!.people === 0) return false
  await session.run(sql`delete from row_people where ${left}`)
  return true
}

/** Relation with one column `named`: ids of rows that are nobody's because several members claim what they are known by. */
export const contestedIds: Sql = sql`(select named from ${ofRowPeople} as told where person is null)`
