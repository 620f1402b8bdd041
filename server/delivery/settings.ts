import type { Kysely } from 'kysely'
import { z } from 'zod'
import { type BusinessCalendar, localTime } from '../../analytics/calendar/calendar.ts'
import { worded } from '../messages/messages.ts'
import { recordAudit } from '../settings/audit.ts'
import type { StoreSchema } from '../store/schema.ts'

/** What messages go out by. */
export const deliveryChannels = ['webhook', 'mail', 'sms', 'wechat'] as const
export type DeliveryChannel = (typeof deliveryChannels)[number]

const TimeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, worded('not-a-time-of-day'))

/** When and how fast a workspace sends. */
export const DeliverySettings = z.strictObject({
  /** Nothing is sent from … to …, by the clocks of the shop; `from` after `to`: over midnight. Null: always. */
  quiet: z
    .strictObject({ from: TimeOfDay, to: TimeOfDay })
    .refine(({ from, to }) => from !== to, worded('quiet-hours-empty'))
    .nullable(),
  /** The most messages a minute of a channel; not named: without a limit. */
  /** So many messages of all campaigns together a member in so many local days; null: no limit. */
  cap: z
    .strictObject({ messages: z.int().min(1).max(100), days: z.int().min(1).max(366) })
    .nullable()
    .default(null),
  perMinute: z.partialRecord(z.enum(deliveryChannels), z.int().min(1).max(60_000)),
})
export type DeliverySettings = z.output<typeof DeliverySettings>

const usual: DeliverySettings = { quiet: null, cap: null, perMinute: {} }

/** The settings that hold now. */
export async function deliverySettingsOf(
  store: Kysely<StoreSchema>,
  workspaceId: string,
): Promise<DeliverySettings> {
  const row = await store
    .selectFrom('delivery_settings')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .executeTakeFirst()
  if (!row) return usual
  return DeliverySettings.parse({
    quiet: row.quiet_from === null ? null : { from: row.quiet_from, to: row.quiet_to },
    cap: row.cap_messages === null ? null : { messages: row.cap_messages, days: row.cap_days },
    perMinute: JSON.parse(row.per_minute) as unknown,
  })
}

/** The first channel that reaches members by itself brings quiet hours, where there are none. */
export async function quietAtFirst(
  tx: Kysely<StoreSchema>,
  workspaceId: string,
  doing: { actor: string; at: Date },
): Promise<void> {
  const present = await deliverySettingsOf(tx, workspaceId)
  if (present.quiet === null)
    await writeDeliverySettings(tx, workspaceId, { ...present, quiet: { from: '21:00', to: '08:00' } }, doing)
}

/** Sets them; they hold from the next message on. */
export const changeDeliverySettings = (
  store: Kysely<StoreSchema>,
  workspaceId: string,
  settings: DeliverySettings,
  doing: { actor: string; at: Date },
): Promise<void> =>
  store.transaction().execute((tx) => writeDeliverySettings(tx, workspaceId, settings, doing))

async function writeDeliverySettings(
  tx: Kysely<StoreSchema>,
  workspaceId: string,
  { quiet, cap, perMinute }: DeliverySettings,
  { actor, at }: { actor: string; at: Date },
): Promise<void> {
  const row = {
    quiet_from: quiet?.from ?? null,
    quiet_to: quiet?.to ?? null,
    cap_messages: cap?.messages ?? null,
    cap_days: cap?.days ?? null,
    per_minute: JSON.stringify(perMinute),
  }
  await tx
    .insertInto('delivery_settings')
    .values({ workspace_id: workspaceId, ...row })
    .onConflict((conflict) => conflict.column('workspace_id').doUpdateSet(row))
    .execute()
  await recordAudit(tx, { workspaceId, actor, action: 'setting-changed', subject: 'delivery', at })
}

/** Whether the shop's clocks stand in its quiet hours: from the first minute until before the last. */
export function isQuiet(quiet: DeliverySettings['quiet'], now: Date, calendar: BusinessCalendar): boolean {
  if (quiet === null) return false
  const time = localTime(now, calendar)
  return quiet.from < quiet.to ? quiet.from <= time && time < quiet.to : quiet.from <= time || time < quiet.to
}

/**
 * Takes the next place of a channel that sends so many a minute, in the transaction that takes the message.
 * Answers how many milliseconds are to be waited for one; 0: it is taken.
 */
export async function takePlace(
  tx: Kysely<StoreSchema>,
  workspaceId: string,
  channel: DeliveryChannel,
  perMinute: number | undefined,
  now: Date,
): Promise<number> {
  if (perMinute === undefined) return 0
  const pace = await tx
    .selectFrom('delivery_pace')
    .select('next_at')
    .where('workspace_id', '=', workspaceId)
    .where('channel', '=', channel)
    .executeTakeFirst()
  const apart = 60_000 / perMinute
  // A clock that was set back must not hold messages up for longer than one place lasts.
  const wait = pace ? Math.min(Date.parse(pace.next_at) - now.getTime(), apart) : 0
  if (wait > 0) return wait
  const next_at = new Date(now.getTime() + apart).toISOString()
  await tx
    .insertInto('delivery_pace')
    .values({ workspace_id: workspaceId, channel, next_at })
    .onConflict((conflict) => conflict.columns(['workspace_id', 'channel']).doUpdateSet({ next_at }))
    .execute()
  return 0
}
