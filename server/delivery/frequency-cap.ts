import { type Kysely, sql } from 'kysely'
import { addDays, type BusinessCalendar, localDay, startOfDay } from '../../analytics/calendar/calendar.ts'
import type { StoreSchema } from '../store/schema.ts'
import type { DeliverySettings } from './settings.ts'

type Cap = NonNullable<DeliverySettings['cap']>

/** The first instant of the cap's local days, today the last of them. */
const since = ({ days }: Cap, now: Date, calendar: BusinessCalendar): string =>
  startOfDay(addDays(localDay(now, calendar), 1 - days), calendar).toISOString()

/**
 * Members who have had as many messages of all campaigns as they may in so many local days: those that were
 * sent and those that wait. What was given up or dropped counts no more.
 */
export async function cappedMembers(
  store: Kysely<StoreSchema>,
  workspaceId: string,
  cap: DeliverySettings['cap'],
  { now, calendar, memberOf }: { now: Date; calendar: BusinessCalendar; memberOf: (id: string) => string },
): Promise<ReadonlySet<string>> {
  if (cap === null) return new Set()
  const rows = await store
    .selectFrom('outbox')
    .select(['member_id', ({ fn }) => fn.countAll<number>().as('messages')])
    .where('workspace_id', '=', workspaceId)
    .where('state', 'in', ['queued', 'delivered'])
    .where('queued_at', '>=', since(cap, now, calendar))
    .groupBy('member_id')
    .execute()
  const messages = new Map<string, number>()
  for (const row of rows) {
    const member = memberOf(row.member_id)
    messages.set(member, (messages.get(member) ?? 0) + row.messages)
  }
  return new Set([...messages].flatMap(([member, count]) => (count >= cap.messages ? [member] : [])))
}

/** How many messages count against a member's cap now; `memberIds`: all ids of the member. */
export async function messagesWithinCap(
  store: Kysely<StoreSchema>,
  workspaceId: string,
  cap: Cap,
  memberIds: readonly string[],
  { now, calendar }: { now: Date; calendar: BusinessCalendar },
): Promise<number> {
  const { messages } = await store
    .selectFrom('outbox')
    .select(({ fn }) => fn.countAll<number>().as('messages'))
    .where('workspace_id', '=', workspaceId)
    .where('member_id', 'in', memberIds)
    .where('state', 'in', ['queued', 'delivered'])
    .where('queued_at', '>=', since(cap, now, calendar))
    .executeTakeFirstOrThrow()
  return messages
}

/** Whether a message that is about to go out would be one too many, beside those that were sent or queued before it. */
export async function isOverCap(
  tx: Kysely<StoreSchema>,
  workspaceId: string,
  cap: DeliverySettings['cap'],
  message: { id: string; queuedAt: string; memberIds: readonly string[] },
  { now, calendar }: { now: Date; calendar: BusinessCalendar },
): Promise<boolean> {
  if (cap === null) return false
  const { messages } = await tx
    .selectFrom('outbox')
    .select(({ fn }) => fn.countAll<number>().as('messages'))
    .where('workspace_id', '=', workspaceId)
    .where('member_id', 'in', message.memberIds)
    .where('id', '!=', message.id)
    .where('queued_at', '>=', since(cap, now, calendar))
    .where(({ or, and, eb }) =>
      or([
        eb('state', '=', 'delivered'),
        and([
          eb('state', '=', 'queued'),
          sql<boolean>`(queued_at, id) < (${message.queuedAt}, ${message.id})`,
        ]),
      ]),
    )
    .executeTakeFirstOrThrow()
  return messages >= cap.messages
}
