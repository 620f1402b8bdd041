import { errorText } from '../delivery/errors.ts'
import { changesOfMember } from '../tags/changes.ts'
import { sql as storeSql } from 'kysely'
import { memberKeyOf } from '../../analytics/relations/member-names.ts'
import { refundNumber } from '../../analytics/schema/exported-orders.ts'
import { join, name, type Sql, sql } from '../../analytics/sql/sql.ts'
import type { Row } from '../../analytics/engine/engine.ts'
import { printedCode } from '../coupons/code.ts'
import { identitiesIn } from '../identity/merges.ts'
import { idsOfMember } from '../identity/people.ts'
import { allKinds } from '../import/kinds/catalogue.ts'
import { memberColumns, tellsPeople } from '../import/kinds/kind.ts'
import type { Platform } from '../platform.ts'
import { resolvedLines, resolvedMembers } from '../identity/match.ts'
import { drainEvents } from '../workspaces/drain.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { consentOf } from './consent.ts'
import { refusedFilesOf, textsNaming } from './delete-member.ts'
import { refusedRowsNaming } from './refused-rows.ts'

/**
 * Everything that is kept about one member, whole: nothing is masked. Amounts are integers of minor units
 * of `currency`, instants UTC, days local. Null when nobody has the id.
 */
export async function exportMember(platform: Platform, workspace: Workspace, memberId: string) {
  const { store, clock } = platform
  await drainEvents(store, workspace)
  const { engine } = workspace
  const all = (query: Sql) => engine.rows(query)
  const ids = await idsOfMember(workspace, memberId)
  const [profile] = await all(sql`select * exclude (member_key, consent, stub) from members
    where member_key in ${memberKeyOf(memberId)}`)
  if (!profile) return null
  const [key] = await all(memberKeyOf(memberId))
  const memberKey = Number(key!.memberKey)
  const named = sql`(${join(ids)})`
  return {
    format: 'reveille-member',
    version: 1,
    workspace: workspace.name,
    exportedAt: clock.now().toISOString(),
    currency: workspace.currency,
    timeZone: workspace.calendar.timeZone,
    profile,
    identities: await identitiesIn(platform, workspace, 'en', memberId),
    consent: await consentOf(store, workspace, memberId),
    orders: await ordersOf(workspace, memberKey),
    refunds:
      await all(sql`select ${refundNumber(sql`refunds.refund_id`)} as refund_id, orders.order_id, refunds.refunded_at, refunds.local_day,
        refunds.store, refunds.channel, refunds.amount_minor, refunds.counts, refunds.date_assumed
      from refunds left join orders on orders.order_key = refunds.order_key
      where refunds.member_key = ${memberKey} order by refunds.refunded_at, refunds.refund_id`),
    importedLines: await all(sql`select imports.import_id, imports.file_name, imports.imported_at,
        line.* exclude (import_seq, content_hash)
      from ${resolvedLines(sql`import_lines`)} as line join imports on imports.import_seq = line.import_seq
      where line.member_id in ${named} order by line.import_seq, line.row_number`),
    importedProfiles: await all(sql`select imports.import_id, imports.file_name, imports.imported_at,
        member.* exclude (import_seq)
      from ${resolvedMembers(sql`import_members`)} as member join imports on imports.import_seq = member.import_seq
      where member.member_id in ${named} order by member.import_seq, member.row_number`),
    importedRows: await importedRows(workspace, named),
    refusedRows: await refusedRows(platform, workspace, ids),
    tags: await tagsOf(platform, workspace, memberKey, ids),
    tagChanges: await changesOfMember(platform.store, workspace, ids),
    campaigns: await campaignsOf(platform, workspace, ids),
    coupons: await couponsOf(platform, workspace, ids),
    deliveries: await deliveriesOf(platform, workspace, ids),
    notWrittenTo: await suppressionsOf(platform, workspace, ids),
    webhooks: await webhooksAbout(platform, workspace, ids),
    lookedUp: await store
      .selectFrom('audit')
      .leftJoin('users', 'users.id', 'audit.actor')
      .select(['audit.at', 'audit.action', 'users.name as by'])
      .where('audit.workspace_id', '=', workspace.id)
      .where('audit.subject', 'in', ids)
      .where('audit.action', 'in', ['phone-unmasked', 'member-exported'])
      .orderBy('audit.at')
      .execute(),
  }
}

async function ordersOf({ engine }: Workspace, memberKey: number) {
  const orders =
    await engine.rows(sql`select order_key, order_id, ordered_at, local_day, store, channel, state,
      gross_minor, discount_minor, net_minor from orders
    where member_key = ${memberKey} order by ordered_at, order_key`)
  const lines = await engine.rows(sql`select order_lines.* from order_lines
    where order_key in (select order_key from orders where member_key = ${memberKey}) order by order_key, line_number`)
  const ofOrder = Map.groupBy(lines, (line) => line.orderKey)
  return orders.map(({ orderKey, ...order }) => ({
    ...order,
    lines: (ofOrder.get(orderKey!) ?? []).map((line) => without(line, 'orderKey')),
  }))
}

/** A row without the key that it was grouped by. */
const without = (row: Readonly<Record<string, unknown>>, key: string) =>
  Object.fromEntries(Object.entries(row).filter(([column]) => column !== key))

/** The rows of the further kinds that name the member, by kind. */
async function importedRows({ engine }: Workspace, named: Sql) {
  const rows: Record<string, Row[]> = {}
  for (const kind of allKinds) {
    const naming = memberColumns(kind).map((column) => sql`line.${column} in ${named}`)
    if (naming.length > 0)
      rows[kind.name] =
        await engine.rows(sql`select imports.import_id, imports.file_name, imports.imported_at,
          line.* exclude (import_seq)${tellsPeople(kind) ? sql`, told.phone, told.openid, told.email` : sql``}
        from ${name(kind.table)} as line join imports on imports.import_seq = line.import_seq
        ${tellsPeople(kind) ? sql`left join row_people as told on told.named = line.${memberColumns(kind)[0]!}` : sql``}
        where ${join(naming, sql` or `)} order by line.import_seq, line.row_number`)
  }
  return rows
}

async function refusedRows(platform: Platform, workspace: Workspace, ids: readonly string[]) {
  const named = sql`(select unnest(from_json(${JSON.stringify(ids)}, '["VARCHAR"]')) as member_id)`
  const texts = await textsNaming(workspace.engine, named)
  const files = await refusedFilesOf(platform, workspace)
  return files.flatMap((path) =>
    refusedRowsNaming(path, texts).map(([line, column, reason, ...original]) => ({
      line: Number(line),
      column,
      reason,
      original,
    })),
  )
}

/** Tags that stand and that stood: where each came from, and who decided it last. */
async function tagsOf(
  { store }: Platform,
  { id, engine }: Workspace,
  memberKey: number,
  ids: readonly string[],
) {
  const decided = await store
    .selectFrom('tag_settings')
    .innerJoin('tags', 'tags.id', 'tag_settings.tag_id')
    .leftJoin('users', 'users.id', 'tag_settings.set_by')
    .select([
      'tags.name',
      'tags.description',
      'tag_settings.set_at',
      'tag_settings.set_by',
      'users.name as by',
    ])
    .where('tag_settings.workspace_id', '=', id)
    .where('tag_settings.member_id', 'in', ids)
    .orderBy('tag_settings.set_at', 'desc')
    .execute()
  const rows = await engine.rows(sql`
    select tag, source, added_day, null as removed_day from tags_of_members where member_key = ${memberKey}
    union all
    select tag, null, added_day, removed_day from removed_tags_of_members where member_key = ${memberKey}
    order by tag, added_day`)
  const decision = (tag: unknown) => {
    const found = decided.find(({ name }) => name === tag)
    return {
      setBy: found ? (found.by ?? found.set_by) : null,
      setAt: found?.set_at ?? null,
      meaning: found?.description || null,
    }
  }
  const seen = new Set(rows.map(({ tag }) => tag))
  return [
    ...rows.map((row) => ({ ...row, ...decision(row.tag) })),
    // put on and off within a day: it stood on none
    ...decided
      .filter(({ name }, place) => !seen.has(name) && decided.findIndex((one) => one.name === name) === place)
      .map(({ name }) => ({ tag: name, source: null, addedDay: null, removedDay: null, ...decision(name) })),
  ]
}

const campaignsOf = ({ store }: Platform, { id }: Workspace, ids: readonly string[]) =>
  store
    .selectFrom('campaign_members')
    .innerJoin('campaigns', 'campaigns.id', 'campaign_members.campaign_id')
    .innerJoin('launches', 'launches.id', 'campaign_members.launch_id')
    .select([
      'campaigns.id as campaignId',
      'campaigns.name as campaign',
      'campaign_members.arm',
      'launches.launched_day as launchedDay',
    ])
    .where('campaign_members.workspace_id', '=', id)
    .where('campaign_members.member_id', 'in', ids)
    .where('launches.published_at', 'is not', null)
    .orderBy('launches.started_at')
    .execute()

async function couponsOf({ store }: Platform, { id }: Workspace, ids: readonly string[]) {
  const coupons = await store
    .selectFrom('coupons')
    .innerJoin('launches', 'launches.id', 'coupons.launch_id')
    .selectAll('coupons')
    .where('coupons.workspace_id', '=', id)
    .where('coupons.member_id', 'in', ids)
    .where('launches.published_at', 'is not', null)
    .orderBy('coupons.created_at')
    .execute()
  const { rows: ledger } = await storeSql<{ coupon_id: string } & Record<string, unknown>>`
    select ledger.coupon_id, ledger.kind, ledger.uses, ledger.amount_minor as "amountMinor",
      ledger.order_id as "orderId", ledger.redemption_id as "redemptionId", ledger.store_id as "storeId",
      coalesce(users.name, ledger.actor) as "by", ledger.at
    from ledger join coupons on coupons.id = ledger.coupon_id
    left join users on users.id = ledger.actor
    where coupons.workspace_id = ${id} and coupons.member_id in (${storeSql.join(ids)}) order by ledger.seq`.execute(
    store,
  )
  const ofCoupon = Map.groupBy(ledger, (row) => row.coupon_id)
  return coupons.map((coupon) => ({
    couponId: coupon.id,
    code: printedCode(coupon.given_code ?? coupon.code),
    campaignId: coupon.campaign_id,
    offer: JSON.parse(coupon.offer) as unknown,
    minSpendMinor: coupon.min_spend_minor,
    terms: JSON.parse(coupon.terms) as unknown,
    validFrom: coupon.valid_from,
    validTo: coupon.valid_to,
    usesAllowed: coupon.uses_allowed,
    ledger: (ofCoupon.get(coupon.id) ?? []).map((row) => without(row, 'coupon_id')),
  }))
}

/** By which channels nothing is sent to them any more, why and since when. */
const suppressionsOf = ({ store }: Platform, { id }: Workspace, ids: readonly string[]) =>
  store
    .selectFrom('suppressions')
    .select(['channel', 'reason', 'at'])
    .where('workspace_id', '=', id)
    .where('member_id', 'in', ids)
    .orderBy('at')
    .execute()

async function deliveriesOf({ store }: Platform, { id }: Workspace, ids: readonly string[]) {
  const rows = await store
    .selectFrom('outbox')
    .selectAll()
    .where('workspace_id', '=', id)
    .where('member_id', 'in', ids)
    .orderBy('due_at')
    .execute()
  return rows.map((row) => ({
    deliveryId: row.id,
    campaignId: row.campaign_id,
    couponId: row.coupon_id,
    state: row.state,
    attempts: row.attempts,
    deliveredAt: row.delivered_at,
    lastError: errorText('en', row.last_error),
    message: JSON.parse(row.body) as unknown,
  }))
}

/**
 * The webhooks of segments that concern the member: those for which it is kept that the member is in the segment, and
 * those with a message about the member that is not delivered yet. Delivered messages keep no members.
 */
async function webhooksAbout({ store }: Platform, { id, engine }: Workspace, ids: readonly string[]) {
  const named = sql`(${join(ids)})`
  const known = await engine.rows(
    sql`select distinct webhook_id from webhook_members where member_id in ${named}`,
  )
  const queued = await engine.rows(sql`select distinct batch.webhook_id from webhook_moves as move
    join webhook_batches as batch on batch.batch_id = move.batch_id where move.member_id in ${named}`)
  const unsent = await store
    .selectFrom('segment_messages')
    .select(['webhook_id', 'body'])
    .where('workspace_id', '=', id)
    .where('body', '!=', '')
    .where((where) => where.or(ids.map((one) => where('body', 'like', `%${likely(one)}%`))))
    .execute()
  const isIn = new Set(known.map(({ webhookId }) => String(webhookId)))
  const waits = new Set([
    ...queued.map(({ webhookId }) => String(webhookId)),
    ...unsent.filter(({ body }) => tells(body, ids)).map((one) => one.webhook_id),
  ])
  const webhooks = await store
    .selectFrom('segment_webhooks')
    .innerJoin('segments', 'segments.id', 'segment_webhooks.segment_id')
    .select(['segment_webhooks.id', 'segment_webhooks.url', 'segments.name as segment'])
    .where('segment_webhooks.workspace_id', '=', id)
    .orderBy('segment_webhooks.created_at')
    .execute()
  return webhooks
    .filter((one) => isIn.has(one.id) || waits.has(one.id))
    .map((one) => ({
      webhookId: one.id,
      segment: one.segment,
      url: one.url,
      inSegment: isIn.has(one.id),
      messageWaits: waits.has(one.id),
    }))
}

/** A text that every body with the id holds, as LIKE looks for it. */
const likely = (memberId: string): string => JSON.stringify(memberId).slice(1, -1).replaceAll(/[%_]/g, '_')

/** Whether a message tells of one of the ids. */
function tells(body: string, ids: readonly string[]): boolean {
  const { data } = JSON.parse(body) as { data: { entered: readonly string[]; left: readonly string[] } }
  return ids.some((one) => data.entered.includes(one) || data.left.includes(one))
}
