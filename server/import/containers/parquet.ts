import { type Engine } from '../../../analytics/engine/engine.ts'
import { openDuckDb } from '../../../analytics/engine/duckdb.ts'
import { join, name, type Sql, sql } from '../../../analytics/sql/sql.ts'
import { Stopped } from '../refusal.ts'
import { delimitedLine } from './delimited.ts'
import { mostColumns } from './json-lines.ts'

/** The rows of a Parquet file as delimited text with a header; instants with their zone. */
export async function* parquetLines(
  path: string,
  named: string,
  onShare: (share: number) => void,
): AsyncGenerator<string> {
  const engine = await openDuckDb(':memory:', { threads: 1, memoryLimit: '500MB' })
  const options = { timeoutMs: 12 * 60 * 60 * 1000 }
  try {
    const long = await longDecimal(engine, path)
    if (long) throw new Stopped('long-decimals', { file: named, ...long, most: mostDigits })
    const { file, columns } = await columnsOf(engine, sql`read_parquet(${path})`, named)
    const [counted] = await engine.rows(sql`select count(*) as n from ${file}`, options)
    const texts = columns.map(({ value, type }, i) => sql`${textOf(value, type)} as ${name(`c${i}`)}`)
    yield delimitedLine(columns.map(({ path: at }) => at))
    let rows = 0
    for await (const chunk of engine.stream(sql`select ${join(texts)} from ${file}`, options)) {
      rows += chunk.length
      onShare(rows / Math.max(1, Number(counted!.n)))
      yield chunk.map((row) => delimitedLine(columns.map((_, i) => String(row[`c${i}`] ?? '')))).join('')
    }
  } catch (error) {
    // wherever the damage is, it shows when the reading comes to it
    if (error instanceof Stopped || String(error).includes('Out of Memory')) throw error
    throw new Stopped('broken-parquet', { file: named })
  } finally {
    await engine.close()
  }
}

/** The digits of the longest decimal that the engine has; longer ones it reads wrong, and says nothing. */
const mostDigits = 38

/** The first column of decimals that are longer, with how many digits they have; inside of records with their names. */
async function longDecimal(
  engine: Engine,
  path: string,
): Promise<{ column: string; digits: number } | undefined> {
  const elements = await engine.rows(
    sql`select name, cast(coalesce(num_children, 0) as integer) as children,
        coalesce(greatest(precision, cast(nullif(regexp_extract(logical_type, 'precision=([0-9]+)', 1), '') as bigint)), 0)
          as digits
      from parquet_schema(${path})`,
  )
  // records follow one another as a tree is walked: each stands before what is in it
  const around: { names: string[]; left: number }[] = []
  for (const [at, { name: called, children, digits }] of elements.entries()) {
    while (around.at(-1)?.left === 0) around.pop()
    const holder = around.at(-1)
    if (holder) holder.left -= 1
    const names = at === 0 ? [] : [...(holder?.names ?? []), String(called)]
    if (Number(digits) > mostDigits) return { column: names.join('.'), digits: Number(digits) }
    if (Number(children) > 0) around.push({ names, left: Number(children) })
  }
  return undefined
}

interface Column {
  /** Its name; of a value inside of a record with the names of those around it, as in JSON Lines. */
  readonly path: string
  readonly value: Sql
  readonly type: string
}

/** The columns of a file, those of records inside of it as columns of their own. */
async function columnsOf(
  engine: Engine,
  read: Sql,
  named: string,
): Promise<{ file: Sql; columns: Column[] }> {
  const described = async (query: Sql) =>
    (await engine.rows(sql`select column_name, column_type from (describe ${query})`)).map(
      ({ columnName, columnType }) => ({ called: String(columnName), type: String(columnType) }),
    )
  const opened = async (column: Column, file: Sql, depth: number): Promise<Column[]> => {
    if (depth === deepest || !column.type.startsWith('STRUCT(') || column.type.endsWith(']')) return [column]
    const inside = await described(sql`select unnest(${column.value}) from ${file}`)
    const values = inside.map(({ called, type }) => ({
      path: `${column.path}.${called}`,
      value: sql`struct_extract(${column.value}, ${called})`,
      type,
    }))
    return (await Promise.all(values.map((one) => opened(one, file, depth + 1)))).flat()
  }
  const found = await described(sql`select * from ${read}`)
  // counted before any is read: thousands of them take more memory than there is
  if (found.length > mostColumns) throw new Stopped('many-columns', { file: named, most: mostColumns })
  const columns = found.map((column, i) => ({ ...column, value: name(`c${i}`) }))
  const file = sql`${read} as file (${join(columns.map(({ value }) => value))})`
  const all = await Promise.all(
    columns.map(({ called, value, type }) => opened({ path: called, value, type }, file, 1)),
  )
  return { file, columns: all.flat() }
}

const deepest = 5

/**
 * A value as text: instants with their zone, lists as JSON. Of whole numbers that are kept as fractions the digits that a
 * fraction does not hold are lost: such an id would be another's, and is written so that it shows.
 */
function textOf(value: Sql, type: string): Sql {
  if (/[\])]$/.test(type) && !type.startsWith('DECIMAL') && !type.startsWith('ENUM'))
    return sql`cast(to_json(${value}) as varchar)`
  const text = sql`cast(${value} as varchar)`
  if (type === 'TIMESTAMP WITH TIME ZONE') return sql`cast(timezone('UTC', ${value}) as varchar) || '+00:00'`
  const exact = { DOUBLE: sql`9007199254740992`, FLOAT: sql`16777216` }[type]
  if (exact)
    return sql`case when abs(${value}) >= ${exact} then format('{:.16e}', cast(${value} as double)) else ${text} end`
  return text
}
