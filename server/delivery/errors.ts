import { type Language, type Said, sentence } from '../messages/messages.ts'

/** Why a message did not go out, as the outbox keeps it: in no language yet, and with nothing personal. */
export const keptError = (why: Said): string => JSON.stringify(why)

/** The same in a language; what earlier versions kept is a sentence already. */
export function errorText(language: Language, kept: string | null): string | null {
  if (kept === null || !kept.startsWith('{')) return kept
  const { id, values } = JSON.parse(kept) as Said
  return sentence(language, id, values)
}
