import type { Clause, Condition, Expression, Test, Value } from './ast.ts'
import { printDay } from './days.ts'
import { type Asked, conditionsOf, fieldsByName, measuresByName } from './fields/catalogue.ts'
import { inLanguage, type Language, type Word } from './words.ts'

/**
 * The canonical text of a rule: lower-case words, single spaces, texts in double quotes, parentheses
 * around every group inside another. Reading it gives the same rule again, in either language. Rules are
 * kept in English; a reader's own language is for the eye.
 */
export const print = (expression: Expression, language: Language = 'en'): string =>
  new Printer(language).expression(expression)

/** One condition as it stands inside a measure's parentheses. */
export const printCondition = (condition: Condition, measure: string, language: Language = 'en'): string =>
  new Printer(language).condition(condition, measure)

/** The same text on lines: a group that is long has a line for each of its parts, deeper ones further in. */
export const printOnLines = (expression: Expression, language: Language = 'en'): string =>
  new Printer(language).onLines(expression, 0)

/** What stands on one line, if it is no longer than this with its indentation. */
const lineLength = 72
const indentation = 2

class Printer {
  readonly #language: Language

  constructor(language: Language) {
    this.#language = language
  }

  expression(expression: Expression): string {
    switch (expression.kind) {
      case 'everyone':
        return this.#word('everyone')
      case 'clause':
        return this.#clause(expression)
      case 'not':
        return `${this.#word('not')} ${this.#inner(expression.part)}`
      case 'and':
      case 'or':
        return expression.parts.map((part) => this.#inner(part)).join(` ${this.#word(expression.kind)} `)
      case 'random': {
        const seed = expression.seed === '' ? '' : ` (${this.#word('seed')} ${quote(expression.seed)})`
        return `${this.#word('random')} ${expression.percent}%${seed}`
      }
      case 'segment':
        return `${this.#word('segment')} ${quote(expression.name)}`
      case 'on': {
        const part = this.expression(expression.part)
        const inside = expression.part.kind === 'segment' ? part : `(${part})`
        return `${inside} ${this.#word('on')} ${bare(expression.day, this.#language)}`
      }
    }
  }

  onLines(expression: Expression, depth: number): string {
    const line = this.expression(expression)
    if (depth * indentation + line.length <= lineLength) return line
    switch (expression.kind) {
      case 'and':
      case 'or': {
        const next = `\n${' '.repeat(depth * indentation)}${this.#word(expression.kind)} `
        return expression.parts.map((part) => this.#innerOnLines(part, depth)).join(next)
      }
      case 'not':
        return `${this.#word('not')} ${this.#innerOnLines(expression.part, depth)}`
      case 'on': {
        if (expression.part.kind === 'segment') return line
        return `${this.#parenthesised(expression.part, depth)} ${this.#word('on')} ${bare(expression.day, this.#language)}`
      }
      default:
        return line
    }
  }

  #innerOnLines(part: Expression, depth: number): string {
    return part.kind === 'and' || part.kind === 'or'
      ? this.#parenthesised(part, depth)
      : this.onLines(part, depth)
  }

  #parenthesised(part: Expression, depth: number): string {
    const line = this.expression(part)
    if ((depth + 1) * indentation + line.length <= lineLength) return `(${line})`
    const [inside, outside] = [depth + 1, depth].map((level) => ' '.repeat(level * indentation))
    return `(\n${inside}${this.onLines(part, depth + 1)}\n${outside})`
  }

  #inner(part: Expression): string {
    return part.kind === 'and' || part.kind === 'or' ? `(${this.expression(part)})` : this.expression(part)
  }

  #clause({ subject, test }: Clause): string {
    if (subject.kind === 'field') {
      const field = fieldsByName.get(subject.field)
      return `${this.#name(subject.field, field)} ${this.#test(test, field)}`
    }
    const measure = measuresByName.get(subject.measure)
    const where = subject.where.map((condition) => this.condition(condition, subject.measure)).join(', ')
    return `${this.#name(subject.measure, measure)}(${where}) ${this.#test(test, measure)}`
  }

  condition(condition: Condition, measure: string): string {
    if (condition.kind === 'within') {
      const [within, days] = [this.#word('within'), this.#word('days')]
      return `${within} ${condition.days} ${days}`
    }
    const field = conditionsOf(measure).get(condition.field)
    const test = this.#test(condition.test, field)
    const { kind } = condition.test
    const short = kind === 'between' || (kind === 'within' && condition.test.direction === 'next')
    const isDay = condition.field === measuresByName.get(measure)?.source.day
    return isDay && short ? test : `${this.#name(condition.field, field)} ${test}`
  }

  #test(test: Test, asked: Asked | undefined): string {
    const value = (one: Value) => printValue(one, asked, this.#language)
    switch (test.kind) {
      case 'compare':
        return `${test.operator} ${value(test.value)}`
      case 'in':
        return `${this.#word('in')} (${test.values.map(value).join(', ')})`
      case 'between': {
        const and = this.#language === 'en' ? 'and' : '和'
        return `${this.#word('between')} ${value(test.from)} ${and} ${value(test.to)}`
      }
      case 'text':
        return `${this.#language === 'en' ? test.operator : textOperatorsInChinese[test.operator]} ${quote(test.value)}`
      case 'within': {
        const days = `${test.days} ${this.#word('days')}`
        if (this.#language === 'en') return `within ${test.direction} ${days}`
        return `${this.#word(test.direction === 'last' ? 'within' : 'next')} ${days}`
      }
      case 'known':
      case 'unknown':
        return this.#language === 'en' ? `is ${test.kind}` : this.#word(test.kind)
    }
  }

  #name(name: string, entry: { readonly chinese: string } | undefined): string {
    return (this.#language === 'zh-CN' && entry?.chinese) || name
  }

  #word(word: Word): string {
    return inLanguage(word, this.#language)
  }
}

const textOperatorsInChinese = {
  contains: '包含',
  'not contains': '不包含',
  'starts with': '开头是',
  'ends with': '结尾是',
}

/** A value as it is written in a rule: days bare, shares with %, texts quoted. */
export function printValue(value: Value, asked: Asked | undefined, language: Language): string {
  switch (asked?.kind) {
    case 'percent':
      return `${value}%`
    case 'day':
    case 'month':
    case 'anniversary':
      return bare(String(value), language)
    case 'flag':
      return typeof value === 'boolean'
        ? inLanguage(value ? 'true' : 'false', language)
        : quote(String(value))
    case 'choice': {
      const title = asked.choices!.find((choice) => choice.value === value)?.title['zh-CN']
      return quote(language === 'zh-CN' && title !== undefined ? title : String(value))
    }
    default:
      return typeof value === 'string' ? quote(value) : String(value)
  }
}

/** A day or month without quotes; what can't be one, from JSON, in quotes, so that it stays one value. */
const bare = (value: string, language: Language): string =>
  /^[-+\da-z]+$/.test(value) ? printDay(value, language) : quote(value)

const escapes: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\t': '\\t' }

/** The text in double quotes, with `"`, `\`, line ends and tabs escaped. */
export const quote = (text: string): string => `"${text.replace(/["\\\n\t]/g, (c) => escapes[c]!)}"`
