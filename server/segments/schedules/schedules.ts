import { randomUUID } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  addDays,
  type BusinessCalendar,
  instantOf,
  localDay,
  weekday,
} from '../../../analytics/calendar/calendar.ts'
import type { Said } from '../../messages/messages.ts'
import type { Platform } from '../../platform.ts'
import { recordAudit } from '../../settings/audit.ts'
import type { Store } from '../../store/store.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import { SegmentFile } from '../files/segment-file.ts'
import { newestVersions } from '../saved-rules.ts'

/** More schedules in a workspace are a mistake. */
export const mostSchedules = 50
/** Runs of a schedule that are shown. */
const shownRuns = 5

/** When a file is written: every day, or on one day of the week, at a local time. */
export interface Cadence {
  /** ISO weekday; null: every day. */
  readonly weekday: number | null
  /** HH:MM. */
  readonly time: string
}

export interface ScheduleRun {
  /** When it was due; what was missed is written once, later. */
  readonly dueAt: string
  readonly endedAt: string
  /** Null: none was written, or it was taken away since. */
  readonly fileName: string | null
  readonly listed: number | null
  /** Null: it was written. */
  readonly failure: Said | null
}

export interface Schedule extends Cadence {
  readonly id: string
  readonly segmentId: string
  readonly segment: string
  readonly file: SegmentFile
  readonly kept: number
  readonly setAt: string
  readonly dueAt: string
  /** Newest first. */
  readonly runs: readonly ScheduleRun[]
}

export type AddScheduleOutcome =
  | { kind: 'added'; scheduleId: string; dueAt: string }
  | { kind: 'no-such-segment' }
  | { kind: 'too-many' }

interface Doing {
  readonly by: string
  readonly at: Date
}

/** The first instant after `after` at which a cadence is due, by the shop's clocks. */
export function nextDue(after: Date, cadence: Cadence, calendar: BusinessCalendar): Date {
  for (let day = localDay(after, calendar); ; day = addDays(day, 1)) {
    if (cadence.weekday !== null && weekday(day) !== cadence.weekday) continue
    const due = instantOf(day, cadence.time, calendar)
    if (due > after) return due
  }
}

/** Has a file of a saved segment written by itself from now on. Phones are masked by the role of who sets it. */
export async function addSchedule(
  store: Store,
  workspace: Workspace,
  asked: Cadence & { segmentId: string; file: SegmentFile; kept: number; language: string },
  { by, at }: Doing,
): Promise<AddScheduleOutcome> {
  return store.transaction().execute(async (tx): Promise<AddScheduleOutcome> => {
    if (!(await newestVersions(tx, workspace)).some(({ id }) => id === asked.segmentId))
      return { kind: 'no-such-segment' }
    if ((await liveSchedules(tx, workspace.id)).length >= mostSchedules) return { kind: 'too-many' }
    const scheduleId = randomUUID()
    const dueAt = nextDue(at, asked, workspace.calendar).toISOString()
    await tx
      .insertInto('segment_schedules')
      .values({
        id: scheduleId,
        workspace_id: workspace.id,
        segment_id: asked.segmentId,
        file: JSON.stringify(asked.file),
        weekday: asked.weekday,
        time: asked.time,
        kept: asked.kept,
        language: asked.language,
        set_by: by,
        set_at: at.toISOString(),
        due_at: dueAt,
        removed_at: null,
      })
      .execute()
    const note = { workspaceId: workspace.id, actor: by, subject: asked.segmentId, at }
    await recordAudit(tx, { ...note, action: 'segment-schedule-added' })
    return { kind: 'added', scheduleId, dueAt }
  })
}

/** Ends a schedule; files that it wrote stay. False: there is none. */
export async function removeSchedule(
  store: Store,
  workspace: Workspace,
  scheduleId: string,
  { by, at }: Doing,
): Promise<boolean> {
  return store.transaction().execute(async (tx) => {
    const found = (await liveSchedules(tx, workspace.id)).find(({ id }) => id === scheduleId)
    if (!found) return false
    await tx
      .updateTable('segment_schedules')
      .set({ removed_at: at.toISOString() })
      .where('id', '=', scheduleId)
      .execute()
    const note = { workspaceId: workspace.id, actor: by, subject: found.segment_id, at }
    await recordAudit(tx, { ...note, action: 'segment-schedule-removed' })
    return true
  })
}

/** The schedules of a workspace, or of one segment, the oldest first, each with its newest runs. */
export async function listSchedules(
  store: Store,
  workspace: Workspace,
  segmentId?: string,
): Promise<Schedule[]> {
  const names = new Map((await newestVersions(store, workspace)).map(({ id, name }) => [id, name]))
  const rows = (await liveSchedules(store, workspace.id)).filter(
    (one) => names.has(one.segment_id) && (segmentId === undefined || one.segment_id === segmentId),
  )
  return Promise.all(
    rows.map(async (one): Promise<Schedule> => {
      const runs = await store
        .selectFrom('segment_schedule_runs')
        .selectAll()
        .where('workspace_id', '=', workspace.id)
        .where('schedule_id', '=', one.id)
        .orderBy('seq', 'desc')
        .limit(shownRuns)
        .execute()
      return {
        id: one.id,
        segmentId: one.segment_id,
        segment: names.get(one.segment_id)!,
        file: SegmentFile.parse(JSON.parse(one.file)),
        weekday: one.weekday,
        time: one.time,
        kept: one.kept,
        setAt: one.set_at,
        dueAt: one.due_at,
        runs: runs.map((run) => ({
          dueAt: run.due_at,
          endedAt: run.ended_at,
          fileName: run.file_name,
          listed: run.listed,
          failure: run.failure === null ? null : (JSON.parse(run.failure) as Said),
        })),
      }
    }),
  )
}

/** Those that are not removed, the oldest first. */
export const liveSchedules = (store: Store, workspaceId: string) =>
  store
    .selectFrom('segment_schedules')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('removed_at', 'is', null)
    .orderBy('set_at')
    .execute()

/**
 * Takes away every file that schedules wrote, after a member was deleted whom they may name; those of live schedules
 * are written anew at once.
 */
export async function forgetWritten({ store, clock }: Platform, workspaceId: string): Promise<void> {
  const written = await store
    .selectFrom('segment_schedule_runs')
    .select(['seq', 'folder', 'file_name'])
    .where('workspace_id', '=', workspaceId)
    .where('file_name', 'is not', null)
    .execute()
  if (written.length === 0) return
  const left: number[] = []
  for (const { seq, folder, file_name } of written)
    try {
      const path = join(folder!, file_name!)
      if (existsSync(path)) rmSync(path)
    } catch (error) {
      // A share that can't be written now must keep no deletion, and no start, from ending.
      left.push(seq)
      console.error(
        `A scheduled export may name somebody who was deleted and can’t be removed: ${file_name}`,
        error,
      )
    }
  await store.transaction().execute(async (tx) => {
    await tx
      .updateTable('segment_schedules')
      .set({ due_at: clock.now().toISOString() })
      .where('workspace_id', '=', workspaceId)
      .where('removed_at', 'is', null)
      .where('id', 'in', (from) =>
        from.selectFrom('segment_schedule_runs').select('schedule_id').where('file_name', 'is not', null),
      )
      .execute()
    await tx
      .updateTable('segment_schedule_runs')
      .set({ file_name: null })
      .where('workspace_id', '=', workspaceId)
      .where('seq', 'not in', left)
      .execute()
  })
}
