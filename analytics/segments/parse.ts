import {
  type Comparator,
  comparators,
  type Condition,
  type Expression,
  everyone,
  group,
  limits,
  partsOf,
  type Subject,
  type Test,
  type TextOperator,
  type Value,
} from './ast.ts'
import { isLater } from './days.ts'
import { type Asked, conditionsByWord, fieldsByWord, isName, measuresByWord } from './fields/catalogue.ts'
import { isOrdered } from './fields/described.ts'
import type { Measure } from './fields/measure.ts'
import { readDay, readPercent, readValue } from './literals.ts'
import { printValue } from './print.ts'
import { nearest, type Problem, problem, type ProblemId } from './problems.ts'
import { shortened, type Token, tokens } from './tokens.ts'
import { isReserved, type Word, wordOf, words } from './words.ts'

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

const maxProblems = 20
const maxRecursion = 4 * limits.depth
const maxDays = 36_500
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
  #days = 0
  #values = 0

  constructor(text: string, { currencyDecimals }: ParseOptions) {
    this.#text = text
    this.#tokens = separated(tokens(text))
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
      if (this.#takeSymbol(')')) return this.#onDay(inside)
      return this.#next.kind === 'end'
        ? this.#stop(open, 'open-parenthesis')
        : this.#missingConnective(this.#next)
    }
    if (this.#takeWord('everyone')) return everyone
    if (this.#takeWord('segment')) {
      const name = this.#next
      if (name.kind !== 'text') return this.#unexpected('expected-segment')
      this.#position++
      return this.#countClause() ? this.#onDay({ kind: 'segment', name: name.value }) : null
    }
    if (this.#takeWord('random')) return this.#countClause() ? this.#random() : null
    return this.#clause()
  }

  /** `on 2026-01-31` behind a parenthesis or a segment's name. */
  #onDay(part: Expression): Expression | null {
    if (!this.#takeWord('on')) return part
    if (++this.#days > limits.days) return this.#stop(this.#last, 'too-many-days', { limit: limits.days })
    const token = this.#next
    if (token.kind === 'symbol' || token.kind === 'end' || token.kind === 'broken')
      return this.#unexpected('expected-day')
    this.#position++
    const read = readDay(token, token.kind === 'text' ? token.value : token.raw)
    if ('value' in read) return { kind: 'on', part, day: String(read.value) }
    return this.#stop(
      token,
      read.refused === 'wants-day' ? 'expected-day' : read.refused,
      {},
      read.suggestion,
    )
  }

  /** `10% (seed "x")`, the seed or not. */
  #random(): Expression | null {
    const token = this.#next
    if (token.kind !== 'number') return this.#unexpected('expected-percent')
    this.#position++
    this.#takeSymbol('%')
    const place = { from: token.from, to: this.#last.to }
    const read = readPercent(token, this.#text.slice(place.from, place.to), 100)
    if (!('value' in read)) {
      const id = read.refused === 'wants-percent' ? 'expected-percent' : read.refused
      return this.#stop(place, id, read.values, read.suggestion)
    }
    const percent = Number(read.value)
    if (percent < 0) return this.#stop(place, 'expected-percent')
    const [open, seed] = [this.#next, this.#tokens[this.#position + 1]]
    if (open.value !== '(' || seed?.kind !== 'word' || wordOf(seed.value) !== 'seed')
      return { kind: 'random', percent, seed: '' }
    this.#position += 2
    const text = this.#next
    if (text.kind !== 'text') return this.#unexpected('expected-seed')
    this.#position++
    if (!this.#takeSymbol(')')) return this.#stop(open, 'open-parenthesis')
    return { kind: 'random', percent, seed: text.value }
  }

  #countClause(): boolean {
    if (++this.#clauses <= limits.clauses) return true
    this.#report(this.#next, 'too-many-clauses', { limit: limits.clauses })
    return false
  }

  #clause(): Expression | null {
    if (!this.#countClause()) return null
    const start = this.#next
    if (start.kind !== 'word' || isReserved(start.value)) return this.#unexpected('expected-clause')
    this.#position++
    if (this.#next.value === '(' && this.#next.kind === 'symbol') return this.#measured(start)
    const field = fieldsByWord.get(start.value)
    if (!field) {
      if (measuresByWord.has(start.value))
        this.#report(start, 'needs-conditions', { field: start.value }, `${start.value}(within 180 days)`)
      else this.#unknown(start, 'unknown-field', [...fieldsByWord.keys(), ...measuresByWord.keys()])
    }
    const subject: Subject = { kind: 'field', field: field?.name ?? start.value }
    if (field?.kind === 'flag' && this.#endsClause())
      return { kind: 'clause', subject, test: { kind: 'compare', operator: '=', value: true } }
    const negated = field?.kind === 'set' && this.#takesNotContains()
    const test = negated
      ? this.#carries(this.#last, start.value, field)
      : this.#test(start, start.value, field)
    if (!test) return null
    const clause: Expression = { kind: 'clause', subject, test }
    return negated ? { kind: 'not', part: clause } : clause
  }

  #measured(start: Token): Expression | null {
    const measure = measuresByWord.get(start.value)
    if (!measure) {
      if (fieldsByWord.has(start.value)) return this.#stop(start, 'not-a-measure', { field: start.value })
      this.#unknown(start, 'unknown-field', [...measuresByWord.keys()])
    }
    const open = this.#next
    this.#position++
    if (this.#takeSymbol(')')) {
      const place = { from: start.from, to: this.#last.to }
      return this.#stop(place, 'empty-conditions', { field: start.value }, `${start.value}(within 180 days)`)
    }
    const where = this.#list(open, () => this.#condition(measure))
    if (!where) return null
    const subject: Subject = { kind: 'measure', measure: measure?.name ?? start.value, where }
    const test = this.#test(start, this.#text.slice(start.from, this.#last.to), measure, start.value)
    return test && { kind: 'clause', subject, test }
  }

  #condition(measure: Measure | undefined): Condition | null {
    if (!this.#countClause()) return null
    const start = this.#next
    const conditions = conditionsByWord(measure?.name ?? '')
    const day = measure?.source.day ?? 'day'
    if (this.#startsWithin()) {
      const within = this.#within()
      if (!within) return null
      return within.direction === 'last'
        ? { kind: 'within', days: within.days }
        : { kind: 'condition', field: day, test: within }
    }
    if (start.kind === 'word' && wordOf(start.value) === 'between') {
      const test = this.#test(start, day, conditions.get(day))
      return test && { kind: 'condition', field: day, test }
    }
    if (start.kind !== 'word' || isReserved(start.value)) return this.#unexpected('unknown-condition')
    this.#position++
    const field = conditions.get(start.value)
    if (!field && measure)
      this.#unknown(start, 'unknown-condition', [...conditions.keys(), 'within', 'between'])
    const test = this.#test(start, start.value, field)
    return test && { kind: 'condition', field: field?.name ?? start.value, test }
  }

  /** `= value`, `in (…)`, `between … and …`, `is known` and so on. Without `asked` any value is taken: the name was refused already. */
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
      else if (asked?.kind === 'anniversary') return this.#stop(place, 'wants-within', { field: named })
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
    if (this.#takeWord('known')) return { kind: 'known' }
    if (this.#takeWord('unknown')) return { kind: 'unknown' }
    if (this.#takeWord('is')) {
      const negated = this.#takeWord('not')
      if (this.#takeWord('known')) return { kind: negated ? 'unknown' : 'known' }
      if (this.#takeWord('unknown') || this.#takeWord('null')) return { kind: negated ? 'known' : 'unknown' }
      const place = { from: operator.from, to: this.#last.to }
      return this.#stop(place, 'expected-known', {}, negated ? '!=' : '=')
    }
    if (this.#startsWithin()) {
      if (asked && asked.kind !== 'day' && asked.kind !== 'anniversary') wrong()
      return this.#within()
    }
    if (asked?.kind === 'set' && this.#takeWord('contains')) return this.#carries(operator, named, asked)
    const textOperator = this.#takeTextOperator()
    if (textOperator) {
      if (asked && asked.kind !== 'text') wrong(asked.kind === 'choice' ? '=' : undefined)
      const value = this.#value(null, named, asked)
      return value === null ? null : { kind: 'text', operator: textOperator, value: String(value) }
    }
    const after = this.#tokens[this.#position + 1]
    if (wordAt(operator) === 'not' && after && wordAt(after) === 'in')
      return this.#stop({ from: start.from, to: after.to }, 'not-before', {}, `not ${subjectText} in`)
    return this.#unexpected('expected-operator', { field: named })
  }

  /** A set contains a text when it has it, whole. */
  #carries(operator: Token, named: string, asked: Asked): Test | null {
    const value = this.#value(operator, named, asked)
    return value === null ? null : { kind: 'compare', operator: '=', value }
  }

  #takesNotContains(): boolean {
    const position = this.#position
    if (this.#takeTextOperator() === 'not contains') return true
    this.#position = position
    return false
  }

  #takeTextOperator(): TextOperator | null {
    const [first, second] = [this.#next, this.#tokens[this.#position + 1]]
    const [word, then] = [wordAt(first), second && wordAt(second)]
    const taken = (operator: TextOperator, count: number) => {
      this.#position += count
      return operator
    }
    if (first.kind === 'word' && first.value === notContains) return taken('not contains', 1)
    if (word === 'contains') return taken('contains', 1)
    if (word === 'not' && then === 'contains') return taken('not contains', 2)
    if (word === 'starts' || word === 'ends')
      return taken(word === 'starts' ? 'starts with' : 'ends with', then === 'with' ? 2 : 1)
    return null
  }

  #startsWithin(): boolean {
    const word = wordAt(this.#next)
    return word === 'within' || word === 'last' || word === 'next'
  }

  /** `within 30 days`, `within last 30 days`, `within next 7 days`. */
  #within(): Extract<Test, { kind: 'within' }> | null {
    this.#takeWord('within')
    const direction = this.#takeWord('next') ? 'next' : 'last'
    if (direction === 'last') this.#takeWord('last')
    const count = this.#next
    const days = Number(count.value)
    if (count.kind !== 'number' || !Number.isInteger(days) || days < 0 || days > maxDays)
      return this.#unexpected('expected-days')
    this.#position++
    if (!this.#takeWord('days')) this.#takeWord('day')
    return { kind: 'within', direction, days: days + 0 }
  }

  #range(named: string, asked: Asked | undefined): Test | null {
    const first = this.#next
    const from = this.#value(null, named, asked)
    if (from === null) return null
    if (!this.#takeWord('and')) return this.#unexpected('expected-and')
    const to = this.#value(null, named, asked)
    if (to === null) return null
    const reversed =
      asked?.kind === 'day' ? isLater(String(from), String(to)) : typeof from === typeof to && from > to
    if (reversed)
      this.#report(
        { from: first.from, to: this.#last.to },
        'reversed-range',
        {},
        `${printValue(to, asked, 'en')} and ${printValue(from, asked, 'en')}`,
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
    if (operator && wordAt(token) === 'unknown') {
      this.#position++
      return this.#asksUnknown(operator, token.to, named)
    }
    if (token.kind === 'word' && isReserved(token.value))
      return this.#unexpected('expected-value', { field: named })
    this.#position++
    let to = token.to
    if (token.kind === 'number' && this.#takeSymbol('%')) to = this.#last.to
    if (token.kind === 'word')
      while (this.#next.kind === 'word' && !isReserved(this.#next.value)) {
        to = this.#next.to
        this.#position++
      }
    const place = { from: token.from, to }
    const written = token.kind === 'text' ? token.value : this.#text.slice(place.from, place.to)
    if (!asked) return written
    const read = readValue(asked, token, written, this.#decimals)
    if ('value' in read) return read.value
    if (read.refused === 'unknown-choice' && operator && wordOf(written.toLowerCase()) === 'unknown')
      return this.#asksUnknown(operator, to, named)
    this.#report(
      place,
      read.refused,
      { field: named, found: shortened(written), ...read.values },
      read.suggestion,
    )
    return written
  }

  #asksUnknown(operator: Token, to: number, named: string): Value {
    const instead = operator.value === '!=' ? 'is known' : 'is unknown'
    this.#report({ from: operator.from, to }, 'is-unknown', { field: named }, instead)
    return ''
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

  #takeWord(word: Word): boolean {
    const found = wordAt(this.#next) === word
    if (found) this.#position++
    return found
  }

  #takeSymbol(symbol: string): boolean {
    const found = this.#next.kind === 'symbol' && this.#next.value === symbol
    if (found) this.#position++
    return found
  }

  #endsClause(): boolean {
    const word = wordAt(this.#next)
    return this.#next.kind === 'end' || word === 'and' || word === 'or' || this.#next.value === ')'
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
  const parts = partsOf(expression)
  return parts.length === 0 ? 0 : 1 + Math.max(...parts.map(depthOf))
}

const notContains = '不包含'

/** The word that a token is, in either language. */
const wordAt = (token: Token): Word | undefined => (token.kind === 'word' ? wordOf(token.value) : undefined)

/** Words that Chinese writes without a space between: 「且标签」, 「近90天」. */
function separated(found: readonly Token[]): Token[] {
  return found.flatMap((token): Token[] => {
    if (token.kind !== 'word' || isName(token.value)) return [token]
    const [, within, digits, unit] = /^(近|未来|过去)(\d+)(天)?$/u.exec(token.value) ?? []
    if (within !== undefined) return pieces(token, [within, digits!, ...(unit ? [unit] : [])])
    const first = [...words.and, ...words.or, ...words.not].find((text) => token.value.startsWith(text))
    const rest = first === undefined ? '' : token.value.slice(first.length)
    if (first === undefined || rest === '') return [token]
    const after = separated(pieces(token, [first, rest]).slice(1))
    return after.length > 1 || isName(rest) || isReserved(rest)
      ? [pieces(token, [first, rest])[0]!, ...after]
      : [token]
  })
}

function pieces(token: Token, texts: readonly string[]): Token[] {
  let from = token.from
  return texts.map((text) => {
    const kind = /^\d/.test(text) ? 'number' : 'word'
    const piece: Token = { kind, from, to: from + text.length, raw: text, value: text }
    from = piece.to
    return piece
  })
}
