import { CampaignDefinition } from '../campaigns/definition.ts'
import type { Platform } from '../platform.ts'
import type { DeliveryChannel } from './settings.ts'

type Channel = CampaignDefinition['channel']

/** A running, published campaign that has something due. */
export interface CampaignWork {
  readonly workspaceId: string
  readonly campaignId: string
  /** Newest event of the Store that its audience knew. */
  readonly knownEvent: number
  readonly channel: Extract<Channel, { kind: DeliveryChannel }>
  readonly terms: CampaignDefinition['terms']
}

/** All of them, in all workspaces. */
export async function campaignsWithWork({ store, clock }: Platform): Promise<CampaignWork[]> {
  const rows = await store
    .selectFrom('launches')
    .innerJoin('campaigns', 'campaigns.id', 'launches.campaign_id')
    .select(['campaigns.workspace_id', 'campaigns.id', 'campaigns.definition', 'launches.known_event'])
    .where('launches.published_at', 'is not', null)
    .where('campaigns.state', '=', 'running')
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('outbox')
          .select('outbox.id')
          .whereRef('outbox.campaign_id', '=', 'campaigns.id')
          .where('outbox.state', '=', 'queued')
          .where('outbox.due_at', '<=', clock.now().toISOString()),
      ),
    )
    .execute()
  return rows.flatMap(({ workspace_id, id, definition, known_event }) => {
    const { channel, terms } = CampaignDefinition.parse(JSON.parse(definition))
    return channel.kind === 'csv'
      ? []
      : [{ workspaceId: workspace_id, campaignId: id, knownEvent: known_event ?? 0, channel, terms }]
  })
}
