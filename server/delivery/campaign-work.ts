import { CampaignDefinition } from '../campaigns/definition.ts'
import { channelOf, termsOf } from '../campaigns/standing/definition.ts'
import type { Platform } from '../platform.ts'
import { type DeliveryChannel, deliveryChannels } from './settings.ts'

type Channel = CampaignDefinition['channel']

/** A running, published campaign that has something due; of one that stands, a step of it. */
export interface CampaignWork {
  readonly workspaceId: string
  readonly campaignId: string
  /** Null: a campaign that is launched once. */
  readonly step: number | null
  readonly channel: Extract<Channel, { kind: DeliveryChannel }>
  readonly terms: CampaignDefinition['terms']
}

const isSentFromHere = (channel: Channel): channel is CampaignWork['channel'] =>
  (deliveryChannels as readonly string[]).includes(channel.kind)

/** All of them, in all workspaces. */
export async function campaignsWithWork({ store, clock }: Platform): Promise<CampaignWork[]> {
  const rows = await store
    .selectFrom('launches')
    .innerJoin('campaigns', 'campaigns.id', 'launches.campaign_id')
    .select(['campaigns.workspace_id', 'campaigns.id', 'campaigns.definition', 'launches.step'])
    .distinct()
    .where('launches.published_at', 'is not', null)
    .where('campaigns.state', '=', 'running')
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('outbox')
          .select('outbox.id')
          .whereRef('outbox.campaign_id', '=', 'campaigns.id')
          .whereRef('outbox.launch_id', '=', 'launches.id')
          .where('outbox.state', '=', 'queued')
          .where('outbox.due_at', '<=', clock.now().toISOString()),
      ),
    )
    .execute()
  return rows.flatMap(({ workspace_id, id, definition, step }) => {
    const read = CampaignDefinition.parse(JSON.parse(definition))
    const channel = channelOf(read, step)
    return isSentFromHere(channel)
      ? [{ workspaceId: workspace_id, campaignId: id, step, channel, terms: termsOf(read, step) }]
      : []
  })
}
