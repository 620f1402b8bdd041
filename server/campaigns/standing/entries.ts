import { type Kysely, sql, type Transaction } from 'kysely'
import { addDays } from '../../../analytics/calendar/calendar.ts'
import { orderedId } from '../../coupons/ordered-id.ts'
import { recordEvent } from '../../store/events.ts'
import type { StoreSchema } from '../../store/schema.ts'
import { type ArmName, armOf } from '../arms.ts'
import type { Day, KeptOut } from './advance.ts'
import { budgetLeft } from './budget.ts'
import { firstAction, worstOf } from './definition.ts'
import { entryLaunchOf, issueStep, newSent } from './issue.ts'

/** Members that are looked at, and come in, in one transaction. */
const atOnce = 1_000

interface Waiting {
  readonly memberId: string
  readonly sinceDay: string
}

/**
 * Lets in who waits, oldest first, as many as may come in a day; each is drawn into an arm, and the treated get their
 * coupon or message. Who may get nothing is left out with the reason; who can't be told apart from a gap in the data waits on.
 * True: the budget had no room for another coupon.
 */
export async function letIn(day: Day): Promise<boolean> {
  const { store, campaign, view, step } = day
  const { mostPerDay } = campaign.definition.standing
  const worstMinor = worstOf(firstAction(campaign.definition))
  let room = mostPerDay - (await cameIn(store, campaign.id, view.day))
  let budget = await budgetLeft(store, campaign.id, campaign.definition.budgetMinor)
  for (let after: Waiting | undefined; room > 0;) {
    const some = await waitingAfter(store, campaign.id, after)
    after = some.at(-1)
    if (after === undefined) return false
    const keptOut = await view.keptOut(
      some.map(({ memberId }) => memberId),
      0,
    )
    const arms = await armsSoFar(day, some)
    const coming: { memberId: string; arm: ArmName }[] = []
    const leftOut: { memberId: string; reason: KeptOut }[] = []
    let isSpent = false
    for (const { memberId } of some) {
      if (room === 0) break
      const reason = keptOut.get(memberId)
      if (reason === 'feed-gap') continue
      if (reason !== undefined) {
        leftOut.push({ memberId, reason })
        continue
      }
      const arm = arms.get(memberId) ?? armOf(campaign.seed, memberId, campaign.definition.holdout)
      if (arm === 'treated') {
        isSpent = budget < worstMinor
        if (isSpent) break
        budget -= worstMinor
      }
      coming.push({ memberId, arm })
      room--
    }
    if (coming.length + leftOut.length > 0) {
      step('enter')
      await store.transaction().execute((tx) => enter(tx, day, coming, leftOut))
    }
    if (isSpent) return true
  }
  return false
}

/** Members who came in on a day. */
async function cameIn(store: Kysely<StoreSchema>, campaignId: string, day: string): Promise<number> {
  const { members } = await store
    .selectFrom('standing_paths')
    .select(({ fn }) => fn.countAll<number>().as('members'))
    .where('campaign_id', '=', campaignId)
    .where('entered_day', '=', day)
    .executeTakeFirstOrThrow()
  return members
}

const waitingAfter = (
  store: Kysely<StoreSchema>,
  campaignId: string,
  after: Waiting | undefined,
): Promise<Waiting[]> => {
  let waiting = store
    .selectFrom('standing_waiting')
    .select(['member_id as memberId', 'since_day as sinceDay'])
    .where('campaign_id', '=', campaignId)
  if (after)
    waiting = waiting.where(sql<boolean>`(since_day, member_id) > (${after.sinceDay}, ${after.memberId})`)
  return waiting.orderBy('since_day').orderBy('member_id').limit(atOnce).execute()
}

/** The arms of those who came in before, under any of their ids: they never change. */
async function armsSoFar(
  { store, campaign, view }: Day,
  some: readonly Waiting[],
): Promise<Map<string, ArmName>> {
  const ids = some.flatMap(({ memberId }) => view.idsOf(memberId))
  const rows = await store
    .selectFrom('campaign_members')
    .select(['member_id', 'arm'])
    .where('campaign_id', '=', campaign.id)
    .where('member_id', 'in', sql<string>`(select value from json_each(${JSON.stringify(ids)}))`)
    .orderBy('member_id', 'desc')
    .execute()
  return new Map(rows.map(({ member_id, arm }) => [view.memberOf(member_id), arm]))
}

async function enter(
  tx: Transaction<StoreSchema>,
  { campaign, view }: Day,
  coming: readonly { memberId: string; arm: ArmName }[],
  leftOut: readonly { memberId: string; reason: KeptOut }[],
): Promise<void> {
  const of = { workspace_id: campaign.workspaceId, campaign_id: campaign.id }
  const at = view.now.toISOString()
  const first = firstAction(campaign.definition)
  const launch = await entryLaunchOf(tx, campaign, view)
  const next = campaign.definition.standing.steps[0]
  const ways = coming.map(({ memberId, arm }) => ({
    id: orderedId(),
    memberId,
    arm,
    ...(arm === 'treated' ? newSent(campaign.definition, 0, first) : { couponId: null, messageId: null }),
  }))
  const paths = ways.map(({ id, memberId, arm }) =>
    arm === 'held-out'
      ? [id, memberId, arm, null, null, view.day, 'held-out']
      : next
        ? [id, memberId, arm, 1, addDays(view.day, next.afterDays), null, null]
        : [id, memberId, arm, null, null, view.day, 'done'],
  )
  await sql`insert into standing_paths (id, workspace_id, campaign_id, member_id, entered_day, entered_at, arm,
      next_step, due_day, ended_day, ended_why)
    select value ->> 0, ${of.workspace_id}, ${of.campaign_id}, value ->> 1, ${view.day}, ${at}, value ->> 2,
      value ->> 3, value ->> 4, value ->> 5, value ->> 6
    from json_each(${JSON.stringify(paths)})`.execute(tx)
  const { rows: firsts } = await sql<{ memberId: string }>`insert or ignore into campaign_members
      (workspace_id, campaign_id, launch_id, member_id, arm, coupon_id)
    select ${of.workspace_id}, ${of.campaign_id}, ${launch.id}, value ->> 0, value ->> 1, value ->> 2
    from json_each(${JSON.stringify(ways.map(({ memberId, arm, couponId }) => [memberId, arm, couponId]))})
    returning member_id as "memberId"`.execute(tx)
  const treated = ways.filter(({ arm }) => arm === 'treated')
  const steps = treated.map(({ id, couponId, messageId }) => [id, couponId, messageId])
  await sql`insert into standing_steps (path_id, step, workspace_id, campaign_id, day, at, outcome, coupon_id, message_id, worst_minor)
    select value ->> 0, 0, ${of.workspace_id}, ${of.campaign_id}, ${view.day}, ${at}, ${first.kind}, value ->> 1,
      value ->> 2, ${worstOf(first)}
    from json_each(${JSON.stringify(steps)})`.execute(tx)
  await issueStep(tx, campaign, 0, first, treated, view)
  if (firsts.length > 0) {
    const isFirst = new Set(firsts.map(({ memberId }) => memberId))
    const inArm = (wanted: ArmName) =>
      coming.flatMap(({ memberId, arm }) => (arm === wanted && isFirst.has(memberId) ? [memberId] : []))
    await recordEvent(
      tx,
      campaign.workspaceId,
      {
        kind: 'campaign-arms',
        campaignId: campaign.id,
        day: view.day,
        treated: inArm('treated'),
        heldOut: inArm('held-out'),
      },
      view.now,
    )
  }
  await sql`insert or ignore into left_out (workspace_id, campaign_id, launch_id, member_id, reason)
    select ${of.workspace_id}, ${of.campaign_id}, ${launch.id}, value ->> 0, value ->> 1
    from json_each(${JSON.stringify(leftOut.map(({ memberId, reason }) => [memberId, reason]))})`.execute(tx)
  await sql`delete from standing_waiting where campaign_id = ${campaign.id} and member_id in
    (select value from json_each(${JSON.stringify([...coming, ...leftOut].map(({ memberId }) => memberId))}))`.execute(
    tx,
  )
}
