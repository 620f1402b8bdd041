import { daysBetween } from '../../calendar/calendar.ts'
import { sql } from '../../sql/sql.ts'
import { daysToBirthday } from '../person.ts'
import { both, choice } from './described.ts'
import type { Field } from './field.ts'

/** Who the member is: what was imported or set of them. */
export const profile: readonly Field[] = [
  {
    name: 'joined',
    chinese: '入会日期',
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
        known: 'have a known joining day',
        unknown: 'have no known joining day',
      },
      'zh-CN': { is: '入会{}', known: '入会时间已知', unknown: '入会时间未知' },
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
      en: { is: 'joined through {}', other: 'joined through a channel other than {}' },
      'zh-CN': { is: '通过{}入会', other: '通过{}以外的渠道入会' },
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
      en: { is: 'live in {}', other: 'live somewhere other than {}' },
      'zh-CN': { is: '所在地区为{}', other: '所在地区不是{}' },
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
      en: { is: 'have the tier {}', other: 'have a tier other than {}' },
      'zh-CN': { is: '等级为{}', other: '等级不是{}' },
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
      en: { is: 'have {}', none: 'have no points' },
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
      en: { is: 'have a birthday in {}', none: 'have their birthday on the day' },
      'zh-CN': { is: '距生日{}', none: '当天过生日' },
    },
    value: ({ asOf, d }) => {
      const year = Number(asOf.slice(0, 4))
      const inYear = (wanted: number) =>
        d.addYears(sql`facts.birthday`, sql`${wanted} - ${d.yearOf(sql`facts.birthday`)}`)
      const today = d.date(asOf)
      return sql`case when ${inYear(year)} >= ${today} then ${d.daysBetween(today, inYear(year))}
        else ${d.daysBetween(today, inYear(year + 1))} end`
    },
    read: (person, { asOf }) => (person.birthday === null ? null : daysToBirthday(person.birthday, asOf)),
  },
  {
    name: 'consent',
    chinese: '授权',
    kind: 'choice',
    history: 'none',
    title: both('Consent', '授权'),
    help: both(
      'Whether the member may be contacted. Not asked yet: consent is unknown.',
      '是否可以联系。尚未询问：consent is unknown。',
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
