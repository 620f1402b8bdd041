import { addDays } from '../../analytics/calendar/calendar.ts'
import {
  type Bits,
  bitsAsText,
  bitsOfText,
  countBits,
  differenceOf,
  numbersOfBits,
} from '../../analytics/columns/bits.ts'
import type { Session, TransactionSession } from '../../analytics/engine/engine.ts'
import { type Sql, sql } from '../../analytics/sql/sql.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

/** Days for which it is kept who was in a segment. */
const keptDays = 35

/** Who is in a segment now. */
export interface Taken {
  readonly id: string
  readonly bits: Bits
}

const oneOf = (ids: readonly string[]): Sql =>
  sql`(select unnest(from_json(${JSON.stringify(ids)}, '["VARCHAR"]')))`
const asDay = (day: string): Sql => sql`cast(${day} as date)`

/**
 * Writes down who is in some segments when the data stands at the day `asOf`, over what was written for that day and for
 * later ones: the newest day of the data goes back by an undoing. Only who moved since the day before is added; what is
 * older than five weeks goes.
 */
export async function take(
  session: TransactionSession,
  taken: readonly Taken[],
  { asOf, now }: { readonly asOf: string; readonly now: Date },
): Promise<void> {
  const day = asDay(asOf)
  const oldest = asDay(addDays(asOf, -keptDays))
  const ids = taken.map(({ id }) => id)
  const own = sql`segment_id in ${oneOf(ids)}`
  const before = await membersOn(session, ids, asOf)
  await session.run(
    sql`delete from segment_moves where ${own} and (moved_day > ${day} or moved_day <= ${oldest})`,
  )
  const different = taken.map(({ id, bits }) => {
    const known = before.get(id)
    const moved = known ? differenceOf(known.bits, bits) : new Uint32Array()
    return { id, bits, isOther: !known?.isNewest || countBits(moved) > 0, moved }
  })
  await writeMembers(
    session,
    different.filter(({ isOther }) => isOther),
  )
  await addMoves(session, different, day)
  await session.run(
    sql`delete from segment_takings where ${own} and (taken_day < ${oldest} or taken_day >= ${day})`,
  )
  await session.run(sql`insert into segment_takings
    select unnest(from_json(${JSON.stringify(ids)}, '["VARCHAR"]')), ${day}, cast(${now.toISOString().slice(0, 23)} as timestamp)`)
}

async function writeMembers(session: Session, taken: readonly Taken[]): Promise<void> {
  await session.run(sql`delete from segment_members where segment_id in ${oneOf(taken.map(({ id }) => id))}`)
  for (const { id, bits } of taken)
    await session.run(sql`insert into segment_members values (${id}, from_base64(${bitsAsText(bits)}))`)
}

async function addMoves(
  session: TransactionSession,
  different: readonly { readonly id: string; readonly moved: Bits }[],
  day: Sql,
): Promise<void> {
  const members = different.map(({ moved }) => numbersOfBits(moved, countBits(moved)))
  const all = members.reduce((sum, { length }) => sum + length, 0)
  if (all === 0) return
  const segments = new Int32Array(all)
  const together = new Int32Array(all)
  let at = 0
  for (const [place, some] of members.entries()) {
    segments.fill(place + 1, at, at + some.length)
    together.set(some, at)
    at += some.length
  }
  await session.run(sql`create or replace temp table moved (segment integer, member_key integer)`)
  await session.append('moved', [segments, together])
  const ids = sql`from_json(${JSON.stringify(different.map(({ id }) => id))}, '["VARCHAR"]')`
  await session.run(
    sql`insert into segment_moves select list_extract(${ids}, segment), ${day}, member_key from moved`,
  )
}

/** Who was in segments on a day, which is the newest or one before it, of those that were ever looked at. */
async function membersOn(
  session: Session,
  ids: readonly string[],
  day: string,
): Promise<ReadonlyMap<string, { readonly bits: Bits; readonly isNewest: boolean }>> {
  const own = sql`segment_id in ${oneOf(ids)}`
  const kept = await session.rows(
    sql`select segment_id, to_base64(members) as members from segment_members where ${own}`,
  )
  const moves = await session.rows(
    sql`select segment_id, member_key // 32 as word, bit_xor(cast(1 as bigint) << (member_key % 32)) as bits
      from segment_moves where ${own} and moved_day > ${asDay(day)} group by all`,
  )
  const moved = Map.groupBy(moves, ({ segmentId }) => String(segmentId))
  return new Map(
    kept.map(({ segmentId, members }) => {
      const id = String(segmentId)
      const words = moved.get(id) ?? []
      const longest = words.reduce((most, { word }) => Math.max(most, Number(word) + 1), 0)
      const since = new Uint32Array(longest)
      for (const { word, bits } of words) since[Number(word)] = Number(bits)
      const bits = differenceOf(bitsOfText(String(members)), since)
      return [id, { bits, isNewest: words.length === 0 }]
    }),
  )
}

/** Who was in a segment on a day; null when that is not known. */
export async function takenOn(session: Session, segmentId: string, day: string): Promise<Bits | null> {
  const [taking] = await session.rows(
    sql`select 1 as one from segment_takings where segment_id = ${segmentId} and taken_day = ${asDay(day)}`,
  )
  if (!taking) return null
  return (await membersOn(session, [segmentId], day)).get(segmentId)!.bits
}

/** How many members a segment had on each day for which that is known, as it was known then; the oldest first. */
export function takenSizes(
  { engine }: Workspace,
  segmentId: string,
): Promise<readonly { readonly day: string; readonly members: number }[]> {
  return engine.scratch(async (session) => {
    const takings = await session.rows(
      sql`select taken_day from segment_takings where segment_id = ${segmentId} order by taken_day`,
    )
    const sizes = []
    for (const { takenDay } of takings) {
      const day = String(takenDay)
      sizes.push({ day, members: countBits((await takenOn(session, segmentId, day))!) })
    }
    return sizes
  })
}
