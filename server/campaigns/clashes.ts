import { addDays, localDay } from '../../analytics/calendar/calendar.ts'
import type { People } from '../identity/people.ts'
import type { Store } from '../store/store.ts'
import { othersTurn } from '../workspaces/others-turn.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { type Campaign, campaignById } from './campaigns.ts'
import { standingMeasured } from './standing-measured.ts'

/** Another campaign that is still being measured, of whose members some would get a coupon of this one too. */
export interface Clash {
  readonly campaignId: string
  readonly name: string
  /** The last local day that it measures; null: it has no end. */
  readonly lastDay: string | null
  /** Of its members who would get this coupon, and of all that it measures now. */
  readonly heldOut: { readonly members: number; readonly of: number }
  readonly treated: { readonly members: number; readonly of: number }
  /**
   * `spoilt`: the coupon goes to one of its sides more than to the other, so that it would be measured as that
   * campaign's effect; `fair`: to both about alike.
   */
  readonly proof: 'spoilt' | 'fair'
}

/** The difference of the shares of both sides up to which they are treated about alike. */
const alike = 0.05
/** Read in well below 50 ms. */
const readAtOnce = 25_000

/**
 * The campaigns whose proof a coupon for `treated` touches: they run or pause, hold members out, and their days of
 * measuring are not over. Only members who are still being measured count.
 */
export async function clashesWith(
  store: Store,
  workspace: Workspace,
  { campaignId, treated, people }: { campaignId: string; treated: readonly string[]; people: People },
): Promise<Clash[]> {
  const others = await store
    .selectFrom('campaigns')
    .select('id')
    .where('workspace_id', '=', workspace.id)
    .where('id', '<>', campaignId)
    .where('state', 'in', ['running', 'paused'])
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  const would = new Set(treated)
  const clashes: Clash[] = []
  for (const { id } of others) {
    const other = (await campaignById(store, workspace.id, id))!
    const measured = other.definition.holdout > 0 ? await measuredNow(store, workspace, other) : null
    if (!measured) continue
    const { heldOut, treated: sent } = await countArms(store, { id, ...measured }, people, would)
    if (heldOut.members + sent.members === 0) continue
    const share = ({ members, of }: Clash['heldOut']) => (of === 0 ? 0 : members / of)
    clashes.push({
      campaignId: id,
      name: other.name,
      lastDay: measured.lastDay,
      heldOut,
      treated: sent,
      proof: Math.abs(share(heldOut) - share(sent)) > alike ? 'spoilt' : 'fair',
    })
  }
  return clashes
}

/** Until when a campaign measures, and since which day those came in who are measured now; null: it is over. */
async function measuredNow(
  store: Store,
  workspace: Workspace,
  other: Campaign,
): Promise<{ lastDay: string | null; since: string } | null> {
  const launch = await store
    .selectFrom('launches')
    .select(['window_to', 'published_at', 'launched_day'])
    .where('workspace_id', '=', workspace.id)
    .where('campaign_id', '=', other.id)
    .where('published_at', 'is not', null)
    .orderBy('run')
    .executeTakeFirst()
  if (!launch) return null
  const today = workspace.today()
  const { standing } = other.definition
  if (!standing) {
    const over = localDay(new Date(launch.window_to), workspace.calendar)
    return today < over ? { lastDay: addDays(over, -1), since: launch.launched_day } : null
  }
  const measured = await standingMeasured(
    store,
    other,
    { ...other.definition, standing },
    launch.published_at!,
  )
  if (!measured || (measured.windowLastDay !== null && measured.windowLastDay < today)) return null
  return { lastDay: measured.windowLastDay, since: addDays(today, -measured.entries!.ownDays) }
}

/** Both arms of those who came in for the first time on `since` or later, and whom of them the coupon would reach. */
async function countArms(
  store: Store,
  { id, since }: { id: string; since: string },
  people: People,
  would: ReadonlySet<string>,
): Promise<Pick<Clash, 'heldOut' | 'treated'>> {
  const arms = { treated: { members: 0, of: 0 }, 'held-out': { members: 0, of: 0 } }
  for (let after = ''; ;) {
    const began = performance.now()
    const rows = await store
      .selectFrom('campaign_members')
      .innerJoin('launches', 'launches.id', 'campaign_members.launch_id')
      .select(['campaign_members.member_id', 'campaign_members.arm'])
      .select(({ fn }) => fn.min('launches.launched_day').as('entered'))
      .where('campaign_members.campaign_id', '=', id)
      .where('campaign_members.member_id', '>', after)
      .where('launches.published_at', 'is not', null)
      .groupBy(['campaign_members.member_id', 'campaign_members.arm'])
      .orderBy('campaign_members.member_id')
      .limit(readAtOnce)
      .execute()
    for (const { member_id, arm, entered } of rows) {
      if (entered < since) continue
      arms[arm].of++
      if (would.has(people.memberOf(member_id))) arms[arm].members++
    }
    if (rows.length < readAtOnce) return { treated: arms.treated, heldOut: arms['held-out'] }
    after = rows.at(-1)!.member_id
    await othersTurn(began)
  }
}
