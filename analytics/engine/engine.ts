import type { Sql } from '../sql/sql.ts'

/** One row: columns in camelCase, days as 'YYYY-MM-DD', instants as ISO text in UTC, integers as numbers. */
export type Row = Record<string, string | number | boolean | null>

export interface QueryOptions {
  /** Interrupts the running query; the promise then rejects with `QueryCancelled`. */
  signal?: AbortSignal | undefined
  /** Milliseconds after which the query is interrupted and `QueryTimedOut` is thrown; default 30,000, in a transaction that writes twelve hours. */
  timeoutMs?: number | undefined
  /**
   * Leaves the statement to the engine's own threads, one unless it was opened with more, to which the
   * system gives what questions leave over: for long work that nobody waits for.
   */
  aside?: boolean | undefined
}

/** Something that answers queries: an engine, or the inside of one of its transactions. */
export interface Session {
  /** All rows of a query. For results that may be large use `stream`. */
  rows(query: Sql, options?: QueryOptions): Promise<Row[]>
  /** Runs one statement that answers nothing. */
  run(statement: Sql, options?: QueryOptions): Promise<void>
}

/** The inside of a transaction. */
export interface TransactionSession extends Session {
  /**
   * Adds rows to a temporary table of this connection, or to one of `scratch` by its whole name, column by column: far
   * quicker than statements. The table's columns are INTEGER, DOUBLE or VARCHAR, in the order of `columns`; all columns
   * are equally long.
   */
  append(table: string, columns: readonly Column[]): Promise<void>
}

/** The values of an INTEGER, a DOUBLE or a VARCHAR column. */
export type Column = Int32Array | Float64Array | readonly string[]

/** The inside of a transaction that writes to `scratch` alone. */
export interface ScratchSession extends TransactionSession {
  /**
   * The answer as numbers, chunk by chunk, each good until the next one is asked for; nothing else may be asked
   * meanwhile. Its columns are UTINYINT, USMALLINT, INTEGER or DOUBLE and never null.
   */
  numbers(query: Sql, options?: QueryOptions): AsyncIterable<readonly NumberColumn[]>
}

/** The values of a UTINYINT, USMALLINT, INTEGER or DOUBLE column. */
export type NumberColumn = Uint8Array | Uint16Array | Int32Array | Float64Array

/** What is asked for as long as it is open. */
export interface Connection extends Session {
  /** Rows in chunks as they come, so that a large result never stands in memory or blocks the event loop. */
  stream(query: Sql, options?: QueryOptions): AsyncIterable<Row[]>
  close(): Promise<void>
}

/**
 * The analytics database of one workspace. Reads run side by side, each on a connection of its own
 * and never more at once than leave room for small work; writes run one after the other.
 */
export interface Engine extends Connection {
  /**
   * Rows of a query in pieces of several thousand, a piece a turn of the event loop: beside others who have much to do
   * a result is read several times as fast as with `stream`. Until then the engine holds all of it.
   */
  pieces(query: Sql, options?: QueryOptions): AsyncIterable<Row[]>
  /** Everything `work` does becomes visible at once, or, when it throws, nothing does. */
  transaction<T>(work: (session: TransactionSession) => Promise<T>): Promise<T>
  /**
   * Like `transaction`, for work that goes through much data: the engine keeps to less
   * memory and puts aside on the disk what does not fit. Where that is not possible, `work` is undone
   * and done again with all of the engine's memory. `signal` and `aside` are all its statements'.
   */
  largeTransaction<T>(
    work: (session: TransactionSession) => Promise<T>,
    options?: Pick<QueryOptions, 'signal' | 'aside'>,
  ): Promise<T>
  /**
   * Like `transaction`, for work that writes to the attached database `scratch` alone: it runs among the
   * readers, so that a long import does not hold it up, and sees one state of the data throughout. `options` hold for
   * each statement that is given none of its own.
   */
  scratch<T>(work: (session: ScratchSession) => Promise<T>, options?: QueryOptions): Promise<T>
  /** A consistent copy of the whole database as a new file, while readers and writers go on. */
  backup(path: string): Promise<void>
  /**
   * Writes the whole database into a new file in the place of the old one, so that no byte is left of what was
   * deleted or overwritten. Writers wait meanwhile, readers only while the files change places, at a moment
   * when nobody reads.
   * However a process ends, one of the two files is there, whole. Answers false when the engine was closed first.
   */
  rewrite(): Promise<boolean>
}

export class QueryCancelled extends Error {
  override name = 'QueryCancelled'
}

export class QueryTimedOut extends Error {
  override name = 'QueryTimedOut'
}

/** The file is open in another process; `path` says which. */
export class EngineInUse extends Error {
  override name = 'EngineInUse'
  readonly path: string
  constructor(path: string) {
    super(`The file ${path} is open in another process.`)
    this.path = path
  }
}

/** The file is no database, or a damaged one; `path` says which. */
export class EngineDamaged extends Error {
  override name = 'EngineDamaged'
  readonly path: string
  constructor(path: string, cause: unknown) {
    super(`The file ${path} is damaged.`, { cause })
    this.path = path
  }
}
