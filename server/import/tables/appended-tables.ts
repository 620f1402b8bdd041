import { renameSync } from 'node:fs'
import { join } from 'node:path'
import type { Engine } from '../../../analytics/engine/engine.ts'
import { join as list, sql } from '../../../analytics/sql/sql.ts'
import { type BrokenRecord, fieldSeparator } from '../reading/records.ts'
import { isOrderKey, mayFollow } from './plan.ts'
import type { JoinedTables } from './joined.ts'
import { order, options } from './join-order.ts'
import type { Opened } from './opened-table.ts'
import { path, file, lineOf, fieldsOf, keyIn, shared, startsOf, brokenTable } from './table-rows.ts'

/** Tables whose rows may follow those of another one come last; `bases`: the places of those that they follow. */
export function partsLast(tables: readonly Opened[]): { opened: Opened[]; bases: number[] } {
  const wholes: Opened[] = []
  const parts: { part: Opened; base: Opened }[] = []
  for (const one of tables.toSorted((a, b) => b.keys.length - a.keys.length)) {
    const base = wholes.find((other) => mayFollow(one, other))
    if (base) parts.push({ part: one, base })
    else wholes.push(one)
  }
  const kept = tables.filter((one) => wholes.includes(one))
  return {
    opened: [...kept, ...parts.map(({ part }) => part)],
    bases: parts.map(({ base }) => kept.indexOf(base)),
  }
}

/**
 * Puts the rows of the last tables behind those of their bases, by the names of the columns. Where two of them with
 * other columns tell mostly the same orders, none are: they are no files of different months.
 */
export async function appendParts(
  engine: Engine,
  opened: readonly Opened[],
  bases: readonly number[],
  broken: readonly (BrokenRecord | undefined)[],
): Promise<NonNullable<JoinedTables['appended']>> {
  const first = opened.length - bases.length
  const of = bases.map((base, i) => ({ base, at: first + i }))
  for (const [i, { base, at }] of of.entries()) {
    const key = opened[at]!.keys.find((one) => isOrderKey(one) && shared.includes(one))
    if (key === undefined) return []
    for (const other of [base, ...of.slice(0, i).flatMap((one) => (one.base === base ? [one.at] : []))]) {
      if (opened[at]!.keys.length === opened[other]!.keys.length) continue
      const orders = (place: number) => sql`(select distinct ${keyIn(place, key)} as id from ${file(place)})`
      const [counted] = await engine.rows(
        sql`select (select count(*) from ${orders(at)} as a join ${orders(other)} as b using (id)) as both_tell,
          least((select count(*) from ${orders(at)} as a), (select count(*) from ${orders(other)} as b)) as fewest`,
        options,
      )
      if (Number(counted!.bothTell) * 2 > Number(counted!.fewest)) return []
    }
  }
  const appended = []
  for (const { base, at } of of) {
    const [whole, part] = [opened[base]!, opened[at]!]
    if (broken[at]) throw brokenTable(part, at, broken[at])
    const [own] = await engine.rows(sql`select count(*) as n from ${file(at)}`, options)
    const [last] = await engine.rows(sql`select max(${lineOf(base)}) as line from ${file(base)}`, options)
    const before = Number(last!.line) - part.form.headerLine
    const values = whole.keys.map((key) => {
      const position = part.keys.indexOf(key)
      return position < 0
        ? sql`''`
        : sql`coalesce(string_split(${fieldsOf(at)}, ${fieldSeparator})[${position + 1}], '')`
    })
    const keys = shared.filter((key) => whole.keys.includes(key))
    const to = join(order.folder, `whole-${base}-${at}.parquet`)
    await engine.run(
      sql`copy (
        select ${lineOf(base)}, ${fieldsOf(base)} ${list(
          keys.map((key) => sql`, ${keyIn(base, key)}`),
          sql``,
        )} from ${file(base)}
        union all
        select ${lineOf(at)} + ${before}, array_to_string([${list(values)}], ${fieldSeparator})
          ${list(
            keys.map((key) => (part.keys.includes(key) ? sql`, ${keyIn(at, key)}` : sql`, null`)),
            sql``,
          )} from ${file(at)}
      ) to (${to}) (format parquet)`,
      options,
    )
    renameSync(to, path(base))
    for (const start of startsOf(part, at))
      startsOf(whole, base).push({
        ...start,
        line: Math.max(start.line, part.form.headerLine + 1) + before,
        own: start.own + Math.max(0, part.form.headerLine + 1 - start.line),
      })
    appended.push({
      name: part.table.name,
      rows: Number(own!.n),
      lacking: whole.headers.filter((_, i) => !part.keys.includes(whole.keys[i]!)).join(', '),
    })
  }
  return appended
}
