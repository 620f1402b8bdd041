import type { Engine, QueryOptions, ScratchSession } from '../../analytics/engine/engine.ts'
import { name, type Sql, sql } from '../../analytics/sql/sql.ts'
import type { RankedMember } from './columns.ts'

export interface MemberSet extends Filled {
  /** A relation with one column `member_key`. */
  readonly memberKeys: Sql
}

export interface Filled {
  /** How many members it holds. */
  readonly members: number
  /** Those with the most net, where they are known: as many as a page shows first. */
  readonly most?: readonly RankedMember[]
}

/** Fills `table` and says with whom; null when the data is no longer what it was asked of. */
export type Fill = (session: ScratchSession, table: Sql, options: QueryOptions) => Promise<Filled | null>

interface Entry {
  readonly table: Sql
  readonly set: Promise<MemberSet | null>
  readonly abandon: AbortController
  waiting: number
  usedAt: number
}

const kept = 48
/** A set that was handed out may be read for this long, so it is not dropped before. */
const readForMs = 120_000

/** The materialised member sets of one engine, in `scratch`; those used longest ago go first. */
export class MemberSets {
  readonly #engine: Engine
  readonly #called: string
  readonly #entries = new Map<string, Entry>()
  #made = 0

  /** `called`: what the tables' names begin with, no two of one engine alike. */
  constructor(engine: Engine, called = 'segment') {
    this.#engine = engine
    this.#called = called
  }

  /**
   * The set under `key`, filled when nobody has yet. All who ask at the same time share one filling; it
   * is interrupted when the last of them has gone. Null: the filling found other data, ask again.
   */
  async get(key: string, fill: Fill, signal?: AbortSignal): Promise<MemberSet | null> {
    signal?.throwIfAborted()
    const entry = this.#entries.get(key) ?? this.#begin(key, fill)
    this.#entries.delete(key) // the newest use stands last
    this.#entries.set(key, entry)
    entry.usedAt = performance.now()
    entry.waiting++
    const left = Promise.withResolvers<never>()
    const leave = () => left.reject(signal!.reason)
    signal?.addEventListener('abort', leave, { once: true })
    try {
      return await Promise.race([entry.set, left.promise])
    } finally {
      signal?.removeEventListener('abort', leave)
      entry.waiting--
      if (signal?.aborted && entry.waiting === 0) this.#giveUp(key, entry)
      void this.#dropOldest()
    }
  }

  #begin(key: string, fill: Fill): Entry {
    const table = name(`scratch.main.${this.#called}_${++this.#made}`)
    const abandon = new AbortController()
    const options = { signal: abandon.signal }
    const set = this.#engine.scratch(async (session): Promise<MemberSet | null> => {
      const filled = await fill(session, table, options)
      return filled && { ...filled, memberKeys: table }
    }, options)
    const entry: Entry = { table, set, abandon, waiting: 0, usedAt: performance.now() }
    const forget = () => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key)
    }
    set.then((filled) => filled ?? forget(), forget)
    return entry
  }

  /** Interrupts a filling that nobody waits for; one that is done stays. */
  #giveUp(key: string, entry: Entry): void {
    let done = false
    void entry.set.then(
      () => (done = true),
      () => undefined,
    )
    queueMicrotask(() => {
      if (done || entry.waiting > 0) return
      this.#entries.delete(key)
      entry.abandon.abort()
    })
  }

  async #dropOldest(): Promise<void> {
    for (const [key, entry] of this.#entries) {
      if (this.#entries.size <= kept || performance.now() - entry.usedAt < readForMs) return
      this.#entries.delete(key)
      await entry.set.catch(() => null)
      await this.#engine.scratch((session) => session.run(sql`drop table if exists ${entry.table}`))
    }
  }
}
