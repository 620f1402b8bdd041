import { IntlMessageFormat } from 'intl-messageformat'
import { server as english } from './en/server.ts'
import { server as chinese } from './zh-CN/server.ts'

export type Language = 'en' | 'zh-CN'
export type MessageKey = keyof typeof english

const sentences = { en: english, 'zh-CN': chinese } as const

/** What the user asked for with `--lang`, else what the system's locale says; English when neither is Chinese. */
export function languageOf(
  argv: readonly string[] = process.argv,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Language {
  const at = argv.findIndex((word) => word === '--lang' || word.startsWith('--lang='))
  const asked = at < 0 ? undefined : (argv[at]!.split('=')[1] ?? argv[at + 1])
  const locale = asked ?? (environment.LC_ALL || environment.LC_MESSAGES || environment.LANG || '')
  return /^zh/i.test(locale) ? 'zh-CN' : 'en'
}

/** A sentence in a language; values are put in as ICU says. */
export const sentence = (
  language: Language,
  key: MessageKey,
  values: Record<string, string | number> = {},
): string => new IntlMessageFormat(sentences[language][key], language).format(values) as string

/** A sentence in the language of this process. */
export const say = (key: MessageKey, values?: Record<string, string | number>): string =>
  sentence(languageOf(), key, values)
