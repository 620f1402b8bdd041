import {
  type Condition,
  type Expression,
  everyone,
  group,
  limits,
  partsOf,
  type Subject,
  type Test,
} from './ast.ts'
import { Comparison } from './comparison.ts'
import { Cursor, wordAt } from './cursor.ts'
import { asksInside, conditionsByWord, fieldsByWord, firstOf, measuresByWord } from './fields/catalogue.ts'
import type { Measure } from './fields/measure.ts'
import { readDay, readPercent } from './literals.ts'
import { print, printCondition } from './print.ts'
import type { Problem } from './problems.ts'
import { narrow, shortened, type Token } from './tokens.ts'
import { isReserved, type Language, wordOf } from './words.ts'

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

const maxRecursion = 4 * limits.depth

/** Recursive descent. A method that returns null has met a problem after which nothing can be made out. */
class Parser {
  readonly #at: Cursor
  readonly #asked: Comparison
  #recursion = 0
  #clauses = 0
  #days = 0

  constructor(text: string, { currencyDecimals }: ParseOptions) {
    this.#at = new Cursor(text)
    this.#asked = new Comparison(this.#at, currencyDecimals)
  }

  get problems(): readonly Problem[] {
    return this.#at.problems
  }

  whole(): Expression | null {
    const start = this.#at.next
    if (start.kind === 'end') return this.#at.stop(start, 'empty', {}, 'everyone')
    const expression = this.#any()
    if (!expression) return null
    const rest = this.#at.next
    if (rest.kind !== 'end')
      return rest.value === ')'
        ? this.#at.stop(rest, 'stray-parenthesis', {}, '')
        : this.#at.missingConnective(rest)
    if (depthOf(expression) > limits.depth)
      return this.#at.stop(this.#at.all, 'too-deep', { limit: limits.depth })
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
    } while (this.#at.takeWord(kind))
    return group(kind, parts)
  }

  #single(): Expression | null {
    if (++this.#recursion > maxRecursion)
      return this.#at.stop(this.#at.next, 'too-deep', { limit: limits.depth })
    const found = this.#negatedGroupedOrClause()
    this.#recursion--
    return found
  }

  #negatedGroupedOrClause(): Expression | null {
    if (this.#at.takeWord('not')) {
      const part = this.#single()
      return part && { kind: 'not', part }
    }
    const open = this.#at.next
    if (this.#at.takeSymbol('(')) {
      const inside = this.#any()
      if (!inside) return null
      if (this.#at.takeSymbol(')')) return this.#onDay(inside)
      return this.#at.next.kind === 'end'
        ? this.#at.stop(open, 'open-parenthesis')
        : this.#at.missingConnective(this.#at.next)
    }
    if (this.#at.takeWord('everyone')) return everyone
    if (this.#at.takeWord('segment')) {
      const name = this.#at.next
      if (name.kind !== 'text') return this.#at.unexpected('expected-segment')
      this.#at.skip()
      return this.#countClause() ? this.#onDay({ kind: 'segment', name: name.value }) : null
    }
    if (this.#at.takeWord('random')) return this.#countClause() ? this.#random() : null
    return this.#clause()
  }

  /** `on 2026-01-31` behind a parenthesis or a segment's name. */
  #onDay(part: Expression): Expression | null {
    if (!this.#at.takeWord('on')) return part
    if (++this.#days > limits.days)
      return this.#at.stop(this.#at.last, 'too-many-days', { limit: limits.days })
    const token = this.#at.next
    if (token.kind === 'symbol' || token.kind === 'end' || token.kind === 'broken')
      return this.#at.unexpected('expected-day')
    this.#at.skip()
    const read = readDay(token, token.value)
    if ('value' in read) return { kind: 'on', part, day: String(read.value) }
    return this.#at.stop(
      token,
      read.refused === 'wants-day' ? 'expected-day' : read.refused,
      { found: shortened(token.raw) },
      read.suggestion,
    )
  }

  /** `10% (seed "x")`, the seed or not. */
  #random(): Expression | null {
    const token = this.#at.next
    if (token.kind !== 'number') return this.#at.unexpected('expected-percent')
    this.#at.skip()
    this.#at.takeSymbol('%')
    const place = { from: token.from, to: this.#at.last.to }
    const read = readPercent(token, narrow(this.#at.text.slice(place.from, place.to)), 100)
    if (!('value' in read)) {
      const id = read.refused === 'wants-percent' ? 'expected-percent' : read.refused
      return this.#at.stop(place, id, read.values, read.suggestion)
    }
    const percent = Number(read.value)
    if (percent < 0) return this.#at.stop(place, 'expected-percent')
    const [open, seed] = [this.#at.next, this.#at.peek]
    if (open.value !== '(' || seed?.kind !== 'word' || wordOf(seed.value) !== 'seed')
      return { kind: 'random', percent, seed: '' }
    this.#at.skip(2)
    const text = this.#at.next
    if (text.kind !== 'text') return this.#at.unexpected('expected-seed')
    this.#at.skip()
    if (!this.#at.takeSymbol(')')) return this.#at.stop(open, 'open-parenthesis')
    return { kind: 'random', percent, seed: text.value }
  }

  #countClause(): boolean {
    if (++this.#clauses <= limits.clauses) return true
    this.#at.report(this.#at.next, 'too-many-clauses', { limit: limits.clauses })
    return false
  }

  #clause(): Expression | null {
    if (!this.#countClause()) return null
    const start = this.#at.next
    if (start.kind !== 'word' || isReserved(start.value)) return this.#at.unexpected('expected-clause')
    this.#at.skip()
    if (this.#at.next.value === '(' && this.#at.next.kind === 'symbol') return this.#measured(start)
    const field = fieldsByWord.get(start.value)
    if (!field) {
      const measure = measuresByWord.get(start.value)
      if (measure)
        this.#at.report(
          start,
          'needs-conditions',
          { field: start.value, measure: measure.name },
          withFirst(start, measure),
        )
      else if (asksInside(start.value)) return this.#misplaced(start)
      else this.#at.unknown(start, 'unknown-field', [...fieldsByWord.keys(), ...measuresByWord.keys()])
    }
    const subject: Subject = { kind: 'field', field: field?.name ?? start.value }
    if (field?.kind === 'flag' && this.#endsClause())
      return { kind: 'clause', subject, test: { kind: 'compare', operator: '=', value: true } }
    const negated = field?.kind === 'set' && this.#asked.takesNotContains()
    const test = negated
      ? this.#asked.carries(this.#at.last, start.value, field)
      : this.#asked.test(start, start.value, field)
    if (!test) return null
    const clause: Expression = { kind: 'clause', subject, test }
    return negated ? { kind: 'not', part: clause } : clause
  }

  /** A condition on one order outside of a measure's parentheses: with them it could be meant so. */
  #misplaced(start: Token): Expression | null {
    const { measure, field } = asksInside(start.value)!
    const test: Test | null =
      field.kind === 'flag' && this.#endsClause()
        ? { kind: 'compare', operator: '=', value: true }
        : this.#asked.test(start, start.value, field)
    if (!test) return null
    const clause: Expression = {
      kind: 'clause',
      subject: {
        kind: 'measure',
        measure: measure.name,
        where: [{ kind: 'condition', field: field.name, test }],
      },
      test: { kind: 'compare', operator: '>=', value: 1 },
    }
    const place = { from: start.from, to: this.#at.last.to }
    const values = { found: start.value, measure: nameIn(start, measure) }
    this.#at.report(place, 'inside-only', values, print(clause, languageOf(start)))
    return clause
  }

  #measured(start: Token): Expression | null {
    const measure = measuresByWord.get(start.value)
    if (!measure) {
      if (fieldsByWord.has(start.value)) return this.#at.stop(start, 'not-a-measure', { field: start.value })
      this.#at.unknown(start, 'unknown-field', [...measuresByWord.keys()])
    }
    const open = this.#at.next
    this.#at.skip()
    if (this.#at.takeSymbol(')')) {
      const place = { from: start.from, to: this.#at.last.to }
      const suggestion = measure ? withFirst(start, measure) : undefined
      return this.#at.stop(place, 'empty-conditions', { field: start.value }, suggestion)
    }
    const where = this.#at.list(open, () => this.#condition(measure))
    if (!where) return null
    const subject: Subject = { kind: 'measure', measure: measure?.name ?? start.value, where }
    const test = this.#asked.test(
      start,
      this.#at.text.slice(start.from, this.#at.last.to),
      measure,
      start.value,
    )
    return test && { kind: 'clause', subject, test }
  }

  #condition(measure: Measure | undefined): Condition | null {
    if (!this.#countClause()) return null
    const start = this.#at.next
    const conditions = conditionsByWord(measure?.name ?? '')
    const day = measure?.source.day ?? 'day'
    if (this.#asked.startsWithin()) {
      const within = this.#asked.within()
      if (!within) return null
      return within.direction === 'last'
        ? { kind: 'within', days: within.days }
        : { kind: 'condition', field: day, test: within }
    }
    if (start.kind === 'word' && wordOf(start.value) === 'between') {
      const test = this.#asked.test(start, day, conditions.get(day))
      return test && { kind: 'condition', field: day, test }
    }
    if (start.kind !== 'word' || isReserved(start.value)) return this.#at.unexpected('unknown-condition')
    this.#at.skip()
    const field = conditions.get(start.value)
    if (!field && measure)
      this.#at.unknown(start, 'unknown-condition', [...conditions.keys(), 'within', 'between'])
    const test = this.#asked.test(start, start.value, field)
    return test && { kind: 'condition', field: field?.name ?? start.value, test }
  }

  #endsClause(): boolean {
    const word = wordAt(this.#at.next)
    return this.#at.next.kind === 'end' || word === 'and' || word === 'or' || this.#at.next.value === ')'
  }
}

const languageOf = ({ raw }: Token): Language => (/\p{Script=Han}/u.test(raw) ? 'zh-CN' : 'en')
const nameIn = (token: Token, { name, chinese }: Measure): string =>
  languageOf(token) === 'en' ? name : chinese

/** The measure as it is written, with a condition to begin with. */
const withFirst = (start: Token, measure: Measure): string =>
  `${start.value}(${printCondition(firstOf(measure), measure.name, languageOf(start))})`

function depthOf(expression: Expression): number {
  const parts = partsOf(expression)
  return parts.length === 0 ? 0 : 1 + Math.max(...parts.map(depthOf))
}
