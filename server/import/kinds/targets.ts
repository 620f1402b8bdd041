import { both } from '../../../analytics/schema/described.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import { list } from '../columns/fields.ts'
import { isHeldOut } from './campaign-figures.ts'
import { defineKind } from './kind.ts'
import { memberAliases, personFields } from './person-fields.ts'

/** Whom the campaigns of another system were meant for. */
export const targets = defineKind({
  name: 'targets',
  title: both('Targets of campaigns', '活动的目标会员'),
  about: both(
    'One row per member of a campaign’s audience in another system, with the arm where there was a test.',
    '其他系统活动的目标会员，每位一行；做过对照的写明分组。',
  ),
  table: 'import_targets',
  current: 'campaign_targets',
  key: ['campaign', 'member'],
  ofDeleted: 'pseudonym',
  fields: {
    campaign: {
      type: 'id',
      column: 'campaign_id',
      aliases: list(
        `campaignid campaignno campaignnumber campaigncode campaign promotionid 活动id 活动编号 营销活动id 营销活动编号 活动`,
      ),
      label: both('Campaign number', '活动编号'),
      meaning: both('The campaign’s number, as in campaigns files.', '活动编号，与活动文件一致。'),
      needed: both('The campaign’s number is empty.', '活动编号为空。'),
      example: 'CAMPAIGN-1',
    },
    member: {
      type: 'id',
      column: 'member_id',
      member: true,
      aliases: memberAliases.filter((alias) => alias !== 'id' && alias !== 'member'),
      label: both('Member', '会员'),
      meaning: both(
        'Number of the member who was targeted. Empty where the phone, openid or e-mail tells who it is.',
        '目标会员的编号。可留空，由手机号、openid 或邮箱识别会员。',
      ),
      needed: both('The row names no member.', '该行没有会员。'),
      example: 'MEMBER-1',
    },
    ...personFields,
    arm: {
      type: 'text',
      column: 'arm',
      aliases: list(
        `group testgroup variant treatment testcontrol 分组 组别 实验组 实验分组 测试组 对照分组`,
      ),
      label: both('Arm', '分组'),
      meaning: both(
        'treated or held-out, 实验组 or 对照组. Other words are arms of their own that were treated. Empty: treated.',
        '实验组或对照组，或 treated、held-out。其他写法视为各自的触达组；为空视为触达。',
      ),
      example: 'treated',
    },
    day: {
      type: 'day',
      column: 'targeted_day',
      aliases: list(
        `date targetdate targetedon sentat sentdate senton senddate 日期 触达日期 触达时间 发送时间 发送日期 圈选时间`,
      ),
      label: both('Day', '日期'),
      meaning: both('When they were reached or chosen.', '触达或圈选的日期。'),
      example: '2026-01-05',
    },
  },
  recognised: ({ has, names, order, member, any }) =>
    has('campaign') &&
    names('member') &&
    !order('orderId') &&
    !order('unitPrice') &&
    !order('amount') &&
    !member('name') &&
    !member('birthday') &&
    !any(
      list(
        `couponcode couponno couponnumber couponid couponupc vouchercode 券码 优惠券码 券号 优惠券编号 优惠券名称
        redemptiondate usedat redeemedat 使用时间 核销时间 领取时间 visit conversion`,
      ),
    ),
  sentences: {
    known: both(
      '{n, plural, one {# campaign} other {# campaigns}} of the file {n, plural, one {is} other {are}} in a campaigns file.',
      '文件中 {n, number} 个活动已在活动文件中。',
    ),
    unknown: both(
      '{n, plural, one {# campaign} other {# campaigns}} of the file {n, plural, one {is} other {are}} in no campaigns file yet.',
      '文件中 {n, number} 个活动还没有活动文件。',
    ),
    members: both(
      '{n, plural, one {# member is} other {# members are}} targeted.',
      '目标会员共 {n, number} 位。',
    ),
    heldOut: both(
      '{n, plural, one {# row is} other {# rows are}} of members who were held out.',
      '{n, number} 行为对照组会员。',
    ),
  },
  async count(session, importSeq) {
    const own = sql`(select * from import_targets where import_seq = ${importSeq})`
    const [counts] = await session.rows(sql`select
        count(distinct campaign_id) filter (where campaign_id in (select campaign_id from campaigns_elsewhere)) as known,
        count(distinct campaign_id) filter (where campaign_id not in (select campaign_id from campaigns_elsewhere)) as unknown,
        count(distinct member_id) filter (where not ${isHeldOut(sql`own.arm`)}) as members,
        count(*) filter (where ${isHeldOut(sql`own.arm`)}) as held_out
      from ${own} as own`)
    return {
      known: Number(counts!.known),
      unknown: Number(counts!.unknown),
      members: Number(counts!.members),
      heldOut: Number(counts!.heldOut),
    }
  },
})
