import { comparators } from '../../../analytics/segments/ast.ts'
import {
  type Asked,
  conditionsByWord,
  fields,
  fieldsByWord,
  measures,
  measuresByWord,
} from '../../../analytics/segments/fields/catalogue.ts'
import { type Described, isOrdered } from '../../../analytics/segments/fields/described.ts'
import { quote } from '../../../analytics/segments/print.ts'
import { type Token, tokens } from '../../../analytics/segments/tokens.ts'
import { inLanguage, type Language, type Word, wordOf } from '../../../analytics/segments/words.ts'

/** One thing that may stand at the cursor. */
export interface Proposal {
  /** What is written. */
  readonly label: string
  /** What it is, in the language of the screen. */
  readonly detail?: string
  readonly kind: 'field' | 'keyword' | 'value'
  /** How often the value occurs in the data, and of which list it is. */
  readonly times?: { readonly n: number; readonly list: string }
}

/** What the data and the shop have to offer. */
export interface Known {
  /** Lists of values that occur in the data, by name, the most frequent first. */
  readonly values: Readonly<Record<string, readonly { readonly value: string; readonly times: number }[]>>
  readonly segments: readonly string[]
}

const is = (token: Token | undefined, kind: Token['kind'], ...values: string[]) =>
  token?.kind === kind && values.includes(token.value)
const isWord = (token: Token | undefined, ...words: Word[]) => {
  const word = token?.kind === 'word' ? wordOf(token.value) : undefined
  return word !== undefined && words.includes(word)
}

/**
 * What may stand at the end of `before`, the text up to the cursor, and from where it replaces: the
 * start of the word or text that is being typed. Words are of the reader's language; who begins an
 * English one goes on in English.
 */
export function proposals(
  before: string,
  known: Known,
  language: Language,
): { from: number; options: readonly Proposal[] } {
  const all = tokens(before).filter(({ kind }) => kind !== 'end')
  const last = all.at(-1)
  const typing =
    last && last.to === before.length && (last.kind === 'word' || last.kind === 'broken') ? last : null
  const done = typing ? all.slice(0, -1) : all
  const written = typing && /^[a-z_]/i.test(typing.raw) ? 'en' : language
  return {
    from: typing?.from ?? before.length,
    options: new Completion(done, known, language, written).options(),
  }
}

class Completion {
  readonly #done: readonly Token[]
  readonly #known: Known
  readonly #reader: Language
  readonly #written: Language

  constructor(done: readonly Token[], known: Known, reader: Language, written: Language) {
    this.#done = done
    this.#known = known
    this.#reader = reader
    this.#written = written
  }

  options(): Proposal[] {
    const done = this.#done
    const inside = openMeasure(done)
    const measure = inside === null ? null : measuresByWord.get(done[inside - 1]!.value)!.name
    const last = done.at(-1)
    const operator = inList(done) ?? done.length - 1
    const before = done[operator]
    if (
      is(before, 'symbol', ...comparators) ||
      (isWord(before, 'in') && inList(done) !== null) ||
      isWord(last, 'contains')
    ) {
      const asked = askedNamed(done[operator - 1]?.value ?? '', measure)
      return asked ? this.#valuesFor(asked) : []
    }
    if (isWord(last, 'segment'))
      return this.#known.segments.map((name) => ({ label: quote(name), kind: 'value' }))
    if (isWord(last, 'on')) return [...this.#words('today', 'yesterday'), keyword('-30d'), keyword('-1y')]
    if (isWord(last, 'random')) return [keyword('10%')]
    if (isWord(last, 'is')) return this.#words('known', 'unknown')
    if (isWord(last, 'in')) return [keyword('(')]
    if (isWord(last, 'within')) return [keyword('last 30 days'), keyword('next 7 days')]
    const asked = last?.kind === 'word' ? askedNamed(last.value, measure) : undefined
    if (asked) return this.#operatorsFor(asked)
    if (measure !== null && (is(last, 'symbol', ',') || done.length - 1 === inside))
      return [
        keyword(this.#say('within 90 days', '近 90 天')),
        ...this.#words('between'),
        ...uniquely(conditionsByWord(measure).values()).map((entry) => this.#named(entry)),
      ]
    if (last === undefined || isWord(last, 'and', 'or', 'not') || is(last, 'symbol', '('))
      return [
        ...fields.map((entry) => this.#named(entry)),
        ...measures.map((entry) => this.#named(entry, '(')),
        ...this.#words('not', 'everyone', 'segment', 'random'),
      ]
    if (inside !== null) return []
    const mayMoveDay = is(last, 'symbol', ')') || isWord(done.at(-2), 'segment')
    return this.#words('and', 'or', ...(mayMoveDay ? (['on'] as const) : []))
  }

  #named(entry: Described, after = ''): Proposal {
    const name = this.#written === 'en' ? entry.name : entry.chinese
    return { label: `${name}${after}`, detail: entry.title[this.#reader], kind: 'field' }
  }

  #words(...words: Word[]): Proposal[] {
    return words.map((word) => keyword(inLanguage(word, this.#written)))
  }

  #say(english: string, chinese: string): string {
    return this.#written === 'en' ? english : chinese
  }

  #valuesFor(asked: Asked): Proposal[] {
    switch (asked.kind) {
      case 'flag':
        return this.#words('true', 'false')
      case 'day':
        return [...this.#words('today', 'yesterday'), keyword('-30d'), keyword('-1y')]
      case 'choice':
        return asked.choices!.map(({ value, title }) => ({
          label: quote(this.#written === 'en' ? value : title['zh-CN']),
          detail: title[this.#reader],
          kind: 'value',
        }))
      default: {
        const list = asked.list ?? ''
        return (this.#known.values[list] ?? []).map(({ value, times }) => ({
          label: quote(value),
          kind: 'value',
          times: { n: times, list },
        }))
      }
    }
  }

  #operatorsFor({ kind }: Asked): Proposal[] {
    const known = this.#written === 'en' ? ['is known', 'is unknown'] : ['已知', '未知']
    const near = [this.#say('within last 30 days', '近 30 天'), this.#say('within next 7 days', '未来 7 天')]
    if (kind === 'anniversary') return [near[1]!, near[0]!, ...known].map(keyword)
    const parts = [
      this.#say('contains', '包含'),
      this.#say('not contains', '不包含'),
      this.#say('starts with', '开头是'),
      this.#say('ends with', '结尾是'),
    ]
    return [
      ...(isOrdered(kind) ? ['>=', '<=', '=', '>', '<', '!=', inLanguage('between', this.#written)] : ['=']),
      ...(kind === 'day' ? near : []),
      ...(kind === 'text' ? parts : []),
      ...(kind === 'flag' ? [] : [`${inLanguage('in', this.#written)} (`]),
      ...known,
    ].map(keyword)
  }
}

const keyword = (label: string): Proposal => ({ label, kind: 'keyword' })
const uniquely = <T>(entries: Iterable<T>): T[] => [...new Set(entries)]

/** Index of the parenthesis of a measure that is still open, or null. */
function openMeasure(done: readonly Token[]): number | null {
  const open: number[] = []
  done.forEach((token, i) => {
    if (is(token, 'symbol', '(')) open.push(i)
    if (is(token, 'symbol', ')')) open.pop()
  })
  return open.findLast((i) => measuresByWord.has(done[i - 1]?.value ?? '')) ?? null
}

/** Index of the `in` whose list is still open at the end, or null. */
function inList(done: readonly Token[]): number | null {
  for (let i = done.length - 1; i > 0; i--) {
    if (is(done[i], 'symbol', ')')) return null
    if (is(done[i], 'symbol', '(')) return isWord(done[i - 1], 'in') ? i - 1 : null
  }
  return null
}

/** The field before the operator. A measure ends with a parenthesis and is compared with a number. */
const askedNamed = (word: string, measure: string | null): Asked | undefined =>
  measure === null ? fieldsByWord.get(word) : conditionsByWord(measure).get(word)
