import type { Clause, Comparator, Condition, Expression, Subject, Test, TextOperator, Value } from './ast.ts'
import { relativeDay } from './days.ts'
import { type Asked, conditionsOf, fieldsByName, measuresByName } from './fields/catalogue.ts'
import { isOrdered } from './fields/described.ts'
import type { ConditionField } from './fields/measure.ts'
import { hoursSaid } from './hours-said.ts'
import { partOf } from './phrase.ts'
import { purchaseDaysSaid } from './purchase-days-said.ts'

/** Who reads, and in which currency amounts of money are. */
export interface Reader {
  readonly language: 'en' | 'zh-CN'
  /** ISO 4217. */
  readonly currency: string
  /** What a value of a field is called, where its text is an id. */
  readonly nameOf?: (field: string, value: string) => string | undefined
}

/**
 * A rule as a sentence a marketer reads: "Members who placed at least 2 orders and are dormant",
 * 「累计下过至少 2 笔订单，且状态为沉睡的会员」. A group inside another stands in parentheses, a condition that
 * can't be turned into its opposite in "don't fit (…)". Two rules with the same sentence select the same
 * members, except that of a list of more than five values only some are named.
 */
export function ruleSentence(expression: Expression, reader: Reader): string {
  if (expression.kind === 'everyone') return reader.language === 'en' ? 'All members' : '全部会员'
  const phrase = phraseOf(expression, reader)
  return reader.language === 'en' ? `Members who ${phrase}` : filled('{}的会员', phrase)
}

function phraseOf(expression: Expression, reader: Reader): string {
  const english = reader.language === 'en'
  switch (expression.kind) {
    case 'everyone':
      return english ? 'are members' : '是会员'
    case 'clause':
      return clausePhrase(expression, reader, false)!
    case 'random': {
      const share = percent(expression.percent, reader)
      const seed = expression.seed === '' ? '' : expression.seed
      if (english) return `are in a random ${share}${seed === '' ? '' : ` drawn with “${seed}”`}`
      return together('在', seed === '' ? '' : `以“${seed}”`, '随机抽取的', share, '中')
    }
    case 'segment':
      return english ? `are in the segment “${expression.name}”` : `属于人群“${expression.name}”`
    case 'on': {
      const day = dayText(expression.day, reader)
      const { part } = expression
      const phrase = phraseOf(part, reader)
      if (english) return `fitted (${phrase}) ${onDay(expression.day, day)}`
      return together('在', day, `符合（${phrase}）`)
    }
    case 'not': {
      const { part } = expression
      const opposite =
        part.kind === 'clause'
          ? clausePhrase(part, reader, true)
          : part.kind === 'segment'
            ? english
              ? `are not in the segment “${part.name}”`
              : `不属于人群“${part.name}”`
            : undefined
      if (opposite !== undefined) return opposite
      return english ? `don’t fit (${phraseOf(part, reader)})` : `不符合（${phraseOf(part, reader)}）`
    }
    case 'and':
    case 'or':
      return listed(
        expression.parts.map((part) => {
          const phrase = phraseOf(part, reader)
          if (part.kind !== 'and' && part.kind !== 'or') return phrase
          return english ? `(${phrase})` : `（${phrase}）`
        }),
        expression.kind,
        reader,
      )
  }
}

function listed(parts: readonly string[], connective: 'and' | 'or', { language }: Reader): string {
  if (language === 'en') {
    const type = connective === 'and' ? 'conjunction' : 'disjunction'
    return new Intl.ListFormat('en-GB', { type }).format(parts)
  }
  const last = connective === 'and' ? '，且' : '，或'
  return `${parts.slice(0, -1).join(connective === 'and' ? '，' : '，或')}${last}${parts.at(-1)!}`
}

/** The phrase of a condition, or of its opposite where there is one. */
function clausePhrase(
  { subject, test: written }: Clause,
  reader: Reader,
  negated: boolean,
): string | undefined {
  if (subject.kind === 'measure') return negated ? undefined : measurePhrase(subject, written, reader)
  const field = fieldsByName.get(subject.field)!
  const test = plainly(written, field)
  const phrase = partOf(field.phrase[reader.language], test, negated)
  if (phrase !== undefined) return filled(phrase, askedOf(test, field, reader))
  if (negated) return undefined
  const title = field.title[reader.language]
  if (reader.language === 'en')
    return `have ${test.kind === 'known' ? 'a known' : 'no known'} ${title.toLowerCase()}`
  return `${title}${test.kind === 'known' ? '已知' : '未知'}`
}

/**
 * The test as people say it, selecting the same: more than 0 of what is counted one by one is at least 1, fewer than 1
 * none, 0 to 3 at most 3, and from a value to the same it is that value.
 */
function plainly(test: Test, { kind, unit, signed }: Asked): Test {
  const is = (operator: Comparator, value: Value): Test => ({ kind: 'compare', operator, value })
  if (test.kind === 'between' && test.from === test.to) return is('=', test.from)
  if (kind !== 'count' || unit === 'items' || signed) return test
  if (test.kind === 'between') return test.from === 0 ? is('<=', test.to) : test
  if (test.kind !== 'compare') return test
  const { operator, value } = test
  if (value === 0 && (operator === '>' || operator === '!=')) return is('>=', 1)
  if ((value === 0 && operator === '<=') || (value === 1 && operator === '<')) return is('=', 0)
  return test
}

type MeasureSubject = Extract<Subject, { kind: 'measure' }>

function measurePhrase({ measure, where }: MeasureSubject, written: Test, reader: Reader): string {
  const asked = measuresByName.get(measure)!
  const test = plainly(written, asked)
  const phrase = asked.phrase[reader.language]
  const template = partOf(phrase, test, false)!
  const of = (reads: ConditionField['reads']) =>
    where.filter((one) => placeOf(one, measure) === reads).map((one) => conditionPhrase(one, measure, reader))
  const { what, place, when } = { what: of('what'), place: of('where'), when: of('when') }
  if (reader.language === 'en') {
    const conditions = [...what, ...place, ...when].join(' ')
    const around = what.length + place.length > 0 ? phrase.around : undefined
    return put(template, {
      '{}': askedOf(test, asked, reader),
      '{where}': around === undefined ? conditions : filled(around, conditions),
    })
  }
  const whenAndWhere = together(...when, ...place)
  const sort =
    what.length === 0 ? '' : together(...what.flatMap((one, i) => (i === 0 ? one : ['且', one])), '的')
  const inWhat = sort !== '' && phrase.around ? filled(phrase.around, sort) : sort
  const goods = template.includes('{what}') ? '' : sort
  return put(template, {
    '{}': askedOf(test, asked, reader, goods),
    '{when}': whenAndWhere,
    '{what}': inWhat,
    '{whose}': together(whenAndWhere, inWhat, whenAndWhere !== '' && inWhat === '' ? '的' : ''),
  })
}

/** `within n days` says when. */
const placeOf = (condition: Condition, measure: string): ConditionField['reads'] =>
  condition.kind === 'within' ? 'when' : conditionsOf(measure).get(condition.field)!.reads

function conditionPhrase(condition: Condition, measure: string, reader: Reader): string {
  if (condition.kind === 'within') {
    if (condition.days === 0) return reader.language === 'en' ? 'on the day itself' : '当天'
    if (reader.language === 'zh-CN') return `近 ${number(condition.days, reader)} 天`
    return `in the last ${condition.days === 1 ? 'day' : `${number(condition.days, reader)} days`}`
  }
  const field = conditionsOf(measure).get(condition.field)!
  const test = plainly(condition.test, field)
  const phrase = partOf(field.phrase[reader.language], test, false)!
  return filled(phrase, askedOf(test, field, reader))
}

const filled = (phrase: string, value: string): string => put(phrase, { '{}': value })

/** The template with the values in place of its slots. */
const put = (template: string, values: Readonly<Record<string, string>>): string =>
  together(...template.split(/(\{[a-z]*\})/).map((part) => values[part] ?? part))

/** The parts one after the other; digits and amounts stand apart from the Chinese around them. */
const together = (...parts: readonly string[]): string =>
  parts.reduce((all, part) => {
    const apart = /\p{Script=Han}$/u.test(all)
      ? /^[\d\p{Sc}]/u.test(part)
      : /[\d%]$/.test(all) && /^\p{Script=Han}/u.test(part)
    return `${all}${apart ? ' ' : ''}${part}`
  }, '')

/** What a test asks: "at least 2 orders", "before 31 Jan 2026", "“Tea” or “Cake”". `goods`: what kind of orders, in Chinese. */
function askedOf(test: Test, asked: Asked, reader: Reader, goods = ''): string {
  const english = reader.language === 'en'
  const value = (given: Value) => valueOf(given, asked, reader)
  const unit = (amount: string, count: Value) => withUnit(amount, count, asked, reader, goods)
  if (
    asked.said === 'purchase days' &&
    (test.kind === 'compare' || test.kind === 'between' || test.kind === 'in')
  )
    return purchaseDaysSaid(test, reader.language, {
      number: (one) => number(one, reader),
      any: (values) => anyOf(values, reader),
    })
  switch (test.kind) {
    case 'known':
    case 'unknown':
      return ''
    case 'in': {
      const last = test.values.at(-1)!
      const any = anyOf(
        test.values.map(
          asked.said === 'hours'
            ? (hour) => hoursSaid({ kind: 'compare', operator: '=', value: hour }, reader.language)
            : value,
        ),
        reader,
      )
      if (asked.said === 'hours') return any
      if (asked.kind === 'month') return english ? `in ${any}` : `在 ${any}`
      if (asked.kind === 'day') return english ? onDay(String(test.values[0]!), any) : together('在', any)
      return unit(any, last)
    }
    case 'text':
      return textPhrases[reader.language][test.operator](test.value)
    case 'within': {
      if (test.days === 0) return english ? 'on the day itself' : '在当天'
      const [one, count] = [test.days === 1, number(test.days, reader)]
      if (english) return `in the ${test.direction} ${one ? 'day' : `${count} days`}`
      return `在${test.direction === 'last' ? '近' : '未来'} ${count} 天内`
    }
    case 'between': {
      if (asked.said === 'hours') return hoursSaid(test, reader.language)
      const [from, to] = [value(test.from), value(test.to)]
      if (asked.kind === 'day' || asked.kind === 'month')
        return english ? `from ${from} to ${to}` : together('在', from, '至', to, '之间')
      return unit(english ? `${from} to ${to}` : `${from} 至 ${to}`, many)
    }
    case 'compare': {
      if (asked.said === 'hours') return hoursSaid(test, reader.language)
      const own = value(test.value)
      if (asked.kind === 'day' && english && test.operator === '=') return onDay(String(test.value), own)
      if (asked.kind === 'day') return (english ? englishDay : chineseDay)[test.operator](own)
      if (asked.kind === 'month') return (english ? englishMonth : chineseDay)[test.operator](own)
      // weighed goods are less than one item, too
      if (asked.unit === 'items' && test.operator === '>' && test.value === 0)
        return english ? 'any items' : '任意数量的商品'
      if (isOrdered(asked.kind))
        return unit(
          `${english ? englishAmount(test.operator, asked) : chineseAmount[test.operator]} ${own}`,
          test.value,
        )
      return own
    }
  }
}

const englishDay: Readonly<Record<Comparator, (day: string) => string>> = {
  '=': (day) => day,
  '!=': (day) => `on a day other than ${day}`,
  '<': (day) => `before ${day}`,
  '<=': (day) => `on or before ${day}`,
  '>': (day) => `after ${day}`,
  '>=': (day) => `on or after ${day}`,
}
const englishMonth: Readonly<Record<Comparator, (month: string) => string>> = {
  '=': (month) => `in ${month}`,
  '!=': (month) => `in a month other than ${month}`,
  '<': (month) => `before ${month}`,
  '<=': (month) => `in ${month} or before`,
  '>': (month) => `after ${month}`,
  '>=': (month) => `in ${month} or after`,
}
const textPhrases: Readonly<Record<Reader['language'], Record<TextOperator, (text: string) => string>>> = {
  en: {
    contains: (text) => `contains “${text}”`,
    'not contains': (text) => `does not contain “${text}”`,
    'starts with': (text) => `starts with “${text}”`,
    'ends with': (text) => `ends with “${text}”`,
  },
  'zh-CN': {
    contains: (text) => `包含“${text}”`,
    'not contains': (text) => `不包含“${text}”`,
    'starts with': (text) => `以“${text}”开头`,
    'ends with': (text) => `以“${text}”结尾`,
  },
}
const chineseDay: Readonly<Record<Comparator, (day: string) => string>> = {
  '=': (day) => together('在', day),
  '!=': (day) => together('不在', day),
  '<': (day) => together('在', day, '之前'),
  '<=': (day) => together('在', day, '或之前'),
  '>': (day) => together('在', day, '之后'),
  '>=': (day) => together('在', day, '或之后'),
}
const englishAmount = (operator: Comparator, { unit }: Asked): string =>
  ({
    '=': 'exactly',
    '!=': 'anything but',
    '<': unit !== undefined && unit !== 'days' && unit !== 'years' ? 'fewer than' : 'less than',
    '<=': 'at most',
    '>': 'more than',
    '>=': 'at least',
  })[operator]
const chineseAmount: Readonly<Record<Comparator, string>> = {
  '=': '正好',
  '!=': '不等于',
  '<': '不到',
  '<=': '至多',
  '>': '超过',
  '>=': '至少',
}

const named = { most: 5, shown: 3 } as const

/** The values, any of them: of a long list the first ones and how many more there are. */
function anyOf(values: readonly string[], { language }: Reader): string {
  const all = values.length <= named.most ? values : values.slice(0, named.shown)
  const more = values.length - all.length
  const last = all.length - 1
  if (language === 'zh-CN')
    return `${together(...all.flatMap((one, i) => (i < last ? [one, '或'] : [one])))}${more > 0 ? `等 ${values.length} 个之一` : ''}`
  return new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(
    more > 0 ? [...all, `${more} others`] : all,
  )
}

function valueOf(value: Value, asked: Asked, reader: Reader): string {
  switch (asked.kind) {
    case 'count':
      return number(Number(value), reader)
    case 'percent':
      return percent(Number(value), reader)
    case 'money':
      return new Intl.NumberFormat(reader.language, {
        style: 'currency',
        currency: reader.currency,
        currencyDisplay: 'narrowSymbol',
        trailingZeroDisplay: 'stripIfInteger',
      }).format(Number(value))
    case 'day':
      return dayText(String(value), reader)
    case 'month':
      return new Intl.DateTimeFormat(reader.language === 'en' ? 'en-GB' : 'zh-CN', {
        year: 'numeric',
        month: reader.language === 'en' ? 'short' : 'long',
        timeZone: 'UTC',
      }).format(new Date(`${String(value)}-01T00:00:00Z`))
    case 'choice': {
      const found = asked.choices?.find((choice) => choice.value === value)
      if (!found) return `“${value}”`
      return reader.language === 'en' && !found.proper
        ? found.title.en.toLowerCase()
        : found.title[reader.language]
    }
    default:
      return typeof value === 'string' ? `“${reader.nameOf?.(asked.name, value) ?? value}”` : String(value)
  }
}

const number = (value: number, { language }: Reader) => new Intl.NumberFormat(language).format(value)

/** A share, a day and a month as people write them; a day relative to the day asked about as "30 days ago". */
const percent = (value: number, { language }: Reader) =>
  new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 2 }).format(value / 100)

function dayText(day: string, reader: Reader): string {
  const english = reader.language === 'en'
  if (day === 'today') return english ? 'today' : '今天'
  if (day === 'yesterday') return english ? 'yesterday' : '昨天'
  const [, sign, digits, letter] = relativeDay.exec(day) ?? []
  if (letter !== undefined) {
    const count = number(Number(digits), reader)
    const unit = relativeUnits[letter as keyof typeof relativeUnits]
    if (!english) return `${count} ${unit.zh}${sign === '-' ? '前' : '后'}`
    const counted = `${count} ${unit.en}${Number(digits) === 1 ? '' : 's'}`
    return sign === '-' ? `${counted} ago` : `${counted} from today`
  }
  return new Intl.DateTimeFormat(english ? 'en-GB' : 'zh-CN', {
    dateStyle: english ? 'medium' : 'long',
    timeZone: 'UTC',
  }).format(new Date(`${day}T00:00:00Z`))
}

/** A relative day takes no preposition: "30 days ago". */
const onDay = (day: string, written: string): string => (/^\d{4}/.test(day) ? `on ${written}` : written)

const relativeUnits = {
  d: { en: 'day', zh: '天' },
  w: { en: 'week', zh: '周' },
  m: { en: 'month', zh: '个月' },
  y: { en: 'year', zh: '年' },
}

/** Of a span: "0 to 1 days". */
const many = 2

/** The amount with its noun: "2 orders", "1 day", 「2 笔订单」. */
function withUnit(amount: string, count: Value, asked: Asked, reader: Reader, goods: string): string {
  const one = Number(count) === 1
  if (reader.language === 'en') {
    if (asked.unit === undefined) return amount
    return `${amount} ${one ? asked.unit.slice(0, -1) : asked.unit}`
  }
  switch (asked.unit) {
    case 'orders':
      return `${amount} 笔${goods}订单`
    case 'items':
      return `${amount} 件商品`
    case 'coupons':
      return `${amount} 张${goods}优惠券`
    case 'days':
      return `${amount} 天`
    case 'years':
      return `${amount} 岁`
    default:
      return amount
  }
}
