import { z, type ZodError } from 'zod'
import { english, type Language, type MessageKey, sentence, type Values } from './messages.ts'

const chinese = z.locales.zhCN().localeError
type Issue = ZodError['issues'][number]

/** What is wrong with an input, naming each field as people call it. */
export function inputSentence(language: Language, { issues }: ZodError): string {
  const said = issues.map((issue) => {
    const problem = problemWords(language, issue)
    const field = fieldWords(language, issue.path)
    return field === null ? problem : sentence(language, 'input', { field, problem })
  })
  if (said.every((one) => /[.。]$/.test(one))) return said.join(language === 'en' ? ' ' : '')
  return said.join(language === 'en' ? '; ' : '；')
}

/** What is wrong with a value: in the words of our own checks, else in those of its type and bounds, else in Zod's. */
export function problemWords(language: Language, issue: Issue): string {
  const { message } = issue
  if (message in english) {
    const { minimum = 0, maximum = 0 } = issue as { minimum?: number; maximum?: number }
    const told = issue.code === 'custom' ? (issue.params as Values | undefined) : undefined
    return sentence(language, message as MessageKey, { minimum, maximum, ...told })
  }
  if (issue.code === 'invalid_union') return unionWords(language, issue)
  const ours = boundWords(issue)
  if (ours) return sentence(language, ours.id, ours.values)
  const theirs = language === 'en' ? message : (chinese(issue as never) ?? message)
  return typeof theirs === 'string' ? theirs : theirs.message
}

/** What a value may be that fits none of several shapes: the closest says what is wrong with it; where none is close, all are named. */
function unionWords(language: Language, issue: Extract<Issue, { code: 'invalid_union' }>): string {
  const { options, errors } = issue as { options?: readonly unknown[]; errors: readonly (readonly Issue[])[] }
  if (options) return sentence(language, 'input-one-of', { values: { listed: options.map(String) } })
  const first = errors.flatMap(([one]) => (one ? [one] : []))
  if (first.length > 0 && first.every(({ message }) => message.endsWith('received undefined')))
    return sentence(language, 'input-missing')
  const shape = ({ code, path, ...one }: Issue): string | null =>
    path.length > 0
      ? null
      : code === 'invalid_type'
        ? (one as { expected: string }).expected
        : code === 'invalid_format'
          ? (one as { format: string }).format
          : null
  const close = first.find((one) => shape(one) === null)
  if (close) {
    const problem = problemWords(language, close)
    return close.path.length === 0
      ? problem
      : sentence(language, 'input', { field: close.path.join('.'), problem })
  }
  const shapes = [...new Set(first.map(shape))]
  return sentence(language, 'input-either', {
    shapes: new Intl.ListFormat(language, { type: 'disjunction' }).format(
      shapes.map((one) => sentence(language, 'input-shape', { shape: one! })),
    ),
  })
}

/** What a schema says of a value by its type, its bounds and the words that it may be; null for what else it checks. */
function boundWords(issue: Issue): { id: MessageKey; values: Values } | null {
  switch (issue.code) {
    case 'invalid_type':
      return /received (undefined|null)$/.test(issue.message)
        ? { id: 'input-missing', values: {} }
        : { id: 'input-type', values: { expected: issue.expected } }
    case 'too_big': {
      const maximum = Number(issue.maximum)
      if (issue.inclusive === false) return null
      if (issue.origin === 'string') return { id: 'input-long', values: { maximum } }
      return { id: issue.origin === 'array' ? 'input-many' : 'input-large', values: { maximum } }
    }
    case 'too_small': {
      const minimum = Number(issue.minimum)
      if (issue.inclusive === false) return { id: 'input-above', values: { minimum } }
      if (minimum === 1 && (issue.origin === 'string' || issue.origin === 'array'))
        return { id: 'input-empty', values: {} }
      if (issue.origin === 'string') return { id: 'input-short', values: { minimum } }
      return { id: issue.origin === 'array' ? 'input-few' : 'input-small', values: { minimum } }
    }
    case 'invalid_value':
      return { id: 'input-choice', values: { values: { listed: issue.values.map(String) } } }
    case 'unrecognized_keys':
      return { id: 'input-unknown', values: { keys: { listed: issue.keys } } }
    case 'invalid_format':
      if (issue.format === 'date') return { id: 'input-day', values: {} }
      if (issue.format === 'datetime') return { id: 'input-moment', values: {} }
      return issue.format === 'uuid' ? { id: 'input-id', values: {} } : null
    default:
      return null
  }
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
