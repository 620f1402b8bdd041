import { createHash } from 'node:crypto'
import { sql } from '../../analytics/sql/sql.ts'
import { campaignTurns } from '../campaigns/campaigns.ts'
import type { Platform } from '../platform.ts'
import { isPseudonym } from '../rights/deletions.ts'
import { drainEvents } from '../workspaces/drain.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { followMerges } from './follow-merges.ts'
import { setMerge } from './merges.ts'
import { membersNamed } from './preview.ts'
import { resolveMembers } from './resolve.ts'
import { figuresOf, type ShopFigures } from './shop-figures.ts'
import { isNumberless, type Pair } from './ties.ts'

/** What merging pairs of members at once comes to: each group is one member then. */
export interface TiesPreview {
  readonly groups: readonly {
    /** The id that stays, and all that are the member's then, this one first. */
    readonly into: string
    readonly ids: readonly string[]
    readonly name: string | null
    readonly orders: number
    readonly netMinor: number
  }[]
  readonly asOf: string
  readonly dataVersion: number
  /** Names all that decides: whoever merges says it again. */
  readonly digest: string
  readonly shopBefore: ShopFigures
  readonly shopAfter: ShopFigures
}

export type TiesOutcome =
  | { kind: 'previewed'; preview: TiesPreview }
  /** One of the ids is no member, or not any more; a deleted one is none. */
  | { kind: 'no-such-member'; memberId: string }

/** Thrown to leave the transaction without a trace. */
class TakenBack extends Error {
  override name = 'TakenBack'
}

/**
 * What merging all of `pairs` would do, done and taken back in one transaction as `previewChange` does it. Pairs that hang
 * together are one member: of the ids one with a number of the shop's stays, else the one with most orders.
 */
export async function previewTies(
  platform: Platform,
  workspace: Workspace,
  pairs: readonly Pair[],
): Promise<TiesOutcome> {
  await drainEvents(platform.store, workspace)
  const asked = [...new Set(pairs.flat())]
  for (const memberId of asked)
    if (await isPseudonym(platform.store, workspace.id, memberId)) return { kind: 'no-such-member', memberId }
  let outcome: TiesOutcome
  try {
    await workspace.engine.transaction(async (session) => {
      const rows = await session.rows(sql`select members.member_id, coalesce(facts.orders, 0) as orders
        from members left join member_facts as facts on facts.member_key = members.member_key
        where members.member_id in (select unnest(from_json(${JSON.stringify(asked)}, '["VARCHAR"]')))`)
      const orders = new Map(rows.map((row) => [String(row.memberId), Number(row.orders)]))
      const missing = asked.find((id) => !orders.has(id))
      if (missing !== undefined) {
        outcome = { kind: 'no-such-member', memberId: missing }
        throw new TakenBack()
      }
      const groups = groupsOf(pairs, orders)
      const [state] = await session.rows(sql`select data_version from workspace_state`)
      const today = workspace.today()
      const shopBefore = (await figuresOf(session, today)).figures
      for (const { into, others } of groups)
        for (const from of others)
          await session.run(sql`insert or replace into merges_set values (${from}, ${into})`)
      if (await resolveMembers(session)) await followMerges(session, workspace.calendar.timeZone, today)
      const after = await figuresOf(session, today)
      const members = await membersNamed(
        session,
        groups.map(({ into }) => into),
      )
      const shown = {
        groups: members.map(({ memberId, ids, name, orders: count, netMinor }) => ({
          into: memberId,
          ids,
          name,
          orders: count,
          netMinor,
        })),
        asOf: after.asOf,
        dataVersion: Number(state!.dataVersion),
        shopBefore,
        shopAfter: after.figures,
      }
      const digest = createHash('sha256').update(JSON.stringify(shown)).digest('hex').slice(0, 32)
      outcome = { kind: 'previewed', preview: { ...shown, digest } }
      throw new TakenBack()
    })
  } catch (error) {
    if (!(error instanceof TakenBack)) throw error
  }
  return outcome!
}

/** Merges what a preview showed, as people's doing: each id can be taken apart again. */
export function mergeTies(
  platform: Platform,
  workspace: Workspace,
  pairs: readonly Pair[],
  { digest, actor }: { digest: string; actor: string },
): Promise<
  { kind: 'done'; merged: number } | { kind: 'moved' } | Exclude<TiesOutcome, { kind: 'previewed' }>
> {
  return campaignTurns.take(workspace.id, async () => {
    const outcome = await previewTies(platform, workspace, pairs)
    if (outcome.kind !== 'previewed') return outcome
    if (outcome.preview.digest !== digest) return { kind: 'moved' }
    const { store, clock } = platform
    const about = { workspaceId: workspace.id, actor, at: clock.now() }
    const asked = new Set(pairs.flat())
    const merges = outcome.preview.groups.flatMap(({ into, ids }) =>
      ids.filter((id) => id !== into && asked.has(id)).map((memberId) => ({ memberId, into })),
    )
    await store.transaction().execute(async (tx) => {
      for (const merge of merges) await setMerge(tx, merge, about)
    })
    await drainEvents(store, workspace)
    return { kind: 'done', merged: merges.length }
  })
}

/** The groups that pairs make, each with the id that stays. `orders` of every id. */
export function groupsOf(
  pairs: readonly Pair[],
  orders: ReadonlyMap<string, number>,
): { into: string; others: string[] }[] {
  const groupOf = new Map<string, Set<string>>()
  for (const [one, other] of pairs) {
    const group = new Set([one, other, ...(groupOf.get(one) ?? []), ...(groupOf.get(other) ?? [])])
    for (const id of group) groupOf.set(id, group)
  }
  return [...new Set(groupOf.values())].map((group) => {
    const [into, ...others] = [...group].toSorted(
      (a, b) =>
        Number(isNumberless(a)) - Number(isNumberless(b)) ||
        (orders.get(b) ?? 0) - (orders.get(a) ?? 0) ||
        (a < b ? -1 : 1),
    )
    return { into: into!, others }
  })
}
