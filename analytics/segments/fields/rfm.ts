import { addDays } from '../../calendar/calendar.ts'
import {
  buyersAt,
  buyersOfFacts,
  buyersOn,
  rfmGroups,
  rfmScores,
  type RfmGroup,
  valueDeciles,
} from '../../relations/rfm.ts'
import { sql } from '../../sql/sql.ts'
import { type RfmOfPerson, rfmOf, valueDecile } from '../person-rfm.ts'
import { both, type InBothLanguages } from './described.ts'
import type { Field, Reading } from './field.ts'

const rfm = {
  alias: 'rfm',
  relation: ({ tables, asOf, rfm: rule, d }: Reading) =>
    rfmScores(buyersAt(tables, asOf, rule.windowDays, d), rule, d),
} as const

/** So many days lie between the group before and the group now. */
const daysBefore = 90
const before = {
  alias: 'rfm_before',
  relation: ({ asOf, rfm: rule, d }: Reading) =>
    rfmScores(buyersOn(addDays(asOf, -daysBefore), rule.windowDays, d), rule, d),
} as const

const decile = {
  alias: 'value',
  relation: ({ tables, asOf, d }: Reading) => valueDeciles(buyersOfFacts(tables, asOf, d)),
} as const

const groupTitles: Readonly<Record<RfmGroup, InBothLanguages>> = {
  champions: both('Champions', '核心会员'),
  loyal: both('Loyal', '忠诚会员'),
  'potential loyal': both('Potential loyal', '潜在忠诚'),
  new: both('New', '新近会员'),
  promising: both('Promising', '有潜力'),
  'needs attention': both('Needs attention', '需要关注'),
  'about to sleep': both('About to sleep', '即将沉睡'),
  'at risk': both('At risk', '有流失风险'),
  'cannot lose': both('Can’t lose', '不容流失'),
  hibernating: both('Hibernating', '休眠'),
  lost: both('Lost', '已流失'),
}

const groupChoices = rfmGroups.map((group) => ({
  value: group,
  title: groupTitles[group],
  proper: true as const,
}))

const score = (
  name: string,
  chinese: string,
  title: InBothLanguages,
  help: InBothLanguages,
  of: keyof RfmOfPerson & `${string}Score`,
): Field => ({
  name,
  chinese,
  kind: 'count',
  history: 'full',
  title,
  help,
  phrase: {
    en: {
      is: `have a ${title.en.toLowerCase()} of {}`,
      known: `have a ${title.en.toLowerCase()}`,
      unknown: `have no ${title.en.toLowerCase()}`,
    },
    'zh-CN': {
      is: `${title['zh-CN']}{}`,
      known: `有${title['zh-CN']}`,
      unknown: `没有${title['zh-CN']}`,
    },
  },
  beside: rfm,
  value: () => sql`rfm.${{ kind: 'sql', chunks: [name] }}`,
  read: (person, moment) => rfmOf(person, moment)?.[of] ?? null,
})

/** Recency, frequency and money among all buyers of the shop. */
export const rfmFields: readonly Field[] = [
  {
    name: 'rfm_group',
    chinese: '价值分组',
    kind: 'choice',
    history: 'full',
    title: both('RFM group', 'RFM 分组'),
    help: both(
      'The group of the member’s scores: recency against frequency and money, by fifths of all buyers or the shop’s own thresholds. Unknown for who never bought.',
      '按最近、频次、金额的得分归入的分组，得分按全部购买会员五等分，或按店铺自定的分界。从未购买的会员为未知。',
    ),
    phrase: {
      en: {
        is: 'are in the RFM group {}',
        other: 'are in another RFM group than {}',
        known: 'are in an RFM group',
        unknown: 'are in no RFM group',
      },
      'zh-CN': {
        is: 'RFM 分组为{}',
        other: 'RFM 分组不是{}',
        known: '有 RFM 分组',
        unknown: '没有 RFM 分组',
      },
    },
    choices: groupChoices,
    beside: rfm,
    value: () => sql`rfm.rfm_group`,
    read: (person, moment) => rfmOf(person, moment)?.group ?? null,
  },
  {
    name: 'previous_rfm_group',
    chinese: '此前价值分组',
    kind: 'choice',
    history: 'full',
    title: both('RFM group 90 days before', '90 天前的 RFM 分组'),
    help: both(
      'The RFM group in which the member was 90 days before, among the buyers of then: previous_rfm_group = "champions" and rfm_group = "at risk". Unknown for who had not bought by then.',
      '会员在 90 天前、按当时全部购买会员的得分所在的 RFM 分组：此前价值分组 = "champions" 且 价值分组 = "at risk"。当时还没有购买过的会员为未知。',
    ),
    phrase: {
      en: {
        is: 'were in the RFM group {} 90 days before',
        other: 'were in another RFM group than {} 90 days before',
        known: 'were in an RFM group 90 days before',
        unknown: 'were in no RFM group 90 days before',
      },
      'zh-CN': {
        is: '90 天前的 RFM 分组为{}',
        other: '90 天前的 RFM 分组不是{}',
        known: '90 天前有 RFM 分组',
        unknown: '90 天前没有 RFM 分组',
      },
    },
    choices: groupChoices,
    beside: before,
    value: () => sql`rfm_before.rfm_group`,
    read: (person, moment) =>
      rfmOf(person, { ...moment, asOf: addDays(moment.asOf, -daysBefore) })?.group ?? null,
  },
  {
    name: 'value_decile',
    chinese: '价值十分位',
    kind: 'count',
    history: 'full',
    title: both('Value decile', '价值十分位'),
    help: both(
      'By net over all time: 1 for the tenth of all buyers who spent most, 10 for the tenth who spent least; equal amounts share a decile: value_decile <= 2. Unknown for who never bought.',
      '按累计净消费：全部购买会员中花得最多的十分之一为 1，最少的为 10，金额相同则相同：价值十分位 <= 2。从未购买的会员为未知。',
    ),
    phrase: {
      en: {
        is: 'are in value decile {}',
        known: 'are in a value decile',
        unknown: 'are in no value decile',
      },
      'zh-CN': { is: '价值十分位为{}', known: '有价值十分位', unknown: '没有价值十分位' },
    },
    beside: decile,
    value: () => sql`value.decile`,
    read: valueDecile,
  },
  score(
    'recency_score',
    '最近得分',
    both('Recency score', '最近得分'),
    both(
      '5 for the fifth of all buyers who bought last, 1 for the fifth that is silent the longest.',
      '全部购买会员中最近购买的五分之一得 5 分，沉默最久的五分之一得 1 分。',
    ),
    'recencyScore',
  ),
  score(
    'frequency_score',
    '频次得分',
    both('Frequency score', '频次得分'),
    both(
      '5 for the fifth of all buyers with most qualifying orders, 1 for the fifth with fewest; equal numbers score the same.',
      '全部购买会员中有效订单最多的五分之一得 5 分，最少的得 1 分；单数相同则得分相同。',
    ),
    'frequencyScore',
  ),
  score(
    'money_score',
    '金额得分',
    both('Money score', '金额得分'),
    both(
      '5 for the fifth of all buyers with the highest net, 1 for the fifth with the lowest.',
      '全部购买会员中净消费最高的五分之一得 5 分，最低的得 1 分。',
    ),
    'moneyScore',
  ),
  score(
    'frequency_money_score',
    '频次金额得分',
    both('Frequency and money score', '频次金额得分'),
    both(
      'Half of the frequency score and the money score together, rounded up.',
      '频次得分与金额得分之和的一半，向上取整。',
    ),
    'frequencyMoneyScore',
  ),
]
