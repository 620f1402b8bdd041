import { createHash } from 'node:crypto'
import { QueryCancelled, type Session } from '../../analytics/engine/engine.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { campaignTurns } from '../campaigns/campaigns.ts'
import { beginChange, endChange } from '../import/orders/figure-changes.ts'
import type { Platform } from '../platform.ts'
import { isPseudonym } from '../rights/deletions.ts'
import { isPseudonymous } from '../rights/pseudonym.ts'
import { drainEvents } from '../workspaces/drain.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { followMerges, setMergesInEngine } from './follow-merges.ts'
import { setMerges } from './merges.ts'
import { resolveMembers } from './resolve.ts'
import { figuresOf, type ShopFigures } from './shop-figures.ts'
import { isNumberless, type Pair, plainPairs } from './ties.ts'

/** What merging pairs of members at once comes to: each group is one member then. */
export interface TiesPreview {
  /** Of very many the first. */
  readonly groups: readonly {
    /** The id that stays, and all that the pairs name of the member, this one first. */
    readonly into: string
    readonly ids: readonly string[]
    readonly name: string | null
    readonly orders: number
    readonly netMinor: number
  }[]
  /** How many groups there are. */
  readonly total: number
  readonly pairs: number
  readonly asOf: string
  readonly dataVersion: number
  /** Names all that decides: whoever merges says it again. */
  readonly digest: string
  readonly shopBefore: ShopFigures
  readonly shopAfter: ShopFigures
}

/** Pairs of members, or all that rows tie and that are plain (`Tie.plain`). */
export type ChosenPairs = readonly Pair[] | 'plain'

export type TiesOutcome =
  | { kind: 'previewed'; preview: TiesPreview }
  /** One of the ids is no member, or not any more; a deleted one is none. */
  | { kind: 'no-such-member'; memberId: string }
  /** No pair is plain. */
  | { kind: 'none' }

/** How far merging pairs is, of a preview as of the thing itself. */
export interface Merging {
  /** 'waiting': another change comes first; 'finding': which pairs, and the figures as they are; 'merging': whose everything is; 'counting': the figures anew. */
  readonly step: (typeof steps)[number]
  readonly share: number
}

const steps = ['waiting', 'finding', 'merging', 'counting'] as const

/** As many groups a preview names. */
const mostGroups = 500

/** Each for itself: of two at once the one that ends first leaves the other's. */
const underWay = new Map<symbol, { readonly workspaceId: string; readonly step: Merging['step'] }>()

/** The merging of pairs of a workspace that is under way, of several the one that began last; null: none is. */
export function mergingOfPairs(workspaceId: string): Merging | null {
  const found = [...underWay.values()].findLast((one) => one.workspaceId === workspaceId)
  return found ? { step: found.step, share: steps.indexOf(found.step) / steps.length } : null
}

/** Thrown to leave the transaction without a trace. */
class TakenBack extends Error {
  override name = 'TakenBack'
}

interface Group {
  readonly into: string
  readonly others: readonly string[]
}

/** Tells which step is under way while `work` goes on. */
async function told<T>(
  { id }: Workspace,
  work: (tell: (step: Merging['step']) => void) => Promise<T>,
): Promise<T> {
  const own = Symbol('merging')
  const tell = (step: Merging['step']) => underWay.set(own, { workspaceId: id, step })
  tell('waiting')
  try {
    return await work(tell)
  } finally {
    underWay.delete(own)
  }
}

/** The groups of the chosen pairs, with what names them and the data that they are of. */
async function groupsChosen(
  session: Session,
  platform: Platform,
  workspace: Workspace,
  chosen: ChosenPairs,
): Promise<
  | { kind: 'found'; groups: Group[]; pairs: number; dataVersion: number; digest: string }
  | Exclude<TiesOutcome, { kind: 'previewed' }>
> {
  const pairs = chosen === 'plain' ? await plainPairs(session) : chosen
  if (pairs.length === 0) return { kind: 'none' }
  const asked = [...new Set(pairs.flat())]
  for (const memberId of asked.filter(isPseudonymous))
    if (await isPseudonym(platform.store, workspace.id, memberId)) return { kind: 'no-such-member', memberId }
  const rows = await session.rows(sql`select members.member_id, coalesce(facts.orders, 0) as orders
    from members left join member_facts as facts on facts.member_key = members.member_key
    where members.member_id in (select unnest(from_json(${JSON.stringify(asked)}, '["VARCHAR"]')))`)
  const orders = new Map(rows.map((row) => [String(row.memberId), Number(row.orders)]))
  const missing = asked.find((id) => !orders.has(id))
  if (missing !== undefined) return { kind: 'no-such-member', memberId: missing }
  const groups = groupsOf(pairs, orders)
  const [state] = await session.rows(sql`select data_version from workspace_state`)
  const dataVersion = Number(state!.dataVersion)
  // of one state of the data the same merges come to the same figures
  const digest = createHash('sha256')
    .update(JSON.stringify([dataVersion, workspace.today(), groups]))
    .digest('hex')
    .slice(0, 32)
  return { kind: 'found', groups, pairs: pairs.length, dataVersion, digest }
}

const settingsOf = (groups: readonly Group[]) =>
  groups.flatMap(({ into, others }) => others.map((memberId) => ({ memberId, into })))

/** Merges groups in the caller's transaction: all ids are resolved once, and everything that follows is counted once. */
async function mergeGroups(
  session: Session,
  workspace: Workspace,
  groups: readonly Group[],
  tell: (step: Merging['step']) => void,
): Promise<void> {
  tell('merging')
  await setMergesInEngine(
    session,
    settingsOf(groups).map(({ memberId, into }) => ({ from: memberId, into })),
  )
  const changed = await resolveMembers(session)
  tell('counting')
  if (changed) await followMerges(session, workspace.calendar.timeZone, workspace.today())
}

/**
 * What merging pairs would do, done and taken back in one transaction as `previewChange` does it. Pairs that hang
 * together are one member: of the ids one with a number of the shop's stays, else the one with most orders. Throws
 * QueryCancelled when `signal` aborts.
 */
export async function previewTies(
  platform: Platform,
  workspace: Workspace,
  chosen: ChosenPairs,
  signal?: AbortSignal,
): Promise<TiesOutcome> {
  await drainEvents(platform.store, workspace)
  let outcome: TiesOutcome
  try {
    await told(workspace, (tell) =>
      workspace.engine.largeTransaction(
        async (session) => {
          tell('finding')
          const found = await groupsChosen(session, platform, workspace, chosen)
          if (found.kind !== 'found') {
            outcome = found
            throw new TakenBack()
          }
          const { groups, pairs, dataVersion, digest } = found
          const shopBefore = (await figuresOf(session, workspace.today())).figures
          await mergeGroups(session, workspace, groups, tell)
          const after = await figuresOf(session, workspace.today())
          const preview = {
            groups: await shownGroups(session, groups.slice(0, mostGroups)),
            total: groups.length,
            pairs,
            dataVersion,
            digest,
            asOf: after.asOf,
            shopBefore,
            shopAfter: after.figures,
          }
          outcome = { kind: 'previewed', preview }
          throw new TakenBack()
        },
        signal ? { signal } : {},
      ),
    )
  } catch (error) {
    if (!(error instanceof TakenBack)) throw error
  }
  return outcome!
}

async function shownGroups(session: Session, groups: readonly Group[]): Promise<TiesPreview['groups']> {
  const rows = await session.rows(sql`
    select members.member_id, members.name, coalesce(facts.orders, 0) as orders, coalesce(facts.net_minor, 0) as net_minor
    from members left join member_facts as facts on facts.member_key = members.member_key
    where members.member_id in (select unnest(from_json(${JSON.stringify(groups.map(({ into }) => into))}, '["VARCHAR"]')))`)
  const byId = new Map(rows.map((row) => [row.memberId, row]))
  return groups.map(({ into, others }) => {
    const { name, orders, netMinor } = byId.get(into)!
    return {
      into,
      ids: [into, ...others],
      name: name === null ? null : String(name),
      orders: Number(orders),
      netMinor: Number(netMinor),
    }
  })
}

/**
 * Merges what a preview showed, as people's doing: each id can be taken apart again. All of it is done or nothing: until
 * the Store has it, which is last, `signal` calls it off (QueryCancelled). No launch of the workspace runs meanwhile.
 */
export function mergeTies(
  platform: Platform,
  workspace: Workspace,
  chosen: ChosenPairs,
  { digest, actor, signal }: { digest: string; actor: string; signal?: AbortSignal | undefined },
): Promise<
  { kind: 'done'; merged: number } | { kind: 'moved' } | Exclude<TiesOutcome, { kind: 'previewed' }>
> {
  return told(workspace, (tell) =>
    campaignTurns.take(workspace.id, async () => {
      const { store, clock } = platform
      await drainEvents(store, workspace)
      let kept = false
      const outcome = await workspace.engine.largeTransaction(
        async (session) => {
          tell('finding')
          const found = await groupsChosen(session, platform, workspace, chosen)
          if (found.kind !== 'found') return found
          if (found.digest !== digest) return { kind: 'moved' as const }
          const at = clock.now()
          const begun = await beginChange(session, { cause: 'merged', at: at.toISOString() })
          await mergeGroups(session, workspace, found.groups, tell)
          await endChange(session, begun)
          await session.run(sql`update workspace_state set data_version = data_version + 1`)
          if (signal?.aborted) throw new QueryCancelled('The merging was cancelled.')
          // The engine follows the Store: should its commit fail, it takes the event in at the next reading.
          const merges = settingsOf(found.groups)
          if (!kept)
            await store
              .transaction()
              .execute((tx) => setMerges(tx, merges, { workspaceId: workspace.id, actor, at }))
          kept = true
          return { kind: 'done' as const, merged: merges.length }
        },
        signal ? { signal } : {},
      )
      if (outcome.kind === 'done') await drainEvents(store, workspace)
      return outcome
    }),
  )
}

/** The groups that pairs make, each with the id that stays. `orders` of every id. */
export function groupsOf(pairs: readonly Pair[], orders: ReadonlyMap<string, number>): Group[] {
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
