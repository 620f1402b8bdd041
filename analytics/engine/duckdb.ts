import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { type Sql, sql } from '../sql/sql.ts'
import {
  type Engine,
  EngineDamaged,
  EngineInUse,
  type QueryOptions,
  type Row,
  type ScratchSession,
  type TransactionSession,
} from './engine.ts'
import { starting, startingQuietly } from './priority.ts'
import { rowDecoder } from './rows.ts'
import { answered, appended, bound, executed, numbersOf, ran, watched } from './statements.ts'
import { Turns } from './turns.ts'

export interface DuckDbSettings {
  /** The one of whoever asks, and the engine's own; 2 unless told. */
  threads?: number
  /** As DuckDB writes it: '4GB'. */
  memoryLimit?: string
  /** Likewise, while a large transaction runs. */
  largeWorkLimit?: string
  /** Queries that may run at once; must stay below UV_THREADPOOL_SIZE or small work waits behind them. */
  readers?: number
  /** Where one in memory puts aside what does not fit; nowhere without. */
  temporaryFolder?: string
  /** Its own threads are always quiet, not only while statements are left aside to them. */
  quiet?: boolean
}

/** A log longer than this is written into the file. */
const longLog = 16 << 20
/** What a write may take: nobody reads on while it runs, and half of it is nothing. */
const writingMs = 12 * 60 * 60 * 1000

/** How long an engine's own threads stay quiet after what was left aside to them: another step of it may follow. */
const wakeAfterMs = 200
/** Other threads of the process may begin at the same moment as the engine's. */
const attempts = 3

/** Files open in this process: DuckDB lets one process open a file twice, and that corrupts it. */
const openFiles = new Set<string>()

/**
 * Opens (or creates) a workspace's DuckDB file; ':memory:' for one that is gone when closed. The
 * attached database `scratch` lives in memory and holds what can be computed again.
 * Throws EngineInUse when another process holds the file, EngineDamaged when it cannot be read.
 */
export async function openDuckDb(path: string, settings: DuckDbSettings = {}): Promise<Engine> {
  const inMemory = path === ':memory:'
  const memoryLimit = settings.memoryLimit ?? '4GB'
  const file = inMemory ? path : resolve(path)
  if (!inMemory) {
    if (openFiles.has(file)) throw new Error(`${file} is already open in this process`)
    mkdirSync(dirname(file), { recursive: true })
    openFiles.add(file)
  }
  try {
    const threads = settings.threads ?? 2
    const create = () =>
      DuckDBInstance.create(file, {
        threads: String(threads),
        memory_limit: memoryLimit,
        autoinstall_known_extensions: 'false',
        autoload_known_extensions: 'false',
        enable_external_file_cache: 'false',
        // a commit, which nothing can interrupt, is short: the log is written into the file after it
        wal_autocheckpoint: '1TB',
        ...(inMemory ? {} : { temp_directory: `${file}.tmp` }),
        ...(settings.temporaryFolder === undefined ? {} : { temp_directory: settings.temporaryFolder }),
      })
    const hadLog = !inMemory && existsSync(`${file}.wal`)
    const open = async () => {
      const instance = await starting(create)
      const setUp = await instance.connect()
      await setUp.run(`set TimeZone = 'UTC'; attach if not exists ':memory:' as scratch`)
      // the log of a process that was killed stays, and is read at every opening, until something is written
      if (hadLog)
        await setUp.run('create or replace view log_was_read as select 1; drop view log_was_read; checkpoint')
      setUp.closeSync()
      return instance
    }
    if (!inMemory) for (const left of unfinished(file)) rmSync(left, { force: true })
    const limits = { usual: memoryLimit, largeWork: settings.largeWorkLimit ?? '600MB' }
    const engine = new DuckDbEngine(
      await open(),
      settings.readers ?? 6,
      { count: threads, alwaysQuiet: settings.quiet ?? false },
      limits,
      inMemory ? null : { file, open },
      () => {
        openFiles.delete(file)
        if (!inMemory) rmSync(`${file}.tmp`, { recursive: true, force: true })
      },
    )
    if (settings.quiet) await engine.run(sql`select 1`, { aside: true })
    return engine
  } catch (error) {
    openFiles.delete(file)
    if (/could not set lock|conflicting lock/i.test(String(error))) throw new EngineInUse(file)
    if (/not a valid DuckDB|could not read|corrupt|serialization error|replaying WAL/i.test(String(error)))
      throw new EngineDamaged(file, error)
    throw error
  }
}

/** What a rewriting writes before it takes the place of the file: the database, and what can be computed again. */
const unfinished = (file: string) =>
  ['rewritten', 'rewritten.wal', 'aside', 'aside.wal'].map((end) => `${file}.${end}`)

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`
const patienceMs = 1_000

const isOutOfMemory = (error: unknown) =>
  error instanceof Error && error.message.startsWith('Out of Memory Error')

const ownName = async (connection: DuckDBConnection) =>
  String((await connection.runAndReadAll('select current_database()')).getRows()[0]?.[0])

/** Copies an attached database into a new file. */
async function copied(connection: DuckDBConnection, database: string, path: string): Promise<void> {
  await connection.run(`attach ${quoted(path)} as copied`)
  try {
    await connection.run(`copy from database "${database.replaceAll('"', '""')}" to copied`)
  } finally {
    await connection.run('detach copied')
  }
}

/** Decoded in well below 10 ms with ten columns: what is done with a piece is added to what others wait for. */
const chunksAPiece = 2

class DuckDbEngine implements Engine {
  #instance: DuckDBInstance
  readonly #place: { readonly file: string; readonly open: () => Promise<DuckDBInstance> } | null
  readonly #released: () => void
  readonly #readers: Turns
  readonly #writers = new Turns(1)
  readonly #limits: { readonly usual: string; readonly largeWork: string }
  /** That of whoever asks, and the engine's own. */
  readonly #threads: { readonly count: number; readonly alwaysQuiet: boolean }
  /** Statements that are left aside now. */
  #aside = 0
  /** The engine's own threads let others go before them; settled once they do. */
  #quiet: Promise<void> | undefined
  #waking: NodeJS.Timeout | undefined
  #checkpointing = false
  /** Connections that are being made: an instance that is closed under them takes the process with it. */
  readonly #connecting = new Set<Promise<DuckDBConnection>>()
  #closing: Promise<void> | undefined
  #closed = false

  constructor(
    instance: DuckDBInstance,
    readers: number,
    threads: { readonly count: number; readonly alwaysQuiet: boolean },
    limits: { readonly usual: string; readonly largeWork: string },
    place: { readonly file: string; readonly open: () => Promise<DuckDBInstance> } | null,
    released: () => void,
  ) {
    this.#threads = threads
    this.#place = place
    this.#limits = limits
    this.#instance = instance
    this.#readers = new Turns(readers)
    this.#released = released
  }

  rows(query: Sql, options: QueryOptions = {}): Promise<Row[]> {
    return this.#readers.take(options.signal, () =>
      this.#connected((connection) => this.#answered(connection, query, options)),
    )
  }

  run(statement: Sql, options: QueryOptions = {}): Promise<void> {
    return this.#writers
      .take(options.signal, () => this.#connected((connection) => this.#ran(connection, statement, options)))
      .finally(() => this.#shortenLog())
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

  async *pieces(query: Sql, options: QueryOptions = {}): AsyncGenerator<Row[]> {
    const connection = await this.#readers.enter(options.signal, () => this.#connect())
    const watch = watched(connection, options)
    try {
      const prepared = await watch.settle(() => bound(connection, query))
      const result = await watch.settle(() => prepared.run())
      const decode = rowDecoder(result)
      for (let from = 0; from < result.chunkCount; from += chunksAPiece) {
        await watch.settle(() => turn())
        const to = Math.min(result.chunkCount, from + chunksAPiece)
        const piece: Row[] = []
        for (let at = from; at < to; at++) for (const row of decode(result.getChunk(at))) piece.push(row)
        yield piece
      }
    } finally {
      watch.end()
      connection.closeSync()
      this.#readers.leave()
    }
  }

  transaction<T>(work: (session: TransactionSession) => Promise<T>): Promise<T> {
    return this.#writers
      .take(undefined, () => this.#inTransaction(work, { timeoutMs: writingMs }))
      .finally(() => this.#shortenLog())
  }

  largeTransaction<T>(
    work: (session: TransactionSession) => Promise<T>,
    { signal, aside = false }: Pick<QueryOptions, 'signal' | 'aside'> = {},
  ): Promise<T> {
    const usual = { aside, signal, timeoutMs: writingMs }
    const written = this.#writers.take(signal, () =>
      this.#inLittleMemory(() => this.#inTransaction(work, usual)),
    )
    return written.finally(() => this.#shortenLog())
  }

  scratch<T>(work: (session: ScratchSession) => Promise<T>, options: QueryOptions = {}): Promise<T> {
    return this.#readers.take(options.signal, () => this.#inTransaction(work, options))
  }

  async backup(path: string): Promise<void> {
    if (existsSync(path)) throw new Error(`${path} already exists`)
    await this.#writers.take(undefined, () =>
      this.#connected(async (connection) => copied(connection, await ownName(connection), path)),
    )
  }

  async rewrite(): Promise<boolean> {
    const place = this.#place
    if (!place) return true
    const { file } = place
    const [rewritten, , aside] = unfinished(file)
    return this.#writers.take(undefined, async () => {
      if (this.#closing) return false
      let alone = false
      try {
        await this.#connected(async (connection) => copied(connection, await ownName(connection), rewritten!))
        // Who reads for long, such as an export, must not keep everybody else waiting for it.
        while (!(alone = await this.#readers.takeAll(patienceMs))) {
          if (this.#closing) return false
          await pause(5 * patienceMs)
        }
        await this.#connected(async (connection) => {
          await connection.run('checkpoint') // with it the log is empty: it must not be read into the new file
          await copied(connection, 'scratch', aside!)
        })
        clearTimeout(this.#waking)
        this.#quiet = undefined
        await this.#closeInstance()
        renameSync(rewritten!, file)
        this.#instance = await place.open()
        await this.#connected(async (connection) => {
          await connection.run(`attach ${quoted(aside!)} as aside (read_only)`)
          await connection.run('copy from database aside to scratch')
          await connection.run('detach aside')
        })
        return true
      } finally {
        for (const left of unfinished(file)) rmSync(left, { force: true })
        if (alone) this.#readers.leaveAll()
      }
    })
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    clearTimeout(this.#waking)
    await this.#writers.take(undefined, async () => {
      if (!this.#place) return
      const connection = await this.#instance.connect()
      await connection.run('checkpoint').catch(() => {}) // a reader is still on: the log is replayed at the next start
      connection.closeSync()
    })
    this.#closed = true
    await this.#closeInstance()
    this.#released()
  }

  async #closeInstance(): Promise<void> {
    await Promise.allSettled(this.#connecting)
    this.#instance.closeSync()
  }

  /** Writes a long log into the file, between writers, while nobody waits for it. */
  #shortenLog(): void {
    if (!this.#place || this.#checkpointing || this.#closing) return
    if ((statSync(`${this.#place.file}.wal`, { throwIfNoEntry: false })?.size ?? 0) < longLog) return
    this.#checkpointing = true
    void this.#writers
      .take(undefined, async () => {
        if (this.#closing) return
        await this.#inLittleMemory(() =>
          this.#connected((connection) =>
            this.#ran(connection, sql`checkpoint`, { aside: true, timeoutMs: writingMs }),
          ),
        )
      })
      .catch((error: unknown) => console.error('The log of a workspace could not be shortened:', error))
      .finally(() => (this.#checkpointing = false))
  }

  /** Work that goes through much data and can be done again: where little memory is too little for it, with all. */
  async #inLittleMemory<T>(work: () => Promise<T>): Promise<T> {
    await this.#limitMemory(this.#limits.largeWork)
    try {
      return await work().catch(async (error: unknown) => {
        if (!isOutOfMemory(error)) throw error
        await this.#limitMemory(this.#limits.usual)
        return work()
      })
    } finally {
      await this.#limitMemory(this.#limits.usual)
    }
  }

  /** Where readers hold more than the limit now, it stays as it is. */
  async #limitMemory(limit: string): Promise<void> {
    await this.#connected((connection) => connection.run(`set memory_limit = '${limit}'`)).catch(() => {})
  }

  #inTransaction<T>(work: (session: ScratchSession) => Promise<T>, usual: QueryOptions = {}): Promise<T> {
    return this.#connected(async (connection) => {
      await connection.run('begin transaction')
      try {
        const result = await work({
          rows: (query, options) => this.#answered(connection, query, { ...usual, ...options }),
          run: (statement, options) => this.#ran(connection, statement, { ...usual, ...options }),
          append: (table, columns) => appended(connection, table, columns),
          numbers: (query, options) => this.#numbers(connection, query, { ...usual, ...options }),
        })
        await connection.run('commit')
        return result
      } catch (error) {
        await connection.run('rollback').catch(() => {}) // DuckDB has ended it itself after a failed statement
        throw error
      }
    })
  }

  #answered(connection: DuckDBConnection, query: Sql, options: QueryOptions): Promise<Row[]> {
    return this.#leftAside(options, (possible) => answered(connection, query, possible))
  }

  /** Streamed, but for what is left aside, of which others are not to read on. */
  #numbers(connection: DuckDBConnection, query: Sql, options: QueryOptions) {
    if (!options.aside) return numbersOf(connection, query, options)
    return numbersOf(connection, query, options, (prepared) =>
      this.#leftAside(options, (possible) => executed(prepared, possible)),
    )
  }

  #ran(connection: DuckDBConnection, statement: Sql, options: QueryOptions): Promise<void> {
    return this.#leftAside(options, (possible) => ran(connection, statement, possible))
  }

  /**
   * The engine's own threads are quiet while statements are left aside to them, and a little longer. At other times
   * they help with questions, which would wait for a quiet thread that finds the processor taken by the import of
   * another workspace.
   */
  async #leftAside<T>(options: QueryOptions, work: (possible: QueryOptions) => Promise<T>): Promise<T> {
    // without threads of its own nobody would ever take up what is left aside
    if (!options.aside || this.#threads.count === 1) return work({ ...options, aside: false })
    this.#aside++
    clearTimeout(this.#waking)
    this.#quiet ??= this.#restartThreads(true)
    try {
      await this.#quiet
      return await work(options)
    } finally {
      if (--this.#aside === 0 && !this.#threads.alwaysQuiet)
        this.#waking = setTimeout(() => {
          this.#quiet = undefined
          if (this.#closing) return
          this.#restartThreads(false).catch((error: unknown) =>
            console.error('The threads of an engine could not be started anew:', error),
          )
        }, wakeAfterMs).unref()
    }
  }

  /** Ends the engine's own threads and starts others: a thread that was made quiet cannot be made anything else. */
  async #restartThreads(quiet: boolean): Promise<void> {
    await this.#connected(async (connection) => {
      const restart = async () => {
        await connection.run('set threads = 1')
        await connection.run(`set threads = ${this.#threads.count}`)
      }
      if (!quiet) return starting(restart)
      for (let attempt = 0; attempt < attempts; attempt++)
        if (await startingQuietly(this.#threads.count - 1, restart)) return
    })
  }

  async #connect(): Promise<DuckDBConnection> {
    if (this.#closed) throw new Error('The engine is closed.')
    const connecting = this.#instance.connect()
    this.#connecting.add(connecting)
    return connecting.finally(() => this.#connecting.delete(connecting))
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
