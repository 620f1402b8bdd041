import type { Session } from '../../analytics/engine/engine.ts'
import { type Sql, sql } from '../../analytics/sql/sql.ts'
import { memberRegions } from '../import/orders/fold.ts'
import { foldMembers } from '../import/members/fold.ts'
import { closesCircle, endsOf, mergesInEngine } from './live-merges.ts'
import { claimedIds, ofRowPeople } from './match.ts'

/**
 * Brings the members in line with the merges that are live now (`import_merges`, `merges_set`) and with the claims:
 * the opaque id of a value that one member alone claims names that member, that of a row without a number whom its
 * values tell. After any of them changed, in the same
 * transaction. An id that came to name another member takes its orders and refunds along,
 * whatever imports they are of; members are folded over all their ids and new ones come. Tags, arms and consent stay with their identity and are read through it. Nothing else is touched.
 *
 * `coming` (a relation with one column `member_id`): ids that are about to be named and are no members yet.
 *
 * Answers whether anything changed; then the keys of everybody concerned, those who are gone included, are in
 * the temporary table `touched_members`, for the caller to call `dropMembersWithNothingLeft` and to refresh the
 * derived tables with.
 */
export async function resolveMembers(session: Session, coming: Sql = nobody): Promise<boolean> {
  const moving = await movedIds(session, coming)
  if (moving.length === 0) return false
  await session.run(
    sql`create or replace temp table moved_ids (named varchar, member_id varchar, claimed boolean, merged_id varchar)`,
  )
  for (let from = 0; from < moving.length; from += batch)
    await session.run(sql`insert into moved_ids select unnest(from_json(
      ${JSON.stringify(moving.slice(from, from + batch))}, '[{"named":"VARCHAR","member_id":"VARCHAR","claimed":"BOOLEAN","merged_id":"VARCHAR"}]'), recursive := true)`)
  await giveKeys(session)
  await renameMembers(session)
  await session.run(sql`create or replace temp table moved as
    select moved_keys.identity_key, members.member_key
    from moved_keys join members on members.member_id = moved_keys.member_id`)
  for (const table of [sql`orders`, sql`refunds`])
    await session.run(sql`update ${table} set member_key = moved.member_key,
        identity_key = nullif(moved.identity_key, moved.member_key)
      from moved where moved.identity_key = coalesce(${table}.identity_key, ${table}.member_key)`)
  await session.run(sql`create or replace temp table touched_members as
    select identity_key as member_key from moved_keys
    union
    select member_key from moved
    union
    select before_key from moved_keys where before_key is not null`)
  await memberRegions(session)
  await foldMembers(session)
  return true
}

const nobody = sql`(select member_id from members where false)`

const batch = 20_000

interface MovedId {
  readonly named: string
  readonly member_id: string
  readonly claimed: boolean
  /** Whose it is by merges alone. */
  readonly merged_id: string | null
}

/** The ids whose member is another one now, with the id of it. */
async function movedIds(session: Session, coming: Sql): Promise<MovedId[]> {
  const { people, into } = await mergesInEngine(session)
  const claimed = await soleClaimants(session, into, coming)
  for (const { named, person } of await session.rows(
    sql`select named, person from ${ofRowPeople} as told where person is not null and person <> named`,
  ))
    claimed.set(String(named), String(person))
  const merged = endsOf(into)
  const named = namesOfClaims(claimed, { people, into, merged })
  const ends = endsOf(new Map([...into, ...named]))
  const now = new Map(
    (await session.rows(sql`select alias, member_id, claimed, merged_id from member_aliases`)).map((row) => [
      String(row.alias),
      { end: String(row.memberId), claimed: row.claimed === true, merged: row.mergedId },
    ]),
  )
  return [
    ...[...ends].flatMap(([id, end]) => {
      const before = now.get(id)
      const mergedId = merged.get(id) ?? null
      return before?.end === end && before.claimed === named.has(id) && before.merged === mergedId
        ? []
        : [{ named: id, member_id: end, claimed: named.has(id), merged_id: mergedId }]
    }),
    ...[...now.keys()].flatMap((id) =>
      ends.has(id) ? [] : [{ named: id, member_id: id, claimed: false, merged_id: null }],
    ),
  ]
}

/**
 * Whom claims name: of each opaque id that is nobody's by merges the member who alone claims its value, and, where nobody
 * does, the one who alone claims what was merged into it: whoever merged an e-mail with a phone said that they are one person,
 * and whose the phone is a file may say later. What people decided of an id holds, and what would close a circle has no effect.
 */
function namesOfClaims(
  claimed: ReadonlyMap<string, string>,
  {
    people,
    into,
    merged,
  }: {
    readonly people: ReadonlyMap<string, string | null>
    readonly into: ReadonlyMap<string, string>
    readonly merged: ReadonlyMap<string, string>
  },
): Map<string, string> {
  const claimants = new Map<string, Set<string>>()
  for (const [id, person] of claimed) {
    const end = merged.get(id) ?? id
    // a number of the shop's is whose it is
    if ((end !== id && (claimed.has(end) || !isOpaque(end))) || people.has(end) || end === person) continue
    claimants.set(end, (claimants.get(end) ?? new Set()).add(person))
  }
  const names = new Map<string, string>()
  const known = new Map(into)
  // in the order of the ids, so that of a circle the same one is left out whichever came first
  for (const [id, persons] of [...claimants].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const [person] = persons
    if (persons.size > 1 || closesCircle(known, id, person!)) continue
    names.set(id, person!)
    known.set(id, person!)
  }
  return names
}

const isOpaque = (id: string) => /^p-[0-9a-f]{16}$/.test(id)

/** The opaque ids of values that exactly one member claims, with that member. Ids that nothing ever named are left out. */
async function soleClaimants(
  session: Session,
  into: ReadonlyMap<string, string>,
  coming: Sql,
): Promise<Map<string, string>> {
  const named = sql`(select member_id as named from members union select alias from member_aliases
    union select from_id from merges_set union select into_id from merges_set where into_id is not null
    union select from_id from import_merges union select into_id from import_merges
    union select member_id from ${coming} as coming)`
  const merged = endsOf(into)
  const claimants = new Map<string, Set<string>>()
  for (const { opaque, person } of await claimedIds(session, named))
    claimants.set(opaque, (claimants.get(opaque) ?? new Set()).add(merged.get(person) ?? person))
  return new Map(
    [...claimants].flatMap(([opaque, by]) => (by.size === 1 ? [[opaque, [...by][0]!] as const] : [])),
  )
}

const highestKey = sql`update keys_given set
  member_key = greatest(member_key, (select coalesce(max(member_key), 0) from members))`

/** Every moved id with its own key, a new one where nothing knew it yet, and the key of the member it named before. */
async function giveKeys(session: Session): Promise<void> {
  await session.run(highestKey)
  await session.run(sql`create or replace temp table moved_keys as
    select named, member_id, claimed, merged_id, before_key, cast(coalesce(own_key, (select member_key from keys_given)
      + row_number() over (partition by own_key is null order by named)) as integer) as identity_key
    from (
      select moved_ids.named, moved_ids.member_id, moved_ids.claimed, moved_ids.merged_id,
        coalesce(member_aliases.identity_key, own.member_key) as own_key,
        coalesce(before.member_key, own.member_key) as before_key
      from moved_ids
      left join member_aliases on member_aliases.alias = moved_ids.named
      left join members as before on before.member_id = member_aliases.member_id
      left join members as own on own.member_id = moved_ids.named
    ) as known`)
  await session.run(sql`update keys_given set
    member_key = greatest(member_key, (select max(identity_key) from moved_keys))`)
}

/** Writes the aliases; ids that are aliases now are members no more, and those that moved ids name are. */
async function renameMembers(session: Session): Promise<void> {
  await session.run(sql`update member_aliases set member_id = moved_keys.member_id, claimed = moved_keys.claimed, merged_id = moved_keys.merged_id
    from moved_keys where moved_keys.named = member_aliases.alias and moved_keys.member_id <> moved_keys.named`)
  await session.run(sql`delete from member_aliases
    where alias in (select named from moved_keys where named = member_id)`)
  await session.run(sql`insert into member_aliases (alias, identity_key, member_id, claimed, merged_id)
    select named, identity_key, member_id, claimed, merged_id from moved_keys
    where named <> member_id and named not in (select alias from member_aliases)`)
  await session.run(sql`delete from members where member_id in (select alias from member_aliases)`)
  const missing: Sql = sql`member_id not in (select member_id from members)`
  await session.run(sql`insert into members (member_key, member_id)
    select identity_key, member_id from moved_keys where named = member_id and ${missing}`)
  await session.run(sql`insert into members (member_key, member_id)
    select cast((select member_key from keys_given) + row_number() over (order by member_id) as integer), member_id
    from (select distinct member_id from moved_keys where ${missing}) as unknown_end`)
  await session.run(highestKey)
}
