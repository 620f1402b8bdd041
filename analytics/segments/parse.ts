import {
  type Comparator,
  comparators,
  type Condition,
  type Expression,
  everyone,
  group,
  limits,
  type Subject,
  type Test,
  type Value,
} from './ast.ts'
import { type Asked, conditionsOf, fieldsByName, measuresByName } from './fields/catalogue.ts'
import { isOrdered } from './fields/described.ts'
import { printMeasure, printValue, quote } from './print.ts'
import { nearest, type Problem, problem, type ProblemId } from './problems.ts'
import { shortened, type Token, tokens } from './tokens.ts'

export type Parsed =
  | { readonly kind: 'parsed'; readonly expression: Expression }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] }

export interface ParseOptions {
  /** Decimals of the workspace's currency: 2 for CNY, 0 for JPY. */
  readonly currencyDecimals: number
}

/**
 * Reads a rule. Never throws: what is not a rule is refused with every problem that could be told apart,
 * each with its place and, where one suggests itself, what to write instead.
 */
export function parse(text: string, options: ParseOptions): Parsed {
  const parser = new Parser(text, options)
  const expression = parser.whole()
  return expression && parser.problems.length === 0
    ? { kind: 'parsed', expression }
    : { kind: 'refused', problems: parser.problems }
}

/** Words that are not names. */
export const keywords = [
  'and',
  'or',
  'not',
  'in',
  'between',
  'is',
  'known',
  'unknown',
  'everyone',
  'within',
  'days',
] as const
const isKeyword = (token: Token) =>
  token.kind === 'word' && (keywords as readonly string[]).includes(token.value)

const maxProblems = 20
const maxRecursion = 4 * limits.depth
const maxNumber = 99_999_999_999
const maxPercent = 1000
type Place = { readonly from: number; readonly to: number }

/** Recursive descent. A method that returns null has met a problem after which nothing can be made out. */
class Parser {
  readonly problems: Problem[] = []
  readonly #text: string
  readonly #tokens: Token[]
  readonly #decimals: number
  #position = 0
  #recursion = 0
  #clauses = 0
  #values = 0

  constructor(text: string, { currencyDecimals }: ParseOptions) {
    this.#text = text
    this.#tokens = tokens(text)
    this.#decimals = currencyDecimals
  }

  whole(): Expression | null {
    const start = this.#next
    if (start.kind === 'end') return this.#stop(start, 'empty', {}, 'everyone')
    const expression = this.#any()
    if (!expression) return null
    const rest = this.#next
    if (rest.kind !== 'end')
      return rest.value === ')'
        ? this.#stop(rest, 'stray-parenthesis', {}, '')
        : this.#missingConnective(rest)
    if (depthOf(expression) > limits.depth) return this.#stop(this.#all, 'too-deep', { limit: limits.depth })
    return expression
  }

  /** all OR all OR … */
  #any(): Expression | null {
    return this.#chain('or', () => this.#chain('and', () => this.#single()))
  }

  #chain(kind: 'and' | 'or', part: () => Expression | null): Expression | null {
    const parts: Expression[] = []
    do {
      const next = part()
      if (!next) return null
      parts.push(next)
    } while (this.#takeWord(kind))
    return group(kind, parts)
  }

  #single(): Expression | null {
    if (++this.#recursion > maxRecursion) return this.#stop(this.#next, 'too-deep', { limit: limits.depth })
    const found = this.#negatedGroupedOrClause()
    this.#recursion--
    return found
  }

  #negatedGroupedOrClause(): Expression | null {
    if (this.#takeWord('not')) {
      const part = this.#single()
      return part && { kind: 'not', part }
    }
    const open = this.#next
    if (this.#takeSymbol('(')) {
      const inside = this.#any()
      if (!inside) return null
      if (this.#takeSymbol(')')) return inside
      return this.#next.kind === 'end'
        ? this.#stop(open, 'open-parenthesis')
        : this.#missingConnective(this.#next)
    }
    if (this.#takeWord('everyone')) return everyone
    return this.#clause()
  }

  #clause(): Expression | null {
    if (++this.#clauses > limits.clauses)
      return this.#stop(this.#next, 'too-many-clauses', { limit: limits.clauses })
    const start = this.#next
    if (start.kind !== 'word' || isKeyword(start)) return this.#unexpected('expected-clause')
    this.#position++
    if (this.#next.value === '(' && this.#next.kind === 'symbol') return this.#measured(start)
    const field = fieldsByName.get(start.value)
    if (!field) {
      if (measuresByName.has(start.value))
        this.#report(start, 'needs-conditions', { field: start.value }, `${start.value}(within 180 days)`)
      else this.#unknown(start, 'unknown-field', [...fieldsByName.keys(), ...measuresByName.keys()])
    }
    const subject: Subject = { kind: 'field', field: start.value }
    if (field?.kind === 'flag' && this.#endsClause())
      return { kind: 'clause', subject, test: { kind: 'compare', operator: '=', value: true } }
    const test = this.#test(start, start.value, field)
    return test && { kind: 'clause', subject, test }
  }

  #measured(start: Token): Expression | null {
    const measure = measuresByName.get(start.value)
    if (!measure) {
      if (fieldsByName.has(start.value)) return this.#stop(start, 'not-a-measure', { field: start.value })
      this.#unknown(start, 'unknown-field', [...measuresByName.keys()])
    }
    const open = this.#next
    this.#position++
    if (this.#takeSymbol(')')) {
      const place = { from: start.from, to: this.#last.to }
      return this.#stop(place, 'empty-conditions', { field: start.value }, `${start.value}(within 180 days)`)
    }
    const where = this.#list(open, () => this.#condition(start.value))
    if (!where) return null
    const subject: Subject = { kind: 'measure', measure: start.value, where }
    const test = this.#test(start, printMeasure(subject), measure, start.value)
    return test && { kind: 'clause', subject, test }
  }

  #condition(measure: string): Condition | null {
    if (++this.#clauses > limits.clauses)
      return this.#stop(this.#next, 'too-many-clauses', { limit: limits.clauses })
    const start = this.#next
    const conditions = conditionsOf(measure)
    if (this.#takeWord('within')) {
      const count = this.#next
      const days = Number(count.value)
      if (count.kind !== 'number' || !Number.isInteger(days) || days < 0 || days > 36_500)
        return this.#unexpected('expected-days')
      this.#position++
      if (!this.#takeWord('days')) this.#takeWord('day')
      return { kind: 'within', days }
    }
    if (start.kind === 'word' && start.value === 'between') {
      const day = measuresByName.get(measure)?.source.day ?? 'day'
      const test = this.#test(start, day, conditions.get(day))
      return test && { kind: 'condition', field: day, test }
    }
    if (start.kind !== 'word' || isKeyword(start)) return this.#unexpected('unknown-condition')
    this.#position++
    const field = conditions.get(start.value)
    if (!field && measuresByName.has(measure))
      this.#unknown(start, 'unknown-condition', [...conditions.keys(), 'within', 'between'])
    const test = this.#test(start, start.value, field)
    return test && { kind: 'condition', field: start.value, test }
  }

  /** `= value`, `in (…)`, `between … and …`, `is known`. Without `asked` any value is taken: the name was refused already. */
  #test(start: Token, subjectText: string, asked: Asked | undefined, named = subjectText): Test | null {
    const operator = this.#next
    const ordered = asked === undefined || isOrdered(asked.kind)
    const wrong = (suggestion?: string) =>
      this.#report(operator, 'wrong-operator', { field: named, found: operator.raw }, suggestion)
    if (operator.kind === 'symbol' && (comparators as readonly string[]).includes(operator.value)) {
      this.#position++
      const comparator = operator.value as Comparator
      const place = { from: start.from, to: operator.to }
      if (asked?.kind === 'set' && comparator === '!=')
        this.#report(place, 'set-not', { field: named }, `not ${subjectText} =`)
      else if (!ordered && comparator !== '=' && comparator !== '!=') wrong('=')
      const value = this.#value(operator, named, asked)
      return value === null ? null : { kind: 'compare', operator: comparator, value }
    }
    if (this.#takeWord('in')) {
      if (asked?.kind === 'flag') wrong('=')
      const open = this.#next
      if (!this.#takeSymbol('(')) return this.#unexpected('expected-parenthesis')
      const values = this.#list(open, () => this.#value(null, named, asked))
      return values && { kind: 'in', values }
    }
    if (this.#takeWord('between')) {
      if (!ordered) wrong('in')
      return this.#range(named, asked)
    }
    if (this.#takeWord('is')) {
      const negated = this.#takeWord('not')
      if (this.#takeWord('known')) return { kind: negated ? 'unknown' : 'known' }
      if (this.#takeWord('unknown')) return { kind: negated ? 'known' : 'unknown' }
      const place = { from: operator.from, to: this.#last.to }
      return this.#stop(place, 'expected-known', {}, negated ? '!=' : '=')
    }
    if (
      operator.kind === 'word' &&
      operator.value === 'not' &&
      this.#tokens[this.#position + 1]?.value === 'in'
    ) {
      const place = { from: start.from, to: this.#tokens[this.#position + 1]!.to }
      return this.#stop(place, 'not-before', {}, `not ${subjectText} in`)
    }
    return this.#unexpected('expected-operator', { field: named })
  }

  #range(named: string, asked: Asked | undefined): Test | null {
    const first = this.#next
    const from = this.#value(null, named, asked)
    if (from === null) return null
    if (!this.#takeWord('and')) return this.#unexpected('expected-and')
    const to = this.#value(null, named, asked)
    if (to === null) return null
    if (typeof from === typeof to && from > to)
      this.#report(
        { from: first.from, to: this.#last.to },
        'reversed-range',
        {},
        `${printValue(to, asked?.kind)} and ${printValue(from, asked?.kind)}`,
      )
    return { kind: 'between', from, to }
  }

  #list<T>(open: Token, item: () => T | null): T[] | null {
    const items: T[] = []
    for (;;) {
      const next = item()
      if (next === null) return null
      items.push(next)
      if (this.#takeSymbol(')')) return items
      if (this.#next.kind === 'end') return this.#stop(open, 'open-parenthesis')
      if (!this.#takeSymbol(',')) return this.#unexpected('expected-comma')
    }
  }

  /** A value that suits the field; one that does not is reported and stands in as it is. */
  #value(operator: Token | null, named: string, asked: Asked | undefined): Value | null {
    if (++this.#values > limits.values)
      return this.#stop(this.#next, 'too-many-values', { limit: limits.values })
    const token = this.#next
    if (token.kind === 'symbol' || token.kind === 'end' || token.kind === 'broken')
      return this.#unexpected('expected-value', { field: named })
    if (token.kind === 'word' && operator && token.value === 'unknown') {
      this.#position++
      const place = { from: operator.from, to: token.to }
      this.#report(place, 'is-unknown', { field: named }, operator.value === '!=' ? 'is known' : 'is unknown')
      return ''
    }
    if (token.kind === 'word' && isKeyword(token)) return this.#unexpected('expected-value', { field: named })
    this.#position++
    let to = token.to
    if (token.kind === 'number' && this.#takeSymbol('%')) to = this.#last.to
    if (token.kind === 'word')
      while (this.#next.kind === 'word' && !isKeyword(this.#next)) {
        to = this.#next.to
        this.#position++
      }
    return this.#suited(token, { from: token.from, to }, operator, named, asked)
  }

  #suited(
    token: Token,
    place: Place,
    operator: Token | null,
    named: string,
    asked: Asked | undefined,
  ): Value {
    const written = token.kind === 'text' ? token.value : this.#text.slice(place.from, place.to)
    const refuse = (id: ProblemId, suggestion?: string, more: Problem['values'] = {}) => {
      this.#report(place, id, { field: named, found: shortened(written), ...more }, suggestion)
      return written
    }
    switch (asked?.kind) {
      case undefined:
        return written
      case 'count':
      case 'money': {
        if (token.kind !== 'number' || !/\d$/.test(written))
          return refuse('wants-number', /^-?\d+(\.\d+)?(?=\s*[%％]?$)/u.exec(written)?.[0])
        const number = Number(written)
        if (Math.abs(number) > maxNumber) return refuse('too-large')
        if (asked.kind === 'count')
          return Number.isInteger(number)
            ? number + 0
            : refuse('wants-whole-number', String(Math.trunc(number)))
        const decimals = (written.split('.')[1] ?? '').replace(/0+$/, '').length
        if (decimals > this.#decimals)
          return refuse('too-many-decimals', number.toFixed(this.#decimals), { limit: this.#decimals })
        return number + 0
      }
      case 'percent': {
        const number = Number(written.replace(/\s*[%％]$/u, ''))
        if (token.kind !== 'number' || !/[%％]$/u.test(written))
          return refuse('wants-percent', Number.isFinite(number) && written !== '' ? `${number}%` : undefined)
        if (Math.abs(number) > maxPercent) return refuse('too-large-percent')
        const rounded = Math.round(number * 100) / 100
        return rounded === number ? number + 0 : refuse('too-precise-percent', `${rounded}%`)
      }
      case 'day': {
        const day = calendarDay(written)
        if (token.kind === 'day' && day === written) return day
        return token.kind === 'day'
          ? refuse('no-such-day', day ?? undefined)
          : refuse('wants-day', day ?? undefined)
      }
      case 'flag': {
        const value = { true: true, yes: true, false: false, no: false }[written.toLowerCase()]
        return value ?? refuse('wants-flag')
      }
      case 'choice': {
        const choices = asked.choices!.map(({ value }) => value)
        const value = written.toLowerCase()
        if (choices.includes(value)) return value
        if (value === 'unknown' && operator) {
          this.#report(
            { from: operator.from, to: place.to },
            'is-unknown',
            { field: named },
            operator.value === '!=' ? 'is known' : 'is unknown',
          )
          return value
        }
        const meant = nearest(value, choices)
        return refuse('unknown-choice', meant && quote(meant), { choices: choices.join(' / ') })
      }
      case 'text':
      case 'set':
        return token.kind === 'text' ? token.value : refuse('wants-text', quote(written))
    }
  }

  get #next(): Token {
    return this.#tokens[this.#position] ?? this.#tokens.at(-1)!
  }

  get #last(): Token {
    return this.#tokens[Math.max(0, this.#position - 1)]!
  }

  get #all(): Place {
    return { from: 0, to: this.#text.length }
  }

  #takeWord(word: string): boolean {
    return this.#take('word', word)
  }

  #takeSymbol(symbol: string): boolean {
    return this.#take('symbol', symbol)
  }

  #take(kind: Token['kind'], value: string): boolean {
    const found = this.#next.kind === kind && this.#next.value === value
    if (found) this.#position++
    return found
  }

  #endsClause(): boolean {
    const { kind, value } = this.#next
    return kind === 'end' || (kind === 'word' && (value === 'and' || value === 'or')) || value === ')'
  }

  #report(place: Place, id: ProblemId, values: Problem['values'] = {}, suggestion?: string): void {
    if (this.problems.length < maxProblems) this.problems.push(problem(place, id, values, suggestion))
  }

  #stop(place: Place, id: ProblemId, values: Problem['values'] = {}, suggestion?: string): null {
    this.#report(place, id, values, suggestion)
    return null
  }

  /** The next token should have been something else; one that can't be read has its own reason. */
  #unexpected(id: ProblemId, values: Problem['values'] = {}): null {
    const token = this.#next
    if (token.problem) {
      this.problems.push(token.problem)
      return null
    }
    const found = token.kind === 'end' ? '…' : shortened(token.raw)
    return this.#stop(token, id, { ...values, found })
  }

  #missingConnective(token: Token): null {
    if (token.problem) return this.#unexpected('missing-connective')
    return this.#stop(token, 'missing-connective', { found: shortened(token.raw) }, `and ${token.raw}`)
  }

  #unknown(token: Token, id: ProblemId, names: readonly string[]): void {
    this.#report(token, id, { found: shortened(token.raw) }, nearest(token.value, names))
  }
}

function depthOf(expression: Expression): number {
  switch (expression.kind) {
    case 'everyone':
    case 'clause':
      return 0
    case 'not':
      return 1 + depthOf(expression.part)
    case 'and':
    case 'or':
      return 1 + Math.max(...expression.parts.map(depthOf))
  }
}

/** The day in ISO form when the text names one of the calendar, with -, / or . between its parts. */
function calendarDay(text: string): string | null {
  const [, year, month, day] = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/.exec(text) ?? []
  if (year === undefined || Number(year) < 1) return null
  const iso = `${year}-${month!.padStart(2, '0')}-${day!.padStart(2, '0')}`
  const date = new Date(`${iso}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(iso) ? iso : null
}
