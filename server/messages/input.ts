import { z, type ZodError } from 'zod'
import { english, type Language, type MessageKey, sentence } from './messages.ts'

const chinese = z.locales.zhCN().localeError

/** What is wrong with an input, naming each field: in the words of our own checks, else in Zod's. */
export const inputSentence = (language: Language, { issues }: ZodError): string =>
  issues
    .map((issue) => {
      const { message, path } = issue
      const { minimum = 0, maximum = 0 } = issue as { minimum?: number; maximum?: number }
      const theirs = language === 'en' ? message : (chinese(issue as never) ?? message)
      const problem =
        message in english
          ? sentence(language, message as MessageKey, { minimum, maximum })
          : typeof theirs === 'string'
            ? theirs
            : theirs.message
      return path.length === 0 ? problem : sentence(language, 'input', { field: path.join('.'), problem })
    })
    .join(language === 'en' ? '; ' : '；')
