import { basename, extname, join } from 'node:path'
import { namedWidth } from '../inspect.ts'
import { bytesOf, RecordScanner } from '../reading/records.ts'
import type { FileBegin } from '../reading/file-begins.ts'
import type { Refusal } from '../refusal.ts'
import { takeOutTable } from '../reading/source.ts'
import type { Part } from './joined.ts'
import { order, stop } from './join-order.ts'
import { type Opened, type Table, scanAll, refusalOf } from './opened-table.ts'

/** A table that is read as it is: taken out of its zip, its rows counted. */
export async function ownPart(one: Opened): Promise<Part> {
  const { part, table, kind, encoding } = one
  const kept = table.entries === undefined ? null : `table-${part}${extname(table.name)}`
  if (kept !== null) await takeOutTable(table, join(order.kept, kept), stop.signal)
  // what was taken out before lies in the folder that is going to have another name
  const path = kept ?? (table.packed ? basename(table.path) : table.path)
  let rows: number | null = null
  let refusal: Refusal | null = null
  const begins: FileBegin[] = []
  try {
    rows = await rowsOf(one, begins)
  } catch (error) {
    refusal = refusalOf(error, table)
  }
  return { ...partOf({ part, table, kind, encoding, path, rows, refusal }), begins }
}

/** Rows of a table, those that will be refused too; into `begins` goes where each of several files of a zip does. */
async function rowsOf({ table, opening, form, headers }: Opened, begins: FileBegin[]): Promise<number> {
  const scanner = new RecordScanner({
    ...bytesOf(form),
    firstLine: opening.firstLine,
    ...(opening.container === 'xlsx' ? {} : { columns: headers.length }),
    needed: namedWidth(headers),
    keep: [],
  })
  let above = 0
  let broken = 0
  const count = () => {
    const block = scanner.take()
    for (let at = 0; at < block.length; at = block.indexOf(0x0a, at) + 1) {
      if (Number.parseInt(block.toString('latin1', at, at + 16)) > form.headerLine) break
      above++
    }
    broken += scanner.broken.splice(0).filter(({ line }) => line > form.headerLine).length
  }
  await scanAll(scanner, opening, table, count, { begins })
  return scanner.records - above + broken
}

/** The part that a single table is. */
export const partOf = ({
  table,
  ...part
}: Pick<Part, 'part' | 'kind' | 'encoding' | 'path' | 'rows' | 'refusal'> & { table: Table }): Part => ({
  ...part,
  fileName: table.named,
  names: [table.name],
  sheet: table.sheet?.name ?? null,
  tables: null,
  begins: [],
})
