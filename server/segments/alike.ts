import { z } from 'zod'
import { type MessageKey, worded } from '../messages/messages.ts'
import { refused } from '../messages/refused.ts'

/** What people call something that there is: one line of at most `most` characters. */
export const nameOfAtMost = (most: number, empty: MessageKey) =>
  z
    .string()
    .trim()
    .min(1, empty)
    .max(most, worded('name-too-long'))
    .regex(/^\P{Cc}*$/u, worded('name-one-line'))

/** The same of something new, its letters composed: é is one character, however it was typed. */
export const newNameOfAtMost = (most: number, empty: MessageKey) =>
  nameOfAtMost(most, empty).transform((name) => name.normalize('NFC'))

/** What names have in common that people would take for one: capitals, full-width letters and blanks around apart. */
const alike = (name: string): string => name.normalize('NFKC').trim().toLowerCase()

/** The one of the names that people would take for `name`, where none is `name` itself. */
export const likeNamed = (name: string, names: readonly string[]): string | undefined =>
  names.includes(name) ? undefined : names.find((one) => alike(one) === alike(name))

/** Refuses a new name that people would take for one that there is. */
export function refuseLike(name: string, names: readonly string[]): void {
  const other = likeNamed(name, names)
  if (other !== undefined) throw refused('CONFLICT', 'name-alike', { other })
}
