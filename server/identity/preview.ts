import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Session } from '../../analytics/engine/engine.ts'
import { memberNames } from '../../analytics/relations/member-names.ts'
import { join, type Sql, sql } from '../../analytics/sql/sql.ts'
import { couponsOfIds } from '../coupons/member-coupons.ts'
import { maskedPhone } from '../members/phone.ts'
import type { Platform } from '../platform.ts'
import { isPseudonym } from '../rights/deletions.ts'
import { drainEvents } from '../workspaces/drain.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { endsOf, mergesInEngine } from './live-merges.ts'
import { followMerges } from './follow-merges.ts'
import { figuresOf, type ShopFigures } from './shop-figures.ts'
import { resolveMembers } from './resolve.ts'

/** What somebody wants: `memberId` to be an identity of the member `into`, or (null) a member of its own. */
export interface IdentityChange {
  readonly memberId: string
  readonly into: string | null
}

const Side = z.object({
  memberId: z.string(),
  name: z.string().nullable(),
  /** Masked. */
  phone: z.string().nullable(),
  orders: z.int(),
  purchaseDays: z.int(),
  netMinor: z.int(),
  firstDay: z.string().nullable(),
  lastDay: z.string().nullable(),
  /** First day of the month of the first order; null: never bought. */
  cohortMonth: z.string().nullable(),
  tier: z.string().nullable(),
  points: z.int().nullable(),
  storedValueMinor: z.int().nullable(),
  consent: z.enum(['granted', 'denied', 'unknown']),
})

/** A member as a preview shows them. */
export type PreviewedMember = z.output<typeof Side> & {
  /** The member's own id first. */
  readonly ids: readonly string[]
  readonly tags: readonly string[]
  /** Coupons that may still be redeemed, of all ids. */
  readonly openCoupons: number
}

export interface IdentityPreview {
  readonly change: IdentityChange
  /** What is set for it, of each id: more than the change where a file would merge the two the other way round. */
  readonly settings: readonly IdentityChange[]
  readonly asOf: string
  readonly dataVersion: number
  /** Names all that decides: whoever applies the change says it again. */
  readonly digest: string
  readonly before: readonly PreviewedMember[]
  readonly after: readonly PreviewedMember[]
  readonly shopBefore: ShopFigures
  readonly shopAfter: ShopFigures
}

export type PreviewOutcome =
  | { kind: 'previewed'; preview: IdentityPreview }
  | { kind: 'no-such-member'; memberId: string }
  /** The id is an identity of a member already; that one is to be merged, or the id separated first. */
  | { kind: 'merged-already'; memberId: string; into: string }
  | { kind: 'same-member'; memberId: string }
  /** The id to be separated is nobody's further identity. */
  | { kind: 'not-merged'; memberId: string }
  /** One of them was deleted: who was deleted is nobody, and stays so. */
  | { kind: 'deleted'; memberId: string }

/** Thrown to leave the transaction without a trace. */
class TakenBack extends Error {
  override name = 'TakenBack'
}

/**
 * What a merge or a separation would do: both members beside the outcome, and the whole shop's figures before and
 * after. It is done and taken back in one transaction, so that the figures are those that will come; nothing is
 * changed. `into` may be any id of the member. Expected refusals are values.
 */
export async function previewChange(
  platform: Platform,
  workspace: Workspace,
  asked: IdentityChange,
): Promise<PreviewOutcome> {
  const { store, clock } = platform
  await drainEvents(store, workspace)
  for (const memberId of [asked.memberId, asked.into])
    if (memberId !== null && (await isPseudonym(store, workspace.id, memberId)))
      return { kind: 'deleted', memberId }
  const checked = await check(workspace, asked)
  if (checked.kind !== 'allowed') return checked
  const { change } = checked
  const ids = change.into === null ? [change.memberId] : [change.memberId, change.into]
  let found: Omit<IdentityPreview, 'digest' | 'change' | 'before' | 'after'> & {
    before: Plain[]
    after: Plain[]
  }
  try {
    await workspace.engine.transaction(async (session) => {
      const [state] = await session.rows(sql`select data_version from workspace_state`)
      const before = await membersNamed(session, ids)
      const shopBefore = await figuresOf(session, workspace.today())
      const settings = await setChange(session, change, checked.own)
      if (settings.changed) await followMerges(session, workspace.calendar.timeZone, workspace.today())
      const named = [...ids, ...before.flatMap((one) => one.ids)]
      const shopAfter = await figuresOf(session, workspace.today())
      found = {
        settings: settings.settings,
        asOf: shopAfter.asOf,
        dataVersion: Number(state!.dataVersion),
        before,
        after: await membersNamed(session, named),
        shopBefore: shopBefore.figures,
        shopAfter: shopAfter.figures,
      }
      throw new TakenBack()
    })
  } catch (error) {
    if (!(error instanceof TakenBack)) throw error
  }
  const withCoupons = (members: readonly Plain[]) =>
    Promise.all(
      members.map(async (member) => {
        const coupons = await couponsOfIds(store, workspace, {
          ids: member.ids,
          unmasked: false,
          at: clock.now(),
        })
        return { ...member, openCoupons: coupons.filter(({ state }) => state === 'open').length }
      }),
    )
  const shown = {
    change,
    ...found!,
    before: await withCoupons(found!.before),
    after: await withCoupons(found!.after),
  }
  const digest = createHash('sha256').update(JSON.stringify(shown)).digest('hex').slice(0, 32)
  return { kind: 'previewed', preview: { ...shown, digest } }
}

/**
 * Sets a change in the engine. Who is separated is so from `from`, their member, also where a file merges that one into them
 * and where nothing that is imported names either any more.
 */
async function setChange(
  session: Session,
  change: IdentityChange,
  from: string,
): Promise<{ settings: IdentityChange[]; changed: boolean }> {
  const set = async ({ memberId, into }: IdentityChange) => {
    await session.run(sql`insert or replace into merges_set values (${memberId}, ${into})`)
    return liveMemberOf(session)
  }
  const memberOf = await set(change)
  const settings = [change]
  if (change.into === null && memberOf(change.memberId) === memberOf(from)) {
    settings.push({ memberId: from, into: null })
    await set(settings[1]!)
  }
  return { settings, changed: await resolveMembers(session) }
}

async function liveMemberOf(session: Session): Promise<(id: string) => string> {
  const ends = endsOf((await mergesInEngine(session)).into)
  return (id) => ends.get(id) ?? id
}

type Plain = Omit<PreviewedMember, 'openCoupons'>

async function check(
  { engine }: Workspace,
  { memberId, into }: IdentityChange,
): Promise<
  | { kind: 'allowed'; change: IdentityChange; /** Whose id it is before. */ own: string }
  | Exclude<PreviewOutcome, { kind: 'previewed' }>
> {
  const memberOf = async (id: string) => {
    const [row] = await engine.rows(sql`select members.member_id from ${memberNames} as names
      join members on members.member_key = names.member_key where named = ${id}`)
    return row ? String(row.memberId) : null
  }
  const own = await memberOf(memberId)
  if (into === null) {
    const [alias] = await engine.rows(sql`select member_id from member_aliases where alias = ${memberId}`)
    if (alias) return { kind: 'allowed', change: { memberId, into }, own: String(alias.memberId) }
    return own === null ? { kind: 'no-such-member', memberId } : { kind: 'not-merged', memberId }
  }
  const target = await memberOf(into)
  if (own === null) return { kind: 'no-such-member', memberId }
  if (target === null) return { kind: 'no-such-member', memberId: into }
  if (own === target) return { kind: 'same-member', memberId: own }
  if (own !== memberId) return { kind: 'merged-already', memberId, into: own }
  return { kind: 'allowed', change: { memberId, into: target }, own }
}

/** The members whom the ids name, in the order of the ids, each once. */
export async function membersNamed(session: Session, ids: readonly string[]): Promise<Plain[]> {
  const among = sql`(${join(ids)})`
  const rows =
    await session.rows(sql`select members.member_key, members.member_id, members.name, members.phone,
      coalesce(facts.orders, 0) as orders, coalesce(facts.purchase_days, 0) as purchase_days,
      coalesce(facts.net_minor, 0) as net_minor, facts.first_day, facts.last_day, facts.cohort_month,
      members.tier, members.points, members.stored_value_minor, members.consent
    from members left join member_facts as facts on facts.member_key = members.member_key
    where members.member_key in (select member_key from ${memberNames} as names where named in ${among})`)
  const listOf = async (query: Sql) =>
    Map.groupBy(
      z.array(z.object({ memberKey: z.int(), text: z.string() })).parse(await session.rows(query)),
      ({ memberKey }) => memberKey,
    )
  const named = await listOf(sql`select member_key, named as text from ${memberNames} as names
    where member_key in (select member_key from ${memberNames} as asked where named in ${among})
    order by identity_key <> member_key, named`)
  const tags = await listOf(sql`select member_key, tag as text from tags_of_members
    where member_key in (select member_key from ${memberNames} as asked where named in ${among}) order by tag`)
  const texts = (found: Map<number, { text: string }[]>, key: number) =>
    (found.get(key) ?? []).map(({ text }) => text)
  return rows
    .map((row): Plain => {
      const key = Number(row.memberKey)
      const { phone, ...member } = Side.parse(row)
      return { ...member, phone: maskedPhone(phone), ids: texts(named, key), tags: texts(tags, key) }
    })
    .toSorted((a, b) => placeOf(a, ids) - placeOf(b, ids))
}

const placeOf = (member: Plain, ids: readonly string[]) =>
  Math.min(...member.ids.map((id) => ids.indexOf(id)).filter((place) => place >= 0))
