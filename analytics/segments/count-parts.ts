import type { Dialect } from '../sql/dialect.ts'
import { join, name, type Sql, sql } from '../sql/sql.ts'
import { type Expression, group, partsOf } from './ast.ts'
import { answersOfMembers } from './answers-of-members.ts'
import { compileHolds, type SegmentSetting } from './compile.ts'
import { resolveDay } from './days.ts'
import { fieldsByName } from './fields/catalogue.ts'
import { print } from './print.ts'
import { type Leaf, leavesOf } from './references.ts'
import { decided } from './test-sql.ts'
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

/** The parts of a rule that are asked about one day. */
export interface PartsOfDay {
  readonly part: Expression
  readonly path: string
  readonly setting: SegmentSetting
}

/** A rule, and its parts that its own text asks about other days, each with the setting of its day. */
export function partsByDay(expression: Expression, setting: SegmentSetting, path = ''): PartsOfDay[] {
  const others = (part: Expression, at: string): PartsOfDay[] => {
    if (part.kind !== 'on') return partsOf(part).flatMap((one, i) => others(one, inside(at, i)))
    const day = resolveDay(part.day, setting.scope.asOf)
    const then = day === setting.scope.asOf ? setting : { ...setting, ...setting.days.get(day)! }
    return partsByDay(part.part, then, inside(at, 0))
  }
  return [{ part: expression, path, setting }, ...others(expression, path)]
}

/** A part as the rules that its counts are those of. */
export interface CountedRules {
  readonly path: string
  readonly members: Expression
  readonly together: Expression
}

/** The parts that are asked about the day of the outermost, which comes first. */
export function countedRules(expression: Expression, path: string): readonly CountedRules[] {
  const found: CountedRules[] = []
  const visit = (part: Expression, at: string, together: Expression): void => {
    found.push({ path: at, members: part, together })
    if (part.kind === 'on') return
    const parts = partsOf(part)
    parts.forEach((one, i) => {
      const before = parts.slice(0, i + 1)
      visit(one, inside(at, i), part.kind === 'and' || part.kind === 'or' ? group(part.kind, before) : one)
    })
  }
  visit(expression, path, expression)
  return found
}

/** The leaves that no row of facts answers: orders, tags and so on are gone through for each of them. By their text. */
export const dearLeaves = ({ part, setting }: PartsOfDay): ReadonlyMap<string, Leaf> =>
  new Map(
    leavesOf(part, setting.segments).flatMap((leaf) => {
      const field = leaf.kind === 'clause' && leaf.subject.kind === 'field' ? leaf.subject.field : undefined
      const asked = field === undefined ? undefined : fieldsByName.get(field)!
      const isCheap = leaf.kind === 'random' || (asked && asked.kind !== 'set' && !asked.beside)
      return isCheap ? [] : [[print(leaf), leaf] as const]
    }),
  )

/**
 * One pass over the members of a day that answers for every part asked about it, the outermost first. What named
 * segments are made of is not told apart. `known`: relations of the `member_key`s of whom a leaf is true, by its text.
 */
export function compilePartCounts(
  { part: expression, path, setting }: PartsOfDay,
  known: ReadonlyMap<string, Sql>,
  d: Dialect,
): PartCountsQuery {
  const leaves = new Map(leavesOf(expression, setting.segments).map((leaf) => [print(leaf), leaf]))
  const open = [...leaves].filter(([text]) => !known.has(text))
  const column = new Map(open.map(([text], i) => [text, name(`h${i}`)]))
  const sets = [...leaves.keys()].filter((text) => known.has(text))
  const has = new Map(sets.map((text, i) => [text, name(`in${i}`)]))
  const holds = (part: Expression): Sql =>
    truth(part, setting.segments, (leaf) => {
      const text = print(leaf)
      return has.has(text) ? decided(sql`sets.${has.get(text)!}`) : column.get(text)!
    })

  const found = countedRules(expression, path)
  const counts = found.flatMap(({ members, together }, i) => [
    sql`count(*) filter (where ${holds(members)}) as ${name(`members${i}`)}`,
    sql`count(*) filter (where ${holds(together)}) as ${name(`together${i}`)}`,
  ])
  const answers = compileHolds(
    open.map(([, leaf]) => leaf),
    setting,
    d,
  )
  const joined = answersOfMembers(
    sets.map((text) => ({
      answers: [{ column: has.get(text)!, holds: sql`true` }],
      select: (columns) => sql`select member_key, ${columns} from ${known.get(text)!} as chosen`,
    })),
  )
  const besides =
    sets.length === 0 ? sql`` : sql` left join ${joined} as sets on sets.member_key = answers.member_key`
  return {
    query: sql`select count(*) as everybody, ${join(counts)} from (${answers}) as answers${besides}`,
    read: (row) =>
      found.map(({ path: at }, i) => ({
        path: at,
        members: Number(row[`members${i}`]),
        together: Number(row[`together${i}`]),
        all: Number(row.everybody),
      })),
  }
}

const inside = (path: string, index: number): string => (path === '' ? String(index) : `${path}.${index}`)
