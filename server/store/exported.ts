import { both, type DescribedColumn, type DescribedTable } from '../../analytics/schema/described.ts'
import type { Store } from './store.ts'

export type Cell = string | number | null

/** What an export sees of the Store: all that was there at one moment. Ledger and coupons are never changed, so their bounds suffice. */
export interface StoreSnapshot {
  readonly workspaceId: string
  /** Newest row of the ledger. */
  readonly lastLedger: number
  /** Published launches: the coupons of others do not exist yet. */
  readonly launches: readonly { readonly id: string; readonly campaignId: string }[]
  readonly campaigns: readonly (readonly Cell[])[]
}

/** A table of the Store as it is handed out, in pages of rows, cells in the order of the columns. */
export interface ExportedStoreTable extends DescribedTable {
  readonly pages: (store: Store, snapshot: StoreSnapshot) => AsyncIterable<readonly (readonly Cell[])[]>
}

const pageRows = 2_000

/** The bounds of this moment, in one transaction. */
export const storeSnapshot = (store: Store, workspaceId: string): Promise<StoreSnapshot> =>
  store.transaction().execute(async (tx) => {
    const launches = await tx
      .selectFrom('launches')
      .select(['id', 'campaign_id'])
      .where('workspace_id', '=', workspaceId)
      .where('published_at', 'is not', null)
      .orderBy('id')
      .execute()
    const newest = await tx
      .selectFrom('ledger')
      .select(({ fn }) => fn.max('seq').as('seq'))
      .executeTakeFirst()
    const campaigns = await tx
      .selectFrom('campaigns')
      .select(['id', 'name', 'state', 'definition', 'created_at', 'changed_at'])
      .where('workspace_id', '=', workspaceId)
      .orderBy('created_at')
      .execute()
    return {
      workspaceId,
      lastLedger: Number(newest?.seq ?? 0),
      launches: launches.map(({ id, campaign_id }) => ({ id, campaignId: campaign_id })),
      campaigns: campaigns.map((row) => [
        row.id,
        row.name,
        row.state,
        row.definition,
        row.created_at,
        row.changed_at,
      ]),
    }
  })

type Told = Omit<DescribedColumn, 'past' | 'meaning'> & { en: string; zh: string; past?: 'none' }
const column = ({ en, zh, past = undefined, ...rest }: Told): DescribedColumn => ({
  ...rest,
  past: past ?? 'full',
  meaning: both(en, zh),
})
const campaignId = column({
  name: 'campaign_id',
  type: 'text',
  origin: 'campaign',
  en: 'Id of the campaign.',
  zh: '营销活动编号。',
})
const couponId = column({
  name: 'coupon_id',
  type: 'text',
  origin: 'campaign',
  en: 'Id of the coupon.',
  zh: '优惠券编号。',
})

export const exportedStoreTables: readonly ExportedStoreTable[] = [
  {
    name: 'campaigns',
    title: both('Campaigns', '营销活动'),
    meaning: both('One row per campaign, drafts included.', '每个营销活动一行，含草稿。'),
    async *pages(_store, { campaigns }) {
      yield campaigns
    },
    columns: [
      campaignId,
      column({
        name: 'name',
        type: 'text',
        origin: 'people',
        past: 'none',
        en: 'Name of the campaign.',
        zh: '营销活动名称。',
      }),
      column({
        name: 'state',
        type: 'text',
        origin: 'people',
        past: 'none',
        en: 'draft, running, paused or cancelled, as it was last set.',
        zh: 'draft（草稿）、running（进行中）、paused（已暂停）或 cancelled（已取消），以最近设置为准。',
      }),
      column({
        name: 'definition',
        type: 'json',
        origin: 'people',
        past: 'none',
        en: 'Offer, audience rule, holdout, channel and dates, as a campaign file.',
        zh: '优惠方案、目标人群、对照组、渠道与日期，与活动文件相同。',
      }),
      column({
        name: 'created_at',
        type: 'instant',
        origin: 'people',
        en: 'When it was made.',
        zh: '创建时间。',
      }),
      column({
        name: 'changed_at',
        type: 'instant',
        origin: 'people',
        past: 'none',
        en: 'When it was last changed.',
        zh: '最近修改时间。',
      }),
    ],
  },
  {
    name: 'coupons',
    title: both('Coupons', '优惠券'),
    meaning: both('One row per coupon that was issued.', '每张已发放的优惠券一行。'),
    async *pages(store, { workspaceId, launches }) {
      for (const launch of launches)
        for (let after = 0; ;) {
          const batch = await store
            .selectFrom('coupon_batches')
            .select('id')
            .where('workspace_id', '=', workspaceId)
            .where('launch_id', '=', launch.id)
            .where('id', '>', after)
            .orderBy('id')
            .limit(1)
            .executeTakeFirst()
          if (!batch) break
          const rows = await store
            .selectFrom('coupons')
            .selectAll()
            .where('batch_id', '=', batch.id)
            .orderBy('id')
            .execute()
          yield rows.map((row) => [
            row.id,
            row.given_code ?? row.code,
            row.campaign_id,
            row.member_id,
            row.offer,
            row.min_spend_minor,
            row.terms,
            row.valid_from,
            row.valid_to,
            row.uses_allowed,
            row.created_at,
          ])
          after = batch.id
        }
    },
    columns: [
      couponId,
      column({
        name: 'code',
        type: 'text',
        origin: 'campaign',
        en: 'The code that is presented, without separators.',
        zh: '核销用券码，不含分隔符。',
      }),
      campaignId,
      column({
        name: 'member_id',
        type: 'text',
        origin: 'campaign',
        en: 'Whom it was issued to; empty: whoever presents the code.',
        zh: '发放对象的会员编号；空：持码人均可使用。',
      }),
      column({
        name: 'offer',
        type: 'json',
        origin: 'campaign',
        en: 'What it gives; amounts in it are minor units too.',
        zh: '优惠内容；其中的金额同样以最小货币单位计。',
      }),
      column({
        name: 'min_spend_minor',
        type: 'integer',
        unit: 'minor',
        origin: 'campaign',
        en: 'Minimum spend.',
        zh: '使用门槛。',
      }),
      column({
        name: 'terms',
        type: 'json',
        origin: 'campaign',
        en: 'What it is for, where, how often and beside what, where that is not everything, everywhere, once and with all.',
        zh: '适用商品、门店、次数与叠加规则；未注明即不限商品与门店、限用 1 次、可与其他优惠同享。',
      }),
      column({
        name: 'valid_from',
        type: 'instant',
        origin: 'campaign',
        en: 'First moment at which it is valid.',
        zh: '生效时间。',
      }),
      column({
        name: 'valid_to',
        type: 'instant',
        origin: 'campaign',
        en: 'First moment at which it is no longer valid.',
        zh: '失效时间（自该时刻起无效）。',
      }),
      column({
        name: 'uses_allowed',
        type: 'integer',
        unit: 'uses',
        origin: 'campaign',
        en: 'How often it can be redeemed.',
        zh: '可核销次数。',
      }),
      column({
        name: 'created_at',
        type: 'instant',
        origin: 'campaign',
        en: 'When it was made.',
        zh: '生成时间。',
      }),
    ],
  },
  {
    name: 'coupon_ledger',
    title: both('Coupon ledger', '优惠券流水'),
    meaning: both(
      'One row per thing that happened to uses of a coupon; rows are only ever added. Expiry is no row: the coupon’s dates say it.',
      '优惠券使用次数的每次变化一行，只增不改。过期不单列，由优惠券日期得出。',
    ),
    async *pages(store, { workspaceId, launches, lastLedger }) {
      const published = new Set(launches.map(({ id }) => id))
      for (let after = 0; ;) {
        const rows = await store
          .selectFrom('ledger')
          .innerJoin('coupons', 'coupons.id', 'ledger.coupon_id')
          .selectAll('ledger')
          .select('coupons.launch_id')
          .where('ledger.workspace_id', '=', workspaceId)
          .where('ledger.seq', '>', after)
          .where('ledger.seq', '<=', lastLedger)
          .orderBy('ledger.seq')
          .limit(pageRows)
          .execute()
        const last = rows.at(-1)
        if (!last) return
        yield rows
          .filter((row) => published.has(row.launch_id))
          .map((row) => [
            row.seq,
            row.coupon_id,
            row.campaign_id,
            row.kind,
            row.uses,
            row.amount_minor,
            row.worth_minor,
            row.order_id,
            row.redemption_id,
            row.reservation_id,
            row.expires_at,
            row.store_id,
            row.actor,
            row.at,
          ])
        after = last.seq
      }
    },
    columns: [
      column({
        name: 'seq',
        type: 'integer',
        unit: 'lines',
        origin: 'computed',
        en: 'Number of the row, in the order in which things happened.',
        zh: '流水序号，按发生顺序。',
      }),
      couponId,
      campaignId,
      column({
        name: 'kind',
        type: 'text',
        origin: 'campaign',
        en: 'issued, reserved (set aside for a basket), released (let go again), redeemed, cancelled (a redemption taken back) or revoked.',
        zh: 'issued（发放）、reserved（为订单预留）、released（释放预留）、redeemed（核销）、cancelled（撤销核销）或 revoked（作废）。',
      }),
      column({
        name: 'uses',
        type: 'integer',
        unit: 'uses',
        origin: 'campaign',
        en: 'How many uses, positive; the kind says which way.',
        zh: '次数，正数；增减由类型决定。',
      }),
      column({
        name: 'amount_minor',
        type: 'integer',
        unit: 'minor',
        origin: 'campaign',
        en: 'Discount that was given, set aside, or taken back by a cancellation; otherwise 0.',
        zh: '核销给出、预留或撤销收回的优惠金额；其他为 0。',
      }),
      column({
        name: 'worth_minor',
        type: 'integer',
        unit: 'minor',
        origin: 'campaign',
        en: 'What was given beside the basket (delivery, a gift, points) is worth, likewise; otherwise 0.',
        zh: '另行给出的权益（免运费、赠品、积分）的价值，规则同上；其他为 0。',
      }),
      column({
        name: 'order_id',
        type: 'text',
        origin: 'campaign',
        en: 'Order it was redeemed for, as the till named it.',
        zh: '核销对应的订单号，由收银端提供。',
      }),
      column({
        name: 'redemption_id',
        type: 'text',
        origin: 'campaign',
        en: 'Id of the redemption; its reservation, release and cancellation have the same.',
        zh: '核销编号；预留、释放与撤销核销与之相同。',
      }),
      column({
        name: 'reservation_id',
        type: 'text',
        origin: 'campaign',
        en: 'What was set aside together has the same.',
        zh: '预留编号，一并预留的相同。',
      }),
      column({
        name: 'expires_at',
        type: 'instant',
        origin: 'campaign',
        en: 'Of what is set aside: the first moment at which it no longer is.',
        zh: '预留的失效时间（自该时刻起无效）。',
      }),
      column({
        name: 'store_id',
        type: 'text',
        origin: 'campaign',
        en: 'Store of the redemption, as the till named it.',
        zh: '核销门店，由收银端提供。',
      }),
      column({
        name: 'actor',
        type: 'text',
        origin: 'campaign',
        en: 'Who did it: launch, key: and a key’s id, a user’s id, or command-line.',
        zh: '操作者：launch（投放）、key: 加密钥编号、用户编号或 command-line（命令行）。',
      }),
      column({ name: 'happened_at', type: 'instant', origin: 'campaign', en: 'When.', zh: '发生时间。' }),
    ],
  },
]
