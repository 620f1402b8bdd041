import type { Engine } from '../../analytics/engine/engine.ts'
import { name, sql } from '../../analytics/sql/sql.ts'
import type { Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { newestVersions } from './saved-rules.ts'
import { take } from './takings.ts'
import { type Selected, selectedTogether } from './together.ts'

/** A membership as it was known when the data stood at a day. */
export interface KnownMembership {
  readonly day: string
  /** UTC instant as the engine writes it. */
  readonly takenAt: string
}

/** So many segments are written down in one transaction. */
const takenTogether = 8

/**
 * Writes down who is in each saved segment now, under the newest day of the data (`takings.ts`). A segment whose rule can't
 * be asked any more is passed over. A few segments are one transaction; nothing is written when the data moves meanwhile,
 * which a later call makes good. `onKept` is told how many are done.
 */
export async function keepMemberships(
  platform: Platform,
  workspace: Workspace,
  { signal, onKept }: { signal?: AbortSignal; onKept?: (kept: number, all: number) => void } = {},
): Promise<void> {
  const { store } = platform
  const saved = await newestVersions(store, workspace)
  onKept?.(0, saved.length)
  let kept = 0
  let waiting: Selected[] = []
  const keep = async (): Promise<void> => {
    signal?.throwIfAborted()
    await keepSelected(platform, workspace, waiting)
    onKept?.((kept += waiting.length), saved.length)
    waiting = []
  }
  for await (const selected of selectedTogether(store, workspace, saved, signal)) {
    if (waiting.push(selected) === takenTogether) await keep()
  }
  if (waiting.length > 0) await keep()
  const ids = JSON.stringify(saved.map(({ id }) => id))
  const gone = sql`segment_id not in (select unnest(from_json(${ids}, '["VARCHAR"]')))`
  const [left] = await workspace.engine.rows(sql`select 1 as one from segment_takings where ${gone} limit 1`)
  if (left)
    await workspace.engine.transaction(async (session) => {
      for (const table of ['segment_takings', 'segment_members', 'segment_moves'])
        await session.run(sql`delete from ${name(table)} where ${gone}`)
    })
}

async function keepSelected(
  { clock }: Platform,
  { engine }: Workspace,
  selected: readonly Selected[],
): Promise<void> {
  await engine.transaction(async (session) => {
    const [state] = await session.rows(sql`select data_version from workspace_state`)
    const now = clock.now()
    for (const [asOf, some] of Map.groupBy(selected, (one) => one.asOf)) {
      const taken = some.filter(({ dataVersion }) => dataVersion === Number(state!.dataVersion))
      if (taken.length > 0) await take(session, taken, { asOf, now })
    }
  })
}

/** The newest membership of a segment that was kept for one of the days from `from` to `to`; null when there is none. */
export async function knownOn(
  { engine }: Workspace,
  segmentId: string,
  { from, to }: { from: string; to: string },
): Promise<KnownMembership | null> {
  const [taking] =
    await engine.rows(sql`select taken_day, cast(taken_at as varchar) as taken_at from segment_takings
    where segment_id = ${segmentId} and taken_day between cast(${from} as date) and cast(${to} as date)
    order by taken_day desc limit 1`)
  return taking ? { day: String(taking.takenDay), takenAt: String(taking.takenAt) } : null
}

/** How far the segments of a workspace are brought up to date. */
export interface Refreshing {
  readonly kept: number
  readonly all: number
}

const underWay = new WeakMap<Engine, Refreshing & { readonly stop: AbortController }>()

/** How far it is in a workspace; null while nothing is to be done, or done. */
export function refreshing({ engine }: Workspace): Refreshing | null {
  const found = underWay.get(engine)
  return found ? { kept: found.kept, all: found.all } : null
}

/** Ends it until data or a rule changes again; what is kept stays. */
export function stopRefreshing({ engine }: Workspace): void {
  underWay.get(engine)?.stop.abort()
}

/** Keeps the memberships of a workspace, to be seen and stopped by its people; `ending` ends it too. */
export async function refreshMemberships(
  platform: Platform,
  workspace: Workspace,
  ending: AbortSignal,
): Promise<void> {
  const stop = new AbortController()
  const onKept = (kept: number, all: number) => underWay.set(workspace.engine, { kept, all, stop })
  try {
    const signal = AbortSignal.any([ending, stop.signal])
    await keepMemberships(platform, workspace, { signal, onKept })
  } catch (error) {
    if (!stop.signal.aborted) throw error
  } finally {
    underWay.delete(workspace.engine)
  }
}

/** How often it is looked whether the data or a rule has changed. */
const pauseMs = 60_000

/** Keeps the memberships of all workspaces, a while after their data or a rule has changed, until it is stopped. */
export function startMemberships(platform: Platform): { stop(): Promise<void> } {
  const ending = new AbortController()
  const kept = new Map<string, string>()
  const round = async (): Promise<void> => {
    for (const { id } of await platform.workspaces.list()) {
      const workspace = await platform.workspaces.byId(id)
      if (!workspace || ending.signal.aborted) continue
      const saved = await newestVersions(platform.store, workspace)
      if (saved.length === 0) continue
      const [state] = await workspace.engine.rows(sql`select data_version, as_of from workspace_state`)
      const stands = JSON.stringify([state, saved.map((one) => [one.id, one.version]), workspace.today()])
      if (kept.get(id) === stands) continue
      await refreshMemberships(platform, workspace, ending.signal)
      kept.set(id, stands)
    }
  }
  let running: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    running = running.then(round).catch((error: unknown) => {
      if (!ending.signal.aborted) console.error('Who is in the saved segments could not be kept:', error)
    })
  }, pauseMs)
  timer.unref()
  return {
    async stop() {
      clearInterval(timer)
      ending.abort()
      await running
    },
  }
}
