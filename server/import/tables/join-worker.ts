import { parentPort } from 'node:worker_threads'
import { quietThread } from '../../../analytics/engine/priority.ts'
import { type ImportKind, importKinds } from '../import-kinds.ts'
import { refusal, Stopped } from '../refusal.ts'
import { type FoundParts, mostTables, type Part } from './joined.ts'
import { type JoinAnswer, order, stop } from './join-order.ts'
import { type Opened, type Unusable, type Unreadable, openTables, apart } from './opened-table.ts'
import { ownPart, partOf } from './own-part.ts'
import { joinedPart } from './joined-part.ts'

/**
 * What becomes of the tables. Orders and what tells more of them (`joinedKinds`) are one part; each table of another kind is
 * one too, those of members and products besides, because no order line has a place for all they say.
 */
async function found(): Promise<FoundParts> {
  const opened: Opened[] = []
  const unused: Unusable[] = []
  const unreadable: Unreadable[] = []
  for (const [place, table] of order.tables.entries()) {
    for (const one of await openTables(String(place), table))
      if ('why' in one) unused.push(one)
      else if ('refusal' in one) unreadable.push(one)
      else opened.push(one)
  }
  if (opened.length > mostTables) throw new Stopped('many-tables', { file: order.fileName, most: mostTables })
  const covers = coversIn(opened)
  const tables = opened.filter((one) => !covers.includes(one))
  for (const { table } of covers) unused.push({ name: table.name, why: 'no-key' })
  const isOneWorkbook = order.names.length === 1 && order.tables.every(({ sheet }) => sheet !== undefined)
  if (isOneWorkbook && unreadable.length === 0) {
    const [one, ...others] = tables
    if (!one)
      throw new Stopped('no-table-sheet', {
        file: order.fileName,
        sheets: { listed: order.tables.map(({ name }) => name) },
      })
    // read as a workbook is that has no other sheet
    if (others.length === 0) {
      const { part, kind, encoding } = one
      const table = { ...one.table, named: order.fileName }
      const whole = partOf({ part, table, kind, encoding, path: table.path, rows: null, refusal: null })
      return { parts: [whole], unused, open: [] }
    }
  }
  const nothingElse = unused.every(({ why }) => why === 'no-table') && unreadable.length === 0
  const anyOrders = tables.some(({ kind }) => kind === 'orders')
  // a single table beside what is none is read as it is, whatever it holds
  const alone = tables.length === 1 && unreadable.length === 0
  // nobody but the merchant knows what they are
  const allStrange = tables.length > 1 && tables.every((one) => isStrange(one, tables))
  const ofOrders = tables.filter(({ kind }) => alone || (anyOrders && joinedKinds.includes(kind)))
  const byItself = allStrange
    ? tables
    : alone
      ? unused.length === 0
        ? tables
        : []
      : ofOrders.length === 1 && nothingElse && unused.length === 0
        ? tables
        : tables.filter(({ kind }) => kind !== 'orders')
  const own = new Set(byItself)
  const together = allStrange ? [] : ofOrders.filter((one) => !own.has(one) || ofOrders.length > 1)
  const parts: Part[] = []
  const open = together.filter(({ readings }) => readings.length > 0)
  if (together.length > 0)
    parts.push(await joinedPart(together, own, { unused, unreadable, nothingElse, open }))
  for (const one of byItself) parts.push(await ownPart(one))
  const saidOf = parts[0]?.refusal
  for (const { part, table, refusal } of unreadable)
    if (saidOf?.id !== refusal.id || saidOf.values.file !== refusal.values.file)
      parts.push(
        partOf({ part, table, kind: 'orders', encoding: null, path: table.path, rows: null, refusal }),
      )
  // told where they stand: tables of their own are not left out
  const names = new Set(byItself.map(({ table }) => table.name))
  const left = unused.filter(({ name }) => !names.has(name))
  const inOrder = parts.toSorted((a, b) => rankOf(a) - rankOf(b))
  const [first, ...rest] = inOrder
  if (!first) throw apart(unused)
  return {
    parts: [first, ...rest],
    unused: left,
    open: open.map(({ part, table, readings }) => ({ part, name: table.name, readings })),
  }
}

/** Orders come first, then members and products, then what refers to them; of these in the order of their kinds. */
const firstKinds: readonly ImportKind[] = ['orders', 'members', 'products']
const rankOf = ({ kind }: Part): number => [...new Set([...firstKinds, ...importKinds])].indexOf(kind)

/** A sheet that speaks for no kind and has no column in common with any other table. */
const isStrange = (one: Opened, all: readonly Opened[]): boolean =>
  one.table.sheet !== undefined &&
  one.isGuess &&
  all.every((other) => other === one || !other.keys.some((key) => key !== '' && one.keys.includes(key)))

/** Sheets beside tables that are none though they have columns, such as a cover with when and from where it was exported. */
function coversIn(all: readonly Opened[]): Opened[] {
  const strange = all.filter((one) => isStrange(one, all))
  return strange.length < all.length ? strange : []
}

/** What a row of order lines may be told by. Rows of other kinds are facts of their own. */
const joinedKinds: readonly ImportKind[] = ['orders', 'members', 'products']

parentPort!.once('message', () => stop.abort())
if (order.aside) quietThread()
const answer = await found().then(
  (parts): JoinAnswer => ({ kind: 'found', parts }),
  (error: unknown): JoinAnswer => {
    if (error instanceof Stopped) return error.refusal
    if (stop.signal.aborted) return refusal('import-cancelled')
    throw error
  },
)
parentPort!.postMessage(answer)
parentPort!.close()
