import type { Session } from '../../analytics/engine/engine.ts'
import { join, name, type Sql, sql } from '../../analytics/sql/sql.ts'
import { allKinds } from '../import/kinds/catalogue.ts'
import { fieldsOf, type Kind } from '../import/kinds/kind.ts'
import type { Home } from '../import/members/phones.ts'
import { isNote, notePrefix } from '../import/refunds/note.ts'
import type { Deletion } from './deletions.ts'
import { findDeleted } from './find-deleted.ts'
import { mayBeNamed } from './forget-in-texts.ts'
import { keyedHash, keyedHashSql } from './keyed.ts'

/** What an order is called whose number named a person who was deleted: a keyed hash of it, so that the same number is the same order. */
const isForgotten = (number: Sql): Sql =>
  sql`(starts_with(${number}, 'order-') and regexp_full_match(${number}, 'order-[0-9a-f]{16}'))`
/** The same of a number at hand: which one it was nobody can say. */
export const isForgottenNumber = (number: string): boolean => /^order-[0-9a-f]{16}$/.test(number)
const hashed = (number: string) => `order/${number}`

/** A line's number without what begins the id of a row of a refunds file. */
const bare = sql`case when ${isNote(sql`order_id`)} then substr(order_id, ${notePrefix.length + 1}) else order_id end`

/** The columns of a kind's rows that are numbers of orders or entries. */
export const numberColumns = (kind: Kind): Sql[] =>
  fieldsOf(kind).flatMap(([, { column }]) =>
    column === 'order_id' || column === 'entry_id' ? [name(column)] : [],
  )

/** Relation (`number`) of the numbers in lines. */
export const numbersOfLines = (lines: Sql): Sql => sql`(
  select ${bare} as number from ${lines} as line
    where not regexp_matches(order_id, '(^|[^a-z])row-[0-9a-f]{16}-')
  union all select refunds_order_id from ${lines} as line where refunds_order_id is not null)`

/** Relation (`number`) of the numbers in rows of a kind; null where it has none. */
export const numbersOfRows = (kind: Kind, rows: Sql): Sql | null => {
  const columns = numberColumns(kind)
  return columns.length === 0
    ? null
    : sql`(${join(
        columns.map(
          (column) => sql`select ${column} as number from ${rows} as row where ${column} is not null`,
        ),
        sql` union all `,
      )})`
}

/** Relation (`number`) of the numbers of refunds in lines that name orders of who was deleted; after `findForgottenNumbers` has begun. */
export const refundsOfDeleted = (lines: Sql, theirOrders: Sql): Sql => sql`(
  select ${bare} as number from ${lines} as line left join forgotten_numbers as gone on gone.number = line.refunds_order_id
  where ${isNote(sql`order_id`)} and coalesce(gone.new_number, line.refunds_order_id) in ${theirOrders})`

/** Relation of the orders in `import_lines` that are those of a pseudonym. */
export const ordersOfPseudonyms = (list: readonly Deletion[]): Sql => sql`(
  select order_id from import_lines where member_id in (
    select unnest(from_json(${JSON.stringify([...new Set(list.map(({ pseudonym }) => pseudonym))])}, '["VARCHAR"]'))))`

/**
 * Finds numbers that go with a person into the temporary table `forgotten_numbers` (`number`, `new_number`): of `all` those that
 * are gone already; of `own`, which stand in rows of who was deleted, those that have a number, phone, openid or e-mail in
 * them that the list knows. What stands in `here` as it is stays the same there. Answers whether there are any.
 */
export async function findForgottenNumbers(
  session: Session,
  list: readonly Deletion[],
  home: Home,
  {
    own,
    all = null,
    here = null,
  }: { readonly own: Sql | null; readonly all?: Sql | null; readonly here?: Sql | null },
): Promise<boolean> {
  await session.run(sql`create or replace temp table forgotten_numbers (number varchar, new_number varchar)`)
  if (list.length === 0) return false
  if (all && (await someForgotten(session)))
    for (const secret of new Set(list.map((entry) => entry.secret)))
      await session.run(sql`insert into forgotten_numbers
        select number, new_number from (
          select number, 'order-' || substr(${keyedHashSql(secret, sql`${hashed('')} || number`)}, 1, 16) as new_number
          from (select distinct number from ${all} as known) as numbers)
        where new_number in (select number from ${forgottenHere} as here)
          and number not in (select number from forgotten_numbers)`)
  if (own)
    await findOwn(
      session,
      list,
      home,
      sql`(select distinct number from ${own} as own where number is not null
        and number not in (select number from forgotten_numbers)
        ${here ? sql`and number not in (select number from ${here} as here where number is not null)` : sql``})`,
    )
  const [found] = await session.rows(sql`select count(*) as n from forgotten_numbers`)
  return found!.n !== 0
}

const numbersAtOnce = 2_000

/** Leaves `deleted_ids` as it was. */
async function findOwn(session: Session, list: readonly Deletion[], home: Home, own: Sql): Promise<void> {
  const numbers = (await session.rows(sql`select number from ${own} as own`)).map(({ number }) =>
    String(number),
  )
  if (numbers.length === 0) return
  await session.run(
    sql`create temp table if not exists deleted_ids (member_id varchar, pseudonym varchar, secret varchar)`,
  )
  await session.run(sql`create or replace temp table deleted_before as select * from deleted_ids`)
  for (let from = 0; from < numbers.length; from += numbersAtOnce) {
    const some = numbers.slice(from, from + numbersAtOnce).map((number) => ({
      number,
      texts: mayBeNamed(number, (text) => text.length >= shortest),
    }))
    const texts = JSON.stringify([...new Set(some.flatMap((one) => one.texts))])
    const among = sql`(select unnest(from_json(${texts}, '["VARCHAR"]')) as member_id)`
    if (!(await findDeleted(session, list, among, home))) continue
    const known = new Map(
      (await session.rows(sql`select member_id, secret from deleted_ids`)).map(({ memberId, secret }) => [
        String(memberId),
        String(secret),
      ]),
    )
    const found = some.flatMap(({ number, texts: within }) => {
      const secret = within.map((text) => known.get(text)).find((one) => one !== undefined)
      return secret === undefined
        ? []
        : [{ number, new_number: `order-${keyedHash(secret, hashed(number)).slice(0, 16)}` }]
    })
    await session.run(sql`insert into forgotten_numbers by name
      select unnest(from_json(${JSON.stringify(found)}, '[{"number":"VARCHAR","new_number":"VARCHAR"}]'), recursive := true)`)
  }
  await session.run(sql`create or replace temp table deleted_ids as select * from deleted_before`)
  await session.run(sql`drop table deleted_before`)
}

/** In an order's number a shorter text is no number of a member. */
const shortest = 4

const kindsWithNumbers = allKinds.filter((kind) => numberColumns(kind).length > 0)

/** Relation (`number`) of the numbers here that are those of forgotten ones. */
const forgottenHere = sql`(select number from (${join(
  [
    sql`select ${bare} as number from import_lines`,
    sql`select refunds_order_id from import_lines`,
    ...kindsWithNumbers.map(
      (kind) => sql`select number from ${numbersOfRows(kind, name(kind.table))!} as row`,
    ),
  ],
  sql` union all `,
)}) as here where ${isForgotten(sql`number`)})`

async function someForgotten(session: Session): Promise<boolean> {
  const [any] = await session.rows(sql`select exists (select 1 from ${forgottenHere} as here) as some`)
  return any!.some === true
}

/** Lines with other numbers in the place of those in `forgotten_numbers`. */
export const renumberedLines = (lines: Sql): Sql => sql`(
  select line.* exclude (bare_number) replace (
    case when own.new_number is null then line.order_id
      else substr(line.order_id, 1, length(line.order_id) - length(line.bare_number)) || own.new_number end as order_id,
    coalesce(refunded.new_number, line.refunds_order_id) as refunds_order_id)
  from (select *, ${bare} as bare_number from ${lines} as any_line) as line
  left join forgotten_numbers as own on own.number = line.bare_number
  left join forgotten_numbers as refunded on refunded.number = line.refunds_order_id)`

/** The same of rows of a kind. */
export function renumberedRows(kind: Kind, rows: Sql): Sql {
  const columns = numberColumns(kind)
  const found = columns.map((_, i) => name(`number_${i}`))
  return sql`(
    select row.* replace (${join(columns.map((column, i) => sql`coalesce(${found[i]!}.new_number, row.${column}) as ${column}`))})
    from ${rows} as row ${join(
      columns.map(
        (column, i) =>
          sql`left join forgotten_numbers as ${found[i]!} on ${found[i]!}.number = row.${column}`,
      ),
      sql` `,
    )})`
}

/** Puts the other numbers into all that is kept besides the lines of who is deleted: lines that name those orders, orders, further kinds. */
export async function renumberAll(session: Session): Promise<void> {
  await session.run(sql`update import_lines set order_id = substr(order_id, 1, length(order_id) - length(${bare})) || gone.new_number
    from forgotten_numbers as gone where ${bare} = gone.number`)
  await session.run(sql`update import_lines set refunds_order_id = gone.new_number
    from forgotten_numbers as gone where refunds_order_id = gone.number`)
  for (const kind of kindsWithNumbers)
    for (const table of [kind.table, kind.current])
      for (const column of numberColumns(kind))
        await session.run(sql`update ${name(table)} set ${column} = gone.new_number
          from forgotten_numbers as gone where ${column} = gone.number`)
}

/** Relation (`order_id`, `new_id`) of the ids that orders and credit notes with those numbers had and have. */
export const renumberedOrders = sql`(
  select number as order_id, new_number as new_id from forgotten_numbers
  union select ${notePrefix} || number, ${notePrefix} || new_number from forgotten_numbers)`
