import { setImmediate as turn } from 'node:timers/promises'
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
 * caller's transaction; leaves `deleted_ids` of what stands in them. There may be thousands of reports: they are read a
 * few at a time, with turns of the event loop between, and those alone are written anew that have one of the texts.
 */
export async function forgetInReports(
  session: Session,
  list: readonly Deletion[],
  home: Home,
  names: readonly string[],
): Promise<void> {
  // one letter is in too many words
  const said = names.filter((name) => [...name].length > 1)
  const known = await knownInReports(session, list, home)
  const words = [...new Set([...known, ...said])].map((word) => ({
    word,
    // as it stands within a text of JSON
    escaped: JSON.stringify(word).slice(1, -1),
  }))
  if (words.length === 0) return
  const naming = await session.rows(sql`select import_seq from imports where exists (
    select 1 from (select unnest(from_json(${JSON.stringify(words)}, '[{"word":"VARCHAR","escaped":"VARCHAR"}]'), recursive := true)) as words
    where contains(imports.file_name, word) or contains(imports.report, escaped))`)
  for (const { importSeq } of naming) {
    const [row] = await session.rows(
      sql`select file_name, report from imports where import_seq = ${Number(importSeq)}`,
    )
    const told: unknown = JSON.parse(String(row!.report))
    const texts = [String(row!.fileName), ...saidIn(told)].map((text) => without(without(text, known), said))
    const [name] = texts.splice(0, 1)
    const kept = JSON.stringify(withSaid(told, () => texts.shift()!))
    await session.run(
      sql`update imports set file_name = ${name!}, report = ${kept} where import_seq = ${Number(importSeq)}`,
    )
    await turn()
  }
}

/** As many reports are read at once, and as many texts handed over: some milliseconds each. */
const reportsAtOnce = 100
const textsAtOnce = 2_000

/** Texts in names and reports of imports that the deletion list knows. Leaves `deleted_ids` of `findDeleted`. */
async function knownInReports(session: Session, list: readonly Deletion[], home: Home): Promise<string[]> {
  if (list.length === 0) return []
  await session.run(sql`create or replace temp table texts_in_reports (member_id varchar)`)
  const seen = new Set<string>()
  let found: string[] = []
  const hand = async () => {
    for (; found.length > 0; found = found.slice(textsAtOnce))
      await session.run(sql`insert into texts_in_reports
        select unnest(from_json(${JSON.stringify(found.slice(0, textsAtOnce))}, '["VARCHAR"]'))`)
  }
  for (let after = 0; ;) {
    const imports = await session.rows(
      sql`select import_seq, file_name, report from imports where import_seq > ${after}
        order by import_seq limit ${reportsAtOnce}`,
    )
    if (imports.length === 0) break
    after = Number(imports.at(-1)!.importSeq)
    let began = performance.now()
    for (const { fileName, report } of imports) {
      for (const text of [String(fileName), ...saidIn(JSON.parse(String(report)))])
        for (const candidate of mayBeNamed(text))
          if (!seen.has(candidate)) {
            seen.add(candidate)
            found.push(candidate)
          }
      if (performance.now() - began > 5) {
        await turn()
        began = performance.now()
      }
    }
    if (found.length >= textsAtOnce) await hand()
  }
  await hand()
  const some =
    seen.size > 0 && (await findDeleted(session, list, sql`(select member_id from texts_in_reports)`, home))
  await session.run(sql`drop table texts_in_reports`)
  if (!some) return []
  const rows = await session.rows(sql`select member_id from deleted_ids`)
  return rows.map(({ memberId }) => String(memberId))
}
