import type { Test } from './ast.ts'

/**
 * How a condition reads as a phrase about members. `{}` stands for what is asked: "at least 2 orders",
 * "before 31 Jan 2026", "“Tea” or “Cake”".
 */
export interface Phrase {
  readonly is: string
  /** `!=`, where `{}` alone would read badly. */
  readonly other?: string
  /** Part of a name: `{}` is "contains “May”", 「包含“五月”」. Every field of texts has it. */
  readonly text?: string
  /** `= 0`. */
  readonly none?: string
  /** Any of several listed texts. */
  readonly any?: string
  readonly known?: string
  readonly unknown?: string
  /** NOT around the condition; and around `any`. */
  readonly not?: string
  readonly notAny?: string
  /** Single words that have a phrase of their own. */
  readonly words?: Readonly<Record<string, string>>
  /** NOT around such a word: whoever has no value at all is among them. */
  readonly notWords?: Readonly<Record<string, string>>
}

/** Which part of a phrase says the test. */
export function partOf(phrase: Phrase, test: Test, negated: boolean): string | undefined {
  switch (test.kind) {
    case 'known':
      return negated ? phrase.unknown : phrase.known
    case 'unknown':
      return negated ? phrase.known : phrase.unknown
    case 'in':
      return negated ? phrase.notAny : (phrase.any ?? phrase.is)
    case 'text':
      return negated ? undefined : (phrase.text ?? phrase.is)
    case 'between':
    case 'within':
      return negated ? undefined : phrase.is
    case 'compare': {
      if (negated)
        return test.operator === '=' ? (phrase.notWords?.[String(test.value)] ?? phrase.not) : undefined
      const word =
        typeof test.value === 'boolean'
          ? phrase.words?.[String(test.value === (test.operator === '='))]
          : test.operator === '='
            ? phrase.words?.[test.value]
            : undefined
      if (word !== undefined) return word
      if (test.operator === '=' && test.value === 0 && phrase.none !== undefined) return phrase.none
      return test.operator === '!=' && phrase.other !== undefined ? phrase.other : phrase.is
    }
  }
}
