import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Engine } from '../../../analytics/engine/engine.ts'
import { join as list, sql } from '../../../analytics/sql/sql.ts'
import { delimitedLine } from '../containers/delimited.ts'
import { fieldSeparator, lineBreakInValue } from '../reading/records.ts'
import { plainHeader } from '../columns/fields.ts'
import type { JoinPlan, Link } from './plan.ts'
import { blockBytes, order, options, shares, tell, stopped } from './join-order.ts'
import { type Opened, isOf } from './opened-table.ts'
import { file, lineOf, fieldsOf, keyIn } from './table-rows.ts'

/**
 * Writes the joined table: each row of the base on the line where it stands in its own file, behind it what it names.
 * Rows of the table of orders that no row of the base names follow, each as many lines after its last one as it stands in its own.
 */
export async function write(
  engine: Engine,
  opened: readonly Opened[],
  { base, joins }: JoinPlan,
  added: Link | undefined,
  baseRows: number,
): Promise<{ lastLine: number; rowsAdded: number; ofOrders: readonly number[] }> {
  // one join after the other, each from disk to disk: all at once would hold every table
  let rows = file(base)
  for (const [step, link] of joins.entries()) {
    const { child, parent, key } = link
    const named =
      added && link !== added && child === base && key === added.key
        ? sql`coalesce(${keyIn(base, key)}, ${keyIn(added.parent, key)})`
        : keyIn(child, key)
    const to = join(order.folder, `rows-${step}.parquet`)
    await engine.run(
      sql`copy (select * from ${rows} as row ${link === added ? sql`full` : sql`left`} join ${file(parent)} as named
        on ${keyIn(parent, key)} = ${named}) to (${to}) (format parquet)`,
      options,
    )
    rows = sql`read_parquet(${to})`
    tell(shares.reading + (shares.joining * (step + 1)) / joins.length)
  }
  const parts = [base, ...joins.map(({ parent }) => parent)]
  // keys of joined tables say nothing that the naming row does not say
  const columns = parts.flatMap((at, part) =>
    opened[at]!.headers.flatMap((header, position) =>
      part > 0 && opened[at]!.keys.indexOf(joins[part - 1]!.key) === position
        ? []
        : [{ at, header, position }],
    ),
  )
  const keyColumn =
    added &&
    columns.findIndex(({ at, position }) => at === base && opened[base]!.keys.indexOf(added.key) === position)
  const keyPosition = added && opened[added.parent]!.keys.indexOf(added.key)
  const out = openSync(join(order.kept, 'joined.csv'), 'wx', 0o600)
  try {
    let text = delimitedLine(headersOf(opened, columns))
    let line = opened[base]!.opening.firstLine + 1
    let lastLine = 0
    let rowsAdded = 0
    let written = 0
    const inOrder = sql`select ${lineOf(base)} as line, ${added ? lineOf(added.parent) : sql`null`} as further, ${list(parts.map(fieldsOf))} from ${rows}
      order by ${lineOf(base)} nulls last${added ? sql`, ${lineOf(added.parent)}` : sql``}`
    for await (const chunk of engine.stream(inOrder, options)) {
      stopped()
      written += chunk.length
      tell(1 - shares.writing * (1 - Math.min(1, written / Math.max(1, baseRows))))
      for (const row of chunk) {
        const fields = new Map(
          parts.map((at) => [at, ((row[`fields${at}`] as string | null) ?? '').split(fieldSeparator)]),
        )
        const values = columns.map(({ at, position }) => fields.get(at)![position] ?? '')
        let place = Number(row.line)
        if (row.line === null) {
          values[keyColumn!] = fields.get(added!.parent)![keyPosition!] ?? ''
          rowsAdded++
          place = lastLine + Number(row.further)
        } else lastLine = place
        text += '\n'.repeat(place - line)
        line = place
        text += delimitedLine(values.map((value) => value.replaceAll(lineBreakInValue, ' ')))
        line++
      }
      if (text.length < blockBytes) continue
      writeSync(out, text)
      text = ''
    }
    writeSync(out, text)
    const ofOrders = columns.flatMap(({ at }, place) => (at === added?.parent ? [place] : []))
    return { lastLine, rowsAdded, ofOrders }
  } finally {
    closeSync(out)
  }
}

/** The columns' names; one that is there already gets the name of its table before it. */
function headersOf(
  opened: readonly Opened[],
  columns: readonly { readonly at: number; readonly header: string }[],
): string[] {
  const given = new Map<string, number>()
  return columns.map(({ at, header: own }) => {
    // a name alone says what it is of in its own table only
    const header = opened.length > 1 && isOf(opened[at]!, 'sku') && isName(own) ? productName(own) : own
    const first = given.get(header.toLowerCase())
    if (first === undefined) given.set(header.toLowerCase(), at)
    return first === undefined || first === at || header === ''
      ? header
      : `${opened[at]!.table.name.replace(/\..*$/, '')}.${header}`
  })
}

const isName = (header: string): boolean => /^(name|title|名称|名稱)$/.test(plainHeader(header))
const productName = (header: string): string => (/[a-z]/i.test(header) ? 'product_name' : `商品${header}`)
