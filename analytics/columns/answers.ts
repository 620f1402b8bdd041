import type { ScratchSession } from '../engine/engine.ts'
import { join, name, type Sql, sql } from '../sql/sql.ts'
import { amountColumn, type ColumnTable, type OrderColumns } from './tables.ts'
import type { Check, RowCondition, TallyPass } from './tally.ts'
import type { Tallies, TallyThreads } from './threads.ts'

/** Rows of a table that meet conditions, each over the values of one column, called `entry`, and what is asked of them. */
export interface AskedPass {
  readonly table: ColumnTable
  readonly conditions: readonly { readonly column: string; readonly condition: Sql }[]
  readonly checks: readonly Check[]
}

/** A relation by `member_key`, and of each pass and check the condition over it, called as `answersAs` says. */
export interface Answers {
  readonly relation: Sql
  readonly holds: readonly (readonly Sql[])[]
}

/** The name under which the conditions expect the relation. */
export const answersAs = name('known')

/** Whether a member with these answers is wanted. */
export type Wanted = (holds: (pass: number, check: number) => boolean) => boolean

/**
 * Asks columns and leaves the answers in a temporary table of the session: of every member, or of those alone who are
 * `wanted`. What a condition means is asked of the engine, value by value.
 */
export async function answersOf(
  session: ScratchSession,
  columns: OrderColumns,
  asked: readonly AskedPass[],
  ask: (passes: readonly TallyPass[]) => ReturnType<TallyThreads['ask']>,
  wanted?: Wanted,
): Promise<Answers> {
  const masks = await masksOf(session, columns, asked)
  const passes = asked.map(({ table, conditions, checks }): TallyPass => ({
    table,
    conditions: conditions.map((one): RowCondition => {
      const mask = masks.get(one.column)!.get(textOf(one.condition))!
      return one.column === amountColumn ? { spans: mask.spans } : { column: one.column, mask: mask.mask }
    }),
    checks,
  }))
  const { words, places } = await ask(passes)
  const isWanted = wanted && tableOf(wanted, words.length, places)
  return {
    relation: await stored(session, words, isWanted),
    holds: places.map((checks) =>
      checks.map(({ word, bit }) => sql`(${answersAs}.${wordOf(word)} & ${1 << bit}) <> 0`),
    ),
  }
}

interface Mask {
  /** 1 at the codes whose value meets the condition. */
  readonly mask: Uint8Array
  /** Of amounts, those that meet it: from one to another with none between them that does not. */
  readonly spans: readonly (readonly [number, number])[]
}

const textOf = (condition: Sql) => JSON.stringify(condition)

/** Of each column and condition on it, which of the values that occur meet it. */
async function masksOf(
  session: ScratchSession,
  { dictionaries }: OrderColumns,
  asked: readonly AskedPass[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, Mask>>> {
  const wanted = new Map<string, Map<string, Sql>>()
  for (const { column, condition } of asked.flatMap(({ conditions }) => conditions)) {
    const own = wanted.get(column) ?? new Map<string, Sql>()
    wanted.set(column, own.set(textOf(condition), condition))
  }
  const masks = new Map<string, ReadonlyMap<string, Mask>>()
  for (const [column, conditions] of wanted) {
    const meeting = [...conditions.values()].map(
      (condition) => sql`cast(case when ${condition} then 1 else 0 end as utinyint)`,
    )
    const isAmount = column === amountColumn
    const value = isAmount ? sql`cast(entry.net_minor as double)` : sql`entry.code`
    const parts = [...conditions.keys()].map((): Uint8Array[] => [])
    const values: number[] = []
    const query = sql`select ${join([value, ...meeting])} from ${dictionaries.get(column)!} as entry order by code`
    for await (const [some, ...met] of session.numbers(query)) {
      if (isAmount) values.push(...some!)
      met.forEach((part, i) => parts[i]!.push(Uint8Array.from(part)))
    }
    const found = [...conditions.keys()].map((text, i): [string, Mask] => {
      const mask = joined(parts[i]!)
      return [text, { mask, spans: isAmount ? spansOf(values, mask) : [] }]
    })
    masks.set(column, new Map(found))
  }
  return masks
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let filled = 0
  for (const part of parts) {
    whole.set(part, filled)
    filled += part.length
  }
  return whole
}

/** `values` ascend. */
function spansOf(values: readonly number[], mask: Uint8Array): (readonly [number, number])[] {
  const spans: (readonly [number, number])[] = []
  for (let i = 0; i < values.length; i++) {
    if (mask[i] === 0) continue
    const from = values[i]!
    while (mask[i + 1] === 1) i++
    spans.push([from, values[i]!])
  }
  return spans
}

const wordOf = (word: number) => name(`word${word}`)

/** More answers than this can be in too many ways. */
const mostBits = 12

/** 1 at every word that is wanted; undefined where that can't be told so. */
function tableOf(wanted: Wanted, words: number, places: Tallies['places']): Uint8Array | undefined {
  const bits = places.flat().length
  if (words !== 1 || bits > mostBits) return undefined
  return Uint8Array.from({ length: 1 << bits }, (_, word) =>
    wanted((pass, check) => ((word >> places[pass]![check]!.bit) & 1) === 1) ? 1 : 0,
  )
}

async function stored(
  session: ScratchSession,
  words: Tallies['words'],
  isWanted: Uint8Array | undefined,
): Promise<Sql> {
  const table = name('known_answers')
  const create = (columns: readonly Sql[]) =>
    session.run(
      sql`create or replace temp table ${table} (${join(columns.map((column) => sql`${column} integer`))})`,
    )
  const wordColumns = words.map((_, word) => wordOf(word))
  const few = isWanted && wantedOf(words[0]!, isWanted)
  await create([sql`member_key`, ...wordColumns])
  const members = few ? few.members : upTo(words[0]!.length)
  await session.append('known_answers', [members, ...(few ? [few.words] : words)])
  return table
}

function upTo(count: number): Int32Array {
  const numbers = new Int32Array(count)
  for (let number = 0; number < count; number++) numbers[number] = number
  return numbers
}

/** Members whose word is wanted, unless these are most. */
function wantedOf(words: Int32Array, isWanted: Uint8Array) {
  let count = 0
  for (let member = 0; member < words.length; member++) count += isWanted[words[member]!]!
  if (2 * count > words.length) return null
  const found = { members: new Int32Array(count), words: new Int32Array(count) }
  let at = 0
  for (let member = 0; member < words.length; member++) {
    if (isWanted[words[member]!] === 0) continue
    found.members[at] = member
    found.words[at++] = words[member]!
  }
  return found
}
