import { join as pathOf } from 'node:path'
import type { Connection, QueryOptions } from '../../../analytics/engine/engine.ts'
import { type Sql, sql } from '../../../analytics/sql/sql.ts'

/**
 * How a platform writes all products of an order into one cell: `counts-behind` as `name(1件),name(2件)`,
 * `counts-before` as `2× name, 1× name`.
 */
export type JoinedProducts = 'counts-behind' | 'counts-before'

/** What rows of whole orders come to as order lines. */
export interface SplitRows {
  /** Relation of the lines: the rows' columns, and `piece`, the place of a line among several of its row. */
  readonly lines: Sql
  /** Rows that became several lines. */
  readonly splitRows: number
}

/**
 * Rows whose cell names several products as a line of each, with its quantity. Only a row that is its order alone, and whose
 * cell wholly reads as such a list, is taken apart. What each of several products cost no such file says: the amount
 * stands at the order, like in files with totals of orders, list price and reduction on its first line. A single product
 * keeps the row's amounts.
 *
 * `rows` are accepted ones, settled and complete. The hash of a line is that of its row and of itself, so that a row that
 * changes in anything restates its order.
 */
export async function splitJoinedProducts(
  engine: Connection,
  rows: Sql,
  written: JoinedProducts,
  folder: string,
  options: QueryOptions,
): Promise<SplitRows> {
  const to = pathOf(folder, 'split.parquet')
  await engine.run(
    sql`copy (
      with several as (select order_id from ${rows} as line group by order_id having count(*) > 1),
      listed as (
        select line.*,
          case when quantity is null and net_minor >= 0 and coalesce(order_net_minor, 0) >= 0
            and order_id not in (select order_id from several) then ${productsOf(sql`product`, written)} end as products
        from ${rows} as line
      ),
      taken_apart as (
        select *, len(products) as of_row, unnest(products) as one, unnest(range(1, len(products) + 1)) as nth
        from listed where products is not null
        union all by name
        select * from listed where products is null
      )
      select line.* exclude (products, of_row, one, nth) replace (
          coalesce(one.name, product) as product,
          coalesce(one.pieces, quantity) as quantity,
          case when of_row > 1 then 0 else net_minor end as net_minor,
          case when of_row > 1 then coalesce(order_net_minor, net_minor) else order_net_minor end as order_net_minor,
          case when nth > 1 then gross_minor * 0 else gross_minor end as gross_minor,
          case when nth > 1 then discount_minor * 0 else discount_minor end as discount_minor,
          case when one is null then content_hash else hash(content_hash, one.name, one.pieces) end as content_hash),
        cast(case when of_row > 1 then nth end as integer) as piece
      from taken_apart as line
    ) to (${to}) (format parquet)`,
    options,
  )
  const lines = sql`read_parquet(${to})`
  const [found] = await engine.rows(
    sql`select count(*) filter (where piece = 1) as n from ${lines} as line`,
    options,
  )
  return { lines, splitRows: Number(found!.n) }
}

/** Half and full width; what else is between two products nobody writes. */
const separator = '[,，;；、|]'

/** A count of pieces in brackets, at the end or before the next product. */
const countBehind = (units: string) =>
  `\\s*[(（]\\s*([1-9]\\d{0,5})\\s*(?:${units})\\s*[)）]\\s*(?:${separator}\\s*|$)`

/** What is counted, not weighed: a name may end with its weight. */
const anyUnit = '件|个|個|只|支|瓶|盒|袋|包|箱|套|份|双|张|条|本|罐|杯|台|块|片|对|组|桶|把|枚|粒|束|盆'

const countBefore = '(?:^|,\\s*)([1-9]\\d{0,5})× '

/**
 * SQL: the products that a cell lists, in its order, as structs of `name` and `pieces`; null where it is no such list. A
 * name may hold commas and brackets: it ends where a count of pieces stands before a separator or the end. Where the
 * cell ends with pieces (件), other units are parts of names.
 */
function productsOf(cell: Sql, written: JoinedProducts): Sql {
  if (written === 'counts-before')
    return sql`case when regexp_matches(${cell}, ${`^${countBefore}`}) then ${allNamed(
      sql`list_transform(
      string_split(regexp_replace(${cell}, ${countBefore}, chr(30) || '\\1' || chr(31), 'g'), chr(30))[2:],
      lambda one: ${struct(sql`split_part(one, chr(31), 2)`, sql`split_part(one, chr(31), 1)`)})`,
      '件',
    )} end`
  const listed = (units: string) => {
    const each = `(?s)(.+?)${countBehind(units)}`
    return allNamed(
      sql`list_transform(
      list_zip(regexp_extract_all(${cell}, ${each}, 1), regexp_extract_all(${cell}, ${each}, 2)),
      lambda one: ${struct(sql`one[1]`, sql`one[2]`)})`,
      units,
    )
  }
  return sql`case when regexp_matches(${cell}, ${`${countBehind('件')}$`}) then ${listed('件')}
    when regexp_matches(${cell}, ${`${countBehind(anyUnit)}$`}) then ${listed(anyUnit)} end`
}

const struct = (name: Sql, pieces: Sql) =>
  sql`struct_pack(name := trim(${name}), pieces := cast(${pieces} as decimal(18, 4)))`

/** A count of pieces with something after it: in a name it tells that the cell was taken apart at the wrong places. */
const countWithin = (units: string) => `[(（]\\s*[0-9０-９][0-9０-９,，]*\\s*(?:${units})\\s*[)）]\\s*\\S`

/** SQL: the list, null where what is a name in it can't be one: empty, begun by a separator, with a count within, or with a bracket of which the other is elsewhere. */
const allNamed = (products: Sql, units: string) => {
  const brackets = (which: string) => sql`len(regexp_extract_all(one.name, ${which}))`
  return sql`list_filter([${products}], lambda all_of: list_bool_and(list_transform(all_of, lambda one:
    one.name <> '' and not regexp_matches(one.name, ${`^${separator}`}) and not regexp_matches(one.name, ${countWithin(units)})
      and ${brackets('[(（]')} = ${brackets('[)）]')})))[1]`
}
