import { IntlMessageFormat } from 'intl-messageformat'
import type { Words } from '../../analytics/schema/described.ts'
import enApi from './en/api.json' with { type: 'json' }
import enCompare from './en/compare.json' with { type: 'json' }
import enDelivery from './en/delivery.json' with { type: 'json' }
import enDigest from './en/digest.json' with { type: 'json' }
import enExports from './en/exports.json' with { type: 'json' }
import enFields from './en/fields.json' with { type: 'json' }
import enImport from './en/import.json' with { type: 'json' }
import enOffers from './en/offers.json' with { type: 'json' }
import enProblems from './en/problems.json' with { type: 'json' }
import enRefusals from './en/refusals.json' with { type: 'json' }
import enSuggest from './en/suggest.json' with { type: 'json' }
import enTerminal from './en/terminal.json' with { type: 'json' }
import enStanding from './en/standing.json' with { type: 'json' }
import { server as enServer } from './en/server.ts'
import zhApi from './zh-CN/api.json' with { type: 'json' }
import zhCompare from './zh-CN/compare.json' with { type: 'json' }
import zhDelivery from './zh-CN/delivery.json' with { type: 'json' }
import zhDigest from './zh-CN/digest.json' with { type: 'json' }
import zhExports from './zh-CN/exports.json' with { type: 'json' }
import zhFields from './zh-CN/fields.json' with { type: 'json' }
import zhImport from './zh-CN/import.json' with { type: 'json' }
import zhOffers from './zh-CN/offers.json' with { type: 'json' }
import zhProblems from './zh-CN/problems.json' with { type: 'json' }
import zhRefusals from './zh-CN/refusals.json' with { type: 'json' }
import zhSuggest from './zh-CN/suggest.json' with { type: 'json' }
import zhTerminal from './zh-CN/terminal.json' with { type: 'json' }
import zhStanding from './zh-CN/standing.json' with { type: 'json' }
import { server as zhServer } from './zh-CN/server.ts'

export const english = {
  ...enServer,
  ...enImport,
  ...enProblems,
  ...enRefusals,
  ...enApi,
  ...enFields,
  ...enTerminal,
  ...enCompare,
  ...enSuggest,
  ...enExports,
  ...enOffers,
  ...enDelivery,
  ...enDigest,
  ...enStanding,
}
export type MessageKey = keyof typeof english
export type Language = 'en' | 'zh-CN'

export const sentences: Readonly<Record<Language, Readonly<Record<MessageKey, string>>>> = {
  en: english,
  'zh-CN': {
    ...zhServer,
    ...zhImport,
    ...zhProblems,
    ...zhRefusals,
    ...zhApi,
    ...zhFields,
    ...zhTerminal,
    ...zhCompare,
    ...zhSuggest,
    ...zhExports,
    ...zhOffers,
    ...zhDelivery,
    ...zhDigest,
    ...zhStanding,
  },
}

/** A sentence that is not in a language yet. Its values may be sentences too; several stand one after the other. */
export interface Said {
  readonly id: MessageKey
  readonly values?: Values | undefined
}
/** Things that a sentence names one after the other, with the language's “and” before the last. */
export interface Named {
  readonly named: readonly (Said | Words)[]
}
/** Texts one after the other, each as it is. */
export interface Listed {
  readonly listed: readonly string[]
}
export type Values = Readonly<
  Record<string, string | number | Said | Words | Named | Listed | readonly Said[]>
>

/** What the user asked for with `--lang`, else what the system's locale says; English when neither is Chinese. */
export function languageOf(
  argv: readonly string[] = process.argv,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Language {
  const at = argv.findIndex((word) => word === '--lang' || word.startsWith('--lang='))
  const asked = at < 0 ? undefined : (argv[at]!.split('=')[1] ?? argv[at + 1])
  return languageNamed(asked ?? (environment.LC_ALL || environment.LC_MESSAGES || environment.LANG || ''))
}

/** The language that a locale or an `accept-language` begins with; English when it is not Chinese. */
export const languageNamed = (locale: string): Language => (/^zh/i.test(locale) ? 'zh-CN' : 'en')

/** A sentence in a language; values are put in as ICU says. */
export const sentence = (language: Language, key: MessageKey, values: Values = {}): string =>
  phrase(language, { en: sentences.en[key], 'zh-CN': sentences['zh-CN'][key] }, values)

/** Messages that were read once: reading one takes longer than writing a row that it stands in. */
const read: Readonly<Record<Language, Map<string, IntlMessageFormat>>> = { en: new Map(), 'zh-CN': new Map() }
function messageOf(language: Language, text: string): IntlMessageFormat {
  const known = read[language].get(text) ?? new IntlMessageFormat(text, language)
  read[language].set(text, known)
  return known
}

/** Words in a language; values are put in as ICU says. They are kept: words of the program, never of a file. */
export const phrase = (language: Language, words: Words, values: Values = {}): string =>
  messageOf(language, words[language]).format(
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, inWords(language, value)])),
  ) as string

function inWords(language: Language, value: Values[string]): string | number {
  if (typeof value !== 'object') return value
  if ('named' in value)
    return new Intl.ListFormat(language).format(value.named.map((one) => told(language, one)))
  if ('listed' in value) return listed(language, value.listed)
  if (!Array.isArray(value)) return told(language, value as Said | Words)
  return value.map((one: Said) => told(language, one)).join(language === 'en' ? ' ' : '')
}

/** Texts one after the other, as a language lists them. */
export const listed = (language: Language, texts: readonly string[]): string =>
  texts.join(language === 'en' ? ', ' : '、')

const told = (language: Language, said: Said | Words): string =>
  'id' in said ? sentence(language, said.id, said.values) : said[language]

/** What is said, in a language. */
export const saidIn = (language: Language, { id, values }: Said): string => sentence(language, id, values)

/** A sentence in the language of this process. */
export const say = (key: MessageKey, values?: Values): string => sentence(languageOf(), key, values)

/** The message of a check of an input: its id, put into the caller's language by input.ts. */
export const worded = (id: MessageKey): MessageKey => id
