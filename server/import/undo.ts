import { rmSync } from 'node:fs'
import { localDay } from '../../analytics/calendar/calendar.ts'
import type { Session } from '../../analytics/engine/engine.ts'
import { sql } from '../../analytics/sql/sql.ts'
import type { Platform } from '../platform.ts'
import { leaveAudit, passAudit } from '../settings/audit.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { type AroundUndo, manyRows, takeOut } from './apply.ts'
import { importKinds, type ImportKind } from './import-kinds.ts'
import { takeOutKind } from './kinds/apply.ts'
import { kindNamed } from './kinds/catalogue.ts'
import { takeOutMembers } from './members/apply.ts'
import { type ChangedMonth, changedMonths, dayFigures } from './orders/months.ts'
import { type Refusal, refusal } from './refusal.ts'
import { importById } from './receipts/history.ts'
import { refusedFileOf } from './refused/refused-draft.ts'
import { importRuns } from './runs.ts'

/** What an undoing did: of a file of orders or refunds the orders that changed, of others members or rows. */
export interface UndoneImport {
  readonly kind: ImportKind
  readonly orders: number
  readonly members: number
  readonly rows: number
}

export type UndoOutcome = { readonly kind: 'undone'; readonly undone: UndoneImport } | Refusal

/** Thrown to leave the transaction: somebody else was faster. */
class UndoneAlready extends Error {
  override name = 'UndoneAlready'
}

/**
 * Takes an import out again, in one transaction with its line of the audit; what it touched is as the other imports
 * say. Expected refusals are values: while an import runs, of an import that is unknown or undone already.
 */
export async function undoImport(
  platform: Platform,
  workspace: Workspace,
  { importId, actor }: { importId: string; actor: string },
  signal: AbortSignal = new AbortController().signal,
): Promise<UndoOutcome> {
  const now = platform.clock.now()
  const around: AroundUndo = {
    async begin(session) {
      if (await isUndone(session, importId)) throw new UndoneAlready()
    },
    end: (session) => leaveAudit(session, { actor, action: 'import-undone', subject: importId, at: now }),
  }
  try {
    const outcome = await takenOut(platform, workspace, importId, { now, around, signal })
    if (outcome.kind === 'undone') {
      await passAudit(platform.store, workspace)
      rmSync(refusedFileOf(platform, importId), { force: true })
    }
    return outcome
  } catch (error) {
    if (error instanceof UndoneAlready) return refusal('undone-already', { importId })
    throw error
  }
}

/** What taking an import out would change, before anybody does it. */
export interface UndoEffect {
  readonly kind: ImportKind
  /** Orders (of a file of refunds those) that go, and those that become what other imports say, or somebody else’s. */
  readonly ordersGone: number
  readonly ordersChanged: number
  /** Members whom nothing else names, and those who become what other files say. */
  readonly membersGone: number
  readonly membersChanged: number
  /** Of a further kind: rows that come or go. */
  readonly rows: number
  /** The latest first. */
  readonly months: readonly ChangedMonth[]
}

export type UndoEffectOutcome = { readonly kind: 'told'; readonly effect: UndoEffect } | Refusal

/** Thrown to leave the transaction without a trace. */
class TakenBack extends Error {
  override name = 'TakenBack'
  readonly effect: Omit<UndoEffect, 'kind'>
  constructor(effect: Omit<UndoEffect, 'kind'>) {
    super('taken back')
    this.effect = effect
  }
}

/** What `undoImport` would do: it is done and taken back in one transaction. Refuses what that refuses. */
export async function undoEffect(
  platform: Platform,
  workspace: Workspace,
  importId: string,
  signal: AbortSignal = new AbortController().signal,
): Promise<UndoEffectOutcome> {
  let before: Awaited<ReturnType<typeof standing>> | undefined
  const around: AroundUndo = {
    async begin(session) {
      if (await isUndone(session, importId)) throw new UndoneAlready()
      before = await standing(session)
    },
    async end(session, { orders = 0, members = 0, rows = 0 }) {
      const [was, is] = [before!, await standing(session)]
      const [ordersGone, membersGone] = [was.orders - is.orders, was.members - is.members]
      throw new TakenBack({
        ordersGone,
        ordersChanged: orders - ordersGone,
        membersGone,
        membersChanged: Math.max(0, members - membersGone),
        rows,
        months: changedMonths(was.days, is.days, was.asOf),
      })
    },
  }
  try {
    const outcome = await takenOut(platform, workspace, importId, {
      now: platform.clock.now(),
      around,
      signal,
    })
    if (outcome.kind === 'refused') return outcome
    throw new Error('A dry run was not taken back.')
  } catch (error) {
    if (error instanceof UndoneAlready) return refusal('undone-already', { importId })
    if (!(error instanceof TakenBack)) throw error
    const known = await importById(workspace, importId)
    const kind = importKinds.find((one) => one === known!.kind)!
    return { kind: 'told', effect: { kind, ...error.effect } }
  }
}

/** What stands of orders and members in this transaction. */
async function standing(session: Session) {
  const [row] = await session.rows(sql`select (select count(*) from order_versions) as orders,
    (select count(*) from members where not stub) as members, (select as_of from workspace_state) as as_of`)
  return {
    orders: Number(row!.orders),
    members: Number(row!.members),
    asOf: row!.asOf as string | null,
    days: await dayFigures(session),
  }
}

async function isUndone(session: Session, importId: string): Promise<boolean> {
  const [found] = await session.rows(
    sql`select undone_at is not null as is_so from imports where import_id = ${importId}`,
  )
  return found!.isSo === true
}

async function takenOut(
  platform: Platform,
  workspace: Workspace,
  importId: string,
  { now, ...rest }: { now: Date; around: AroundUndo; signal: AbortSignal },
): Promise<UndoOutcome> {
  const known = await importById(workspace, importId)
  if (!known) return refusal('unknown-import', { importId })
  if (known.undoneAt !== null) return refusal('undone-already', { importId })
  const kind = importKinds.find((one) => one === known.kind)
  if (!kind) return refusal('not-undoable', { fileName: String(known.fileName) })
  const busy = importRuns(platform).current(workspace.id)
  if (busy) return refusal('import-running', { fileName: busy.fileName })
  const settings = {
    timeZone: workspace.calendar.timeZone,
    today: localDay(now, workspace.calendar),
    undoneAt: now.toISOString(),
    aside: Number(known.read) > manyRows,
    ...rest,
  }
  const none = { kind, orders: 0, members: 0, rows: 0 }
  const { engine } = workspace
  const further = kindNamed(kind)
  if (further)
    return {
      kind: 'undone',
      undone: { ...none, ...(await takeOutKind(engine, further, importId, settings)) },
    }
  if (kind === 'members')
    return { kind: 'undone', undone: { ...none, ...(await takeOutMembers(engine, importId, settings)) } }
  return { kind: 'undone', undone: { ...none, ...(await takeOut(engine, importId, settings)) } }
}
