import { type Kysely, sql } from 'kysely'
import { parse } from '../../analytics/segments/parse.ts'
import { print } from '../../analytics/segments/print.ts'
import { renamed } from '../../analytics/segments/rename.ts'
import { keptError } from '../delivery/errors.ts'
import { SegmentMessage } from '../segments/webhooks/message.ts'
import type { StoreSchema } from '../store/schema.ts'

/** Actions of the audit whose subject is a member's id. */
const aboutMembers = [
  'phone-unmasked',
  'member-exported',
  'member-deleted',
  'member-merged',
  'member-merged-into',
  'member-separated',
]

interface Renaming {
  readonly workspaceId: string
  readonly memberId: string
  readonly pseudonym: string
  readonly currencyDecimals: number
}

/**
 * Puts a pseudonym in the place of a member's id in everything that the Store of a workspace holds: coupons,
 * arms, messages, events, audit, rules that name the id. What was set of the person alone (tags, consent)
 * goes; messages not sent yet are dropped. The ledger names coupons, never members, and stays as it is.
 * In the caller's transaction; repeating it changes nothing.
 */
export async function pseudonymiseStore(tx: Kysely<StoreSchema>, renaming: Renaming): Promise<void> {
  const { workspaceId, memberId, pseudonym } = renaming
  const theirs = { workspace_id: workspaceId, member_id: memberId }
  const own = tx.dynamic.ref<'member_id'>('member_id')
  await tx
    .updateTable('issued_coupons')
    .set({ member_id: pseudonym })
    .where('member_id', '=', memberId)
    .where('batch_id', 'in', (batches) =>
      batches
        .selectFrom('coupon_batches')
        .select('coupon_batches.id')
        .where('workspace_id', '=', workspaceId),
    )
    .execute()
  for (const table of [
    'campaign_members',
    'named_uses',
    'left_out',
    'standing_paths',
    'standing_events',
  ] as const)
    await tx
      .updateTable(table)
      .set({ member_id: pseudonym })
      .where('workspace_id', '=', workspaceId)
      .where(own, '=', memberId)
      .execute()
  for (const table of ['standing_matching', 'standing_waiting'] as const)
    await tx.deleteFrom(table).where('workspace_id', '=', workspaceId).where(own, '=', memberId).execute()
  await tx
    .deleteFrom('tag_settings')
    .where('workspace_id', '=', theirs.workspace_id)
    .where('member_id', '=', theirs.member_id)
    .execute()
  // the digest of the address stays: who wanted no more mail gets none when a file brings them back
  await tx
    .updateTable('suppressions')
    .set({ member_id: null })
    .where('workspace_id', '=', workspaceId)
    .where('member_id', '=', memberId)
    .execute()
  await tagChanges(tx, renaming)
  // ids that get one pseudonym are one: nothing is merged, and of what was set of them one is kept
  await tx
    .deleteFrom('merge_settings')
    .where('workspace_id', '=', workspaceId)
    .where(({ and, or, eb }) =>
      or([
        and([eb('from_id', '=', memberId), eb('into_id', '=', pseudonym)]),
        and([eb('from_id', '=', pseudonym), eb('into_id', '=', memberId)]),
        and([
          eb('from_id', '=', memberId),
          eb(
            'from_id',
            'in',
            tx
              .selectFrom('merge_settings as other')
              .select(sql<string>`${memberId}`.as('from_id'))
              .where('other.workspace_id', '=', workspaceId)
              .where('other.from_id', '=', pseudonym),
          ),
        ]),
      ]),
    )
    .execute()
  for (const column of ['from_id', 'into_id'] as const)
    await tx
      .updateTable('merge_settings')
      .set({ [column]: pseudonym })
      .where('workspace_id', '=', workspaceId)
      .where(tx.dynamic.ref<'from_id'>(column), '=', memberId)
      .execute()
  await messages(tx, renaming)
  await segmentMessages(tx, renaming)
  await events(tx, renaming)
  await tx
    .updateTable('audit')
    .set({ subject: pseudonym })
    .where('workspace_id', '=', workspaceId)
    .where('action', 'in', aboutMembers)
    .where('subject', '=', memberId)
    .execute()
  await rules(tx, renaming)
}

/** What was done with tags is told without the person; a reason that was given for them alone goes with them. */
async function tagChanges(tx: Kysely<StoreSchema>, { workspaceId, memberId }: Renaming) {
  const theirs = await tx
    .selectFrom('tag_change_members')
    .select('change_seq')
    .where('workspace_id', '=', workspaceId)
    .where('member_id', '=', memberId)
    .execute()
  await tx
    .deleteFrom('tag_change_members')
    .where('workspace_id', '=', workspaceId)
    .where('member_id', '=', memberId)
    .execute()
  for (const { change_seq } of theirs)
    await tx
      .updateTable('tag_changes')
      .set({ reason: '' })
      .where('seq', '=', change_seq)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('tag_change_members')
              .select('member_id')
              .whereRef('tag_change_members.change_seq', '=', 'tag_changes.seq'),
          ),
        ),
      )
      .execute()
}

async function messages(tx: Kysely<StoreSchema>, { workspaceId, memberId, pseudonym }: Renaming) {
  const rows = await tx
    .selectFrom('outbox')
    .select(['id', 'body', 'state'])
    .where('workspace_id', '=', workspaceId)
    .where('member_id', '=', memberId)
    .execute()
  for (const { id, body, state } of rows)
    await tx
      .updateTable('outbox')
      .set({
        member_id: pseudonym,
        body: JSON.stringify({ ...(JSON.parse(body) as object), memberId: pseudonym }),
        ...(state === 'queued'
          ? { state: 'dropped' as const, last_error: keptError({ id: 'message-member-deleted' }) }
          : {}),
      })
      .where('id', '=', id)
      .execute()
}

/** What tells of segments tells of the person no more; a message that is left with nobody is not sent. */
async function segmentMessages(tx: Kysely<StoreSchema>, { workspaceId, memberId }: Renaming) {
  const rows = await tx
    .selectFrom('segment_messages')
    .select(['seq', 'body', 'state'])
    .where('workspace_id', '=', workspaceId)
    .where(sql<boolean>`instr(body, ${JSON.stringify(memberId)}) > 0`)
    .execute()
  for (const { seq, body, state } of rows) {
    const message = SegmentMessage.parse(JSON.parse(body))
    const { entered, left } = message.data
    const others = {
      entered: entered.filter((id) => id !== memberId),
      left: left.filter((id) => id !== memberId),
    }
    const members = others.entered.length + others.left.length
    await tx
      .updateTable('segment_messages')
      .set({
        body: JSON.stringify({ ...message, data: { ...message.data, ...others } }),
        members,
        ...(members === 0 && state === 'queued'
          ? { state: 'dropped' as const, last_error: keptError({ id: 'message-member-deleted' }) }
          : {}),
      })
      .where('seq', '=', seq)
      .execute()
  }
}

/** Arms are told of the pseudonym; tags and consent that were set of the person are told of nobody. */
async function events(tx: Kysely<StoreSchema>, { workspaceId, memberId, pseudonym }: Renaming) {
  const rows = await tx
    .selectFrom('events')
    .select(['seq', 'kind', 'payload'])
    .where('workspace_id', '=', workspaceId)
    .where(sql<boolean>`instr(payload, ${JSON.stringify(memberId)}) > 0`)
    .execute()
  for (const { seq, kind, payload } of rows) {
    const told = JSON.parse(payload) as Record<string, unknown>
    for (const merge of mergesTold(kind, told))
      for (const end of ['from', 'into']) if (merge[end] === memberId) merge[end] = pseudonym
    for (const list of ['memberIds', 'treated', 'heldOut'] as const) {
      const ids = told[list]
      if (!Array.isArray(ids)) continue
      told[list] =
        list === 'memberIds'
          ? ids.filter((id) => id !== memberId)
          : ids.map((id: unknown) => (id === memberId ? pseudonym : id))
    }
    await tx
      .updateTable('events')
      .set({ payload: JSON.stringify(told) })
      .where('seq', '=', seq)
      .execute()
  }
}

/** The merges and separations that an event tells, each with `from` and `into`. */
function mergesTold(kind: string, told: Record<string, unknown>): Record<string, unknown>[] {
  if (kind === 'members-merged' || kind === 'member-separated') return [told]
  return kind === 'pairs-merged' ? (told.merges as Record<string, unknown>[]) : []
}

/** Rules that select the member by id select the pseudonym: same people, and no id in any text that is kept. */
async function rules(
  tx: Kysely<StoreSchema>,
  { workspaceId, memberId, pseudonym, currencyDecimals }: Renaming,
) {
  const rewritten = (text: string): string => {
    const parsed = parse(text, { currencyDecimals })
    if (parsed.kind !== 'parsed') return text
    const next = print(renamed(parsed.expression, 'member', memberId, pseudonym))
    return next === print(parsed.expression) ? text : next
  }
  const versions = await tx
    .selectFrom('segment_versions')
    .select(['segment_id', 'version', 'expression'])
    .where('workspace_id', '=', workspaceId)
    .where('expression', 'like', '%member%')
    .execute()
  for (const { segment_id, version, expression } of versions) {
    const text = rewritten(expression)
    if (text !== expression)
      await tx
        .updateTable('segment_versions')
        .set({ expression: text })
        .where('segment_id', '=', segment_id)
        .where('version', '=', version)
        .execute()
  }
  const ofTags = [
    { table: 'tag_rules', key: 'tag_id', column: 'expression' },
    { table: 'tag_changes', key: 'seq', column: 'detail' },
  ] as const
  for (const { table, key, column } of ofTags) {
    const { rows } = await sql<{ id: string | number; text: string }>`
      select ${sql.ref(key)} as id, ${sql.ref(column)} as text from ${sql.table(table)}
      where workspace_id = ${workspaceId} and ${sql.ref(column)} like '%member%'`.execute(tx)
    for (const { id, text } of rows) {
      const next = rewritten(text)
      if (next !== text)
        await sql`update ${sql.table(table)} set ${sql.ref(column)} = ${next} where ${sql.ref(key)} = ${id}`.execute(
          tx,
        )
    }
  }
  const kept = [
    { table: 'campaigns', column: 'definition' },
    { table: 'launches', column: 'preview' },
  ] as const
  for (const { table, column } of kept) {
    const { rows } = await sql<{ id: string; text: string }>`
      select id, ${sql.ref(column)} as text from ${sql.table(table)}
      where workspace_id = ${workspaceId}`.execute(tx)
    for (const { id, text } of rows) {
      const content = JSON.parse(text) as { segment?: unknown }
      if (typeof content.segment !== 'string') continue
      const segment = rewritten(content.segment)
      if (segment !== content.segment)
        await sql`update ${sql.table(table)} set ${sql.ref(column)} = ${JSON.stringify({ ...content, segment })}
          where id = ${id}`.execute(tx)
    }
  }
}

/** Every member's id that the Store of a workspace holds. */
export async function idsInStore(store: Kysely<StoreSchema>, workspaceId: string): Promise<Set<string>> {
  const ids = new Set<string>()
  for (const table of [
    'coupons',
    'campaign_members',
    'named_uses',
    'left_out',
    'standing_paths',
    'standing_events',
    'standing_matching',
    'standing_waiting',
    'tag_settings',
    'tag_change_members',
    'outbox',
    'suppressions',
  ] as const) {
    const { rows } = await sql<{ id: string | null }>`select distinct member_id as id from ${sql.table(table)}
      where workspace_id = ${workspaceId}`.execute(store)
    for (const { id } of rows) if (id !== null) ids.add(id)
  }
  const merges = await store
    .selectFrom('merge_settings')
    .select(['from_id', 'into_id'])
    .where('workspace_id', '=', workspaceId)
    .execute()
  for (const { from_id, into_id } of merges) for (const id of [from_id, into_id]) if (id !== null) ids.add(id)
  const told = await store
    .selectFrom('segment_messages')
    .select('body')
    .where('workspace_id', '=', workspaceId)
    .where('body', '<>', '')
    .execute()
  for (const { body } of told) {
    const { entered, left } = SegmentMessage.parse(JSON.parse(body)).data
    for (const id of [...entered, ...left]) ids.add(id)
  }
  const subjects = await store
    .selectFrom('audit')
    .select('subject')
    .where('workspace_id', '=', workspaceId)
    .where('action', 'in', aboutMembers)
    .execute()
  for (const { subject } of subjects) ids.add(subject)
  const payloads = await store
    .selectFrom('events')
    .select(['kind', 'payload'])
    .where('workspace_id', '=', workspaceId)
    .execute()
  for (const { kind, payload } of payloads) {
    const told = JSON.parse(payload) as Record<string, unknown>
    for (const { from, into } of mergesTold(kind, told))
      for (const id of [from, into]) if (typeof id === 'string') ids.add(id)
    for (const list of [told.memberIds, told.treated, told.heldOut])
      if (Array.isArray(list)) for (const id of list) ids.add(String(id))
  }
  return ids
}
