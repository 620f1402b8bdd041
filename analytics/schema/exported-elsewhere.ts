import { name as column, sql } from '../sql/sql.ts'
import { both, type ValueType, type Unit } from './described.ts'
import type { ExportedColumn, ExportedTable } from './exported-table.ts'

/** A column as a file brought it. */
const told = (name: string, type: ValueType, en: string, zh: string, unit?: Unit): ExportedColumn => ({
  name,
  type,
  ...(unit ? { unit } : {}),
  origin: 'file',
  past: 'since-first-import',
  from: sql`base.${column(name)}`,
  meaning: both(en, zh),
})

/** Coupons, campaigns, targets and tests of other systems, as an export hands them out. */
export const exportedElsewhere: readonly ExportedTable[] = [
  {
    name: 'coupons_elsewhere',
    base: 'coupons_elsewhere',
    title: both('Coupons elsewhere', '其他系统的优惠券'),
    meaning: both(
      'One row per coupon that another system issued, or per use of one, as imported.',
      '其他系统发放或核销的优惠券，每张券或每次核销一行，以导入为准。',
    ),
    relation: sql`coupons_elsewhere as base`,
    inside: [],
    columns: [
      told('code', 'text', 'Its code.', '券码。'),
      told('coupon_name', 'text', 'Name or type of the coupon.', '优惠券的名称或类型。'),
      told('campaign_id', 'text', 'The campaign that it was issued in.', '所属活动的编号。'),
      told('campaign_name', 'text', 'Name of the campaign.', '活动名称。'),
      told('member_id', 'text', 'Who got or used it.', '领取或使用的会员。'),
      told('issued_at', 'instant', 'When it was issued or claimed.', '发放或领取的时间。'),
      told('valid_from', 'day', 'First day on which it is good.', '可使用的第一天。'),
      told('valid_until', 'day', 'Last day on which it is good.', '可使用的最后一天。'),
      told('used_at', 'instant', 'When it was used.', '使用时间。'),
      told('order_id', 'text', 'The order in which it was used.', '使用的订单号。'),
      told('discount_minor', 'integer', 'What it took off, or is worth.', '抵扣的金额或面额。', 'minor'),
      told('state', 'text', 'Its state in the words of the file.', '状态，按文件原文。'),
    ],
  },
  {
    name: 'campaigns_elsewhere',
    base: 'campaigns_elsewhere',
    title: both('Campaigns elsewhere', '其他系统的活动'),
    meaning: both(
      'One row per campaign that another system ran, as imported.',
      '其他系统开展的活动，每个一行，以导入为准。',
    ),
    relation: sql`campaigns_elsewhere as base`,
    inside: [],
    columns: [
      told('campaign_id', 'text', 'Its number.', '活动编号。'),
      told('name', 'text', 'What it is called.', '活动名称。'),
      told('description', 'text', 'Its kind, or what it offers.', '活动类型或内容。'),
      told('starts_day', 'day', 'Its first day.', '活动的第一天。'),
      told('ends_day', 'day', 'Its last day.', '活动的最后一天。'),
      told('channel', 'text', 'How people were reached.', '触达方式。'),
      told('cost_minor', 'integer', 'What it cost, coupons aside.', '活动成本，不含优惠券。', 'minor'),
    ],
  },
  {
    name: 'campaign_targets',
    base: 'campaign_targets',
    title: both('Targets of campaigns elsewhere', '其他系统活动的目标会员'),
    meaning: both(
      'One row per member of a campaign’s audience in another system.',
      '其他系统活动的每位目标会员一行。',
    ),
    relation: sql`campaign_targets as base`,
    inside: [],
    columns: [
      told('campaign_id', 'text', 'The campaign’s number.', '活动编号。'),
      told('member_id', 'text', 'Who was targeted.', '目标会员。'),
      told(
        'arm',
        'text',
        'The arm in the words of the file; empty: treated.',
        '分组，按文件原文；空为触达。',
      ),
      told('targeted_day', 'day', 'When they were reached or chosen.', '触达或圈选的日期。'),
    ],
  },
  {
    name: 'experiment_subjects',
    base: 'experiment_subjects',
    title: both('Results of tests', '实验结果'),
    meaning: both(
      'One row per subject of a randomised test elsewhere. Identical rows are different subjects.',
      '其他系统随机实验的每个对象一行；完全相同的行是不同的对象。',
    ),
    relation: sql`experiment_subjects as base`,
    inside: [],
    columns: [
      told('experiment', 'text', 'Name of the test.', '实验名称。'),
      told('subject_id', 'text', 'Number of the subject.', '对象编号。'),
      told('member_id', 'text', 'The member that the subject is.', '对象对应的会员。'),
      told('arm', 'text', 'The arm that chance put it in.', '随机分到的组。'),
      told('visit', 'decimal', 'Whether it came, or how often.', '是否到访或次数。', 'outcome'),
      told('conversion', 'decimal', 'Whether it bought, or how often.', '是否成交或次数。', 'outcome'),
      told(
        'spend',
        'decimal',
        'What it spent, in whole units of the currency.',
        '消费金额，以元计。',
        'outcome',
      ),
      told('observed_day', 'day', 'When this was observed.', '观察到结果的日期。'),
      told('others', 'json', 'Every other column of the file, by its header.', '文件的其他列，按列名。'),
    ],
  },
]
