import { type Comparator, comparators, limits, type Test, type TextOperator, type Value } from './ast.ts'
import { type Cursor, wordAt } from './cursor.ts'
import { isLater } from './days.ts'
import type { Asked } from './fields/catalogue.ts'
import { isOrdered } from './fields/described.ts'
import { readValue } from './literals.ts'
import { printValue } from './print.ts'
import { narrow, shortened, type Token } from './tokens.ts'
import { isReserved, wordOf } from './words.ts'

const maxDays = 36_500

/** Reads what is asked of a value: an operator and what it is held against. Null: see `Cursor.stop`. */
export class Comparison {
  readonly #at: Cursor
  readonly #decimals: number
  #values = 0

  constructor(at: Cursor, currencyDecimals: number) {
    this.#at = at
    this.#decimals = currencyDecimals
  }

  /** `= value`, `in (…)`, `between … and …`, `is known` and so on. Without `asked` any value is taken: the name was refused already. */
  test(start: Token, subjectText: string, asked: Asked | undefined, named = subjectText): Test | null {
    const operator = this.#at.next
    const ordered = asked === undefined || isOrdered(asked.kind)
    const wrong = (suggestion?: string) =>
      this.#at.report(operator, 'wrong-operator', { field: named, found: operator.raw }, suggestion)
    if (operator.kind === 'symbol' && (comparators as readonly string[]).includes(operator.value)) {
      this.#at.skip()
      const comparator = operator.value as Comparator
      const place = { from: start.from, to: operator.to }
      if (asked?.kind === 'set' && comparator === '!=')
        this.#at.report(place, 'set-not', { field: named }, `not ${subjectText} =`)
      else if (asked?.kind === 'anniversary') return this.#at.stop(place, 'wants-within', { field: named })
      else if (!ordered && comparator !== '=' && comparator !== '!=') wrong('=')
      const value = this.#value(operator, named, asked)
      return value === null ? null : { kind: 'compare', operator: comparator, value }
    }
    if (this.#at.takeWord('in')) {
      if (asked?.kind === 'flag') wrong('=')
      const open = this.#at.next
      if (!this.#at.takeSymbol('(')) return this.#at.unexpected('expected-parenthesis')
      const values = this.#at.list(open, () => this.#value(null, named, asked))
      return values && { kind: 'in', values }
    }
    if (this.#at.takeWord('between')) {
      if (!ordered) wrong('in')
      return this.#range(named, asked)
    }
    if (this.#at.takeWord('known')) return { kind: 'known' }
    if (this.#at.takeWord('unknown')) return { kind: 'unknown' }
    if (this.#at.takeWord('is')) {
      const negated = this.#at.takeWord('not')
      if (this.#at.takeWord('known')) return { kind: negated ? 'unknown' : 'known' }
      if (this.#at.takeWord('unknown') || this.#at.takeWord('null'))
        return { kind: negated ? 'known' : 'unknown' }
      const place = { from: operator.from, to: this.#at.last.to }
      return this.#at.stop(place, 'expected-known', {}, negated ? '!=' : '=')
    }
    if (this.startsWithin()) {
      if (asked && asked.kind !== 'day' && asked.kind !== 'anniversary') wrong()
      return this.within()
    }
    if (asked?.kind === 'set' && this.#at.takeWord('contains')) return this.carries(operator, named, asked)
    const ahead = textOperatorAt(this.#at)
    if (ahead) {
      this.#at.skip(ahead.pieces)
      if (asked && asked.kind !== 'text') wrong(asked.kind === 'choice' ? '=' : undefined)
      const value = this.#value(null, named, asked)
      return value === null ? null : { kind: 'text', operator: ahead.operator, value: String(value) }
    }
    const after = this.#at.peek
    if (wordAt(operator) === 'not' && after && wordAt(after) === 'in')
      return this.#at.stop({ from: start.from, to: after.to }, 'not-before', {}, `not ${subjectText} in`)
    return this.#at.unexpected('expected-operator', { field: named })
  }

  /** A set contains a text when it has it, whole. */
  carries(operator: Token, named: string, asked: Asked): Test | null {
    const value = this.#value(operator, named, asked)
    return value === null ? null : { kind: 'compare', operator: '=', value }
  }

  /** Takes `not contains`, where it stands. */
  takesNotContains(): boolean {
    const ahead = textOperatorAt(this.#at)
    if (ahead?.operator !== 'not contains') return false
    this.#at.skip(ahead.pieces)
    return true
  }

  startsWithin(): boolean {
    const word = wordAt(this.#at.next)
    return word === 'within' || word === 'last' || word === 'next'
  }

  /** `within 30 days`, `within last 30 days`, `within next 7 days`. */
  within(): Extract<Test, { kind: 'within' }> | null {
    this.#at.takeWord('within')
    const direction = this.#at.takeWord('next') ? 'next' : 'last'
    if (direction === 'last') this.#at.takeWord('last')
    const count = this.#at.next
    const days = Number(count.value)
    if (count.kind !== 'number' || !Number.isInteger(days) || days < 0 || days > maxDays)
      return this.#at.unexpected('expected-days')
    this.#at.skip()
    if (!this.#at.takeWord('days')) this.#at.takeWord('day')
    return { kind: 'within', direction, days: days + 0 }
  }

  #range(named: string, asked: Asked | undefined): Test | null {
    const first = this.#at.next
    const from = this.#value(null, named, asked)
    if (from === null) return null
    if (!this.#at.takeWord('and')) return this.#at.unexpected('expected-and')
    const to = this.#value(null, named, asked)
    if (to === null) return null
    const reversed =
      asked?.kind === 'day' ? isLater(String(from), String(to)) : typeof from === typeof to && from > to
    if (reversed)
      this.#at.report(
        { from: first.from, to: this.#at.last.to },
        'reversed-range',
        {},
        `${printValue(to, asked, 'en')} and ${printValue(from, asked, 'en')}`,
      )
    return { kind: 'between', from, to }
  }

  /** A value that suits the field; one that does not is reported and stands in as it is. */
  #value(operator: Token | null, named: string, asked: Asked | undefined): Value | null {
    if (++this.#values > limits.values)
      return this.#at.stop(this.#at.next, 'too-many-values', { limit: limits.values })
    const token = this.#at.next
    if (token.kind === 'symbol' || token.kind === 'end' || token.kind === 'broken')
      return this.#at.unexpected('expected-value', { field: named })
    if (operator && wordAt(token) === 'unknown') {
      this.#at.skip()
      return this.#asksUnknown(operator, token.to, named)
    }
    if (token.kind === 'word' && isReserved(token.value))
      return this.#at.unexpected('expected-value', { field: named })
    this.#at.skip()
    let to = token.to
    if (token.kind === 'number' && this.#at.takeSymbol('%')) to = this.#at.last.to
    if (token.kind === 'word')
      while (this.#at.next.kind === 'word' && !isReserved(this.#at.next.value)) {
        to = this.#at.next.to
        this.#at.skip()
      }
    const place = { from: token.from, to }
    const piece = this.#at.text.slice(place.from, place.to)
    const written = token.kind === 'text' ? token.value : token.kind === 'word' ? piece : narrow(piece)
    if (!asked) return written
    const read = readValue(asked, token, written, this.#decimals)
    if ('value' in read) return read.value
    if (read.refused === 'unknown-choice' && operator && wordOf(written.toLowerCase()) === 'unknown')
      return this.#asksUnknown(operator, to, named)
    this.#at.report(
      place,
      read.refused,
      { field: named, found: shortened(written), ...read.values },
      read.suggestion,
    )
    return written
  }

  #asksUnknown(operator: Token, to: number, named: string): Value {
    const instead = operator.value === '!=' ? 'is known' : 'is unknown'
    this.#at.report({ from: operator.from, to }, 'is-unknown', { field: named }, instead)
    return ''
  }
}

/** The operator on texts that stands next, and of how many pieces it is. */
function textOperatorAt({ next, peek }: Cursor): { operator: TextOperator; pieces: number } | null {
  const [word, then] = [wordAt(next), peek && wordAt(peek)]
  if (next.kind === 'word' && next.value === notContains) return { operator: 'not contains', pieces: 1 }
  if (word === 'contains') return { operator: 'contains', pieces: 1 }
  if (word === 'not' && then === 'contains') return { operator: 'not contains', pieces: 2 }
  if (word !== 'starts' && word !== 'ends') return null
  return { operator: word === 'starts' ? 'starts with' : 'ends with', pieces: then === 'with' ? 2 : 1 }
}

const notContains = '不包含'
