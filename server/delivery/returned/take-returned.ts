import { createHash } from 'node:crypto'
import type { Kysely } from 'kysely'
import { CampaignDefinition } from '../../campaigns/definition.ts'
import { channelOf } from '../../campaigns/standing/definition.ts'
import type { Said } from '../../messages/messages.ts'
import type { StoreSchema } from '../../store/schema.ts'
import { keptError } from '../errors.ts'
import { suppress } from '../suppressions.ts'
import type { ReturnedMail } from './returned-mail.ts'

/** What came of one mail: its kind; `known`: it was taken before; `none`: it names no mail of this workspace; `waits`: the answer to the message itself is still awaited. */
export type Taken = ReturnedMail['kind'] | 'known' | 'none' | 'waits'

/**
 * Takes what came back, in the caller's transaction. A mail that did not arrive becomes a dead letter with the reason;
 * an address that is gone is written to no more: the one that this delivery went to, whatever address the report gives.
 * The same mail again changes nothing.
 */
export async function takeReturned(
  tx: Kysely<StoreSchema>,
  workspaceId: string,
  { deliveryIds, kind, code, cause, messageId }: ReturnedMail,
  at: Date,
): Promise<Taken> {
  const row = await mailNamed(tx, workspaceId, deliveryIds)
  if (!row) return 'none'
  if (row.state === 'queued' && row.lease !== null && row.due_at > at.toISOString()) return 'waits'
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('returned_mails')
    .values({
      workspace_id: workspaceId,
      digest: createHash('sha256')
        .update([row.id, kind, code ?? '', messageId ?? ''].join('\n'))
        .digest('base64url'),
      delivery_id: row.id,
      kind,
      code,
      at: at.toISOString(),
    })
    .onConflict((conflict) => conflict.columns(['workspace_id', 'digest']).doNothing())
    .executeTakeFirst()
  if (numInsertedOrUpdatedRows === 0n) return 'known'
  if (kind !== 'gone' && kind !== 'failed') return kind
  const why: Said =
    kind === 'gone'
      ? { id: 'mail-came-back-gone', values: { code: code ?? '–' } }
      : { id: 'mail-came-back', values: { code: code ?? '–', cause } }
  // one that is queued to be sent again is not the one that came back
  if (row.state === 'delivered' || (row.state === 'queued' && row.attempts > 0))
    await tx
      .updateTable('outbox')
      .set({ state: 'dead', delivered_at: null, last_error: keptError(why), lease: null })
      .where('id', '=', row.id)
      .execute()
  if (kind === 'gone' && row.handed_to !== null)
    await suppress(tx, workspaceId, {
      channel: 'mail',
      digest: row.handed_to,
      reason: 'bounced',
      memberId: row.member_id,
      at,
    })
  return kind
}

/** The first of these deliveries that this workspace has sent by mail. */
async function mailNamed(tx: Kysely<StoreSchema>, workspaceId: string, deliveryIds: readonly string[]) {
  const rows = await tx
    .selectFrom('outbox')
    .innerJoin('campaigns', 'campaigns.id', 'outbox.campaign_id')
    .innerJoin('launches', 'launches.id', 'outbox.launch_id')
    .select([
      'outbox.id',
      'outbox.state',
      'outbox.lease',
      'outbox.due_at',
      'outbox.attempts',
      'outbox.member_id',
      'outbox.handed_to',
      'campaigns.definition',
      'launches.step',
    ])
    .where('outbox.workspace_id', '=', workspaceId)
    .where('outbox.id', 'in', deliveryIds)
    .execute()
  return deliveryIds
    .flatMap((id) => rows.filter((row) => row.id === id))
    .find(
      ({ definition, step }) =>
        channelOf(CampaignDefinition.parse(JSON.parse(definition)), step).kind === 'mail',
    )
}
