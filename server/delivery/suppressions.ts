import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { StoreSchema } from '../store/schema.ts'
import type { HandChannel } from './hand-channels.ts'

/** Channels that reach an address of the member's own and that an owner sets up. */
export type SetUpChannel = 'mail' | 'sms' | 'wechat'

/** Channels that reach an address of the member's own. */
export type AddressedChannel = SetUpChannel | HandChannel

/** Why an address is written to no more. */
export type SuppressionReason = 'unsubscribed' | 'bounced'

/** Addresses are known by keyed digests alone: they stay suppressed when the member is deleted, and name nobody. */
const digestBytes = 16

/** The key of a workspace's digests and unsubscribe links; made when first needed, and never changed. */
export async function suppressionKey(store: Kysely<StoreSchema>, workspaceId: string): Promise<Buffer> {
  await store
    .insertInto('suppression_keys')
    .values({ workspace_id: workspaceId, key: randomBytes(32).toString('base64') })
    .onConflict((conflict) => conflict.column('workspace_id').doNothing())
    .execute()
  const row = await keyRow(store, workspaceId)
  return Buffer.from(row!.key, 'base64')
}

const keyRow = (store: Kysely<StoreSchema>, workspaceId: string) =>
  store
    .selectFrom('suppression_keys')
    .select('key')
    .where('workspace_id', '=', workspaceId)
    .executeTakeFirst()

/** A phone without its signs, a Chinese one with or without its country alike. */
const plainPhone = (phone: string) => phone.replaceAll(/\D/g, '').replace(/^(?=1\d{10}$)/, '86')

/** An address as it is compared: letter case and blanks around don't matter, but in an openid, nor how a phone is written. */
const comparedAs: Record<AddressedChannel, (address: string) => string> = {
  mail: (address) => address.trim().toLowerCase(),
  sms: plainPhone,
  wechat: (address) => address.trim(),
  calls: plainPhone,
  wecom: (address) => address.trim(),
}

/** The digest of an address. */
export const addressDigest = (key: Buffer, channel: AddressedChannel, address: string): string =>
  createHmac('sha256', key)
    .update(`${channel}\n${comparedAs[channel](address)}`)
    .digest()
    .subarray(0, digestBytes)
    .toString('base64url')

/** Notes that an address, and the member whose it is, is written to no more by a channel. A bounce does not replace a person's own word. */
export async function suppress(
  tx: Kysely<StoreSchema>,
  workspaceId: string,
  entry: {
    channel: AddressedChannel
    digest: string
    reason: SuppressionReason
    memberId: string | null
    at: Date
  },
): Promise<void> {
  await tx
    .insertInto('suppressions')
    .values({
      workspace_id: workspaceId,
      channel: entry.channel,
      digest: entry.digest,
      reason: entry.reason,
      member_id: entry.memberId,
      at: entry.at.toISOString(),
    })
    .onConflict((conflict) =>
      conflict
        .columns(['workspace_id', 'channel', 'digest'])
        .doUpdateSet({ reason: 'unsubscribed', member_id: entry.memberId })
        // a person's own word is more than a bounce
        .where('suppressions.reason', '!=', entry.reason)
        .where(sql<boolean>`excluded.reason = 'unsubscribed'`),
    )
    .execute()
}

/** An address is good again, as its platform told at `at`. What a person has said stays, and what was noted since. */
export async function liftBounce(
  tx: Kysely<StoreSchema>,
  workspaceId: string,
  { channel, digest, at }: { channel: AddressedChannel; digest: string; at: Date },
): Promise<void> {
  await tx
    .deleteFrom('suppressions')
    .where('workspace_id', '=', workspaceId)
    .where('channel', '=', channel)
    .where('digest', '=', digest)
    .where('reason', '=', 'bounced')
    .where('at', '<=', at.toISOString())
    .execute()
}

/** What is suppressed in a channel, by digest of the address and by member. */
export interface Suppressed {
  whyNot(memberId: string, address: string): SuppressionReason | null
}

/** All suppressions of a channel at this moment. `memberOf` says whose an id is now. */
export async function suppressedIn(
  store: Kysely<StoreSchema>,
  workspaceId: string,
  channel: AddressedChannel,
  memberOf: (id: string) => string,
): Promise<Suppressed> {
  const key = await suppressionKey(store, workspaceId)
  const rows = await store
    .selectFrom('suppressions')
    .select(['digest', 'reason', 'member_id'])
    .where('workspace_id', '=', workspaceId)
    .where('channel', '=', channel)
    .execute()
  const byDigest = new Map(rows.map(({ digest, reason }) => [digest, reason]))
  // Who has unsubscribed did so as a person; a bounce is about the address alone.
  const byMember = new Map(
    rows.flatMap(({ member_id, reason }) =>
      member_id !== null && reason === 'unsubscribed' ? [[memberOf(member_id), reason]] : [],
    ),
  )
  return {
    whyNot: (memberId, address) =>
      byMember.get(memberId) ?? byDigest.get(addressDigest(key, channel, address)) ?? null,
  }
}

/** Why one member's address is written to no more, asked of the Store at this moment; null: it may be. */
export async function suppressionOf(
  store: Kysely<StoreSchema>,
  workspaceId: string,
  channel: AddressedChannel,
  digest: string,
  memberIds: readonly string[],
): Promise<SuppressionReason | null> {
  const row = await store
    .selectFrom('suppressions')
    .select('reason')
    .where('workspace_id', '=', workspaceId)
    .where('channel', '=', channel)
    .where(({ or, and, eb }) =>
      or([
        eb('digest', '=', digest),
        and([eb('member_id', 'in', memberIds), eb('reason', '=', 'unsubscribed')]),
      ]),
    )
    .limit(1)
    .executeTakeFirst()
  return row?.reason ?? null
}

const uuidBytes = (id: string) => Buffer.from(id.replaceAll('-', ''), 'hex')
const uuidOf = (bytes: Buffer) =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
const macOf = (key: Buffer, told: Buffer) =>
  createHmac('sha256', key).update('unsubscribe\n').update(told).digest().subarray(0, digestBytes)

/**
 * The token of an unsubscribe link: workspace, delivery and the address's digest, signed. It names nobody, needs
 * no sign-in, and works as long as the workspace is there, also when the member is deleted.
 */
export function unsubscribeToken(
  key: Buffer,
  { workspaceId, deliveryId, digest }: { workspaceId: string; deliveryId: string; digest: string },
): string {
  const told = Buffer.concat([
    uuidBytes(workspaceId),
    uuidBytes(deliveryId.replace(/^msg_/, '')),
    Buffer.from(digest, 'base64url'),
  ])
  return Buffer.concat([told, macOf(key, told)]).toString('base64url')
}

/** What a token says; null when it is none of ours. */
export async function readUnsubscribeToken(
  store: Kysely<StoreSchema>,
  token: string,
): Promise<{ workspaceId: string; deliveryId: string; digest: string } | null> {
  const bytes = Buffer.from(token, 'base64url')
  if (bytes.length !== 64 || bytes.toString('base64url') !== token) return null
  const told = bytes.subarray(0, 48)
  const workspaceId = uuidOf(told.subarray(0, 16))
  const row = await keyRow(store, workspaceId)
  if (!row || !timingSafeEqual(macOf(Buffer.from(row.key, 'base64'), told), bytes.subarray(48))) return null
  return {
    workspaceId,
    deliveryId: `msg_${uuidOf(told.subarray(16, 32))}`,
    digest: told.subarray(32).toString('base64url'),
  }
}

/** What platforms push: replies of members or the carriers' receipts of short messages, events of a WeChat account. */
export type Push = 'sms-replies' | 'sms-reports' | 'wechat-events'

const pushMac = (key: Buffer, push: Push, workspace: Buffer) =>
  createHmac('sha256', key).update(`${push}\n`).update(workspace).digest().subarray(0, digestBytes)

/** Ends the address to which something is pushed: nobody else knows it. */
export async function pushToken(
  store: Kysely<StoreSchema>,
  workspaceId: string,
  push: Push,
): Promise<string> {
  const workspace = uuidBytes(workspaceId)
  const key = await suppressionKey(store, workspaceId)
  return Buffer.concat([workspace, pushMac(key, push, workspace)]).toString('base64url')
}

/** The workspace of such a token; null when it is none of ours, or another push's. */
export async function readPushToken(
  store: Kysely<StoreSchema>,
  token: string,
  push: Push,
): Promise<string | null> {
  const bytes = Buffer.from(token, 'base64url')
  if (bytes.length !== 32 || bytes.toString('base64url') !== token) return null
  const workspace = bytes.subarray(0, 16)
  const workspaceId = uuidOf(workspace)
  const row = await keyRow(store, workspaceId)
  if (!row || !timingSafeEqual(pushMac(Buffer.from(row.key, 'base64'), push, workspace), bytes.subarray(16)))
    return null
  return workspaceId
}

/** What WeChat signs its events with, as it wants it: 32 letters and digits, which Settings shows. */
export const wechatToken = (key: Buffer): string =>
  createHmac('sha256', key).update('wechat-token').digest('hex').slice(0, 32)
