import type { Dialect } from '../sql/dialect.ts'
import { join, name, type Sql, sql } from '../sql/sql.ts'
import { type Expression, type OnDay, partsOf } from './ast.ts'
import { compileAnswers, type SegmentSetting } from './compile.ts'
import { resolveDay } from './days.ts'
import { print } from './print.ts'
import { leavesOf } from './references.ts'
import { truth } from './truth.ts'

/** How many members a part of a rule selects by itself, and with what stands before it in its group. */
export interface PartCount {
  /** Where the part stands: the number of each part in the one around it, such as `0.2`; empty for the whole rule. */
  readonly path: string
  /** Members of whom the part is true, whatever stands around it. */
  readonly members: number
  /**
   * In an AND those of whom it and all parts before it in the group are true, in an OR those of whom it or one of
   * them is; elsewhere as many as `members`.
   */
  readonly together: number
  /** Members there are on the day that the part is asked about. */
  readonly all: number
}

/** The counts of all parts that are asked about one day. */
export interface PartCountsQuery {
  /** Answers one row. */
  readonly query: Sql
  /** The counts from that row, parts before those inside them. */
  readonly read: (row: Readonly<Record<string, unknown>>) => readonly PartCount[]
}

/**
 * A query per day that the rule asks about in its own text, each one pass over the members of that day that answers
 * for every part, the whole rule first. What named segments are made of is not told apart.
 */
export function compilePartCounts(
  expression: Expression,
  setting: SegmentSetting,
  d: Dialect,
  path = '',
): PartCountsQuery[] {
  const leaves = [
    ...new Map(leavesOf(expression, setting.segments).map((leaf) => [print(leaf), leaf])).entries(),
  ]
  const column = new Map(leaves.map(([text], i) => [text, name(`h${i}`)]))
  const holds = (part: Expression): Sql =>
    truth(part, setting.segments, (leaf) => sql`${column.get(print(leaf))!}`)

  const found: { path: string; members: Sql; together: Sql }[] = []
  const otherDays: { path: string; part: OnDay }[] = []
  const visit = (part: Expression, at: string, together: Sql): void => {
    found.push({ path: at, members: holds(part), together })
    if (part.kind === 'on') {
      otherDays.push({ path: at, part })
      return
    }
    const parts = partsOf(part)
    const connective = part.kind === 'and' ? sql` and ` : sql` or `
    parts.forEach((one, i) =>
      visit(one, inside(at, i), sql`(${join(parts.slice(0, i + 1).map(holds), connective)})`),
    )
  }
  visit(expression, path, holds(expression))

  const counts = found.flatMap(({ members, together }, i) => [
    sql`count(*) filter (where ${members}) as ${name(`members${i}`)}`,
    sql`count(*) filter (where ${together}) as ${name(`together${i}`)}`,
  ])
  const answers = compileAnswers(
    leaves.map(([, leaf]) => leaf),
    setting,
    d,
  )
  return [
    {
      query: sql`select count(*) as everybody, ${join(counts)} from (${answers}) as answers`,
      read: (row) =>
        found.map(({ path: at }, i) => ({
          path: at,
          members: Number(row[`members${i}`]),
          together: Number(row[`together${i}`]),
          all: Number(row.everybody),
        })),
    },
    ...otherDays.flatMap(({ path: at, part }) => {
      const day = resolveDay(part.day, setting.scope.asOf)
      const then = day === setting.scope.asOf ? setting : { ...setting, ...setting.days.get(day)! }
      return compilePartCounts(part.part, then, d, inside(at, 0))
    }),
  ]
}

const inside = (path: string, index: number): string => (path === '' ? String(index) : `${path}.${index}`)
