import type { Session } from '../../analytics/engine/engine.ts'
import { sql } from '../../analytics/sql/sql.ts'
import type { Home } from '../import/members/phones.ts'
import type { Deletion } from './deletions.ts'
import { findDeleted } from './find-deleted.ts'
import { isDistinctive } from './names-in-file.ts'

/** Stands where a person was named. */
const gone = '…'

/** A text without each of `words`, the longest first; Latin and digits only where nothing of their kind goes on around them. */
export function without(text: string, words: readonly string[]): string {
  let left = text
  for (const word of words.toSorted((a, b) => b.length - a.length)) {
    const escaped = word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    const open = /^[a-z0-9]/i.test(word) ? '(?<![A-Za-z0-9])' : ''
    const close = /[a-z0-9]$/i.test(word) ? '(?![A-Za-z0-9])' : ''
    // a phone stands in an order's number with digits around it
    left = left.replace(new RegExp(/^\d{8,}$/.test(word) ? escaped : `${open}${escaped}${close}`, 'gu'), gone)
  }
  return left
}

/** The texts within one, such as a file's name, that may be a person's number, phone, openid or e-mail; shorter ones are none. */
export function mayBeNamed(text: string, isLong = isDistinctive): string[] {
  const found = new Set<string>()
  const pieces = [...text.matchAll(/\p{Script=Han}+|(?:(?!\p{Script=Han})[\p{L}\p{N}])+/gu)]
  for (const [first, { index }] of pieces.entries())
    for (const last of pieces.slice(first, first + mostPieces))
      found.add(text.slice(index, last.index + last[0].length))
  for (const [digits] of text.matchAll(/\d{8,}/g))
    for (let from = 0; from < digits.length; from++)
      for (let length = 8; length <= 13 && from + length <= digits.length; length++)
        found.add(digits.slice(from, from + length))
  return [...found].filter(isLong)
}

const mostPieces = 6

/**
 * Texts without what the deletion list knows in them. In the caller's transaction; leaves the temporary table `deleted_ids` of
 * `findDeleted` with these texts.
 */
export async function withoutDeleted(
  session: Session,
  list: readonly Deletion[],
  home: Home,
  texts: readonly string[],
): Promise<string[]> {
  const candidates = [...new Set(texts.flatMap((text) => mayBeNamed(text)))]
  const among = sql`(select unnest(from_json(${JSON.stringify(candidates)}, '["VARCHAR"]')) as member_id)`
  if (candidates.length === 0 || !(await findDeleted(session, list, among, home))) return [...texts]
  const rows = await session.rows(sql`select member_id from deleted_ids`)
  const known = rows.map(({ memberId }) => String(memberId))
  return texts.map((text) => without(text, known))
}

/**
 * Where a report of whichever kind holds what a file said: its name and those of its tables, numbers that it named, values
 * of sentences. All else are days, places and words of our own, in which a short name such as "10" or "no" may be too.
 */
const ofFile: ReadonlySet<string> = new Set(['fileName', 'name', 'unknownNamed', 'values'])

/** The texts of a report that a file said, in its order. */
const saidIn = (json: unknown, byFile = false): string[] =>
  typeof json === 'string'
    ? byFile
      ? [json]
      : []
    : json !== null && typeof json === 'object'
      ? Object.entries(json).flatMap(([key, one]) => saidIn(one, byFile || ofFile.has(key)))
      : []

/** A report with other texts in their places. */
const withSaid = (json: unknown, next: () => string, byFile = false): unknown =>
  typeof json === 'string'
    ? byFile
      ? next()
      : json
    : Array.isArray(json)
      ? json.map((one) => withSaid(one, next, byFile))
      : json !== null && typeof json === 'object'
        ? Object.fromEntries(
            Object.entries(json).map(([key, one]) => [key, withSaid(one, next, byFile || ofFile.has(key))]),
          )
        : json

/** The name and the report with which an import is kept, without whom the deletion list knows. */
export async function keptWithoutDeleted(
  session: Session,
  list: readonly Deletion[],
  home: Home,
  { fileName, report }: { readonly fileName: string; readonly report: string },
): Promise<{ readonly fileName: string; readonly report: string }> {
  if (list.length === 0) return { fileName, report }
  const told: unknown = JSON.parse(report)
  const [name, ...texts] = await withoutDeleted(session, list, home, [fileName, ...saidIn(told)])
  return { fileName: name!, report: JSON.stringify(withSaid(told, () => texts.shift()!)) }
}

/**
 * Takes out of the names and reports of all imports whom the deletion list knows, and `names`, which it does not. In the
 * caller's transaction; leaves `deleted_ids` as `withoutDeleted` does.
 */
export async function forgetInReports(
  session: Session,
  list: readonly Deletion[],
  home: Home,
  names: readonly string[],
): Promise<void> {
  // one letter is in too many words
  const said = names.filter((name) => [...name].length > 1)
  const imports = await session.rows(
    sql`select import_seq, file_name, report from imports order by import_seq`,
  )
  const all = imports.flatMap(({ fileName, report }) => [
    String(fileName),
    ...saidIn(JSON.parse(String(report))),
  ])
  const texts = (await withoutDeleted(session, list, home, all)).map((text) => without(text, said))
  let at = 0
  for (const { importSeq, fileName, report } of imports) {
    const name = texts[at++]!
    const kept = JSON.stringify(withSaid(JSON.parse(String(report)), () => texts[at++]!))
    if (name !== fileName || kept !== report)
      await session.run(
        sql`update imports set file_name = ${name}, report = ${kept} where import_seq = ${Number(importSeq)}`,
      )
  }
}
