import type { Session } from '../../analytics/engine/engine.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { isPseudonymous } from '../rights/pseudonym.ts'

/** One merge that an imported file says, in the order of imports and rows. */
export interface ImportedMerge {
  readonly from: string
  readonly into: string
}

/**
 * Why an imported merge has no effect: people decided about its id, the other one is merged into it already, or
 * one of the two was deleted: a deleted person joins nobody.
 */
export type Idle = 'set-by-people' | 'circle' | 'deleted'

/** A chain longer than this is taken for a circle: nobody had that many cards. */
const longestChain = 100

/**
 * The merges that are live: what people set of an id holds whichever comes later (null, or the id itself, as the events
 * of a deleted member may say: a member of its own);
 * of what files say the later replaces the earlier, and what would close a circle with those before it stays
 * without effect. `idle` says so of imported ones, by their place in `imported`.
 */
export function liveMerges(
  set: ReadonlyMap<string, string | null>,
  imported: readonly ImportedMerge[],
): { into: Map<string, string>; idle: Map<number, Idle> } {
  const into = new Map(
    [...set].flatMap(([from, to]) => (to === null || to === from ? [] : [[from, to] as const])),
  )
  const idle = new Map<number, Idle>()
  for (const [place, { from, into: to }] of imported.entries())
    if (set.has(from)) idle.set(place, 'set-by-people')
    else if (isPseudonymous(from) !== isPseudonymous(to)) idle.set(place, 'deleted')
    else if (closesCircle(into, from, to)) idle.set(place, 'circle')
    else into.set(from, to)
  return { into, idle }
}

/** Whether merging `from` into `to` leads back to `from`. */
export function closesCircle(into: ReadonlyMap<string, string>, from: string, to: string): boolean {
  let reached: string | undefined = to
  for (let steps = 0; reached !== undefined; steps++) {
    if (reached === from || steps > longestChain) return true
    reached = into.get(reached)
  }
  return false
}

/** The end of every chain: whose id each merged id is. */
export function endsOf(into: ReadonlyMap<string, string>): Map<string, string> {
  const ends = new Map<string, string>()
  for (const from of into.keys()) {
    const passed: string[] = []
    let reached = from
    for (let next = into.get(reached); next !== undefined; next = into.get(reached)) {
      passed.push(reached)
      reached = ends.get(reached) ?? next
    }
    for (const id of passed) ends.set(id, reached)
  }
  return ends
}

/** The merges of the engine: all that live imports say, in their order, and what comes of them and of what people set. */
export async function mergesInEngine(session: Session): Promise<
  ReturnType<typeof liveMerges> & {
    readonly imported: readonly (ImportedMerge & { readonly importSeq: number })[]
    readonly people: ReadonlyMap<string, string | null>
  }
> {
  const set = await session.rows(sql`select from_id, into_id from merges_set`)
  const rows = await session.rows(
    sql`select from_id, into_id, import_seq from import_merges order by import_seq, row_number`,
  )
  const imported = rows.map(({ fromId, intoId, importSeq }) => ({
    from: String(fromId),
    into: String(intoId),
    importSeq: Number(importSeq),
  }))
  const people = new Map(
    set.map(({ fromId, intoId }) => [String(fromId), intoId === null ? null : String(intoId)]),
  )
  return { ...liveMerges(people, imported), imported, people }
}
