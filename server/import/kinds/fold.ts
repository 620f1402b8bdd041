import type { Session } from '../../../analytics/engine/engine.ts'
import { join, name, type Sql, sql } from '../../../analytics/sql/sql.ts'
import { columnsOf, keptFieldsOf, keysOf, type Kind } from './kind.ts'

const column = (kind: Kind, field: string): Sql => name(kind.fields[field]!.column)

/** SQL: a row has all of a key. */
const hasAll = (kind: Kind, key: readonly string[]): Sql =>
  sql`(${join(
    key.map((field) => sql`${column(kind, field)} is not null`),
    sql` and `,
  )})`

/** SQL: which of its kind's keys a row is known by, from 0; null: by none. */
function keyOf(kind: Kind): Sql {
  const keys = keysOf(kind)
  if (keys.length === 0) return sql`cast(null as integer)`
  return sql`case ${join(
    keys.map((key, i) => sql`when ${hasAll(kind, key)} then ${i}`),
    sql` `,
  )} end`
}

/** SQL: a row has all that its kind is known by. */
export const hasKey = (kind: Kind): Sql => sql`(${keyOf(kind)} is not null)`

/** SQL: what a row is known by, its key or its whole content, as a number. Equal numbers may be of different rows: only to choose by. */
export const identityOf = (kind: Kind): Sql =>
  sql`case ${join(
    keysOf(kind).map(
      (key, i) =>
        sql`when ${hasAll(kind, key)} then hash('key', ${join([sql`${i}`, ...key.map((field) => column(kind, field))])})`,
    ),
    sql` `,
  )} ${keysOf(kind).length === 0 ? sql`when false then hash(0)` : sql``} else hash('row', ${join(columnsOf(kind))}) end`

/** Relation of the rows of the live imports that none after them replaces. */
function countingRows(kind: Kind): Sql {
  const table = name(kind.table)
  if (!kind.replaces) return sql`(select * from ${table})`
  const scope = kind.replaces.map((field) => column(kind, field))
  const same = scope.map((one) => sql`replacing.${one} is not distinct from said.${one}`)
  return sql`(
    select said.* from ${table} as said
    left join (
      select ${join(scope)}, max(import_seq) as since from ${table}
      where import_seq in (select import_seq from imports where kind = ${kind.name} and undone_at is null
        and cast(json_extract_string(mapping, '$.replace') as boolean))
      group by all
    ) as replacing on ${join(same, sql` and `)}
    where said.import_seq >= coalesce(replacing.since, 0))`
}

/** The rows that fall to an import with `--replace`: those of the values that it names. */
export function replacedIdentities(kind: Kind, importSeq: number): Sql {
  const table = name(kind.table)
  const scope = (kind.replaces ?? []).map((field) => column(kind, field))
  const same = scope.map((one) => sql`replacing.${one} is not distinct from said.${one}`)
  return sql`select distinct ${identityOf(kind)} as identity from ${table} as said
    where exists (select 1 from ${table} as replacing
      where replacing.import_seq = ${importSeq} and ${join(same, sql` and `)})`
}

/**
 * Folds the rows of a kind anew whose identity is in the temporary table `kind_touched`. Leaves in temporary
 * tables what was current of them (`kind_before`), what is (`kind_after`), and the rows that came or went
 * (`kind_changed`). Answers how many those are.
 */
export async function foldKind(session: Session, kind: Kind): Promise<number> {
  const current = name(kind.current)
  const all = columnsOf(kind)
  const keys = keysOf(kind).map((key) => key.map((field) => kind.fields[field]!.column))
  const attributesBeside = (key: readonly string[]) =>
    keptFieldsOf(kind)
      .map(([, field]) => field.column)
      .filter((one) => !key.includes(one))
  const touched = sql`${identityOf(kind)} in (select identity from kind_touched)`
  const newest = (one: string) =>
    sql`arg_max(${name(one)}, (import_seq, row_number)) filter (where ${name(one)} is not null) as ${name(one)}`
  await session.run(
    sql`create or replace temp table kind_before as select * from ${current} where ${touched}`,
  )
  await session.run(sql`create or replace temp table kind_rows as
    select * from ${countingRows(kind)} as counting where ${touched}`)
  await session.run(sql`create or replace temp table kind_after as select * from ${current} where false`)
  for (const [i, key] of keys.entries())
    await session.run(sql`insert into kind_after by name
      select ${join([...key.map((one) => name(one)), ...attributesBeside(key).map(newest)])}
      from kind_rows where ${keyOf(kind)} = ${i} group by ${join(key.map((one) => name(one)))}`)
  await session.run(sql`insert into kind_after by name
    select ${join(all)} from (
      select ${join(all)}, unnest(range(times)) as nth from (
        select ${join(all)}, max(times) as times from (
          select ${join(all)}, import_seq, count(*) as times from kind_rows where not ${hasKey(kind)} group by all
        ) as by_import group by ${join(all)}
      ) as counted
    ) as repeated`)
  await session.run(sql`create or replace temp table kind_changed as
    (select ${join(all)} from kind_before except all select ${join(all)} from kind_after)
    union all
    (select ${join(all)} from kind_after except all select ${join(all)} from kind_before)`)
  const [changed] = await session.rows(sql`select count(*) as rows from kind_changed`)
  if (changed!.rows !== 0) {
    const differing = sql`${identityOf(kind)} in (select ${identityOf(kind)} from kind_changed)`
    await session.run(sql`delete from ${current} where ${differing}`)
    await session.run(sql`insert into ${current} by name select * from kind_after where ${differing}`)
  }
  return Number(changed!.rows)
}
