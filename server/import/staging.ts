import { mkdirSync } from 'node:fs'
import { unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { openDuckDb } from '../../analytics/engine/duckdb.ts'
import { type Connection, QueryCancelled, type QueryOptions } from '../../analytics/engine/engine.ts'
import { openInThread } from '../../analytics/engine/thread.ts'
import { type Sql, sql } from '../../analytics/sql/sql.ts'
import { kindNamed } from './kinds/catalogue.ts'
import { kindRows } from './kinds/normalise.ts'
import { memberRows } from './members/normalise.ts'
import { refundRows } from './refunds/normalise.ts'
import { notePrefix } from './refunds/note.ts'
import { namedWidth, type Readable } from './inspect.ts'
import { splitJoinedProducts } from './joined-products.ts'
import type { Mapping } from './mapping.ts'
import { blockRows, keptColumns, normalisedRows, type NormaliseSettings } from './normalise.ts'
import { bytesOf } from './records.ts'
import { checkRefunds, type RefundCheck, settledRefunds } from './refund-check.ts'
import type { Refusal } from './refusal.ts'
import { openRefused, refuse, refusedIn } from './refused.ts'
import { foldFiles, inGivenOrder } from './several-files.ts'
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
  /** Relation of what is stored of the accepted rows, in any engine: the columns of `import_lines` without its number, `remainder_micro` and `hidden`; or those of the import table of another kind. */
  readonly lines: Sql
  /** Of orders: relation of the accepted rows, each once, where `lines` has several of one. */
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
  /** What the file's refunds say of its amounts; null where it tells none. */
  readonly refundCheck: RefundCheck | null
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
  { opening, inspection, mapping, firstLines: known = [] }: Readable,
  settings: NormaliseSettings & { readonly replace: boolean },
  folder: string,
  onProgress: (progress: ReadingProgress) => void,
  signal: AbortSignal,
): Promise<Staged | Refusal> {
  mkdirSync(folder, { recursive: true })
  const limits = { memoryLimit: '600MB', temporaryFolder: join(folder, 'aside') }
  // few rows are read by whoever asks
  const engine = opening.whole
    ? await openDuckDb(':memory:', { ...limits, threads: 1 })
    : await openInThread({ ...limits, threads: 1 + lanes })
  // what is whole at its opening is read before that would pay
  const options = { signal, timeoutMs: importTimeoutMs, aside: !opening.whole }
  const kind = kindNamed(mapping.kind)
  const rowsOf = kind
    ? (block: Sql, how: typeof settings) => kindRows(kind, block, how)
    : { orders: normalisedRows, refunds: refundRows, members: memberRows }[
        mapping.kind as 'orders' | 'refunds' | 'members'
      ]
  try {
    await openRefused(engine, folder)
    const refused = refusedIn(folder)
    let bytesRead = 0
    let rows = 0
    let parts = 0
    let stopped: Refusal | undefined
    let hash = ''
    let firstLines: readonly number[] = []
    const normalise = async (block: Extract<ScanMessage, { kind: 'block' }>, part: string) => {
      // as a reader: blocks are normalised side by side
      await engine.rows(
        sql`copy (${rowsOf(blockRows(block.path, mapping), settings)}) to (${part}) ${partFormat}`,
        options,
      )
      await unlink(block.path)
      if (block.brokenPath) {
        await refuse(engine, folder, brokenRows(block.brokenPath), options)
        await unlink(block.brokenPath)
      }
      rows += block.records + block.broken
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
        keep: keptColumns(mapping),
        aside: options.aside,
        folder,
      },
      signal,
    )) {
      if (message.kind === 'stopped') stopped = message.refusal
      else if (message.kind === 'done') {
        hash = message.hash
        firstLines = message.parts
      } else {
        if (running.size === lanes) await Promise.race(running)
        const part = join(folder, `part-${String(parts++).padStart(6, '0')}.parquet`)
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
    const all = sql`read_parquet(${join(folder, 'part-*.parquet')})`
    await refuse(
      engine,
      folder,
      // a row of several values in one cell is several rows here, refused for one reason
      sql`select ${kind ? sql`distinct` : sql``} row_number, reason, reason_field, reason_value
        from ${all} where reason is not null`,
      options,
    )
    const every = sql`(select * exclude (reason, reason_field, reason_value) from ${all} where reason is null)`
    const ofOrders = mapping.kind === 'orders' || mapping.kind === 'refunds'
    const files = inspection.tables?.files ?? inGivenOrder(known.length > 0 ? known : firstLines)
    const { rows: accepted, ...several } =
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
    if (mapping.kind === 'refunds') {
      const lines = await identified(engine, accepted, sql`order_id is null`, notePrefix, folder, options)
      return { engine, refused, ...whole(lines), hash, read: rows, passed: 0, ...several, refundCheck: null }
    }
    if (mapping.kind !== 'orders') {
      const passed = mapping.passedWithout ? rows - (await judgedRows(engine, all, refused, options)) : 0
      return {
        engine,
        refused,
        ...whole(accepted),
        hash,
        read: rows - passed,
        passed,
        ...several,
        refundCheck: null,
      }
    }
    const refundCheck = await checkRefunds(engine, accepted, mapping, options)
    const settled = await settle(
      engine,
      accepted,
      mapping,
      refundCheck?.amountsAreNet ?? false,
      folder,
      options,
    )
    const completed = await complete(engine, settled, folder, mapping.columns.orderId !== undefined, options)
    const lines =
      mapping.joinedProducts && mapping.columns.orderId !== undefined
        ? {
            rows: completed,
            ...(await splitJoinedProducts(engine, completed, mapping.joinedProducts, folder, options)),
          }
        : whole(completed)
    return { engine, refused, ...lines, hash, read: rows, passed: 0, ...several, refundCheck }
  } catch (error) {
    await engine.close()
    if (signal.aborted) throw new QueryCancelled('The import was cancelled.', { cause: error })
    throw error
  }
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
  const to = join(folder, 'settled.parquet')
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
  const to = join(folder, 'completed.parquet')
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
  const to = join(folder, 'identified.parquet')
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
