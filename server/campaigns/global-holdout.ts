import { randomBytes } from 'node:crypto'
import { duckdb as d } from '../../analytics/sql/duckdb.ts'
import { type Sql, sql } from '../../analytics/sql/sql.ts'
import { liftOf } from '../../analytics/lift/verdict.ts'
import { tablesAt } from '../analytics/tables-at.ts'
import { recordAudit } from '../settings/audit.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { armOf } from './arms.ts'
import type { Desk } from './campaigns.ts'
import { type OutcomeRow, rowsOf } from './measurement.ts'
import { inOneSpan, outcomesOf } from './outcomes.ts'

/** Shares that may be held out of all campaigns; 0: nobody. */
export const globalShares = { least: 0.01, most: 0.2 }

/** Members who get nothing of any campaign, drawn by a seed. */
export interface GlobalHoldout {
  readonly share: number
  readonly seed: string
  /** From when on nothing is sent to them, and that local day. */
  readonly startedAt: string
  readonly startedDay: string
}

/** The one that holds now; null: none. */
export async function globalHoldoutOf(store: Store, workspaceId: string): Promise<GlobalHoldout | null> {
  const row = await newest(store, workspaceId)
  return row && row.share > 0
    ? { share: row.share, seed: row.seed, startedAt: row.started_at, startedDay: row.started_day }
    : null
}

const newest = (store: Store, workspaceId: string) =>
  store
    .selectFrom('global_holdouts')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()

/**
 * Sets the share from now on; 0 ends it. Measuring begins anew with each change. The seed stays, so that
 * a larger share holds the smaller one, and who was held out before is so again.
 */
export async function setGlobalHoldout(
  { platform, workspace, actor }: Desk,
  share: number,
): Promise<{ changed: boolean }> {
  const before = await newest(platform.store, workspace.id)
  if ((before?.share ?? 0) === share) return { changed: false }
  const at = platform.clock.now()
  await platform.store.transaction().execute(async (tx) => {
    await tx
      .insertInto('global_holdouts')
      .values({
        workspace_id: workspace.id,
        seed: before?.seed ?? randomBytes(16).toString('hex'),
        share,
        started_at: at.toISOString(),
        started_day: workspace.today(),
        set_by: actor,
      })
      .execute()
    await recordAudit(tx, {
      workspaceId: workspace.id,
      actor,
      action: 'setting-changed',
      subject: 'global-holdout',
      at,
    })
  })
  return { changed: true }
}

/** Whether a member is held out of all campaigns. */
export const isHeldOutOfAll = (holdout: GlobalHoldout | null, memberId: string): boolean =>
  holdout !== null && armOf(holdout.seed, memberId, holdout.share) === 'held-out'

/** SQL: the same of a member's id. */
export const heldOutOfAll = ({ seed, share }: GlobalHoldout, memberId: Sql): Sql =>
  sql`cast('0x' || left(sha256(${`${seed}\n`} || ${memberId}), 12) as bigint) < ${share} * 281474976710656`

/** All campaigns together: members who may be sent something, beside those who are sent nothing. */
export interface TogetherResult {
  readonly holdout: { readonly share: number; readonly startedDay: string }
  readonly asOf: string
  /** Members of each side who had bought before it began: who came later may have come because of a campaign. */
  readonly treated: number
  readonly heldOut: number
  /** Since the day on which it began, with always-valid intervals: there is no last day. Empty before any data of then. */
  readonly outcomes: OutcomeRow[]
}

/** What all campaigns since the start of the global holdout brought together; null while there is none. */
export async function togetherResult(
  store: Store,
  workspace: Workspace,
  signal?: AbortSignal,
): Promise<TogetherResult | null> {
  const holdout = await globalHoldoutOf(store, workspace.id)
  if (!holdout) return null
  const { share, startedAt, startedDay } = holdout
  const tables = await tablesAt(store, workspace, undefined, signal)
  const shown = { holdout: { share, startedDay }, asOf: tables.asOf }
  if (tables.asOf < startedDay) return { ...shown, treated: 0, heldOut: 0, outcomes: [] }
  const all = await outcomesOf(
    workspace,
    tables,
    {
      frozen: inOneSpan(
        sql`select facts.member_key,
          case when ${heldOutOfAll(holdout, sql`members.member_id`)} then 'held-out' else 'treated' end as arm
        from ${tables.tables.memberFacts} as facts join members on members.member_key = facts.member_key
        where facts.first_day < ${d.date(startedDay)}`,
        { since: startedAt, fromDay: startedDay, lastDay: tables.asOf },
      ),
      before: { leastDays: 30 },
    },
    signal,
  )
  const arms = all.get(0)!
  const lift = liftOf(arms.treated, arms.heldOut, { heldOutShare: share, windowEnded: false })
  return {
    ...shown,
    treated: arms.treated.members,
    heldOut: arms.heldOut.members,
    outcomes: lift ? rowsOf(arms, lift) : [],
  }
}
