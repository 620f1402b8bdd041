import { statusBy } from '../../relations/dormancy-rules.ts'
import { sql } from '../../sql/sql.ts'
import { type Moment, type Person, purchaseDays } from '../person.ts'
import { both, statusChoices } from './described.ts'
import type { Field, Reading } from './field.ts'

const scores = { alias: 'scores', relation: ({ tables }: Reading) => tables.memberScores } as const
/** P(alive) is kept in millionths. */
const millionths = 1_000_000

const foretoldOf = (person: Person, moment: Moment) => moment.foretold(moment.asOf).get(person.id)

function statusByModel(person: Person, moment: Moment): string | null {
  if (purchaseDays(person, moment).length === 0) return 'never bought'
  const kept = foretoldOf(person, moment)?.alive
  if (kept === undefined) return null
  const alive = kept / millionths
  if (alive < 0.05) return 'lost'
  if (alive < 0.2) return 'dormant'
  return alive < 0.5 ? 'cooling' : 'active'
}

/** What the models foretell, fitted to all members as of the day that is asked about. */
export const foretold: readonly Field[] = [
  {
    name: 'p_alive',
    chinese: '再次购买可能性',
    kind: 'percent',
    history: 'full',
    title: both('P(alive)', '再次购买可能性'),
    help: both(
      'How likely it is that the member will buy again, by how often they bought and how long they have been silent, told by a model of all members: p_alive < 50%. Unknown for who never bought, and while the model is refused (Value says why).',
      '会员还会再来购买的可能性，由全部会员的购买规律建模，按购买次数和沉默时间推算：再次购买可能性 < 50%。从未购买的会员为未知；模型未被采用时全部为未知（“价值”页说明原因）。',
    ),
    phrase: {
      en: {
        is: 'have a chance to buy again of {}',
        known: 'have a known chance to buy again',
        unknown: 'have no known chance to buy again',
      },
      'zh-CN': {
        is: '再次购买可能性为{}',
        known: '有再次购买可能性',
        unknown: '没有再次购买可能性',
      },
    },
    beside: scores,
    foretold: true,
    value: () => sql`cast(coalesce(scores.alive, 0) as bigint)`,
    read: (person, moment) => foretoldOf(person, moment)?.alive ?? 0,
    // nothing of nothing is unknown
    per: {
      value: () => sql`case when scores.alive is null then 0 else cast(${millionths} as bigint) end`,
      read: (person, moment) => (foretoldOf(person, moment) ? millionths : 0),
    },
  },
  {
    name: 'predicted_clv',
    chinese: '预计未来消费',
    kind: 'money',
    history: 'full',
    title: both('Predicted CLV', '预计未来消费'),
    help: both(
      'Net that the member is expected to spend within the next 365 days, by a model of all members: predicted_clv >= 500. Unknown for who never bought, and while the model is refused (Value says why).',
      '预计会员未来 365 天的净消费，由全部会员的购买规律建模推算：预计未来消费 >= 500。从未购买的会员为未知；模型未被采用时全部为未知（“价值”页说明原因）。',
    ),
    phrase: {
      en: {
        is: 'are expected to spend {} within a year',
        none: 'are expected to spend nothing within a year',
        known: 'have a predicted CLV',
        unknown: 'have no predicted CLV',
      },
      'zh-CN': {
        is: '预计未来一年消费{}',
        none: '预计未来一年不消费',
        known: '有预计未来消费',
        unknown: '没有预计未来消费',
      },
    },
    beside: scores,
    foretold: true,
    value: () => sql`scores.clv_minor`,
    read: (person, moment) => foretoldOf(person, moment)?.clvMinor ?? null,
  },
  {
    name: 'model_status',
    chinese: '模型状态',
    kind: 'choice',
    history: 'full',
    title: both('Status by the model', '按模型的状态'),
    help: both(
      'By P(alive): below 50% is cooling, below 20% dormant, below 5% lost. Unknown while the model is refused (Value says why).',
      '按再次购买可能性划分：低于 50% 为趋冷，低于 20% 为沉睡，低于 5% 为流失。模型未被采用时为未知（“价值”页说明原因）。',
    ),
    phrase: {
      en: {
        is: 'are {} by the model',
        other: 'are anything but {} by the model',
        known: 'have a status by the model',
        unknown: 'have no status by the model',
        words: { 'never bought': 'have never bought, by the model' },
      },
      'zh-CN': {
        is: '按模型状态为{}',
        other: '按模型状态不是{}',
        known: '有按模型的状态',
        unknown: '没有按模型的状态',
        words: { 'never bought': '按模型为从未购买' },
      },
    },
    choices: statusChoices,
    beside: scores,
    foretold: true,
    value: () => statusBy.model(),
    read: statusByModel,
  },
]
