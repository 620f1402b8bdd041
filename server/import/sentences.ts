import { IntlMessageFormat } from 'intl-messageformat'
import en from '../messages/en/import.json' with { type: 'json' }
import zh from '../messages/zh-CN/import.json' with { type: 'json' }
import type { RowReason } from './normalise.ts'
import type { Refusal } from './refusal.ts'

export type Language = 'en' | 'zh-CN'
type MessageId = keyof typeof en

const messages: Readonly<Record<Language, Readonly<Record<MessageId, string>>>> = { en, 'zh-CN': zh }

/** A sentence of the importer in a language. */
export const sentence = (language: Language, id: MessageId, values: Refusal['values'] = {}): string =>
  String(new IntlMessageFormat(messages[language][id], language).format(values))

/** Why a file or an order to the importer was refused: what, where, what to do. */
export const refusalSentence = (language: Language, { id, values }: Refusal): string =>
  sentence(language, id, values)

/** Why a row was refused. */
export const reasonSentence = (language: Language, reason: RowReason): string =>
  sentence(language, `row.${reason}`)
