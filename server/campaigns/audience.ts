import { createHash } from 'node:crypto'
import { sql } from '../../analytics/sql/sql.ts'
import { type TablesAt, tablesAt } from '../analytics/tables-at.ts'
import type { Platform } from '../platform.ts'
import type { TemplateValue } from '../delivery/template.ts'
import { type Evaluation, evaluateSegment, type SegmentError } from '../segments/evaluation.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { armOf } from './arms.ts'
import type { CampaignDefinition } from './definition.ts'
import { type FeedGap, feedGaps } from '../feeds/gaps.ts'
import { judgedMembers, judgeOf } from './judge.ts'
import { othersTurn } from '../workspaces/others-turn.ts'

/** Why a member of the segment gets nothing; a member with several reasons counts under the first. */
export const exclusionReasons = [
  'consent-denied',
  'do-not-contact',
  'abuse-hold',
  'staff',
  'no-longer-imported',
  'global-holdout',
  'holds-coupon',
  'capped',
  'no-address',
  'unsubscribed',
  'bounced',
] as const
export type ExclusionReason = (typeof exclusionReasons)[number]

/** Everyone whom a rule selects, sorted out: who is left out and why, and the arms of the others. */
export interface Audience {
  readonly evaluation: Evaluation
  readonly tables: TablesAt
  readonly excluded: { reason: ExclusionReason; members: number }[]
  /** The same by member, in order of their ids. */
  readonly leftOut: readonly { memberId: string; reason: ExclusionReason }[]
  /** Ids in order; both arms together are the eligible members. */
  readonly treated: readonly string[]
  readonly heldOut: readonly string[]
  /** Eligible members of whom nobody knows whether they may be written to. */
  readonly unknownConsent: number
  /** Eligible members of whom a value is unknown that the message needs, by value. */
  readonly missing: { value: TemplateValue; members: number }[]
  /** Stores whose orders stopped coming in, with how many eligible members have it as their main store. */
  readonly gaps: { store: FeedGap; members: number }[]
  /** Newest event of the Store that this knows. */
  readonly knownEvent: number
  /** Changes when anybody enters, leaves or changes arm. */
  readonly fingerprint: string
}

export type AudienceOutcome =
  | { kind: 'found'; audience: Audience }
  | { kind: 'segment-refused'; errors: readonly SegmentError[] }

/** A million members are read while tills redeem and others ask. */
const patienceMs = 10 * 60_000

/** Evaluates a rule at `asOf` (the workspace's default) and sorts its members; nothing is written. */
export async function findAudience(
  platform: Platform,
  workspace: Workspace,
  rule: {
    segment: string
    seed: string
    holdout: number
    channel: CampaignDefinition['channel']
    asOf?: string | undefined
    /** Whose coupons keep a member out; everybody's without it. */
    holders?: 'all' | 'none'
  },
  signal?: AbortSignal,
): Promise<AudienceOutcome> {
  for (;;) {
    const tables = await tablesAt(platform.store, workspace, rule.asOf, signal)
    const outcome = await evaluateSegment(
      platform.store,
      workspace,
      { expression: rule.segment, asOf: tables.asOf },
      signal,
    )
    if (outcome.kind === 'refused') return { kind: 'segment-refused', errors: outcome.errors }
    const sorted = await sortOut(platform, workspace, rule, outcome.evaluation, tables, signal)
    const [state] = await workspace.engine.rows(sql`select data_version, watermark from workspace_state`, {
      signal,
    })
    // Orders or events came in while this was read: read again, so that all of it is of one state.
    if (state!.dataVersion !== outcome.evaluation.dataVersion || state!.dataVersion !== tables.dataVersion)
      continue
    return { kind: 'found', audience: { ...sorted, knownEvent: Number(state!.watermark) } }
  }
}

async function sortOut(
  platform: Platform,
  workspace: Workspace,
  {
    seed,
    holdout,
    channel,
    holders = 'all',
  }: {
    seed: string
    holdout: number
    channel: CampaignDefinition['channel']
    holders?: 'all' | 'none'
  },
  evaluation: Evaluation,
  tables: TablesAt,
  signal: AbortSignal | undefined,
): Promise<Omit<Audience, 'knownEvent'>> {
  const judge = await judgeOf(platform, workspace, channel, { holders })
  const gaps = await feedGaps(workspace, tables, signal)
  const inGap = new Map(gaps.map(({ store }) => [store, 0]))
  const excluded = new Map<ExclusionReason, number>()
  const leftOut: { memberId: string; reason: ExclusionReason }[] = []
  const arms = { treated: [] as string[], 'held-out': [] as string[] }
  let unknownConsent = 0
  const missing = new Map<TemplateValue, number>()
  const hash = createHash('sha256')

  for await (const rows of workspace.engine.pieces(judgedMembers(evaluation.memberKeys, tables), {
    signal,
    timeoutMs: patienceMs,
  })) {
    const began = performance.now()
    let placed = ''
    for (const row of rows) {
      const memberId = String(row.memberId)
      const { reason, missing: unknown } = judge(row)
      if (reason) {
        excluded.set(reason, (excluded.get(reason) ?? 0) + 1)
        leftOut.push({ memberId, reason })
        continue
      }
      const arm = armOf(seed, memberId, holdout)
      arms[arm].push(memberId)
      placed += `${memberId}\n${arm}\n`
      if (row.consent === 'unknown') unknownConsent++
      for (const value of unknown) missing.set(value, (missing.get(value) ?? 0) + 1)
      const store = String(row.mainStore)
      if (inGap.has(store)) inGap.set(store, inGap.get(store)! + 1)
    }
    hash.update(placed)
    await othersTurn(began)
  }
  return {
    evaluation,
    tables,
    excluded: exclusionReasons.flatMap((reason) => {
      const members = excluded.get(reason)
      return members === undefined ? [] : [{ reason, members }]
    }),
    leftOut,
    treated: arms.treated,
    heldOut: arms['held-out'],
    unknownConsent,
    missing: [...missing].map(([value, members]) => ({ value, members })),
    gaps: gaps.flatMap((store) => {
      const members = inGap.get(store.store)!
      return members === 0 ? [] : [{ store, members }]
    }),
    fingerprint: hash.digest('hex'),
  }
}
