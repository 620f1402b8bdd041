import { chineseNames, isName } from './fields/catalogue.ts'
import { nearest, type Problem, problem, type ProblemId } from './problems.ts'
import { shortened, type Token, tokens } from './tokens.ts'
import { isReserved, type Word, wordOf, words } from './words.ts'

const maxProblems = 20
export interface Place {
  readonly from: number
  readonly to: number
}

/** The pieces of a rule's text, taken one after the other, and what was found wrong on the way. */
export class Cursor {
  readonly problems: Problem[] = []
  readonly text: string
  readonly #tokens: readonly Token[]
  #position = 0

  constructor(text: string) {
    this.text = text
    this.#tokens = separated(tokens(text))
  }

  get next(): Token {
    return this.#tokens[this.#position] ?? this.#tokens.at(-1)!
  }

  /** The piece behind the next one. */
  get peek(): Token | undefined {
    return this.#tokens[this.#position + 1]
  }

  /** The piece before the next one. */
  get last(): Token {
    return this.#tokens[Math.max(0, this.#position - 1)]!
  }

  get all(): Place {
    return { from: 0, to: this.text.length }
  }

  /** Goes on behind so many pieces. */
  skip(count = 1): void {
    this.#position += count
  }

  takeWord(word: Word): boolean {
    const found = wordAt(this.next) === word
    if (found) this.#position++
    return found
  }

  takeSymbol(symbol: string): boolean {
    const found = this.next.kind === 'symbol' && this.next.value === symbol
    if (found) this.#position++
    return found
  }

  report(place: Place, id: ProblemId, values: Problem['values'] = {}, suggestion?: string): void {
    if (this.problems.length < maxProblems) this.problems.push(problem(place, id, values, suggestion))
  }

  /** A problem after which nothing can be made out. */
  stop(place: Place, id: ProblemId, values: Problem['values'] = {}, suggestion?: string): null {
    this.report(place, id, values, suggestion)
    return null
  }

  /** The next token should have been something else; one that can't be read has its own reason. */
  unexpected(id: ProblemId, values: Problem['values'] = {}): null {
    const token = this.next
    if (token.problem) {
      this.problems.push(token.problem)
      return null
    }
    const found = token.kind === 'end' ? '…' : shortened(token.raw)
    return this.stop(token, id, { ...values, found })
  }

  missingConnective(token: Token): null {
    if (token.problem) return this.unexpected('missing-connective')
    if (wordAt(token) === 'on') return this.stop(token, 'bare-day')
    const and = /\p{Script=Han}/u.test(token.raw) ? words.and[0] : 'and'
    const begins = isName(token.value) || token.value === '(' || beginnings.has(wordAt(token))
    const suggestion = begins ? `${and} ${token.raw}` : undefined
    return this.stop(token, 'missing-connective', { found: shortened(token.raw) }, suggestion)
  }

  /** A name that nothing has, with the one that was probably meant. */
  unknown(token: Token, id: ProblemId, names: readonly string[]): void {
    this.report(token, id, { found: shortened(token.raw) }, nearest(token.value, names))
  }

  /** What is listed up to the closing parenthesis; `open` is the one before it. */
  list<T>(open: Token, item: () => T | null): T[] | null {
    const items: T[] = []
    for (;;) {
      const next = item()
      if (next === null) return null
      items.push(next)
      if (this.takeSymbol(')')) return items
      if (this.next.kind === 'end') return this.stop(open, 'open-parenthesis')
      if (!this.takeSymbol(',')) return this.unexpected('expected-comma')
    }
  }
}

/** Words with which a condition may begin. */
const beginnings: ReadonlySet<Word | undefined> = new Set<Word>(['not', 'everyone', 'segment', 'random'])

/** The word that a token is, in either language. */
export const wordAt = (token: Token): Word | undefined =>
  token.kind === 'word' ? wordOf(token.value) : undefined

/** Words that Chinese writes without a space between: 「且标签」, 「近90天」, 「门店属于」, 「本月生日且授权」. */
const separated = (found: readonly Token[]): Token[] =>
  found.flatMap((token): readonly Token[] => {
    if (token.kind !== 'word' || isName(token.value) || token.value.length > longestTogether) return [token]
    const texts = apart(token.value, true)
    return texts ? pieces(token, texts) : [token]
  })

/** What stands together in a text without spaces; null when it is something else. A condition begins with no operator. */
function apart(text: string, begins: boolean): string[] | null {
  if (text === '') return []
  if (isName(text) || isReserved(text)) return [text]
  const [near, within, digits, unit] = /^(近|未来|过去)(\d+)(天)?/u.exec(text) ?? []
  const starts: (readonly string[])[] =
    near === undefined ? [] : [[within!, digits!, ...(unit ? [unit] : [])]]
  const number = /^\d+/.exec(text)?.[0]
  if (number !== undefined) starts.push([number])
  const together = begins
    ? [...connectives, ...chineseNames.filter((name) => text.startsWith(name))]
    : [...operators, ...connectives]
  for (const one of together) if (text.startsWith(one)) starts.push([one])
  for (const texts of starts) {
    const next = texts.join('')
    const rest = apart(text.slice(next.length), texts.length === 1 && connectives.includes(next))
    if (rest) return [...texts, ...rest]
  }
  return null
}

/** The longest text that is taken apart. */
const longestTogether = 40
const connectives: readonly string[] = [...words.and, ...words.or, ...words.not]
/** What stands behind a name, longer ones before those that they begin with. */
const operators: readonly string[] = [
  '不包含',
  ...(
    ['in', 'between', 'contains', 'starts', 'ends', 'known', 'unknown', 'null', 'is', 'on'] as const
  ).flatMap((word) => words[word]),
]

function pieces(token: Token, texts: readonly string[]): Token[] {
  let from = token.from
  return texts.map((text) => {
    const kind = /^\d/.test(text) ? 'number' : 'word'
    const piece: Token = { kind, from, to: from + text.length, raw: text, value: text }
    from = piece.to
    return piece
  })
}
