import { openDuckDb } from '../../../analytics/engine/duckdb.ts'
import { join, name, sql } from '../../../analytics/sql/sql.ts'
import { Stopped } from '../refusal.ts'
import { delimitedLine } from './delimited.ts'

/** The rows of a Parquet file as delimited text with a header; instants with their zone. */
export async function* parquetLines(
  path: string,
  named: string,
  onShare: (share: number) => void,
): AsyncGenerator<string> {
  const engine = await openDuckDb(':memory:', { threads: 1, memoryLimit: '500MB' })
  const options = { timeoutMs: 12 * 60 * 60 * 1000 }
  try {
    const file = sql`read_parquet(${path})`
    const columns = await engine.rows(
      sql`select column_name, column_type from (describe select * from ${file})`,
      options,
    )
    const columnNames = columns.map((_, i) => name(`c${i}`))
    const [counted] = await engine.rows(sql`select count(*) as n from ${file}`, options)
    const texts = columns.map(({ columnType }, i) => {
      const column = columnNames[i]!
      const text = /WITH TIME ZONE/i.test(String(columnType))
        ? sql`cast(timezone('UTC', ${column}) as varchar) || '+00:00'`
        : sql`cast(${column} as varchar)`
      return sql`${text} as ${column}`
    })
    yield delimitedLine(columns.map(({ columnName }) => String(columnName)))
    let rows = 0
    for await (const chunk of engine.stream(
      sql`select ${join(texts)} from ${file} as file (${join(columnNames)})`,
      options,
    )) {
      rows += chunk.length
      onShare(rows / Math.max(1, Number(counted!.n)))
      yield chunk.map((row) => delimitedLine(columns.map((_, i) => String(row[`c${i}`] ?? '')))).join('')
    }
  } catch (error) {
    // wherever the damage is, it shows when the reading comes to it
    if (String(error).includes('Out of Memory')) throw error
    throw new Stopped('broken-parquet', { file: named })
  } finally {
    await engine.close()
  }
}
