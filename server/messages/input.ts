import { z, type ZodError } from 'zod'
import { english, type Language, type MessageKey, sentence } from './messages.ts'

const chinese = z.locales.zhCN().localeError
type Issue = ZodError['issues'][number]

/** What is wrong with an input, naming each field as people call it. */
export const inputSentence = (language: Language, { issues }: ZodError): string =>
  issues
    .map((issue) => {
      const problem = problemWords(language, issue)
      const field = fieldWords(language, issue.path)
      return field === null ? problem : sentence(language, 'input', { field, problem })
    })
    .join(language === 'en' ? '; ' : '；')

/** What is wrong with a value: in the words of our own checks, else in Zod's. */
export function problemWords(language: Language, issue: Issue): string {
  const { message } = issue
  if (message in english) {
    const { minimum = 0, maximum = 0 } = issue as { minimum?: number; maximum?: number }
    return sentence(language, message as MessageKey, { minimum, maximum })
  }
  const theirs = language === 'en' ? message : (chinese(issue as never) ?? message)
  return typeof theirs === 'string' ? theirs : theirs.message
}

/** The innermost field that has a name, and which of several: `stores (2)`. Null for the input as a whole. */
function fieldWords(language: Language, path: Issue['path']): string | null {
  if (path.length === 0) return null
  const named = path.findLastIndex((part) => `field.${String(part)}` in english)
  if (named < 0) return path.join('.')
  const word = sentence(language, `field.${String(path[named])}` as MessageKey)
  const [inner] = path.slice(named + 1)
  if (inner === undefined) return word
  const which = typeof inner === 'number' ? inner + 1 : String(inner)
  return language === 'en' ? `${word} (${which})` : `${word}（${which}）`
}
