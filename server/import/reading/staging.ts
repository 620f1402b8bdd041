import { mkdirSync } from 'node:fs'
import { unlink } from 'node:fs/promises'
import { join as joinPath } from 'node:path'
import { Worker } from 'node:worker_threads'
import { openDuckDb } from '../../../analytics/engine/duckdb.ts'
import { type Connection, QueryCancelled, type QueryOptions } from '../../../analytics/engine/engine.ts'
import { openInThread } from '../../../analytics/engine/thread.ts'
import { join, type Sql, sql } from '../../../analytics/sql/sql.ts'
import { kindNamed } from '../kinds/catalogue.ts'
import { kindRows } from '../kinds/normalise.ts'
import { memberRows } from '../members/normalise.ts'
import { refundRows } from '../refunds/normalise.ts'
import { notePrefix } from '../refunds/note.ts'
import { namedWidth, type Readable } from '../inspect.ts'
import { splitJoinedProducts } from '../platforms/joined-products.ts'
import type { Mapping } from '../columns/mapping.ts'
import { blockRows, keptColumns, normalisedRows, type NormaliseSettings } from '../values/normalise.ts'
import type { FileBegin, FileRead } from './file-begins.ts'
import { type MayHold, mayHold } from './held-bytes.ts'
import { bytesOf } from './records.ts'
import { doubtfulRefunds, type DoubtfulRefunds } from '../receipts/refund-doubts.ts'
import { checkRefunds, type RefundCheck, settledRefunds } from '../platforms/refund-check.ts'
import type { Refusal } from '../refusal.ts'
import { openRefused, refuse, refusedIn } from '../refused/refused.ts'
import { isOfSeveralFiles } from '../refused/refused-columns.ts'
import { foldFiles, inGivenOrder, type MendedFile, mendedFiles } from './several-files.ts'
import { brokenCells } from './broken-cells.ts'
import { wholeOrders } from '../orders/whole-orders.ts'
import { scan, type ScanMessage, type ScanOrder } from './scan.ts'

/** How far the reading of a file has come. */
export interface ReadingProgress {
  readonly bytesRead: number
  readonly rows: number
}

/** A file read, normalised and judged, apart from the workspace: nothing of it is visible there yet. */
export interface Staged {
  /** An engine of its own, so that questions to the workspace keep theirs. */
  readonly engine: Connection
  /** Relation there of the refused rows (refused.ts). */
  readonly refused: Sql
  /** Relation of what is stored of the accepted rows, in any engine: the columns of `import_lines` without its number, `remainder_micro`, `hidden` and `nobody_word`; or those of the import table of another kind. */
  readonly lines: Sql
  /** Relation of the accepted rows: each once, where `lines` has several of an order's; of members with `unread_email` beside. */
  readonly rows: Sql
  /** Rows that are several of `lines`, because they name several products. */
  readonly splitRows: number
  readonly hash: string
  /** Records of the file, refused ones included, without those that were passed over. */
  readonly read: number
  /** Records that say nothing of the kind (see `Mapping.passedWithout`). */
  readonly passed: number
  /** Of several files that are read as one: accepted rows that are left out, because another file tells them or tells their order otherwise. */
  readonly repeated: number
  /** Of these: orders of which a later file told more or otherwise than an earlier one. */
  readonly superseded: number
  /** Of orders: refused rows that may belong to one that came in. */
  readonly loose: number
  /** Orders of the file have several rows: one that came in may lack such a row. */
  readonly severalRows: boolean
  /** Several files that are read as one; empty: it is one. */
  readonly files: readonly FileRead[]
  /** Of mended rows of several files: of which file they were refused, from which line on. */
  readonly mended: readonly MendedFile[]
  /** What the file's refunds say of its amounts; null where it tells none. */
  readonly refundCheck: RefundCheck | null
  /** Of orders: refunds whose state leaves something open. */
  readonly refundDoubts?: readonly DoubtfulRefunds[]
}

const importTimeoutMs = 12 * 60 * 60 * 1000

/** Without, each column of ids first gathers a dictionary of all it holds. */
const partFormat = sql`(format parquet, dictionary_size_limit 5000)`

/** So little is split sooner by this thread than another one has begun. */
const fewBytes = 256 << 10

/** Blocks that are normalised at once, each on a thread of its own that questions go before. */
const lanes = 2

/**
 * Reads the whole file: a worker splits it into blocks, SQL normalises each into a Parquet file. Refused
 * rows are put aside (refused.ts). Throws QueryCancelled when `signal` aborts.
 */
export async function stage(
  file: Readable,
  settings: NormaliseSettings & { readonly replace: boolean },
  folder: string,
  onProgress: (progress: ReadingProgress) => void,
  signal: AbortSignal,
): Promise<Staged | Refusal> {
  const { opening, inspection, mapping, begins: known = [], templateLines = [] } = file
  mkdirSync(folder, { recursive: true })
  const limits = { memoryLimit: '600MB', temporaryFolder: joinPath(folder, 'aside') }
  // few rows are read by whoever asks
  const engine = opening.whole
    ? await openDuckDb(':memory:', { ...limits, threads: 1 })
    : await openInThread({ ...limits, threads: 1 + lanes })
  // what is whole at its opening is read before that would pay
  const options = { signal, timeoutMs: importTimeoutMs, aside: !opening.whole }
  const kind = kindNamed(mapping.kind)
  const rowsOf: (block: Sql, how: typeof settings, may: MayHold) => Sql = kind
    ? (block: Sql, how: typeof settings) => kindRows(kind, block, how)
    : { orders: normalisedRows, refunds: refundRows, members: memberRows }[
        mapping.kind as 'orders' | 'refunds' | 'members'
      ]
  const kept = keptColumns(mapping)
  const isTemplate = sql`list_contains([${join([...templateLines])}], row_number)`
  const judged = (rows: Sql): Sql =>
    templateLines.length === 0
      ? rows
      : sql`select * replace (case when ${isTemplate} then 'template-row' else reason end as reason,
          case when not ${isTemplate} then reason_field end as reason_field,
          case when not ${isTemplate} then reason_value end as reason_value) from (${rows}) as row`
  try {
    await openRefused(engine, folder)
    const refused = refusedIn(folder)
    let bytesRead = 0
    let rows = 0
    let broken = 0
    let parts = 0
    let stopped: Refusal | undefined
    let hash = ''
    let scanned: readonly FileBegin[] = []
    const normalise = async (block: Extract<ScanMessage, { kind: 'block' }>, part: string) => {
      // as a reader: blocks are normalised side by side
      await engine.rows(
        sql`copy (${judged(rowsOf(blockRows(block.path, mapping), settings, mayHold(block.held, kept)))}) to (${part}) ${partFormat}`,
        options,
      )
      await unlink(block.path)
      if (block.brokenPath) {
        await refuse(engine, folder, brokenRows(block.brokenPath), options)
        await unlink(block.brokenPath)
      }
      rows += block.records + block.broken
      broken += block.broken
      bytesRead = Math.max(bytesRead, block.bytesRead)
      onProgress({ bytesRead, rows })
    }
    const running = new Set<Promise<void>>()
    const scanning = opening.whole && opening.head.length <= fewBytes ? scannedHere : scannedAside
    for await (const message of scanning(
      {
        source: {
          path: opening.path,
          container: opening.container,
          encoding: opening.encoding,
          jsonPaths: opening.jsonPaths,
          sheet: opening.sheet,
        },
        named: inspection.fileName,
        ...bytesOf(inspection),
        columns: opening.container === 'xlsx' ? undefined : inspection.headers.length,
        needed: namedWidth(inspection.headers),
        firstLine: opening.firstLine,
        headerLine: inspection.headerLine,
        keep: kept,
        aside: options.aside,
        folder,
      },
      signal,
    )) {
      if (message.kind === 'stopped') stopped = message.refusal
      else if (message.kind === 'done') {
        hash = message.hash
        scanned = message.begins
      } else {
        if (running.size === lanes) await Promise.race(running)
        const part = joinPath(folder, `part-${String(parts++).padStart(6, '0')}.parquet`)
        const job = normalise(message, part).then(() => void running.delete(job))
        running.add(job)
        job.catch(() => {}) // thrown by the next race or at the end
      }
    }
    await Promise.all(running)
    if (stopped) {
      await engine.close()
      return stopped
    }
    const all = sql`read_parquet(${joinPath(folder, 'part-*.parquet')})`
    const begins = inspection.tables?.begins ?? (known.length > 0 ? known : scanned)
    const namesOrders = mapping.kind === 'orders' && mapping.columns.orderId !== undefined
    // before refused rows of the blocks are among those that are put aside
    const cells =
      namesOrders && broken > 0
        ? await brokenCells(file, { engine, refused, files: [] }, folder, signal)
        : null
    const ofFiles = await rowsOfFiles(
      engine,
      begins,
      { all, broken: refused, severalARow: kind !== undefined },
      options,
    )
    await refuse(
      engine,
      folder,
      // a row of several values in one cell is several rows here, refused for one reason
      sql`select ${kind ? sql`distinct` : sql``} row_number, reason, reason_field, reason_value
        from ${all} where reason is not null`,
      options,
    )
    const ofOrders = mapping.kind === 'orders' || mapping.kind === 'refunds'
    const mended = isOfSeveralFiles(inspection.headers) ? await mendedFiles(file) : []
    const files = inspection.tables?.begins
      ? (inspection.tables.files ?? [])
      : mended.length > 0
        ? mended
        : inGivenOrder(begins)
    const { rows: every, ...whether } = namesOrders
      ? await wholeOrders(engine, all, cells, mapping.columns.state !== undefined, folder, options)
      : {
          rows: sql`(select * exclude (reason, reason_field, reason_value) from ${all} where reason is null)`,
          loose: 0,
          severalRows: false,
        }
    const { rows: accepted, ...folded } =
      ofOrders && files.length > 1
        ? await foldFiles(
            engine,
            every,
            files,
            { replace: settings.replace, dated: mapping.kind === 'orders' },
            folder,
            options,
          )
        : { rows: every, repeated: 0, superseded: 0 }
    const several = { ...folded, ...whether, mended }
    if (mapping.kind === 'refunds') {
      const lines = await identified(engine, accepted, sql`order_id is null`, notePrefix, folder, options)
      return {
        engine,
        refused,
        ...whole(lines),
        hash,
        read: rows,
        passed: 0,
        files: ofFiles,
        ...several,
        refundCheck: null,
      }
    }
    if (mapping.kind !== 'orders') {
      const passed = mapping.passedWithout ? rows - (await judgedRows(engine, all, refused, options)) : 0
      return {
        engine,
        refused,
        ...whole(accepted),
        ...(mapping.kind === 'members'
          ? { lines: sql`(select * exclude (unread_email) from ${accepted} as member)` }
          : {}),
        hash,
        read: rows - passed,
        passed,
        files: ofFiles,
        ...several,
        refundCheck: null,
      }
    }
    const saysStates = mapping.columns.refundState !== undefined
    const refundDoubts = saysStates ? await doubtfulRefunds(engine, accepted, mapping, options) : []
    const sold = saysStates ? sql`(select * exclude (refund_doubt) from ${accepted} as line)` : accepted
    const refundCheck = await checkRefunds(engine, sold, mapping, options)
    const settled = await settle(engine, sold, mapping, refundCheck?.amountsAreNet ?? false, folder, options)
    const completed = await complete(engine, settled, folder, mapping.columns.orderId !== undefined, options)
    const lines =
      mapping.joinedProducts && mapping.columns.orderId !== undefined
        ? {
            rows: completed,
            ...(await splitJoinedProducts(engine, completed, mapping.joinedProducts, folder, options)),
          }
        : whole(completed)
    return {
      engine,
      refused,
      ...lines,
      hash,
      read: rows,
      passed: 0,
      files: ofFiles,
      ...several,
      refundCheck,
      refundDoubts,
    }
  } catch (error) {
    await engine.close()
    if (signal.aborted) throw new QueryCancelled('The import was cancelled.', { cause: error })
    throw error
  }
}

/** How many rows each of several files has that are read as one: those of the blocks, and records that are none. */
async function rowsOfFiles(
  engine: Connection,
  begins: readonly FileBegin[],
  { all, broken, severalARow }: { readonly all: Sql; readonly broken: Sql; readonly severalARow: boolean },
  options: QueryOptions,
): Promise<FileRead[]> {
  if (begins.length === 0) return []
  const ends = begins.slice(1).map(({ line }) => line - 1)
  const last = JSON.stringify([...new Set([...ends, Number.MAX_SAFE_INTEGER])])
  // a row of several values in one cell is several rows here
  const counted = await engine.rows(
    sql`select unnest(map_entries(histogram(row_number, cast(${last} as json)::bigint[])), recursive := true)
      from (select ${severalARow ? sql`distinct` : sql``} row_number
        from (select row_number from ${all} union all select row_number from ${broken} as row) as row) as row`,
    options,
  )
  const rows = new Map(counted.map(({ key, value }) => [Number(key), Number(value)]))
  // an empty file begins where the next one does
  return begins.map((begin, at) => ({
    ...begin,
    rows: begins[at + 1]?.line === begin.line ? 0 : (rows.get(ends[at] ?? Number.MAX_SAFE_INTEGER) ?? 0),
  }))
}

/** Rows of which each is one line. */
const whole = (rows: Sql) => ({ lines: rows, rows, splitRows: 0 })

/** Records of which something came, rows or a refusal. */
async function judgedRows(
  engine: Connection,
  all: Sql,
  refused: Sql,
  options: QueryOptions,
): Promise<number> {
  const [judged] = await engine.rows(
    sql`select count(*) as n from (
      select row_number from ${all} as line union select row_number from ${refused} as row)`,
    options,
  )
  return Number(judged!.n)
}

const brokenRows = (path: string): Sql =>
  sql`select line, reason, null::varchar, null::varchar from read_csv(${path}, auto_detect = false, header = false,
    delim = ',', quote = '', escape = '', new_line = '\\n', buffer_size = 4000000, columns = {'line': 'bigint', 'reason': 'varchar'})`

/** The accepted rows without what only the check needed, their refunds settled. */
async function settle(
  engine: Connection,
  accepted: Sql,
  mapping: Mapping,
  amountsAreNet: boolean,
  folder: string,
  options: QueryOptions,
): Promise<Sql> {
  if (mapping.columns.refundAmount === undefined) return accepted
  const plain = (rows: Sql) =>
    sql`(select * exclude (charged_minors, back_minor, restored_net_minor, restored_gross_minor, restored_discount_minor)
      from ${rows} as line)`
  const settled = settledRefunds(accepted, mapping, amountsAreNet)
  if (settled === null) return plain(accepted)
  const to = joinPath(folder, 'settled.parquet')
  await engine.run(sql`copy ${plain(sql`(${settled})`)} to (${to}) (format parquet)`, options)
  return sql`read_parquet(${to})`
}

/**
 * What needs the file as a whole: a row that lacks its order's time or state takes them from another
 * row of the order, and in a file without order ids each row becomes an order whose id is its content
 * and its count among equal rows.
 */
async function complete(
  engine: Connection,
  lines: Sql,
  folder: string,
  hasOrderId: boolean,
  options: QueryOptions,
): Promise<Sql> {
  if (!hasOrderId) return identified(engine, lines, sql`true`, '', folder, options)
  const to = joinPath(folder, 'completed.parquet')
  const completed = sql`read_parquet(${to})`
  const [lacking] = await engine.rows(
    sql`select count(*) filter (where ordered_at is null) as undated, count(*) filter (where state is null) as stateless from ${lines}`,
    options,
  )
  if (lacking!.undated === 0 && lacking!.stateless === 0) return lines
  const orders = sql`(select order_id, min(ordered_at) as first_at,
    coalesce(arg_min(state, row_number), 'paid') as first_state from ${lines} group by order_id)`
  await refuse(
    engine,
    folder,
    sql`select line.row_number, 'no-date', 'orderedAt', null::varchar from ${lines} as line
      join ${orders} as whole on whole.order_id = line.order_id where whole.first_at is null`,
    options,
  )
  await engine.run(
    sql`copy (
      select line.* replace (coalesce(line.ordered_at, whole.first_at) as ordered_at,
        coalesce(line.state, whole.first_state) as state)
      from ${lines} as line join ${orders} as whole on whole.order_id = line.order_id
      where whole.first_at is not null
    ) to (${to}) (format parquet)`,
    options,
  )
  return completed
}

/** The rows, those that `nameless` tells with an id after `prefix` that is their content and their count among equal rows. */
async function identified(
  engine: Connection,
  lines: Sql,
  nameless: Sql,
  prefix: string,
  folder: string,
  options: QueryOptions,
): Promise<Sql> {
  const to = joinPath(folder, 'identified.parquet')
  await engine.run(
    sql`copy (
      with repeated as (
        select row_number, row_number() over (partition by content_hash order by row_number) as occurrence
        from ${lines} where content_hash in (select content_hash from ${lines} group by 1 having count(*) > 1)
      )
      select line.* replace (
        case when ${nameless}
          then ${prefix} || printf('row-%016x-%d', line.content_hash, coalesce(repeated.occurrence, 1))
          else line.order_id end as order_id,
        coalesce(line.state, 'paid') as state)
      from ${lines} as line left join repeated on repeated.row_number = line.row_number
    ) to (${to}) (format parquet)`,
    options,
  )
  return sql`read_parquet(${to})`
}

/** The blocks as they come, in this thread. */
async function* scannedHere(order: ScanOrder, signal: AbortSignal): AsyncGenerator<ScanMessage> {
  for await (const message of scan(order)) {
    if (signal.aborted) throw new QueryCancelled('The import was cancelled.')
    yield message
  }
}

/** The worker's messages as they come; the worker ends with the loop or with the signal. */
async function* scannedAside(order: ScanOrder, signal: AbortSignal): AsyncGenerator<ScanMessage> {
  const worker = new Worker(new URL('./scan-worker.ts', import.meta.url), { workerData: order })
  const waiting: ScanMessage[] = []
  let failure: unknown
  let ended = false
  let wake = () => {}
  const notice = () => wake()
  worker.on('message', (message: ScanMessage) => {
    waiting.push(message)
    notice()
  })
  worker.on('error', (error) => {
    failure = error
    notice()
  })
  worker.on('exit', () => {
    ended = true
    notice()
  })
  signal.addEventListener('abort', notice)
  try {
    for (;;) {
      if (signal.aborted) throw new QueryCancelled('The import was cancelled.')
      if (failure !== undefined) throw failure
      const message = waiting.shift()
      if (message) {
        yield message
        if (message.kind === 'block') worker.postMessage('taken')
        else return
      } else if (ended) throw new Error('The reading of the file ended without a word.')
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    signal.removeEventListener('abort', notice)
    await worker.terminate()
  }
}
