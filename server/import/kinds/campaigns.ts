import { both } from '../../../analytics/schema/described.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import { list } from '../columns/fields.ts'
import { campaignsElsewhere } from './campaign-figures.ts'
import { defineKind } from './kind.ts'

/** Campaigns that another system ran. */
export const campaigns = defineKind({
  name: 'campaigns',
  title: both('Campaigns elsewhere', '其他系统的活动'),
  about: both(
    'One row per campaign that another system ran: what, when, at what cost.',
    '其他系统开展的营销活动，每个活动一行：内容、时间、成本。',
  ),
  table: 'import_campaigns',
  current: 'campaigns_elsewhere',
  key: ['campaign'],
  fields: {
    campaign: {
      type: 'id',
      column: 'campaign_id',
      aliases: list(
        `campaignid campaignno campaignnumber campaigncode promotionid 活动id 活动编号 营销活动id 营销活动编号`,
      ),
      label: both('Campaign number', '活动编号'),
      meaning: both(
        'The campaign’s number, as targets and coupons name it.',
        '活动编号，与目标会员和优惠券文件一致。',
      ),
      needed: both('The campaign’s number is empty.', '活动编号为空。'),
      example: 'CAMPAIGN-1',
    },
    name: {
      type: 'text',
      column: 'name',
      aliases: list(`campaignname campaigntitle promotionname 活动名称 营销活动名称 活动标题 活动主题`),
      label: both('Name', '活动名称'),
      meaning: both('What it is called.', '活动名称。'),
      example: 'Autumn',
    },
    description: {
      type: 'text',
      column: 'description',
      aliases: list(
        `campaigntype campaignkind campaigndescription promotiontype type 活动类型 活动说明 活动描述 活动内容`,
      ),
      label: both('Kind or description', '类型或说明'),
      meaning: both('Its kind, or what it offers.', '活动类型或内容。'),
      example: 'wake-up coupon',
    },
    starts: {
      type: 'day',
      column: 'starts_day',
      future: true,
      aliases: list(
        `startson startdate startsat startday campaignstart begins begindate 开始时间 开始日期 活动开始时间 活动开始日期`,
      ),
      label: both('Starts', '开始日期'),
      meaning: both('Its first day.', '活动的第一天。'),
      example: '2026-01-05',
    },
    ends: {
      type: 'day',
      column: 'ends_day',
      future: true,
      aliases: list(`endson enddate endsat endday campaignend 结束时间 结束日期 活动结束时间 活动结束日期`),
      label: both('Ends', '结束日期'),
      meaning: both('Its last day.', '活动的最后一天。'),
      example: '2026-02-05',
    },
    channel: {
      type: 'text',
      column: 'channel',
      aliases: list(`campaignchannel medium media 渠道 推广渠道 投放渠道 触达渠道`),
      label: both('Channel', '渠道'),
      meaning: both(
        'How people were reached: text message, mail, app.',
        '触达方式，如短信、公众号、小程序。',
      ),
      example: 'text message',
    },
    cost: {
      type: 'amount',
      column: 'cost_minor',
      aliases: list(`campaigncost budget spend adspend 成本 费用 活动成本 活动费用 投放费用 预算`),
      label: both('Cost', '成本'),
      meaning: both('What it cost the shop, coupons aside.', '活动成本，不含优惠券。'),
      example: '300.00',
    },
  },
  recognised: ({ has, order, member, any }) =>
    has('campaign') &&
    (has('name') || has('description')) &&
    (has('starts') || has('ends')) &&
    !order('memberId') &&
    !order('orderId') &&
    !member('phone') &&
    !any(list('couponcode couponno couponid 券码 优惠券码 券号')),
  checks: [
    {
      reason: 'ends-before',
      field: 'ends',
      when: sql`ends_day < starts_day`,
      words: both('The campaign ends before it starts.', '活动结束日期早于开始日期。'),
    },
    {
      reason: 'negative-cost',
      field: 'cost',
      when: sql`cost_minor < 0`,
      words: both('A cost can’t be negative.', '成本不能为负。'),
    },
  ],
  sentences: {
    campaign: both(
      '{campaign}: {targeted, plural, one {# member} other {# members}} targeted, {redeemers, plural, one {# member} other {# members}} redeemed, {uses, plural, one {# use} other {# uses}}.',
      '{campaign}：目标会员 {targeted, number} 位，{redeemers, number} 位核销，共核销 {uses, number} 次。',
    ),
    more: both(
      '{n, plural, one {# more campaign} other {# more campaigns}} on the Data page.',
      '另有 {n, number} 个活动，见数据页。',
    ),
    withoutTargets: both(
      '{n, plural, one {# campaign has} other {# campaigns have}} no targets yet.',
      '{n, number} 个活动还没有目标会员。',
    ),
  },
  async list(session, importSeq) {
    const rows = await session.rows(sql`select * from ${campaignsElsewhere} as campaign
      where campaign_id in (select campaign_id from import_campaigns where import_seq = ${importSeq})
        and (targeted > 0 or uses > 0)
      order by uses desc, campaign_id limit ${mostTold}`)
    return rows.map(({ campaignId, name, targeted, redeemers, uses }) => ({
      sentence: 'campaign',
      values: {
        campaign: name === null ? String(campaignId) : `${String(campaignId)} ${String(name)}`,
        targeted: Number(targeted),
        redeemers: Number(redeemers),
        uses: Number(uses),
      },
    }))
  },
  async count(session, importSeq) {
    const [counts] = await session.rows(sql`select
        greatest(0, count(*) filter (where targeted > 0 or uses > 0) - ${mostTold}) as more,
        count(*) filter (where targeted = 0) as without_targets
      from ${campaignsElsewhere} as campaign
      where campaign_id in (select campaign_id from import_campaigns where import_seq = ${importSeq})`)
    return { more: Number(counts!.more), withoutTargets: Number(counts!.withoutTargets) }
  },
})

const mostTold = 10
