import type { Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { CampaignVerdict } from './measurement.ts'
import { campaignResult } from './result.ts'
import type { CampaignStatus } from './campaigns.ts'

export interface CampaignSummary {
  readonly campaignId: string
  readonly name: string
  readonly status: CampaignStatus
  readonly segment: string
  readonly createdAt: string
  readonly launchedDay: string | null
  readonly lastDay: string | null
  readonly issued: number
  readonly redeemed: number
  readonly redeemers: number
  readonly treated: number
  /** Null for a draft. */
  readonly verdict: CampaignVerdict | null
  readonly windowEnded: boolean
}

/** A workspace's campaigns, newest first. */
export async function listCampaigns(
  platform: Platform,
  workspace: Workspace,
  signal?: AbortSignal,
): Promise<CampaignSummary[]> {
  const rows = await platform.store
    .selectFrom('campaigns')
    .select('id')
    .where('workspace_id', '=', workspace.id)
    .orderBy('created_at', 'desc')
    .limit(200)
    .execute()
  const summaries: CampaignSummary[] = []
  for (const { id } of rows) {
    const result = await campaignResult(platform, workspace, id, signal, true)
    if (!result) continue
    summaries.push({
      campaignId: id,
      name: result.name,
      status: result.status,
      segment: result.definition.segment,
      createdAt: result.createdAt,
      launchedDay: result.launchedDay,
      lastDay: result.lastDay,
      issued: result.issued,
      redeemed: result.redeemed,
      redeemers: result.redeemers,
      treated: result.treated,
      verdict: result.measurement?.verdict ?? null,
      windowEnded: result.measurement?.windowEnded ?? false,
    })
  }
  return summaries
}
