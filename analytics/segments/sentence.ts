import type { Clause, Comparator, Expression, OrderCondition, Subject, Test, Value } from './ast.ts'
import { type Asked, fieldsByName, measuresByName, orderFieldsByName } from './fields.ts'
import { orderPhrases, partOf, phrases } from './phrases.ts'

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
    case 'not': {
      const { part } = expression
      const opposite = part.kind === 'clause' ? clausePhrase(part, reader, true) : undefined
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
function clausePhrase({ subject, test }: Clause, reader: Reader, negated: boolean): string | undefined {
  if (subject.kind === 'measure') return negated ? undefined : measurePhrase(subject, test, reader)
  const field = fieldsByName.get(subject.field)!
  const phrase = partOf(phrases[field.name]![reader.language], test, negated)
  if (phrase !== undefined) return filled(phrase, askedOf(test, field, reader))
  if (negated) return undefined
  const title = field.title[reader.language]
  if (reader.language === 'en')
    return `have ${test.kind === 'known' ? 'a known' : 'no known'} ${title.toLowerCase()}`
  return `${title}${test.kind === 'known' ? '已知' : '未知'}`
}

type MeasureSubject = Extract<Subject, { kind: 'measure' }>

function measurePhrase({ measure, where }: MeasureSubject, test: Test, reader: Reader): string {
  const english = reader.language === 'en'
  const asked = measuresByName.get(measure)!
  const none = test.kind === 'compare' && test.operator === '=' && test.value === 0
  const of = (wanted: readonly string[]) =>
    where
      .filter((one) => wanted.includes(one.kind === 'within' ? 'within' : one.field))
      .map((one) => conditionPhrase(one, reader))
  const known = test.kind === 'known' || test.kind === 'unknown'
  if (english) {
    const conditions = [
      ...of(['category']),
      ...of(['store', 'channel']),
      ...of(['purchase_day', 'days_after_previous', 'day', 'within']),
    ].join(' ')
    const onOrders = where.some((one) => one.kind === 'condition' && one.field !== 'day') ? 'on orders ' : ''
    if (known)
      return `have ${test.kind === 'known' ? 'a known' : 'no known'} ${measure === 'orders' ? 'number of orders' : 'spend on orders'} ${conditions}`
    if (measure === 'orders')
      return `placed ${none ? 'no orders' : askedOf(test, asked, reader)} ${conditions}`
    return `spent ${none ? 'nothing' : askedOf(test, asked, reader)} ${onOrders}${conditions}`
  }
  const when = [
    ...of(['within', 'day', 'purchase_day', 'days_after_previous']),
    ...of(['store', 'channel']),
  ].join('')
  const categories = of(['category']).join('且')
  const goods = categories === '' ? '' : `${categories}的`
  if (known)
    return `${when}${goods}${measure === 'orders' ? '订单数' : '消费额'}${test.kind === 'known' ? '已知' : '未知'}`
  if (measure === 'orders')
    return none ? `${when}没有下过${goods}订单` : `${when}下过${askedOf(test, asked, reader, goods)}`
  const bought = categories === '' ? '' : `在${goods}订单上`
  return none ? `${when}${bought}没有消费` : `${when}${bought}消费${askedOf(test, asked, reader)}`
}

function conditionPhrase(condition: OrderCondition, reader: Reader): string {
  if (condition.kind === 'within') {
    if (condition.days === 0) return reader.language === 'en' ? 'on the day itself' : '当天'
    if (reader.language === 'zh-CN') return `近 ${number(condition.days, reader)} 天`
    return `in the last ${condition.days === 1 ? 'day' : `${number(condition.days, reader)} days`}`
  }
  const field = orderFieldsByName.get(condition.field)!
  const phrase = partOf(orderPhrases[field.name]![reader.language], condition.test, false)!
  return filled(phrase, askedOf(condition.test, field, reader))
}

/** Puts the value into the phrase; digits stand apart from the Chinese around them. */
const filled = (phrase: string, value: string): string =>
  phrase
    .replace(/(\p{Script=Han})\{\}/u, (match, before: string) => (/^\d/.test(value) ? `${before} {}` : match))
    .replace(/\{\}(?=\p{Script=Han})/u, /\d$/.test(value) ? '{} ' : '{}')
    .replace('{}', () => value)

/** What a test asks: "at least 2 orders", "before 31 Jan 2026", "“Tea” or “Cake”". `goods`: what kind of orders, in Chinese. */
function askedOf(test: Test, asked: Asked, reader: Reader, goods = ''): string {
  const english = reader.language === 'en'
  const value = (given: Value) => valueOf(given, asked, reader)
  const unit = (amount: string, count: Value) => withUnit(amount, count, asked, reader, goods)
  switch (test.kind) {
    case 'known':
    case 'unknown':
      return ''
    case 'in': {
      const last = test.values.at(-1)!
      return unit(anyOf(test.values.map(value), reader), asked.kind === 'day' ? '' : last)
    }
    case 'between': {
      const [from, to] = [value(test.from), value(test.to)]
      if (asked.kind === 'day') return english ? `from ${from} to ${to}` : `在 ${from}至 ${to}之间`
      return unit(english ? `${from} to ${to}` : `${from} 至 ${to}`, test.to)
    }
    case 'compare': {
      const own = value(test.value)
      if (asked.kind === 'day') return (english ? englishDay : chineseDay)[test.operator](own)
      if (asked.kind === 'count' || asked.kind === 'money')
        return unit(
          `${english ? englishAmount(test.operator, asked) : chineseAmount[test.operator]} ${own}`,
          test.value,
        )
      return own
    }
  }
}

const englishDay: Readonly<Record<Comparator, (day: string) => string>> = {
  '=': (day) => `on ${day}`,
  '!=': (day) => `on a day other than ${day}`,
  '<': (day) => `before ${day}`,
  '<=': (day) => `on or before ${day}`,
  '>': (day) => `after ${day}`,
  '>=': (day) => `on or after ${day}`,
}
const chineseDay: Readonly<Record<Comparator, (day: string) => string>> = {
  '=': (day) => `在 ${day}`,
  '!=': (day) => `不在 ${day}`,
  '<': (day) => `在 ${day}之前`,
  '<=': (day) => `在 ${day}或之前`,
  '>': (day) => `在 ${day}之后`,
  '>=': (day) => `在 ${day}或之后`,
}
const englishAmount = (operator: Comparator, { unit }: Asked): string =>
  ({
    '=': 'exactly',
    '!=': 'anything but',
    '<': unit === 'orders' || unit === 'points' ? 'fewer than' : 'less than',
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
  if (language === 'zh-CN') return `${all.join('或')}${more > 0 ? `等 ${values.length} 个之一` : ''}`
  return new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(
    more > 0 ? [...all, `${more} others`] : all,
  )
}

function valueOf(value: Value, asked: Asked, reader: Reader): string {
  switch (asked.kind) {
    case 'count':
      return number(Number(value), reader)
    case 'money':
      return new Intl.NumberFormat(reader.language, {
        style: 'currency',
        currency: reader.currency,
        currencyDisplay: 'narrowSymbol',
        trailingZeroDisplay: 'stripIfInteger',
      }).format(Number(value))
    case 'day':
      return new Intl.DateTimeFormat(reader.language === 'en' ? 'en-GB' : 'zh-CN', {
        dateStyle: reader.language === 'en' ? 'medium' : 'long',
        timeZone: 'UTC',
      }).format(new Date(`${String(value)}T00:00:00Z`))
    case 'choice': {
      const title = asked.choices?.find((choice) => choice.value === value)?.title[reader.language]
      return title === undefined ? `“${value}”` : reader.language === 'en' ? title.toLowerCase() : title
    }
    default:
      return typeof value === 'string' ? `“${reader.nameOf?.(asked.name, value) ?? value}”` : String(value)
  }
}

const number = (value: number, { language }: Reader) => new Intl.NumberFormat(language).format(value)

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
    case 'days':
      return `${amount} 天`
    default:
      return amount
  }
}
