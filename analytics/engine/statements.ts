import { setImmediate as turn, setTimeout as passed } from 'node:timers/promises'
import {
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBPreparedStatement,
  type DuckDBResult,
  DuckDBTypeId,
  DOUBLE,
  INTEGER,
  VARCHAR,
} from '@duckdb/node-api'
import bindings from '@duckdb/node-bindings'
import { duckdb } from '../sql/duckdb.ts'
import { render, type Sql } from '../sql/sql.ts'
import {
  type Column,
  type NumberColumn,
  QueryCancelled,
  type QueryOptions,
  QueryTimedOut,
  type Row,
} from './engine.ts'
import { rowDecoder } from './rows.ts'

const defaultTimeoutMs = 30_000

/** An interrupt that finds no query running is lost, so it is repeated until the work has ended. */
const repeatInterruptMs = 20

/** Interrupts the connection on abort or timeout and turns the interrupt into the right error. */
export function watched(connection: DuckDBConnection, options: QueryOptions) {
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

/** A statement prepared on the connection, with its parameters. */
export async function bound(connection: DuckDBConnection, query: Sql) {
  const { text, params } = render(query, duckdb.placeholder)
  const prepared = await connection.prepare(text)
  if (params.length > 0) prepared.bind(params)
  return prepared
}

/** How long the engine's own threads are left alone before they are asked again, at first and at most. */
const askAfterMs = { first: 1, most: 8 }

/**
 * Runs a statement on the engine's own threads alone: nobody of the process's pool takes part, whom a
 * question would have to share the processor with.
 */
async function ranAside(prepared: DuckDBPreparedStatement): Promise<DuckDBResult> {
  const pending = prepared.start()
  const { pending_result: state } = pending as unknown as { pending_result: bindings.PendingResult }
  for (let wait = askAfterMs.first; ; wait = Math.min(2 * wait, askAfterMs.most)) {
    if (bindings.pending_execution_is_finished(bindings.pending_execute_check_state(state))) break
    await passed(wait)
  }
  return pending.getResult()
}

/** The whole answer at once. */
export const executed = (prepared: DuckDBPreparedStatement, { aside = false }: QueryOptions) =>
  aside ? ranAside(prepared) : prepared.run()

/** Runs a statement for its effect. */
export async function ran(
  connection: DuckDBConnection,
  statement: Sql,
  options: QueryOptions,
): Promise<void> {
  const watch = watched(connection, options)
  try {
    const prepared = await watch.settle(() => bound(connection, statement))
    await watch.settle(() => executed(prepared, options))
  } finally {
    watch.end()
  }
}

/** All rows of a query. */
export async function answered(
  connection: DuckDBConnection,
  query: Sql,
  options: QueryOptions,
): Promise<Row[]> {
  const watch = watched(connection, options)
  try {
    const prepared = await watch.settle(() => bound(connection, query))
    const result = await watch.settle(() => executed(prepared, options))
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

/** The answer as numbers, chunk by chunk; a chunk's memory is the engine's. `begun`: how the statement is begun. */
export async function* numbersOf(
  connection: DuckDBConnection,
  query: Sql,
  options: QueryOptions,
  begun: (prepared: DuckDBPreparedStatement) => Promise<DuckDBResult> = (prepared) => prepared.stream(),
): AsyncGenerator<readonly NumberColumn[]> {
  const watch = watched(connection, options)
  try {
    const prepared = await watch.settle(() => bound(connection, query))
    const result = await watch.settle(() => begun(prepared))
    const arrays = result.columnTypes().map(({ typeId }) => arrayOf(typeId))
    for (;;) {
      const chunk = await watch.settle(() => result.fetchChunk())
      if (!chunk || chunk.rowCount === 0) return
      yield arrays.map((NumberArray, index) => {
        const vector = bindings.data_chunk_get_vector(chunk.chunk, index)
        const { buffer, byteOffset } = bindings.vector_get_data(
          vector,
          chunk.rowCount * NumberArray.BYTES_PER_ELEMENT,
        )
        return new NumberArray(buffer as ArrayBuffer, byteOffset, chunk.rowCount)
      })
    }
  } finally {
    watch.end()
  }
}

function arrayOf(type: DuckDBTypeId) {
  switch (type) {
    case DuckDBTypeId.UTINYINT:
      return Uint8Array
    case DuckDBTypeId.USMALLINT:
      return Uint16Array
    case DuckDBTypeId.INTEGER:
      return Int32Array
    case DuckDBTypeId.DOUBLE:
      return Float64Array
    default:
      throw new TypeError(`Numbers of a type that has no array: ${DuckDBTypeId[type]}`)
  }
}

const chunkRows = 2048
/** So many chunks are appended before others get a turn. */
const chunksAtOnce = 64

/** Appends columns of equal length to a temporary table, or to one of another database by its whole name. */
export async function appended(
  connection: DuckDBConnection,
  table: string,
  columns: readonly Column[],
): Promise<void> {
  const rows = columns[0]?.length ?? 0
  if (columns.some((column) => column.length !== rows)) throw new RangeError('Columns of unequal length.')
  const [called, schema = 'main', database = 'temp'] = table.split('.').toReversed()
  const appender = await connection.createAppender(called!, schema, database)
  const chunk = DuckDBDataChunk.create(
    columns.map((column) =>
      column instanceof Int32Array ? INTEGER : column instanceof Float64Array ? DOUBLE : VARCHAR,
    ),
    chunkRows,
  )
  for (let from = 0; from < rows; from += chunkRows) {
    if (from > 0 && from % (chunksAtOnce * chunkRows) === 0) await turn()
    const to = Math.min(rows, from + chunkRows)
    chunk.rowCount = to - from
    columns.forEach((column, index) => {
      if (!ArrayBuffer.isView(column)) chunk.setColumnValues(index, column.slice(from, to))
      else
        bindings.copy_data_to_vector(
          bindings.data_chunk_get_vector(chunk.chunk, index),
          0,
          column.buffer as ArrayBuffer,
          column.byteOffset + from * column.BYTES_PER_ELEMENT,
          (to - from) * column.BYTES_PER_ELEMENT,
        )
    })
    appender.appendDataChunk(chunk)
  }
  appender.closeSync()
}
