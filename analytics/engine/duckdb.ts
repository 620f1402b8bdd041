import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import {
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBResult,
  DuckDBInstance,
  DuckDBTypeId,
  type DuckDBType,
  type DuckDBValue,
  INTEGER,
  VARCHAR,
} from '@duckdb/node-api'
import { duckdb } from '../sql/duckdb.ts'
import { render, type Sql } from '../sql/sql.ts'
import {
  type Column,
  type Engine,
  EngineDamaged,
  EngineInUse,
  QueryCancelled,
  type QueryOptions,
  QueryTimedOut,
  type Row,
  type Session,
  type TransactionSession,
} from './engine.ts'

export interface DuckDbSettings {
  threads?: number
  /** As DuckDB writes it: '4GB'. */
  memoryLimit?: string
  /** Queries that may run at once; must stay below UV_THREADPOOL_SIZE or small work waits behind them. */
  readers?: number
}

/** Files open in this process: DuckDB lets one process open a file twice, and that corrupts it. */
const openFiles = new Set<string>()

/**
 * Opens (or creates) a workspace's DuckDB file; ':memory:' for one that is gone when closed. The
 * attached database `scratch` lives in memory and holds what can be computed again.
 * Throws EngineInUse when another process holds the file, EngineDamaged when it cannot be read.
 */
export async function openDuckDb(path: string, settings: DuckDbSettings = {}): Promise<Engine> {
  const inMemory = path === ':memory:'
  const file = inMemory ? path : resolve(path)
  if (!inMemory) {
    if (openFiles.has(file)) throw new Error(`${file} is already open in this process`)
    mkdirSync(dirname(file), { recursive: true })
    openFiles.add(file)
  }
  try {
    const instance = await DuckDBInstance.create(file, {
      threads: String(settings.threads ?? 2),
      memory_limit: settings.memoryLimit ?? '4GB',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      enable_external_file_cache: 'false',
      ...(inMemory ? {} : { temp_directory: `${file}.tmp` }),
    })
    const setUp = await instance.connect()
    await setUp.run(`set TimeZone = 'UTC'; attach if not exists ':memory:' as scratch`)
    setUp.closeSync()
    return new DuckDbEngine(instance, settings.readers ?? 6, () => {
      openFiles.delete(file)
      if (!inMemory) rmSync(`${file}.tmp`, { recursive: true, force: true })
    })
  } catch (error) {
    openFiles.delete(file)
    if (/could not set lock|conflicting lock/i.test(String(error))) throw new EngineInUse(file)
    if (/not a valid DuckDB|could not read|corrupt|serialization error|replaying WAL/i.test(String(error)))
      throw new EngineDamaged(file, error)
    throw error
  }
}

class DuckDbEngine implements Engine {
  readonly #instance: DuckDBInstance
  readonly #released: () => void
  readonly #readers: Turns
  readonly #writers = new Turns(1)
  #closed = false

  constructor(instance: DuckDBInstance, readers: number, released: () => void) {
    this.#instance = instance
    this.#readers = new Turns(readers)
    this.#released = released
  }

  rows(query: Sql, options: QueryOptions = {}): Promise<Row[]> {
    return this.#readers.take(options.signal, () =>
      this.#connected((connection) => answered(connection, query, options)),
    )
  }

  run(statement: Sql, options: QueryOptions = {}): Promise<void> {
    return this.#writers.take(options.signal, () =>
      this.#connected((connection) => ran(connection, statement, options)),
    )
  }

  async *stream(query: Sql, options: QueryOptions = {}): AsyncGenerator<Row[]> {
    const connection = await this.#readers.enter(options.signal, () => this.#connect())
    const watch = watched(connection, options)
    try {
      const prepared = await watch.settle(() => bound(connection, query))
      const result = await watch.settle(() => prepared.stream())
      const decode = rowDecoder(result)
      for (;;) {
        const chunk = await watch.settle(() => result.fetchChunk())
        if (!chunk || chunk.rowCount === 0) return
        yield decode(chunk)
      }
    } finally {
      watch.end()
      connection.closeSync()
      this.#readers.leave()
    }
  }

  transaction<T>(work: (session: TransactionSession) => Promise<T>): Promise<T> {
    return this.#writers.take(undefined, () => this.#inTransaction(work))
  }

  scratch<T>(
    work: (session: Session) => Promise<T>,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    return this.#readers.take(options.signal, () => this.#inTransaction(work))
  }

  async backup(path: string): Promise<void> {
    if (existsSync(path)) throw new Error(`${path} already exists`)
    await this.#writers.take(undefined, () =>
      this.#connected(async (connection) => {
        const [own] = (await connection.runAndReadAll('select current_database()')).getRows()
        const quote = (text: string) => `'${text.replaceAll("'", "''")}'`
        await connection.run(`attach ${quote(path)} as copied`)
        try {
          await connection.run(`copy from database "${String(own?.[0]).replaceAll('"', '""')}" to copied`)
        } finally {
          await connection.run('detach copied')
        }
      }),
    )
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#writers.take(undefined, async () => {
      const connection = await this.#instance.connect()
      await connection.run('checkpoint').catch(() => {}) // a reader is still on: the log is replayed at the next start
      connection.closeSync()
    })
    this.#instance.closeSync()
    this.#released()
  }

  #inTransaction<T>(work: (session: TransactionSession) => Promise<T>): Promise<T> {
    return this.#connected(async (connection) => {
      await connection.run('begin transaction')
      try {
        const result = await work({
          rows: (query, options = {}) => answered(connection, query, options),
          run: (statement, options = {}) => ran(connection, statement, options),
          append: (table, columns) => appended(connection, table, columns),
        })
        await connection.run('commit')
        return result
      } catch (error) {
        await connection.run('rollback').catch(() => {}) // DuckDB has ended it itself after a failed statement
        throw error
      }
    })
  }

  #connect(): Promise<DuckDBConnection> {
    return this.#instance.connect()
  }

  async #connected<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const connection = await this.#connect()
    try {
      return await work(connection)
    } finally {
      connection.closeSync()
    }
  }
}

/** At most `size` holders at once; the others wait in their order and stop waiting when aborted. */
class Turns {
  readonly #waiting: (() => void)[] = []
  #free: number

  constructor(size: number) {
    this.#free = size
  }

  async take<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    await this.#wait(signal)
    try {
      return await work()
    } finally {
      this.leave()
    }
  }

  /** Like `take`, but the turn is kept until `leave`. */
  async enter<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    await this.#wait(signal)
    try {
      return await work()
    } catch (error) {
      this.leave()
      throw error
    }
  }

  leave(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#free++
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) throw new QueryCancelled('Cancelled before it began.')
    if (this.#free > 0) {
      this.#free--
      return
    }
    await new Promise<void>((resolve, reject) => {
      const turn = () => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1)
        reject(new QueryCancelled('Cancelled while it waited for its turn.'))
      }
      this.#waiting.push(turn)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }
}

const defaultTimeoutMs = 30_000

/** An interrupt that finds no query running is lost, so it is repeated until the work has ended. */
const repeatInterruptMs = 20

/** Interrupts the connection on abort or timeout and turns the interrupt into the right error. */
function watched(connection: DuckDBConnection, options: QueryOptions) {
  const { signal } = options
  let timedOut = false
  let repeating: NodeJS.Timeout | undefined
  const stop = () => {
    connection.interrupt()
    repeating ??= setInterval(() => connection.interrupt(), repeatInterruptMs)
  }
  const timer = setTimeout(() => {
    timedOut = true
    stop()
  }, options.timeoutMs ?? defaultTimeoutMs)
  signal?.addEventListener('abort', stop, { once: true })
  const stopped = (cause?: unknown) => {
    if (timedOut) return new QueryTimedOut('The query took too long.', { cause })
    return signal?.aborted ? new QueryCancelled('The query was cancelled.', { cause }) : undefined
  }
  return {
    /** One step of the work; none is begun once it was stopped. */
    async settle<T>(step: () => Promise<T>): Promise<T> {
      const before = stopped()
      if (before) throw before
      try {
        return await step()
      } catch (error) {
        throw stopped(error) ?? error
      }
    },
    end() {
      clearTimeout(timer)
      clearInterval(repeating)
      signal?.removeEventListener('abort', stop)
    },
  }
}

async function bound(connection: DuckDBConnection, query: Sql) {
  const { text, params } = render(query, duckdb.placeholder)
  const prepared = await connection.prepare(text)
  if (params.length > 0) prepared.bind(params)
  return prepared
}

async function ran(connection: DuckDBConnection, statement: Sql, options: QueryOptions): Promise<void> {
  const watch = watched(connection, options)
  try {
    const prepared = await watch.settle(() => bound(connection, statement))
    await watch.settle(() => prepared.run())
  } finally {
    watch.end()
  }
}

async function answered(connection: DuckDBConnection, query: Sql, options: QueryOptions): Promise<Row[]> {
  const watch = watched(connection, options)
  try {
    const prepared = await watch.settle(() => bound(connection, query))
    const result = await watch.settle(() => prepared.run())
    const decode = rowDecoder(result)
    const rows: Row[] = []
    for (;;) {
      const chunk = await watch.settle(() => result.fetchChunk())
      if (!chunk || chunk.rowCount === 0) return rows
      for (const row of decode(chunk)) rows.push(row)
    }
  } finally {
    watch.end()
  }
}

const chunkRows = 2048

async function appended(
  connection: DuckDBConnection,
  table: string,
  columns: readonly Column[],
): Promise<void> {
  const rows = columns[0]?.length ?? 0
  if (columns.some((column) => column.length !== rows)) throw new RangeError('Columns of unequal length.')
  const appender = await connection.createAppender(table, 'main', 'temp')
  const chunk = DuckDBDataChunk.create(
    columns.map((column) => (column instanceof Int32Array ? INTEGER : VARCHAR)),
    chunkRows,
  )
  for (let from = 0; from < rows; from += chunkRows) {
    const to = Math.min(rows, from + chunkRows)
    chunk.rowCount = to - from
    columns.forEach((column, index) =>
      // an Int32Array is read like an array, which its declared type does not say
      chunk.setColumnValues(
        index,
        (column instanceof Int32Array ? column.subarray(from, to) : column.slice(from, to)) as DuckDBValue[],
      ),
    )
    appender.appendDataChunk(chunk)
  }
  appender.closeSync()
}

const camelCase = (column: string) =>
  column.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

function rowDecoder(result: DuckDBResult): (chunk: DuckDBDataChunk) => Row[] {
  const columns = result.columnNames().map(camelCase)
  const types = result.columnTypes()
  return (chunk) => {
    const rows: Row[] = Array.from({ length: chunk.rowCount }, () => ({}))
    columns.forEach((column, index) => {
      const decode = valueDecoder(types[index]!, column)
      chunk.getColumnValues(index).forEach((value, row) => {
        rows[row]![column] = value === null ? null : decode(value)
      })
    })
    return rows
  }
}

function valueDecoder(type: DuckDBType, column: string): (value: DuckDBValue) => Row[string] {
  switch (type.typeId) {
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.HUGEINT:
    case DuckDBTypeId.UHUGEINT:
      return (value) => {
        const integer = Number(value as bigint)
        if (!Number.isSafeInteger(integer))
          throw new RangeError(`${column} is beyond a safe integer: ${value}`)
        return integer
      }
    case DuckDBTypeId.DATE:
      return (value) => String(value)
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_TZ:
      return (value) => new Date(Number((value as { micros: bigint }).micros / 1000n)).toISOString()
    case DuckDBTypeId.VARCHAR:
    case DuckDBTypeId.BOOLEAN:
    case DuckDBTypeId.TINYINT:
    case DuckDBTypeId.UTINYINT:
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.USMALLINT:
    case DuckDBTypeId.INTEGER:
    case DuckDBTypeId.UINTEGER:
    case DuckDBTypeId.FLOAT:
    case DuckDBTypeId.DOUBLE:
    case DuckDBTypeId.SQLNULL:
      return (value) => value as Row[string]
    case DuckDBTypeId.DECIMAL:
    case DuckDBTypeId.ENUM:
    case DuckDBTypeId.UUID:
      return (value) => String(value)
    default:
      throw new TypeError(`${column} has a type that no result may have: ${type}`)
  }
}
