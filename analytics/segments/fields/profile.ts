import { daysBetween } from '../../calendar/calendar.ts'
import type { Dialect } from '../../sql/dialect.ts'
import { type Sql, sql } from '../../sql/sql.ts'
import { ageOn, daysToBirthday } from '../person.ts'
import { both, choice } from './described.ts'
import type { Field } from './field.ts'

/** Days from asOf to the next return of a date's day of the year. */
function daysTo(day: Sql, asOf: string, d: Dialect): Sql {
  const today = d.date(asOf)
  const inYear = (year: number) => d.addYears(day, sql`${year} - ${d.yearOf(day)}`)
  const [one, other] = [inYear(Number(asOf.slice(0, 4))), inYear(Number(asOf.slice(0, 4)) + 1)]
  return sql`case when ${one} >= ${today} then ${d.daysBetween(today, one)} else ${d.daysBetween(today, other)} end`
}

const months = Array.from({ length: 12 }, (_, i) => i + 1)
const monthName = new Intl.DateTimeFormat('en-GB', { month: 'long', timeZone: 'UTC' })
/** A phrase for each month of the year, by its number. */
const monthWords = (phrase: (month: number) => string): Record<string, string> =>
  Object.fromEntries(months.map((month) => [month, phrase(month)]))

/** Who the member is: what was imported or set of them. */
export const profile: readonly Field[] = [
  {
    name: 'joined',
    chinese: '入会日期',
    shopify: 'customer_added_date',
    kind: 'day',
    history: 'full',
    title: both('Joined', '入会日期'),
    help: both('Day on which the member joined, where it was imported.', '入会的日期（如已导入）。'),
    phrase: {
      en: { is: 'joined {}', known: 'have a known joining day', unknown: 'have no known joining day' },
      'zh-CN': { is: '入会时间{}', known: '入会时间已知', unknown: '入会时间未知' },
    },
    value: () => sql`facts.joined_day`,
    read: (person) => person.joined,
  },
  {
    name: 'days_since_joined',
    chinese: '入会天数',
    kind: 'count',
    unit: 'days',
    daily: 1,
    history: 'full',
    title: both('Days since joining', '入会天数'),
    help: both('Days from joining to the day asked about.', '从入会到数据截至日的天数。'),
    phrase: {
      en: {
        is: 'joined {} ago',
        none: 'joined on the day',
        known: 'have a known joining day',
        unknown: 'have no known joining day',
      },
      'zh-CN': { is: '入会{}', none: '当天入会', known: '入会时间已知', unknown: '入会时间未知' },
    },
    value: ({ asOf, d }) => d.daysBetween(sql`facts.joined_day`, d.date(asOf)),
    read: (person, { asOf }) => (person.joined === null ? null : daysBetween(person.joined, asOf)),
  },
  {
    name: 'channel',
    chinese: '入会渠道',
    kind: 'text',
    list: 'channels',
    history: 'full',
    title: both('Joined through', '入会渠道'),
    help: both('The channel through which the member came.', '会员来自哪个渠道。'),
    phrase: {
      en: {
        is: 'joined through {}',
        other: 'joined through a channel other than {}',
        text: 'joined through a channel whose name {}',
        known: 'joined through a known channel',
        unknown: 'joined through no known channel',
      },
      'zh-CN': { is: '通过{}入会', other: '通过{}以外的渠道入会', text: '通过名称{}的渠道入会' },
    },
    value: () => sql`facts.channel`,
    read: (person) => person.channel,
  },
  {
    name: 'region',
    chinese: '地区',
    kind: 'text',
    list: 'regions',
    history: 'none',
    title: both('Region', '地区'),
    help: both('Where the member lives, as last imported.', '会员所在地区，以最近导入为准。'),
    phrase: {
      en: { is: 'live in {}', other: 'live somewhere other than {}', text: 'live in a region whose name {}' },
      'zh-CN': { is: '所在地区为{}', other: '所在地区不是{}', text: '所在地区名称{}' },
    },
    value: () => sql`facts.region`,
    read: (person) => person.region,
  },
  {
    name: 'tier',
    chinese: '等级',
    kind: 'text',
    list: 'tiers',
    history: 'none',
    title: both('Tier', '等级'),
    help: both('Member tier, as last imported.', '会员等级，以最近导入为准。'),
    phrase: {
      en: { is: 'have the tier {}', other: 'have a tier other than {}', text: 'have a tier whose name {}' },
      'zh-CN': { is: '等级为{}', other: '等级不是{}', text: '等级名称{}' },
    },
    value: () => sql`facts.tier`,
    read: (person) => person.tier,
  },
  {
    name: 'points',
    chinese: '积分',
    kind: 'count',
    unit: 'points',
    history: 'none',
    title: both('Points', '积分'),
    help: both('Points on the account, as last imported.', '账户积分，以最近导入为准。'),
    phrase: {
      en: {
        is: 'have {}',
        none: 'have no points',
        known: 'have a known number of points',
        unknown: 'have no known number of points',
      },
      'zh-CN': { is: '积分{}', none: '没有积分' },
    },
    value: () => sql`facts.points`,
    read: (person) => person.points,
  },
  {
    name: 'stored_value',
    chinese: '储值余额',
    kind: 'money',
    history: 'none',
    title: both('Stored value', '储值余额'),
    help: both('Money on the card or account, as last imported.', '卡内或账户余额，以最近导入为准。'),
    phrase: {
      en: { is: 'have {} stored on their account', none: 'have nothing stored on their account' },
      'zh-CN': { is: '储值余额{}', none: '没有储值余额' },
    },
    value: () => sql`facts.stored_value_minor`,
    read: (person) => person.storedValueMinor,
  },
  {
    name: 'gender',
    chinese: '性别',
    kind: 'choice',
    history: 'full',
    title: both('Gender', '性别'),
    help: both('As imported.', '以导入为准。'),
    phrase: {
      en: { is: 'are {}', other: 'are of a gender other than {}' },
      'zh-CN': { is: '性别为{}', other: '性别不是{}' },
    },
    choices: [choice('female', '女'), choice('male', '男')],
    value: () => sql`facts.gender`,
    read: (person) => person.gender,
  },
  {
    name: 'birthday_in',
    chinese: '距生日天数',
    kind: 'count',
    unit: 'days',
    daily: -1,
    history: 'full',
    title: both('Days to birthday', '距生日天数'),
    help: both(
      'Days until the next birthday, 0 on the day. 29 February is kept on the 28th in other years.',
      '距下一个生日的天数，当天为 0。2 月 29 日生日在平年按 28 日计。',
    ),
    phrase: {
      en: {
        is: 'have a birthday in {}',
        none: 'have their birthday on the day',
        known: 'have a known birthday',
        unknown: 'have no known birthday',
      },
      'zh-CN': { is: '距生日{}', none: '当天过生日', known: '生日已知', unknown: '生日未知' },
    },
    value: ({ asOf, d }) => daysTo(sql`facts.birthday`, asOf, d),
    read: (person, { asOf }) => (person.birthday === null ? null : daysToBirthday(person.birthday, asOf)),
  },
  {
    name: 'birthday',
    chinese: '生日',
    kind: 'anniversary',
    history: 'full',
    title: both('Birthday', '生日'),
    help: both(
      'The day of the birthday: birthday within next 7 days, birthday within last 7 days. 29 February is kept on the 28th in other years.',
      '生日：生日 未来 7 天，或 生日 近 7 天。2 月 29 日生日在平年按 28 日计。',
    ),
    phrase: {
      en: { is: 'have a birthday {}', known: 'have a known birthday', unknown: 'have no known birthday' },
      'zh-CN': { is: '{}过生日', known: '生日已知', unknown: '生日未知' },
    },
    value: () => sql`facts.birthday`,
    read: (person) => person.birthday,
  },
  {
    name: 'birthday_month',
    chinese: '生日月份',
    kind: 'count',
    history: 'full',
    title: both('Birthday month', '生日月份'),
    help: both('The month of the birthday, 1 to 12.', '生日所在月份，1 至 12。'),
    phrase: {
      en: {
        is: 'have a birthday in a month whose number is {}',
        words: monthWords(
          (month) => `have a birthday in ${monthName.format(new Date(Date.UTC(2000, month - 1, 1)))}`,
        ),
        known: 'have a known birthday',
        unknown: 'have no known birthday',
      },
      'zh-CN': {
        is: '生日月份{}',
        words: monthWords((month) => `生日在 ${month} 月`),
        known: '生日已知',
        unknown: '生日未知',
      },
    },
    value: ({ d }) => d.monthOfYear(sql`facts.birthday`),
    read: (person) => (person.birthday === null ? null : Number(person.birthday.slice(5, 7))),
  },
  {
    name: 'birthday_this_month',
    chinese: '本月生日',
    kind: 'flag',
    history: 'full',
    title: both('Birthday this month', '本月生日'),
    help: both(
      'The birthday lies in the month of the day asked about, past or still to come in it.',
      '生日在数据截至日所在的月份，无论已过或未到。',
    ),
    phrase: {
      en: {
        is: 'have “birthday this month” {}',
        words: { true: 'have their birthday this month', false: 'have their birthday in another month' },
        known: 'have a known birthday',
        unknown: 'have no known birthday',
      },
      'zh-CN': {
        is: '“本月生日”为{}',
        words: { true: '本月过生日', false: '生日在其他月份' },
        known: '生日已知',
        unknown: '生日未知',
      },
    },
    value: ({ asOf, d }) => sql`(${d.monthOfYear(sql`facts.birthday`)} = ${Number(asOf.slice(5, 7))})`,
    read: (person, { asOf }) =>
      person.birthday === null ? null : person.birthday.slice(5, 7) === asOf.slice(5, 7),
  },
  {
    name: 'age',
    chinese: '年龄',
    kind: 'count',
    unit: 'years',
    history: 'full',
    title: both('Age', '年龄'),
    help: both(
      'Whole years on the day asked about, where a birthday with its year was imported.',
      '数据截至日的周岁，须已导入带年份的生日。',
    ),
    phrase: {
      en: { is: 'are {} old', known: 'have a known age', unknown: 'have no known age' },
      'zh-CN': { is: '年龄{}', known: '年龄已知', unknown: '年龄未知' },
    },
    value: ({ asOf, d }) => {
      const years = sql`(${Number(asOf.slice(0, 4))} - ${d.yearOf(sql`facts.birthday`)})`
      const had = sql`${d.addYears(sql`facts.birthday`, years)} <= ${d.date(asOf)}`
      return sql`case when facts.birthday <= ${d.date(asOf)} then ${years} - case when ${had} then 0 else 1 end end`
    },
    read: (person, { asOf }) => (person.birthday === null ? null : ageOn(person.birthday, asOf)),
  },
  {
    name: 'join_anniversary',
    chinese: '入会纪念日',
    kind: 'anniversary',
    history: 'full',
    title: both('Join anniversary', '入会纪念日'),
    help: both(
      'The day of joining in the years after: join_anniversary within next 7 days. A member who joined this year has the first one next year.',
      '入会之后每年的同一天：入会纪念日 未来 7 天。今年入会的会员，明年才有第一个纪念日。',
    ),
    phrase: {
      en: {
        is: 'have their join anniversary {}',
        known: 'have a known joining day',
        unknown: 'have no known joining day',
      },
      'zh-CN': { is: '{}有入会纪念日', known: '入会时间已知', unknown: '入会时间未知' },
    },
    value: () => sql`facts.joined_day`,
    read: (person) => person.joined,
  },
  {
    name: 'consent',
    chinese: '授权',
    kind: 'choice',
    history: 'none',
    title: both('Consent', '授权'),
    help: both(
      'Whether the member may be contacted. Not asked yet: consent is unknown.',
      '是否可以联系。尚未询问：授权 未知。',
    ),
    phrase: {
      en: {
        is: 'answered {} when asked for consent',
        other: 'answered something other than {} when asked for consent',
        known: 'said whether they may be contacted',
        unknown: 'were never asked whether they may be contacted',
        words: { granted: 'agreed to be contacted', denied: 'declined contact' },
        notWords: { granted: 'have not agreed to be contacted', denied: 'have not declined contact' },
      },
      'zh-CN': {
        is: '对联系的答复为{}',
        other: '对联系的答复不是{}',
        known: '已表示是否可联系',
        unknown: '是否可联系未知',
        words: { granted: '同意联系', denied: '拒绝联系' },
        notWords: { granted: '未同意联系', denied: '未拒绝联系' },
      },
    },
    choices: [choice('granted', '同意联系'), choice('denied', '拒绝联系')],
    value: () => sql`nullif(facts.consent, 'unknown')`,
    read: (person) => (person.consent === 'unknown' ? null : person.consent),
  },
]
