import { isName } from './fields/catalogue.ts'
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
    return this.stop(token, 'missing-connective', { found: shortened(token.raw) }, `and ${token.raw}`)
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

/** The word that a token is, in either language. */
export const wordAt = (token: Token): Word | undefined =>
  token.kind === 'word' ? wordOf(token.value) : undefined

/** Words that Chinese writes without a space between: 「且标签」, 「近90天」. */
function separated(found: readonly Token[]): Token[] {
  return found.flatMap((token): readonly Token[] => {
    if (token.kind !== 'word' || isName(token.value) || token.value.length > longestTogether) return [token]
    const [, within, digits, unit] = /^(近|未来|过去)(\d+)(天)?$/u.exec(token.value) ?? []
    if (within !== undefined) return pieces(token, [within, digits!, ...(unit ? [unit] : [])])
    const texts: string[] = []
    let rest = token.value
    while (!isName(rest) && !isReserved(rest)) {
      const first = connectives.find((text) => rest.startsWith(text))
      if (first === undefined) return [token]
      texts.push(first)
      rest = rest.slice(first.length)
    }
    return pieces(token, [...texts, rest])
  })
}

/** 「且」 and so on before the longest name. */
const longestTogether = 40
const connectives: readonly string[] = [...words.and, ...words.or, ...words.not]

function pieces(token: Token, texts: readonly string[]): Token[] {
  let from = token.from
  return texts.map((text) => {
    const kind = /^\d/.test(text) ? 'number' : 'word'
    const piece: Token = { kind, from, to: from + text.length, raw: text, value: text }
    from = piece.to
    return piece
  })
}
