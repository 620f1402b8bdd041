import { both } from '../../../analytics/schema/described.ts'
import { ledgerBalances } from '../../../analytics/relations/points-balances.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import { ofRowPeople } from '../../identity/match.ts'
import { list } from '../columns/fields.ts'
import { defineKind } from './kind.ts'
import { memberField, personFields } from './person-fields.ts'

/** The ledger of points, as the shop's member system keeps it. */
export const points = defineKind({
  name: 'points',
  title: both('Points ledger', '积分流水'),
  about: both(
    'One row per change of a member’s points: given, spent, expired, corrected.',
    '会员积分的每次变动一行：发放、使用、过期、调整。',
  ),
  table: 'import_points',
  current: 'points_entries',
  key: ['entryId'],
  ofDeleted: 'pseudonym',
  fields: {
    entryId: {
      type: 'id',
      column: 'entry_id',
      aliases:
        list(`pointsid pointsentryid ledgerid pointsrecordid transactionid transactionno recordid recordno serialno
        流水号 流水编号 积分流水号 积分记录id 记录编号 记录id 变动单号 变动编号`),
      label: both('Entry number', '流水号'),
      meaning: both(
        'Number of the entry. Without it a row is known by all it says.',
        '流水号。没有时按整行内容识别。',
      ),
      example: 'P-1',
    },
    memberId: memberField,
    ...personFields,
    at: {
      type: 'date',
      column: 'changed_at',
      aliases:
        list(`changedat entrytime entrydate pointsdate pointstime transactiontime transactiondate createdat created datetime
        timestamp date time 变动时间 变动日期 积分变动时间 发生时间 发生日期 变更时间 变更日期 创建时间 记录时间 操作时间 时间 日期`),
      label: both('Time', '时间'),
      meaning: both(
        'When the points changed, such as 2026-01-31 18:05:00. Without a zone: in the shop’s.',
        '积分变动的时间，如 2026-01-31 18:05:00。没有时区时按店铺时区。',
      ),
      needed: both('The entry has no time.', '该流水没有时间。'),
      example: '2026-01-31 18:05:00',
    },
    change: {
      type: 'number',
      column: 'change',
      aliases: list(`pointschange changeofpoints pointschanged delta pointsdelta pointsearned pointsadjustment
        变动积分 积分变动 积分变动值 变动数量 变动值 积分变更 积分增减 增减积分 变更积分 积分数 变动额 变动 变动分值 change`),
      label: both('Change', '变动'),
      meaning: both('By how many points, negative where they go.', '变动的积分数，减少为负数。'),
      needed: both('The change of points is empty.', '积分变动为空。'),
      example: '120',
    },
    balanceAfter: {
      type: 'number',
      column: 'balance_after',
      aliases: list(`balance newbalance pointsbalance pointsafter balanceafterchange pointsbalanceafter
        变动后积分 变更后积分 变动后余额 积分余额 剩余积分 当前积分 可用积分 变动后`),
      label: both('Balance after', '变动后积分'),
      meaning: both('The member’s points after it.', '变动后会员的积分。'),
      example: '120',
    },
    reason: {
      type: 'text',
      column: 'change_reason',
      aliases: list(`changereason pointsreason description note remark source type changetype
        变动原因 变更原因 积分来源 变动类型 变更类型 积分类型 原因 来源 类型 备注 说明`),
      label: both('Reason', '原因'),
      meaning: both('Why, as the shop calls it.', '变动原因，按店铺的叫法。'),
      example: 'purchase',
      personal: true,
    },
    orderId: {
      type: 'id',
      column: 'order_id',
      aliases: list(
        `ordernumber orderno ordersn order 订单号 订单编号 关联订单 关联订单号 关联单号 相关订单 来源订单 来源单号`,
      ),
      label: both('Order number', '订单号'),
      meaning: both('The order that it belongs to.', '对应的订单号。'),
      example: 'EXAMPLE-1',
    },
    expiresOn: {
      type: 'day',
      column: 'expires_day',
      aliases: list(`expiresat expirydate expirationdate expiredate validto validuntil
        过期时间 过期日期 到期日 过期日 积分到期日 到期时间 到期日期 有效期 有效期至 失效时间 失效日期`),
      label: both('Expires on', '到期日'),
      meaning: both('The last day on which these points can be used.', '这些积分可用的最后一天。'),
      example: '2027-01-31',
      future: true,
    },
  },
  recognised: ({ has, names, order, any }) =>
    names('memberId') &&
    has('change') &&
    has('at') &&
    !(['unitPrice', 'quantity', 'refundAmount'] as const).some(order) &&
    // beside what was paid it is the money that a till gave back
    !(any(['change']) && order('amount')),
  sentences: {
    differing: both(
      '{n, plural, one {# member has} other {# members have}} another balance here than in the files of members: they are listed under Data.',
      '{n, number} 位会员的流水余额与会员文件中的积分不一致，名单见“数据”页。',
    ),
  },
  async count(session, importSeq) {
    const ofFile = sql`entry.member_id in (select member_id from import_points where import_seq = ${importSeq})`
    const [counts] = await session.rows(sql`select count(*) as differing
      from ${ledgerBalances(ofRowPeople, ofFile)} as ledger
      join members on members.member_key = ledger.member_key
      where members.points <> ledger.balance`)
    return { differing: Number(counts!.differing) }
  },
})
