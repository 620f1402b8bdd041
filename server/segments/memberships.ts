import { addDays } from '../../analytics/calendar/calendar.ts'
import type { Engine, TransactionSession } from '../../analytics/engine/engine.ts'
import { type Sql, sql } from '../../analytics/sql/sql.ts'
import type { Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { newestVersions } from './saved-rules.ts'
import { type Selected, selectedTogether } from './together.ts'

/** Days for which it is kept who was in a segment. */
const keptDays = 35

/** A membership as it was known when the data stood at a day. */
export interface KnownMembership {
  readonly day: string
  /** UTC instant as the engine writes it. */
  readonly takenAt: string
  /** A relation with one column `member_key`. */
  readonly memberKeys: Sql
}

/**
 * Writes down who is in each saved segment now, under the newest day of the data, over what was written for that day
 * before. Only who entered and left since the day before is added; what is older than five weeks goes. A segment whose
 * rule can't be asked any more is passed over. Each segment is one transaction; nothing is written when the data moves
 * meanwhile, which a later call makes good. `onKept` is told how many are done.
 */
export async function keepMemberships(
  platform: Platform,
  workspace: Workspace,
  { signal, onKept }: { signal?: AbortSignal; onKept?: (kept: number, all: number) => void } = {},
): Promise<void> {
  const { store, clock } = platform
  const saved = await newestVersions(store, workspace)
  onKept?.(0, saved.length)
  let kept = 0
  for await (const selected of selectedTogether(store, workspace, saved, signal)) {
    signal?.throwIfAborted()
    await workspace.engine.transaction((session) => keep(session, selected, clock.now()))
    onKept?.(++kept, saved.length)
  }
  const ids = JSON.stringify(saved.map(({ id }) => id))
  const gone = sql`segment_id not in (select unnest(from_json(${ids}, '["VARCHAR"]')))`
  const [left] = await workspace.engine.rows(sql`select 1 as one from segment_takings where ${gone} limit 1`)
  if (left)
    await workspace.engine.transaction(async (session) => {
      await session.run(sql`delete from segment_takings where ${gone}`)
      await session.run(sql`delete from segment_memberships where ${gone}`)
    })
}

async function keep(
  session: TransactionSession,
  { id, asOf, dataVersion, memberKeys }: Selected,
  now: Date,
): Promise<void> {
  const [state] = await session.rows(sql`select data_version from workspace_state`)
  if (Number(state!.dataVersion) !== dataVersion) return
  const day = sql`cast(${asOf} as date)`
  const own = sql`segment_id = ${id}`
  const [later] = await session.rows(
    sql`select 1 as one from segment_takings where ${own} and taken_day >= ${day} limit 1`,
  )
  if (later) {
    // the newest day of the data may have gone back, by an undoing
    await session.run(sql`delete from segment_memberships where ${own} and from_day > ${day}`)
    await session.run(
      sql`update segment_memberships set until_day = null where ${own} and until_day >= ${day}`,
    )
  }
  await session.run(sql`create or replace temp table turned as
    select coalesce(before.member_key, chosen.member_key) as member_key, before.member_key is null as entered
    from (select member_key from segment_memberships where ${own} and until_day is null) as before
    full join ${memberKeys} as chosen on chosen.member_key = before.member_key
    where before.member_key is null or chosen.member_key is null`)
  const [turned] = await session.rows(
    sql`select count(*) filter (where entered) as entered, count(*) filter (where not entered) as gone from turned`,
  )
  if (Number(turned!.gone) > 0) {
    const gone = sql`${own} and until_day is null and member_key in (select member_key from turned where not entered)`
    await session.run(sql`delete from segment_memberships where ${gone} and from_day = ${day}`)
    await session.run(sql`update segment_memberships set until_day = ${day} where ${gone}`)
  }
  if (Number(turned!.entered) > 0)
    await session.run(sql`insert into segment_memberships
      select ${id}, member_key, ${day}, null from turned where entered`)
  const oldest = sql`cast(${addDays(asOf, -keptDays)} as date)`
  await session.run(sql`delete from segment_memberships where ${own} and until_day < ${oldest}`)
  await session.run(
    sql`delete from segment_takings where ${own} and (taken_day < ${oldest} or taken_day >= ${day})`,
  )
  await session.run(sql`insert into segment_takings
    values (${id}, ${day}, cast(${now.toISOString().slice(0, 23)} as timestamp))`)
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
  if (!taking) return null
  const day = String(taking.takenDay)
  return {
    day,
    takenAt: String(taking.takenAt),
    memberKeys: sql`(select member_key from segment_memberships where segment_id = ${segmentId}
      and from_day <= cast(${day} as date) and (until_day is null or until_day > cast(${day} as date)))`,
  }
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
