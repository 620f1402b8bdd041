import { createHash } from 'node:crypto'
import { sql as statement } from 'kysely'
import { addDays, startOfDay } from '../../analytics/calendar/calendar.ts'
import { refreshDerivedTables } from '../../analytics/schema/refresh.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { categories, products } from '../../fixtures/chain.ts'
import { wakeUp, type WokenOrder, wokenOrders } from '../../fixtures/wake-up.ts'
import { campaignById, createCampaign, type Desk } from '../campaigns/campaigns.ts'
import { takeCodes } from '../campaigns/codes.ts'
import { CampaignDefinition } from '../campaigns/definition.ts'
import { launchCampaign } from '../campaigns/launch.ts'
import { previewOf } from '../campaigns/preview.ts'
import { Redemptions } from '../coupons/redemptions.ts'
import type { Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

/** Campaigns of the demo itself; those that people make there have other ids. */
const ownPrefix = 'demo-'

/** A planted order as it stands in the tables. */
interface Planted {
  readonly woken: WokenOrder
  readonly orderKey: number
  readonly orderId: string
  readonly at: Date
  readonly store: string
}

/**
 * Lets the demo tell of a wake-up campaign of the past: launched by the product's own launch with the
 * clock of that day, its codes taken out, the orders that it brought planted (`fixtures/wake-up.ts`) and
 * its coupons redeemed at them, each by the ledger's own rules. Safe to repeat: the same shop has the
 * same campaign, another shop takes its place. A shop with nobody to wake has none. Answers how many orders
 * were planted.
 */
export async function addWakeUp(
  platform: Platform,
  workspace: Workspace,
  shop: { seed: number; members: number; end: string },
): Promise<number> {
  const launchDay = addDays(shop.end, -wakeUp.daysBeforeEnd)
  const launchedAt = new Date(startOfDay(launchDay, workspace.calendar).getTime() + 10 * 3_600_000)
  const then: Desk = {
    platform: { ...platform, clock: { now: () => launchedAt } },
    workspace: { ...workspace, today: () => launchDay },
    actor: 'command-line',
  }
  const id =
    ownPrefix +
    createHash('sha256')
      .update(JSON.stringify([workspace.id, shop]))
      .digest('hex')
      .slice(0, 16)
  await forgetWakeUps(platform, workspace.id, id)
  if (!(await launched(then, id, shop.seed, addDays(launchDay, -1)))) return 0
  await takeCodes(then.platform, workspace, id, { unmasked: false, language: 'en' })
  const coupons = await platform.store
    .selectFrom('coupons')
    .select(['member_id', 'code'])
    .where('workspace_id', '=', workspace.id)
    .where('campaign_id', '=', id)
    .orderBy('member_id')
    .execute()
  const codes = new Map(coupons.map(({ member_id, code }) => [member_id!, code]))
  const planted = await plant(workspace, launchDay, wokenOrders(shop.seed, [...codes.keys()]))
  for (const { woken, orderId, at, store } of planted) {
    const body = { code: codes.get(woken.memberId)!, orderId, amountMinor: woken.grossMinor }
    const outcome = await new Redemptions(platform.store, { now: () => at }).redeem({
      ...body,
      workspaceId: workspace.id,
      idempotencyKey: `${id} ${orderId}`,
      storeId: store,
      presented: { kind: 'member', memberId: woken.memberId },
      body,
      actor: 'command-line',
    })
    if (outcome.kind !== 'redeemed' || outcome.discountMinor !== wakeUp.discountMinor)
      throw new Error(`A coupon of the demo was not redeemed: ${JSON.stringify(outcome)}`)
  }
  return planted.length
}

/** Launches the campaign unless it is; false when there is nobody to send it to. */
async function launched(desk: Desk, id: string, seed: number, asOf: string): Promise<boolean> {
  const { platform, workspace } = desk
  const known = await campaignById(platform.store, workspace.id, id)
  if (!known)
    await createCampaign(
      desk,
      CampaignDefinition.parse({
        name: wakeUp.name,
        segment: wakeUp.segment,
        offer: { kind: 'amount', amountMinor: wakeUp.discountMinor },
        minSpendMinor: wakeUp.minSpendMinor,
        validDays: wakeUp.validDays,
        holdout: wakeUp.holdout,
        channel: { kind: 'csv' },
      }),
      { id, seed: `demo ${seed}` },
    )
  const campaign = known ?? (await campaignById(platform.store, workspace.id, id))!
  if (campaign.state !== 'draft') return true
  const outcome = await previewOf(platform, workspace, campaign, undefined, asOf)
  if (outcome.kind === 'segment-refused')
    throw new Error(`The demo's rule is refused: ${JSON.stringify(outcome.errors)}`)
  const { preview } = outcome
  if (preview.blockers.length > 0) {
    await platform.store.deleteFrom('campaigns').where('id', '=', id).execute()
    return false
  }
  const launch = await launchCampaign(desk, {
    campaignId: id,
    digest: preview.digest,
    confirm: preview.confirmations,
    asOf,
  })
  if (launch.kind !== 'launched') throw new Error(`The demo's campaign was not launched: ${launch.kind}`)
  return true
}

/** Writes the orders, each where the member bought last before the launch, and brings the figures up to date. */
function plant(workspace: Workspace, launchDay: string, woken: readonly WokenOrder[]): Promise<Planted[]> {
  return workspace.engine.transaction(async (session) => {
    const [newest] = await session.rows(
      sql`select max(order_key) as order_key, max(local_day) as day from orders`,
    )
    const memberIds = JSON.stringify(woken.map(({ memberId }) => memberId))
    const places = await session.rows(sql`
      select members.member_id, members.member_key,
        arg_max(orders.store, orders.order_key) as store, arg_max(orders.channel, orders.order_key) as channel
      from members join orders on orders.member_key = members.member_key
      where members.member_id in (select unnest(from_json(${memberIds}, '["VARCHAR"]')))
        and orders.local_day < cast(${launchDay} as date)
      group by members.member_id, members.member_key`)
    const placeOf = new Map(places.map((place) => [String(place.memberId), place]))
    const planted: Planted[] = []
    for (const [index, order] of woken.entries()) {
      const place = placeOf.get(order.memberId)!
      const product = products[order.product]!
      const day = addDays(launchDay, order.daysAfter)
      const orderKey = Number(newest!.orderKey) + 1 + index
      const orderId = `SL${day.replaceAll('-', '')}-${String(orderKey).padStart(8, '0')}`
      const at = new Date(startOfDay(day, workspace.calendar).getTime() + order.secondOfDay * 1000)
      const netMinor = order.grossMinor - wakeUp.discountMinor
      const money = sql`${order.grossMinor}, ${wakeUp.discountMinor}, ${netMinor}`
      await session.run(sql`insert into orders
        (order_key, order_id, member_key, ordered_at, local_day, local_hour, store, channel, state,
         gross_minor, discount_minor, net_minor, void_day)
        select ${orderKey}, ${orderId}, ${Number(place.memberKey)},
          cast(${at.toISOString().replace('T', ' ').replace('Z', '')} as timestamp), cast(${day} as date),
          ${Math.floor(order.secondOfDay / 3600)}, ${String(place.store)}, ${String(place.channel)}, 'paid',
          ${money}, null`)
      await session.run(sql`insert into order_lines
        (order_key, line_number, sku, product, category, quantity, gross_minor, discount_minor, net_minor)
        select ${orderKey}, 1, ${product.sku}, ${product.name}, ${categories[product.category]!},
          ${order.quantity}, ${money}`)
      planted.push({ woken: order, orderKey, orderId, at, store: String(place.store) })
    }
    const added = sql`select member_key, local_day from orders where order_key > ${Number(newest!.orderKey)}`
    await refreshDerivedTables(
      session,
      {
        members: sql`select member_key from (${added}) as added`,
        days: sql`select local_day from (${added}) as added`,
      },
      String(newest!.day),
    )
    return planted
  })
}

/**
 * Takes out the campaigns of the demo itself, but for the one to keep, such as those of another shop. The ledger is append-only for all that
 * really happened; these coupons were invented together with their shop, and go with it.
 */
export async function forgetWakeUps({ store }: Platform, workspaceId: string, keep = ''): Promise<void> {
  const others = await store
    .selectFrom('campaigns')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('id', 'like', `${ownPrefix}%`)
    .where('id', '!=', keep)
    .execute()
  if (others.length === 0) return
  await store.transaction().execute(async (tx) => {
    const { rows: guards } = await statement<{ name: string; sql: string }>`
      select name, sql from sqlite_master where type = 'trigger' and tbl_name = 'ledger'`.execute(tx)
    for (const { name } of guards) await statement`drop trigger ${statement.id(name)}`.execute(tx)
    for (const { id } of others) {
      const ofCampaign = tx.selectFrom('coupon_batches').select('id').where('campaign_id', '=', id)
      await tx.deleteFrom('outbox').where('campaign_id', '=', id).execute()
      await tx.deleteFrom('ledger').where('campaign_id', '=', id).execute()
      await tx.deleteFrom('issued_coupons').where('batch_id', 'in', ofCampaign).execute()
      for (const table of ['coupon_batches', 'campaign_members', 'left_out', 'launches'] as const)
        await tx
          .deleteFrom(table)
          .where('workspace_id', '=', workspaceId)
          .where('campaign_id', '=', id)
          .execute()
      await tx.deleteFrom('campaigns').where('id', '=', id).execute()
      await tx.deleteFrom('redemption_requests').where('key', 'like', `${id} %`).execute()
      await tx
        .deleteFrom('events')
        .where('workspace_id', '=', workspaceId)
        .where('kind', 'in', ['campaign-arms', 'coupons-issued'])
        .where(statement<string>`json_extract(payload, '$.campaignId')`, '=', id)
        .execute()
    }
    for (const guard of guards) await statement.raw(guard.sql).execute(tx)
  })
}
