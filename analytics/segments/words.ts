/** The language in which a rule is written; reading takes both, and both in one rule. */
export type Language = 'en' | 'zh-CN'

/** The words of the language that are not names, with what stands for each in a Chinese rule; the first one is printed. */
export const words = {
  and: ['且', '和'],
  or: ['或'],
  not: ['非'],
  in: ['属于'],
  between: ['介于'],
  is: ['为'],
  known: ['已知'],
  unknown: ['未知'],
  null: ['空'],
  everyone: ['全部会员'],
  within: ['近'],
  last: ['过去'],
  next: ['未来'],
  days: ['天'],
  day: ['日'],
  contains: ['包含'],
  starts: ['开头是'],
  ends: ['结尾是'],
  with: [],
  on: ['于'],
  segment: ['人群'],
  random: ['随机'],
  seed: ['种子'],
  today: ['今天'],
  yesterday: ['昨天'],
  true: ['是'],
  false: ['否'],
} as const satisfies Record<string, readonly string[]>

export type Word = keyof typeof words

const wordByText: ReadonlyMap<string, Word> = new Map(
  (Object.keys(words) as Word[]).flatMap((word) =>
    [word, ...words[word]].map((text) => [text, word] as const),
  ),
)

/** The word that a text in lower case is, in either language. */
export const wordOf = (text: string): Word | undefined => wordByText.get(text)

/** Words that nothing can be named by, and at which a text that lacks its quotes ends. */
const reserved: ReadonlySet<Word> = new Set<Word>([
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
  'on',
  'segment',
  'random',
])

/** Whether a text in lower case is one of the words that hold a rule together. */
export const isReserved = (text: string): boolean => {
  const word = wordOf(text)
  return word !== undefined && reserved.has(word)
}

/** A word as it is printed. */
export const inLanguage = (word: Word, language: Language): string =>
  language === 'en' ? word : (words[word][0] ?? word)
