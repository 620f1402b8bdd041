import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { localDay, localTime } from '../../../analytics/calendar/calendar.ts'
import { workspacesOf } from '../../accounts/access.ts'
import { systemCode } from '../../command-line/refusal.ts'
import { type Language, languageNamed, type Said } from '../../messages/messages.ts'
import type { Platform } from '../../platform.ts'
import type { Store } from '../../store/store.ts'
import type { Role } from '../../trpc.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import { asFileName } from '../files/names.ts'
import { endingOf, SegmentFile, writeSegmentFile } from '../files/segment-file.ts'
import { problemsSaid } from '../refusal.ts'
import { readSegment } from '../saved.ts'
import { liveSchedules, nextDue, removeSchedule, type ScheduleRun } from './schedules.ts'

const lookMs = 5_000
/** What failed is tried again after this long, or when it is due the next time, if that is sooner. */
const againMs = 15 * 60_000
/** Runs of a schedule that are remembered beside those whose file is kept. */
const keptRuns = 30

const roots = new WeakMap<Platform, string>()

/** The folder of a workspace's scheduled files, by the workspace's name. Nothing that comes from a browser names it. */
export function outboxOf(platform: Platform, workspace: Pick<Workspace, 'id' | 'name'>): string {
  const plain = asFileName(workspace.name)
  return join(
    roots.get(platform) ?? join(platform.dataFolder, 'outbox'),
    plain === workspace.name ? plain : `${plain}-${workspace.id.slice(0, 8)}`,
  )
}

const running = new WeakMap<Platform, Map<string, Promise<ScheduleRun | null>>>()

/**
 * Writes the file of a schedule now: beside its place first, then under its name in one step, named by when it was
 * due, so that a process that ended between is made good by writing it again. Older files than are to be kept go. What
 * fails is remembered with its reason and tried again. Null: the schedule or its segment is gone. Whoever asks while it
 * is written waits for it.
 */
export function runSchedule(
  platform: Platform,
  workspace: Workspace,
  scheduleId: string,
  signal: AbortSignal,
): Promise<ScheduleRun | null> {
  const busy = running.get(platform) ?? new Map<string, Promise<ScheduleRun | null>>()
  running.set(platform, busy)
  const found = busy.get(scheduleId)
  if (found) return found
  const work = run(platform, workspace, scheduleId, signal).finally(() => busy.delete(scheduleId))
  busy.set(scheduleId, work)
  return work
}

async function run(
  platform: Platform,
  workspace: Workspace,
  scheduleId: string,
  signal: AbortSignal,
): Promise<ScheduleRun | null> {
  const { store, clock } = platform
  const schedule = (await liveSchedules(store, workspace.id)).find(({ id }) => id === scheduleId)
  if (!schedule) return null
  const segment = await readSegment(store, workspace, schedule.segment_id)
  if (!segment) {
    await removeSchedule(store, workspace, scheduleId, { by: 'server', at: clock.now() })
    return null
  }
  const began = clock.now()
  const due = schedule.due_at < began.toISOString() ? new Date(schedule.due_at) : began
  const file = SegmentFile.parse(JSON.parse(schedule.file))
  const folder = outboxOf(platform, workspace)
  const mark = `-${scheduleId.slice(0, 8)}-`
  const time = localTime(due, workspace.calendar).replace(':', '')
  const fileName = `${asFileName(segment.name)}${mark}${localDay(due, workspace.calendar)}-${time}.${endingOf(file)}`
  const outcome = await write(fileName)
  const ended = clock.now()
  const next = nextDue(ended, { weekday: schedule.weekday, time: schedule.time }, workspace.calendar)
  const failed = outcome.failure !== null
  const dueAt = failed ? new Date(Math.min(next.getTime(), ended.getTime() + againMs)) : next
  const old = await store.transaction().execute(async (tx) => {
    await tx
      .insertInto('segment_schedule_runs')
      .values({
        workspace_id: workspace.id,
        schedule_id: scheduleId,
        due_at: due.toISOString(),
        ended_at: ended.toISOString(),
        folder: failed ? null : folder,
        file_name: failed ? null : fileName,
        listed: outcome.listed,
        failure: outcome.failure && JSON.stringify(outcome.failure),
      })
      .execute()
    await tx
      .updateTable('segment_schedules')
      .set({ due_at: dueAt.toISOString() })
      .where('id', '=', scheduleId)
      .execute()
    return tooMany(tx, scheduleId, schedule.kept)
  })
  // A file that can't be taken away now is found again at the next run, because its row stays.
  for (const { seq, path } of old) {
    if (path !== null && path !== join(folder, fileName)) rmSync(path, { force: true })
    await store.deleteFrom('segment_schedule_runs').where('seq', '=', seq).execute()
  }
  return {
    dueAt: due.toISOString(),
    endedAt: ended.toISOString(),
    fileName: failed ? null : fileName,
    ...outcome,
  }

  async function write(name: string): Promise<{ listed: number | null; failure: Said | null }> {
    const refused = (failure: Said) => ({ listed: null, failure })
    const role = await roleOf(store, workspace.id, schedule!.set_by)
    if (role !== 'owner' && role !== 'marketer') return refused({ id: 'schedule-role' })
    const part = join(folder, `.${name}.${randomUUID()}.part`)
    try {
      const deletions = await deletedIn(store, workspace.id)
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      for (const other of readdirSync(folder))
        if (other.startsWith('.') && other.includes(mark) && other.endsWith('.part'))
          rmSync(join(folder, other), { force: true })
      const asked = {
        expression: segment!.versions[0]!.expression,
        file,
        unmasked: role === 'owner',
        language: languageNamed(schedule!.language) satisfies Language,
        actor: schedule!.set_by,
      }
      const written = await writeSegmentFile(platform, workspace, asked, part, signal)
      if (written.kind === 'refused')
        return refused({ id: 'segment-refused', values: { problems: problemsSaid(written.errors) } })
      // who was deleted while it was written must not stand in it
      if ((await deletedIn(store, workspace.id)) !== deletions) {
        rmSync(part, { force: true })
        return await write(name)
      }
      renameSync(part, join(folder, name))
      return { listed: written.listed.listed, failure: null }
    } catch (error) {
      if (signal.aborted) throw error
      const code = systemCode(error)
      if (code) return refused({ id: 'schedule-unwritable', values: { folder, reason: code } })
      console.error('A scheduled export failed:', error)
      return refused({ id: 'unexpected-inside' })
    }
  }
}

/** How many members of a workspace were deleted so far. */
async function deletedIn(store: Store, workspaceId: string): Promise<number> {
  const { n } = await store
    .selectFrom('deletions')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where('workspace_id', '=', workspaceId)
    .executeTakeFirstOrThrow()
  return Number(n)
}

/** Runs whose file is not to be kept any more, and failures of long ago. */
async function tooMany(store: Store, scheduleId: string, kept: number) {
  const runs = await store
    .selectFrom('segment_schedule_runs')
    .select(['seq', 'folder', 'file_name'])
    .where('schedule_id', '=', scheduleId)
    .orderBy('seq', 'desc')
    .execute()
  const newest = new Set<string>()
  return runs
    .filter(({ folder, file_name }, place) => {
      if (file_name === null) return place >= keptRuns
      const path = join(folder!, file_name)
      if (newest.has(path)) return false // written again under the same name
      newest.add(path)
      return newest.size > kept
    })
    .map(({ seq, folder, file_name }) => ({
      seq,
      path: file_name === null ? null : join(folder!, file_name),
    }))
}

/** What who set a schedule may do now; null: nothing any more. */
async function roleOf(store: Store, workspaceId: string, setBy: string): Promise<Role | null> {
  if (setBy === 'command-line') return 'owner'
  return (await workspacesOf(store, setBy)).find((one) => one.workspaceId === workspaceId)?.role ?? null
}

/** Writes what is due in a workspace, one file after the other; what was missed is written once. */
export async function runDue(platform: Platform, workspace: Workspace, signal: AbortSignal): Promise<void> {
  const now = platform.clock.now().toISOString()
  for (const { id, due_at } of await liveSchedules(platform.store, workspace.id)) {
    if (signal.aborted) return
    if (due_at <= now) await runSchedule(platform, workspace, id, signal)
  }
}

export interface Schedules {
  /** Ends what is being written, of which nothing is left, and waits. */
  stop(): Promise<void>
}

/** Writes scheduled files when they are due, until stopped. `root`: another folder than `outbox` in the data folder. */
export function startSchedules(platform: Platform, root?: string): Schedules {
  if (root !== undefined) roots.set(platform, root)
  const stopping = new AbortController()
  const { signal } = stopping
  const loop = (async () => {
    while (!signal.aborted) {
      for (const { id } of await platform.workspaces.list()) {
        const workspace = await platform.workspaces.byId(id)
        if (!workspace || signal.aborted) continue
        await runDue(platform, workspace, signal).catch((error: unknown) => {
          if (!signal.aborted) console.error('Scheduled exports could not be written:', error)
        })
      }
      await pause(lookMs, undefined, { signal }).catch(() => {}) // ends early when stopped
    }
  })()
  return {
    async stop() {
      stopping.abort()
      await loop
    },
  }
}
