import type { Session } from '../../../analytics/engine/engine.ts'
import { both } from '../../../analytics/schema/described.ts'
import { type Sql, sql } from '../../../analytics/sql/sql.ts'
import { list } from '../columns/fields.ts'
import { defineKind } from './kind.ts'
import { memberAliases, personFields } from './person-fields.ts'

/** Subjects of a randomised test with what came of them. */
export const experiments = defineKind({
  name: 'experiments',
  title: both('Results of tests', '实验结果'),
  about: both(
    'One row per subject of a randomised test: the arm it was in and what came of it.',
    '随机实验的每个对象一行：所在分组及其结果。',
  ),
  table: 'import_experiments',
  current: 'experiment_subjects',
  key: ['experiment', 'subject'],
  otherKeys: [['experiment', 'member']],
  ofDeleted: 'pseudonym',
  fields: {
    experiment: {
      type: 'text',
      column: 'experiment',
      fromFile: true,
      aliases: list(
        `experimentname experimentid test testname abtest campaignname 实验 实验名称 实验id 测试名称 实验编号`,
      ),
      label: both('Test', '实验名称'),
      meaning: both('Name of the test. Without it: the name of the file.', '实验名称；没有时取文件名。'),
      example: 'Autumn test',
    },
    subject: {
      type: 'id',
      column: 'subject_id',
      perhapsMember: true,
      aliases: list(`subjectid subjectno participantid participant unitid 对象id 对象编号 受试编号 样本编号`),
      label: both('Subject', '对象编号'),
      meaning: both(
        'Number of the subject. Without it and without a member identical rows are different subjects and all kept.',
        '对象编号。没有对象编号和会员时，完全相同的行视为不同对象，全部保留。',
      ),
      example: 'SUBJECT-1',
    },
    member: {
      type: 'id',
      column: 'member_id',
      member: true,
      aliases: memberAliases.filter((alias) => alias !== 'id' && alias !== 'member'),
      label: both('Member', '会员'),
      meaning: both(
        'Number of the member that the subject is. Empty where the phone, openid or e-mail tells who it is.',
        '对象对应的会员的编号。可留空，由手机号、openid 或邮箱识别会员。',
      ),
      example: 'MEMBER-1',
    },
    ...personFields,
    arm: {
      type: 'text',
      column: 'arm',
      aliases: list(
        `segment group testgroup variant variation treatment cell 分组 组别 实验组 实验分组 测试组`,
      ),
      label: both('Arm', '分组'),
      meaning: both('The arm that chance put it in, by its name.', '随机分到的组，按原名。'),
      needed: both('The arm is empty.', '分组为空。'),
      example: 'treated',
    },
    visit: {
      type: 'decimal',
      column: 'visit',
      aliases: list(`visited visits opened clicked 到访 访问 是否到访 是否访问 到店 是否到店 到店次数`),
      label: both('Visit', '到访'),
      meaning: both(
        'Whether it came, or how often: 1 or 0, yes or no, or a number.',
        '是否到访或次数：1 或 0、是或否，或数字。',
      ),
      example: '1',
    },
    conversion: {
      type: 'decimal',
      column: 'conversion',
      aliases: list(
        `converted conversions bought purchased purchase outcome 转化 是否转化 成交 是否成交 是否购买 购买`,
      ),
      label: both('Conversion', '转化'),
      meaning: both('Whether it bought, or how often.', '是否成交或次数。'),
      example: '1',
    },
    spend: {
      type: 'decimal',
      column: 'spend',
      aliases: list(`spent revenue sales amount value 消费 消费金额 花费 成交金额 金额`),
      label: both('Spend', '消费'),
      meaning: both('What it spent, in whole units of the currency.', '消费金额，以元计。'),
      example: '35.50',
    },
    day: {
      type: 'day',
      column: 'observed_day',
      aliases: list(`date observedon observedat 日期 时间 观察日期 统计日期`),
      label: both('Day', '日期'),
      meaning: both('When this was observed.', '观察到结果的日期。'),
      example: '2026-02-28',
    },
    others: {
      type: 'rest',
      column: 'others',
      personal: true,
      aliases: [],
      label: both('Other columns', '其他列'),
      meaning: both(
        'Every other column of the file, by its header: numbers are outcomes too, texts are kept.',
        '文件的其他列，按列名保留：数字也作为结果，文字保留原文。',
      ),
      example: '',
    },
  },
  recognised: ({ has, order, any }) =>
    has('arm') &&
    (has('visit') || has('conversion') || (has('spend') && (has('subject') || has('experiment')))) &&
    !order('orderId') &&
    !any(list('couponcode 券码 sku 商品编码')),
  sentences: {
    // receipts of before keep the means as one text
    arm: both(
      '{experiment}, {arm}: {subjects, plural, one {# subject} other {# subjects}}{outcomes}.',
      '{experiment}，{arm}：{subjects, number} 个对象{outcomes}。',
    ),
    armMeans: both(
      '{experiment}, {arm}: {subjects, plural, one {# subject} other {# subjects}}{visit, select, none {} other { · visit {visit}}}{conversion, select, none {} other { · conversion {conversion}}}{spend, select, none {} other { · spend {spend}}}{outcomes}.',
      '{experiment}，{arm}：{subjects, number} 个对象{visit, select, none {} other { · 到访 {visit}}}{conversion, select, none {} other { · 转化 {conversion}}}{spend, select, none {} other { · 消费 {spend}}}{outcomes}。',
    ),
    oneArm: both(
      '{n, plural, one {# test has} other {# tests have}} only one arm: there is nothing to compare.',
      '{n, number} 个实验只有一个分组，无从比较。',
    ),
  },
  async list(session, importSeq) {
    const rows = await experimentArms(
      session,
      sql`experiment in (select experiment from import_experiments where import_seq = ${importSeq})`,
    )
    return rows.slice(0, mostTold).map(({ experiment, arm, subjects, outcomes }) => ({
      sentence: 'armMeans',
      values: {
        experiment,
        arm,
        subjects,
        ...outcomeValues(outcomes),
      },
    }))
  },
  async count(session, importSeq) {
    const [counts] = await session.rows(sql`select count(*) as one_arm from (
      select experiment from experiment_subjects
      where experiment in (select experiment from import_experiments where import_seq = ${importSeq})
      group by experiment having count(distinct arm) = 1)`)
    return { oneArm: Number(counts!.oneArm) }
  },
})

const mostTold = 40

/** A mean with four significant digits. */
const meanText = (mean: number): string => String(Number(mean.toPrecision(4)))

/** An arm's means as the values of a sentence: our own outcomes by name ("none" without), the others as one text. */
export function outcomeValues(outcomes: ExperimentArm['outcomes']) {
  const mean = (name: string): string => {
    const one = outcomes.find(({ outcome }) => outcome === name)
    return one ? meanText(one.mean) : 'none'
  }
  const own = ['visit', 'conversion', 'spend']
  return {
    visit: mean('visit'),
    conversion: mean('conversion'),
    spend: mean('spend'),
    outcomes: outcomes
      .filter(({ outcome }) => !own.includes(outcome))
      .map((one) => ` · ${one.outcome} ${meanText(one.mean)}`)
      .join(''),
  }
}

/** An arm of a test: its subjects and, of each outcome that it has, over how many the mean is taken. */
export interface ExperimentArm {
  readonly experiment: string
  readonly arm: string
  readonly subjects: number
  readonly outcomes: readonly { readonly outcome: string; readonly subjects: number; readonly mean: number }[]
}

/** The arms of the tests that `which` selects, with subjects and means per outcome; named outcomes first. */
export async function experimentArms(session: Pick<Session, 'rows'>, which: Sql): Promise<ExperimentArm[]> {
  const arms = await session.rows(sql`select experiment, arm, count(*) as subjects from experiment_subjects
    where ${which} group by all order by experiment, arm`)
  const outcomes = await session.rows(sql`
    select experiment, arm, place, outcome, count(value) as subjects, avg(value) as mean
    from (${valuesOfExperiments(which)}) as told where value is not null group by all order by experiment, arm, place, outcome`)
  return arms.map(({ experiment, arm, subjects }) => ({
    experiment: String(experiment),
    arm: String(arm),
    subjects: Number(subjects),
    outcomes: outcomes
      .filter((one) => one.experiment === experiment && one.arm === arm)
      .map((one) => ({
        outcome: String(one.outcome),
        subjects: Number(one.subjects),
        mean: Number(one.mean),
      })),
  }))
}

/**
 * SQL: each subject's outcomes as rows of experiment, arm, place, outcome and value, of the tests that `which`
 * selects; our own outcomes by place 0 to 2, numbers in other columns at 3. A value that is not there is null.
 */
export const valuesOfExperiments = (which: Sql): Sql => sql`
    select experiment, arm, unnest([
      {'place': 0, 'outcome': 'visit', 'value': cast(visit as double)},
      {'place': 1, 'outcome': 'conversion', 'value': cast(conversion as double)},
      {'place': 2, 'outcome': 'spend', 'value': cast(spend as double)}], recursive := true)
    from experiment_subjects where ${which}
    union all
    select experiment, arm, 3, kept.one.key, case when json_type(kept.one.value) in ('DOUBLE', 'BIGINT', 'UBIGINT')
      then try_cast(json_extract_string(kept.one.value, '$') as double) end
    from (select experiment, arm, unnest(map_entries(from_json(others, '"MAP(VARCHAR, JSON)"'))) as one from experiment_subjects
      where ${which} and others is not null and others <> '{}') as kept`
