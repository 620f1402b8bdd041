import type { Engine } from '../../analytics/engine/engine.ts'
import type { ModelOutcome } from '../../analytics/scores/scores.ts'
import { makeScores } from '../../analytics/scores/scoring.ts'
import { sql } from '../../analytics/sql/sql.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { TablesAt } from './tables-at.ts'

interface Entry {
  /** Null: the data moved before it began. */
  readonly outcome: Promise<ModelOutcome | null>
  /** What came of it, once something has. */
  ended: { readonly made: ModelOutcome } | { readonly failure: unknown } | null
  readonly abandon: AbortController
  /** Which share of it is done; null once all of it is. */
  share: number | null
  waiting: number
  /** Somebody who does not wait asked for it: it is not ended for want of who does. */
  goesOn: boolean
  usedAt: number
}

/** By the name of the table of scores, the one used last at the end. */
const entriesOf = new WeakMap<Engine, Map<string, Entry>>()

/** Tables of scores of the workspace's own tables that are kept: of the present state and the one before. */
const keptStates = 2
/** A table that was handed out may be read for this long, so it is not dropped before. */
const readForMs = 120_000
const patienceMs = 60 * 60_000

/**
 * What the models foretell of the members of a day's tables: makes `memberScores` of them when nobody has yet, and
 * answers how the fit came out. Who asks at the same time waits for the same fit, which ends when the last of them has
 * gone. Null: the data moved meanwhile, ask again with the tables of now.
 */
export async function foretoldAt(
  { engine }: Workspace,
  at: TablesAt,
  signal?: AbortSignal,
): Promise<ModelOutcome | null> {
  signal?.throwIfAborted()
  const { entries, entry } = entryOf(engine, at)
  const key = keyOf(at)
  entry.waiting++
  const left = Promise.withResolvers<never>()
  const leave = () => left.reject(signal!.reason)
  signal?.addEventListener('abort', leave, { once: true })
  try {
    return await Promise.race([entry.outcome, left.promise])
  } finally {
    signal?.removeEventListener('abort', leave)
    entry.waiting--
    if (signal?.aborted && entry.waiting === 0 && !entry.goesOn && entry.share !== null) {
      entries.delete(key)
      entry.abandon.abort()
    }
    await dropOldest(engine, entries)
  }
}

/**
 * The same for who does not wait: how the fit came out where it is there, else which share of it is done; it is begun
 * when nobody has, and goes on. Throws what it failed with, once: who asks again begins anew.
 */
export async function foretoldSoFar(
  { engine }: Workspace,
  at: TablesAt,
): Promise<{ readonly made: ModelOutcome } | { readonly share: number }> {
  const failed = entriesOf.get(engine)?.get(keyOf(at))?.ended
  if (failed && 'failure' in failed) {
    entriesOf.get(engine)!.delete(keyOf(at))
    throw failed.failure
  }
  const { entries, entry } = entryOf(engine, at)
  entry.goesOn = true
  if (!entry.ended || !('made' in entry.ended)) return { share: entry.share ?? 0 }
  await dropOldest(engine, entries)
  return entry.ended
}

/** The fit of a day's tables, begun where there is none or the last one failed; it was used now. */
function entryOf(engine: Engine, at: TablesAt): { entries: Map<string, Entry>; entry: Entry } {
  const entries = entriesOf.get(engine) ?? new Map<string, Entry>()
  entriesOf.set(engine, entries)
  const key = keyOf(at)
  const found = entries.get(key)
  const entry = found && !(found.ended && 'failure' in found.ended) ? found : begin(engine, at, entries)
  entries.delete(key) // the newest use stands last
  entries.set(key, entry)
  entry.usedAt = performance.now()
  return { entries, entry }
}

/** Which share of a fit is done that somebody waits for; null while there is none. */
export function foretelling({ engine }: Workspace): number | null {
  const shares = [...(entriesOf.get(engine)?.values() ?? [])].flatMap(({ share }) => share ?? [])
  return shares.length === 0 ? null : Math.min(...shares)
}

/** Tables of a day are dropped, with that of the scores. */
export function forgetForetold(engine: Engine, at: Pick<TablesAt, 'tables'>): void {
  entriesOf.get(engine)?.delete(keyOf(at))
}

/** The table of scores of the workspace's own tables in a state of the data: every state has its own. */
export const ownScores = (ordersVersion: number, asOf: string, discountPercent: number): string =>
  `${ownPrefix}${ordersVersion}_${asOf.replaceAll('-', '')}_${Math.round(discountPercent * 100)}`

const ownPrefix = 'scratch.main.scores_'
const keyOf = ({ tables }: Pick<TablesAt, 'tables'>): string => String(tables.memberScores.chunks[0])

function begin(engine: Engine, at: TablesAt, entries: Map<string, Entry>): Entry {
  const abandon = new AbortController()
  const key = keyOf(at)
  const outcome = engine.scratch(
    async (session): Promise<ModelOutcome | null> => {
      const [state] = await session.rows(sql`select orders_version from workspace_state`)
      if (key.startsWith(ownPrefix) && Number(state!.ordersVersion) !== at.ordersVersion) return null
      return makeScores(session, at.tables, at.asOf, {
        signal: abandon.signal,
        onShare: (share) => (entry.share = share),
      })
    },
    { signal: abandon.signal, timeoutMs: patienceMs },
  )
  const entry: Entry = {
    outcome,
    abandon,
    ended: null,
    share: 0,
    waiting: 0,
    goesOn: false,
    usedAt: performance.now(),
  }
  outcome
    .finally(() => (entry.share = null))
    .then(
      (made) => {
        if (made) entry.ended = { made }
        else if (entries.get(key) === entry) entries.delete(key)
      },
      (failure: unknown) => (entry.ended = { failure }),
    )
  return entry
}

async function dropOldest(engine: Engine, entries: Map<string, Entry>): Promise<void> {
  const own = [...entries].filter(([key]) => key.startsWith(ownPrefix))
  for (const [key, entry] of own.slice(0, -keptStates)) {
    if (entry.waiting > 0 || entry.share !== null || performance.now() - entry.usedAt < readForMs) continue
    entries.delete(key)
    await entry.outcome.catch(() => null)
    await engine.scratch((session) =>
      session.run(sql`drop table if exists ${{ kind: 'sql', chunks: [key] }}`),
    )
  }
}
