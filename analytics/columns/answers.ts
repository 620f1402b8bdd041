import type { ScratchSession } from '../engine/engine.ts'
import { join, name, type Sql, sql } from '../sql/sql.ts'
import { mostCodes, type RowTable } from './columns.ts'
import type { Leaf } from './question.ts'
import {
  amountColumn,
  countedColumn,
  dictionaryOfFact,
  type HeldColumns,
  rowColumns,
  valuesOf,
} from './reading.ts'
import type { Check, CheckedTest, RowCondition } from './totals.ts'

/** A condition on members whose meaning is SQL over values. */
export type AskedLeaf =
  | {
      readonly kind: 'rows'
      readonly table: RowTable
      /** Each over one column of the rows, called `entry`. */
      readonly conditions: readonly { readonly column: string; readonly condition: Sql }[]
      readonly check: Check
    }
  | { readonly kind: 'amount'; readonly fact: string; readonly test: CheckedTest }
  /** Over the one fact of `facts` that it is about. */
  | { readonly kind: 'fact'; readonly fact: string; readonly condition: Sql }

/** What a condition means is asked of the engine, value by value of the columns. */
export async function leavesOf(
  session: ScratchSession,
  columns: HeldColumns,
  asked: readonly AskedLeaf[],
): Promise<Leaf[]> {
  const wanted = new Wanted()
  const made = asked.map((leaf): (() => Leaf) => {
    if (leaf.kind === 'amount') return () => leaf
    if (leaf.kind === 'fact') {
      const mask = wanted.mask(dictionaryOfFact(leaf.fact), leaf.condition)
      return () => ({ kind: 'fact', fact: leaf.fact, mask: mask().mask })
    }
    const conditions = together(leaf).map(({ column, condition }): (() => RowCondition) => {
      const mask = wanted.mask(column, condition)
      if (column === amountColumn) return () => ({ spans: mask().spans })
      if (column !== 'category') return () => ({ column, mask: mask().mask })
      const counted = wanted.mask(column, sql`entry.${name(countedColumn)} and ${condition}`)
      return () => ({ column, mask: mask().mask, counted: counted().mask })
    })
    const { table, check } = leaf
    return () => ({ kind: 'rows', table, check, conditions: conditions.map((condition) => condition()) })
  })
  await wanted.find(session, columns)
  return made.map((leaf) => leaf())
}

/** The conditions of a leaf, those that are about one column of codes as one. */
function together({ table, conditions }: Extract<AskedLeaf, { kind: 'rows' }>) {
  const byColumn = new Map<string, Sql[]>()
  for (const { column, condition } of conditions) {
    const held = rowColumns[table][column] ?? column
    byColumn.set(held, [...(byColumn.get(held) ?? []), sql`(${condition})`])
  }
  return [...byColumn].map(([column, all]) => ({ column, condition: join(all, sql` and `) }))
}

interface Mask {
  /** 1 at the codes whose value meets the condition. */
  readonly mask: Uint8Array
  /** Of amounts, those that meet it: from one to another with none between them that does not. */
  readonly spans: readonly (readonly [number, number])[]
}

/** Conditions on columns, each of which the engine is asked once. */
class Wanted {
  readonly #conditions = new Map<string, Map<string, Sql>>()
  readonly #masks = new Map<string, Mask>()

  /** To be called once masks were found. */
  mask(column: string, condition: Sql): () => Mask {
    const text = JSON.stringify(condition)
    const own = this.#conditions.get(column) ?? new Map<string, Sql>()
    this.#conditions.set(column, own.set(text, condition))
    return () => this.#masks.get(column + text)!
  }

  async find(session: ScratchSession, columns: HeldColumns): Promise<void> {
    const ofAmounts = this.#conditions.get(amountColumn)
    if (ofAmounts) {
      const found = await spansOf(session, columns, [...ofAmounts.values()])
      for (const [i, text] of [...ofAmounts.keys()].entries()) this.#masks.set(amountColumn + text, found[i]!)
    }
    const others = [...this.#conditions].flatMap(([column, conditions]) =>
      column === amountColumn
        ? []
        : [...conditions].map(([text, condition]) => ({ key: column + text, column, condition })),
    )
    if (others.length === 0) return
    const masks = others.map(() => new Uint8Array(mostCodes))
    const meeting = others.map(({ column, condition }, number) => {
      const isFact = column.startsWith(dictionaryOfFact(''))
      return sql`select cast(${number} as integer) as mask, code
        from ${valuesOf(column, columns)} as ${isFact ? sql`facts` : sql`entry`} where ${condition}`
    })
    for await (const [numbers, codes] of session.numbers(join(meeting, sql` union all `)))
      for (let row = 0; row < codes!.length; row++) {
        const number = numbers![row]!
        if (codes![row]! >= masks[number]!.length) masks[number] = longer(masks[number]!, 2 * codes![row]!)
        masks[number]![codes![row]!] = 1
      }
    for (const [i, { key }] of others.entries()) this.#masks.set(key, { mask: masks[i]!, spans: [] })
  }
}

function longer(mask: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const other = new Uint8Array(length)
  other.set(mask)
  return other
}

/** Of amounts that occur, those that meet conditions: from one to another with none between them that does not. */
async function spansOf(
  session: ScratchSession,
  columns: HeldColumns,
  conditions: readonly Sql[],
): Promise<Mask[]> {
  const amount = name(amountColumn)
  const meeting = conditions.map(
    (condition) => sql`cast(case when ${condition} then 1 else 0 end as utinyint)`,
  )
  const query = sql`select ${join([sql`cast(${amount} as double)`, ...meeting])}
    from ${valuesOf(amountColumn, columns)} as entry order by ${amount}`
  const found = meeting.map((): { spans: [number, number][]; isOpen: boolean } => ({
    spans: [],
    isOpen: false,
  }))
  for await (const [amounts, ...met] of session.numbers(query))
    for (const [i, one] of found.entries())
      for (let row = 0; row < amounts!.length; row++) {
        const isMet = met[i]![row] === 1
        if (isMet && one.isOpen) one.spans.at(-1)![1] = amounts![row]!
        else if (isMet) one.spans.push([amounts![row]!, amounts![row]!])
        one.isOpen = isMet
      }
  return found.map(({ spans }) => ({ mask: new Uint8Array(0), spans }))
}
