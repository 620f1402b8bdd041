import { randomBytes, randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { keptError } from '../delivery/errors.ts'
import { revokeOpenCoupons } from '../coupons/revoke.ts'
import type { Platform } from '../platform.ts'
import { recordAudit } from '../settings/audit.ts'
import type { StoreSchema } from '../store/schema.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { CampaignDefinition } from './definition.ts'
import { TurnsByKey } from './turns.ts'

/** As it is stored; a running campaign whose window is over shows as finished. */
export type StoredState = 'draft' | 'running' | 'paused' | 'cancelled'
export type CampaignStatus = StoredState | 'finished'

export interface Campaign {
  readonly id: string
  readonly name: string
  readonly definition: CampaignDefinition
  readonly seed: string
  readonly state: StoredState
  readonly createdAt: string
}

/** What every change is made by and in. */
export interface Desk {
  readonly platform: Platform
  readonly workspace: Workspace
  /** As the audit names who asks. */
  readonly actor: string
}

/** Launches and changes of one workspace's campaigns follow one another: nobody is given two coupons at once. */
export const campaignTurns = new TurnsByKey()

/** Null when this workspace has no such campaign. */
export async function campaignById(
  store: Kysely<StoreSchema>,
  workspaceId: string,
  campaignId: string,
): Promise<Campaign | null> {
  const row = await store
    .selectFrom('campaigns')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', campaignId)
    .executeTakeFirst()
  return row
    ? {
        id: row.id,
        name: row.name,
        definition: CampaignDefinition.parse(JSON.parse(row.definition)),
        seed: row.seed,
        state: row.state,
        createdAt: row.created_at,
      }
    : null
}

/** What a campaign is called at `now`: it is finished once its measurement window is over. */
export const statusAt = (state: StoredState, windowTo: string | null, now: Date): CampaignStatus =>
  (state === 'running' || state === 'paused') && windowTo !== null && windowTo <= now.toISOString()
    ? 'finished'
    : state

/** `as`: the id and the seed of the arms, where they must be the same each time; otherwise by chance. */
export async function createCampaign(
  { platform, workspace, actor }: Desk,
  definition: CampaignDefinition,
  as: { id: string; seed: string } = { id: randomUUID(), seed: randomBytes(16).toString('hex') },
): Promise<{ campaignId: string }> {
  const campaignId = as.id
  const at = platform.clock.now()
  await platform.store.transaction().execute(async (tx) => {
    await tx
      .insertInto('campaigns')
      .values({
        id: campaignId,
        workspace_id: workspace.id,
        name: definition.name,
        definition: JSON.stringify(definition),
        seed: as.seed,
        state: 'draft',
        created_at: at.toISOString(),
        changed_at: at.toISOString(),
      })
      .execute()
    await recordAudit(tx, {
      workspaceId: workspace.id,
      actor,
      action: 'campaign-created',
      subject: campaignId,
      at,
    })
  })
  return { campaignId }
}

export type ChangeOutcome =
  | { kind: 'changed' }
  | { kind: 'not-found' }
  | { kind: 'edited-elsewhere' }
  | { kind: 'wrong-state'; status: CampaignStatus }

/**
 * Replaces a draft's definition, if it still is the one that the editor began from (`before`): nobody's
 * edits are lost to another window's. A launched campaign can't be edited.
 */
export const editCampaign = (
  desk: Desk,
  campaignId: string,
  { before, definition }: { before: CampaignDefinition; definition: CampaignDefinition },
): Promise<ChangeOutcome> =>
  changeState(
    desk,
    campaignId,
    'campaign-edited',
    ['draft'],
    (now) => ({ name: definition.name, definition: JSON.stringify(definition), changed_at: now }),
    { before },
  )

const moveTo = (state: StoredState) => (now: string) => ({ state, changed_at: now })

/** Holds back what has not been sent yet; codes that are out stay good. */
export const pauseCampaign = (desk: Desk, campaignId: string): Promise<ChangeOutcome> =>
  changeState(desk, campaignId, 'campaign-paused', ['running'], moveTo('paused'))

export const resumeCampaign = (desk: Desk, campaignId: string): Promise<ChangeOutcome> =>
  changeState(desk, campaignId, 'campaign-resumed', ['paused'], moveTo('running'))

/** `revoked`: uses of coupons that were taken back. */
export type CancelOutcome =
  | { kind: 'cancelled'; revoked: number }
  | Exclude<ChangeOutcome, { kind: 'changed' }>

/**
 * Drops what has not been sent yet, for good. Codes that are out stay good until their last day, unless
 * `revokeCoupons`: then unused ones are refused from now on. That is done after the campaign has
 * ended; asking again, also for a campaign that is cancelled already, does what a crash left.
 */
export async function cancelCampaign(
  desk: Desk,
  campaignId: string,
  { revokeCoupons = false }: { revokeCoupons?: boolean } = {},
): Promise<CancelOutcome> {
  const { platform, workspace, actor } = desk
  const outcome = await changeState(
    desk,
    campaignId,
    'campaign-cancelled',
    ['draft', 'running', 'paused'],
    moveTo('cancelled'),
    {
      also: (tx) =>
        tx
          .updateTable('outbox')
          .set({ state: 'dropped', last_error: keptError({ id: 'message-campaign-cancelled' }) })
          .where('workspace_id', '=', workspace.id)
          .where('campaign_id', '=', campaignId)
          .where('state', '=', 'queued')
          .execute(),
    },
  )
  const over = outcome.kind === 'wrong-state' && outcome.status === 'cancelled'
  if (outcome.kind !== 'changed' && !(over && revokeCoupons)) return outcome
  if (!revokeCoupons) return { kind: 'cancelled', revoked: 0 }
  return campaignTurns.take(workspace.id, async () => {
    const at = platform.clock.now()
    const revoked = await revokeOpenCoupons(platform.store, {
      workspaceId: workspace.id,
      campaignId,
      actor,
      at,
    })
    await recordAudit(platform.store, {
      workspaceId: workspace.id,
      actor,
      action: 'campaign-coupons-revoked',
      subject: campaignId,
      at,
    })
    return { kind: 'cancelled', revoked }
  })
}

function changeState(
  { platform, workspace, actor }: Desk,
  campaignId: string,
  action: string,
  from: readonly StoredState[],
  change: (now: string) => { state?: StoredState; name?: string; definition?: string; changed_at: string },
  {
    before,
    also,
  }: { before?: CampaignDefinition; also?: (tx: Kysely<StoreSchema>) => Promise<unknown> } = {},
): Promise<ChangeOutcome> {
  return campaignTurns.take(workspace.id, () =>
    platform.store.transaction().execute(async (tx): Promise<ChangeOutcome> => {
      const campaign = await campaignById(tx, workspace.id, campaignId)
      if (!campaign) return { kind: 'not-found' }
      const at = platform.clock.now()
      const launch = await tx
        .selectFrom('launches')
        .select('window_to')
        .where('workspace_id', '=', workspace.id)
        .where('campaign_id', '=', campaignId)
        .orderBy('run')
        .executeTakeFirst()
      const status = statusAt(campaign.state, launch?.window_to ?? null, at)
      // A draft with a launch is one whose launch broke off: it is finished or undone first.
      if (!from.some((state) => state === status) || (launch && campaign.state === 'draft'))
        return { kind: 'wrong-state', status: launch && status === 'draft' ? 'running' : status }
      if (before && JSON.stringify(before) !== JSON.stringify(campaign.definition))
        return { kind: 'edited-elsewhere' }
      await tx
        .updateTable('campaigns')
        .set(change(at.toISOString()))
        .where('workspace_id', '=', workspace.id)
        .where('id', '=', campaignId)
        .execute()
      await also?.(tx)
      await recordAudit(tx, { workspaceId: workspace.id, actor, action, subject: campaignId, at })
      return { kind: 'changed' }
    }),
  )
}
