import { sql } from 'kysely'
import type { Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { type ExclusionReason, findAudience } from './audience.ts'
import { campaignById } from './campaigns.ts'
import type { SegmentError } from '../segments/evaluation.ts'

const batchSize = 5_000

/** Writes down whom a launch leaves out, in short batches; `step` is told before each. */
export async function keepLeftOut(
  { store }: Platform,
  launch: { workspaceId: string; campaignId: string; launchId: string },
  leftOut: readonly { memberId: string; reason: ExclusionReason }[],
  step: () => void,
): Promise<void> {
  for (let from = 0; from < leftOut.length; from += batchSize) {
    step()
    const rows = leftOut.slice(from, from + batchSize).map(({ memberId, reason }) => [memberId, reason])
    await sql`insert into left_out (workspace_id, campaign_id, launch_id, member_id, reason)
      select ${launch.workspaceId}, ${launch.campaignId}, ${launch.launchId}, value ->> 0, value ->> 1
      from json_each(${JSON.stringify(rows)})`.execute(store)
  }
}

export type LeftOutOutcome =
  | { kind: 'found'; members: string[]; total: number }
  | { kind: 'not-found' }
  | { kind: 'segment-refused'; errors: readonly SegmentError[] }

/**
 * Who is left out of a campaign for a reason, by id, at most `limit`: of a launched one as it was written down, of a
 * draft as a launch would do it now.
 */
export async function leftOutOf(
  platform: Platform,
  workspace: Workspace,
  { campaignId, reason, limit }: { campaignId: string; reason: ExclusionReason; limit: number },
  signal?: AbortSignal,
): Promise<LeftOutOutcome> {
  const campaign = await campaignById(platform.store, workspace.id, campaignId)
  if (!campaign) return { kind: 'not-found' }
  if (campaign.state === 'draft') {
    const { segment, holdout, channel } = campaign.definition
    const rule = { segment, seed: campaign.seed, holdout, channel }
    const outcome = await findAudience(platform, workspace, rule, signal)
    if (outcome.kind === 'segment-refused') return outcome
    const members = outcome.audience.leftOut.flatMap((one) => (one.reason === reason ? [one.memberId] : []))
    return { kind: 'found', members: members.slice(0, limit), total: members.length }
  }
  const found = platform.store
    .selectFrom('left_out')
    .where('workspace_id', '=', workspace.id)
    .where('campaign_id', '=', campaignId)
    .where('reason', '=', reason)
  const rows = await found.select('member_id').orderBy('member_id').limit(limit).execute()
  const { total } = await found
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  return { kind: 'found', members: rows.map(({ member_id }) => member_id), total }
}
