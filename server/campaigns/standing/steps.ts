import { sql, type Transaction } from 'kysely'
import { addDays } from '../../../analytics/calendar/calendar.ts'
import { orderedId } from '../../coupons/ordered-id.ts'
import type { StoreSchema } from '../../store/schema.ts'
import type { Store } from '../../store/store.ts'
import type { Day, KeptOut } from './advance.ts'
import { budgetLeft } from './budget.ts'
import { isSent, plannedSteps, worstOf } from './definition.ts'
import { issueStep, newSent, type Sent } from './issue.ts'

/** Ways that are looked at and moved in one transaction. */
const atOnce = 1_000

interface Way {
  readonly id: string
  readonly memberId: string
  readonly since: string
  readonly dueDay: string
}

/** What is done with a way that is due. */
type Turn = { way: Way } & (
  | { kind: 'ended'; why: 'bought' | 'not-bought' | 'coupon-used'; boughtDay: string | null }
  | { kind: 'left-out'; reason: KeptOut | 'budget' }
  | { kind: 'acted' }
)

/**
 * Takes the next step with everybody who is due, oldest first, as many at each step as may a day; what was due on days
 * that are past is done once, now. Whose condition does not hold ends there. True: the budget had no room for a coupon.
 */
export async function takeSteps(day: Day): Promise<boolean> {
  let isSpent = false
  for (const step of plannedSteps(day.campaign.definition).keys())
    if (step > 0) isSpent = (await takeStep(day, step)) || isSpent
  return isSpent
}

async function takeStep(day: Day, step: number): Promise<boolean> {
  const { store, campaign, view } = day
  const { when, action } = plannedSteps(campaign.definition)[step]!
  const worstMinor = worstOf(action)
  let room = campaign.definition.standing.mostPerDay - (await actedOn(day, step))
  let budget = await budgetLeft(store, campaign.id, campaign.definition.budgetMinor)
  let isSpent = false
  for (let after: Way | undefined; room > 0;) {
    const due = await dueAfter(day, step, after)
    after = due.at(-1)
    if (after === undefined) return isSpent
    const named = due.map((way) => ({ ...way, memberId: view.memberOf(way.memberId) }))
    const asksPurchases = when === 'bought' || when === 'not-bought'
    const bought = asksPurchases ? await view.boughtSince(named) : new Map<string, string>()
    const used = when === 'coupon-not-used' ? await withUsedCoupon(store, named) : new Set<string>()
    const keptOut = await view.keptOut(
      named.map(({ memberId }) => memberId),
      step,
    )
    const turns: Turn[] = []
    for (const way of named) {
      if (room === 0) break
      const reason = keptOut.get(way.memberId)
      const boughtDay = bought.get(way.id) ?? null
      // what nobody knows of a member is not taken for "has not bought"
      if (reason === 'feed-gap' && boughtDay === null && asksPurchases) continue
      if (when === 'not-bought' && boughtDay !== null)
        turns.push({ way, kind: 'ended', why: 'bought', boughtDay })
      else if (when === 'bought' && boughtDay === null)
        turns.push({ way, kind: 'ended', why: 'not-bought', boughtDay })
      else if (used.has(way.id)) turns.push({ way, kind: 'ended', why: 'coupon-used', boughtDay })
      else if (isSent(action) && reason !== undefined) {
        if (reason !== 'feed-gap') turns.push({ way, kind: 'left-out', reason })
      } else if (budget < worstMinor) {
        isSpent = true
        turns.push({ way, kind: 'left-out', reason: 'budget' })
      } else {
        budget -= worstMinor
        room--
        turns.push({ way, kind: 'acted' })
      }
    }
    if (turns.length === 0) continue
    if (action.kind === 'tag') {
      const tagged = turns.flatMap((turn) => (turn.kind === 'acted' ? [turn.way.memberId] : []))
      if (tagged.length > 0) {
        day.step('tag')
        await view.tag(action.tag, tagged)
      }
    }
    day.step('act')
    await store.transaction().execute((tx) => write(tx, day, step, turns))
  }
  return isSpent
}

/** Of ways, those whose newest coupon was used and not taken back since. */
async function withUsedCoupon(store: Store, ways: readonly Way[]): Promise<Set<string>> {
  const { rows } = await sql<{ id: string }>`
    select steps.path_id as id from standing_steps as steps join ledger on ledger.coupon_id = steps.coupon_id
    where steps.path_id in (select value from json_each(${JSON.stringify(ways.map(({ id }) => id))}))
      and steps.step = (select max(step) from standing_steps as newest
        where newest.path_id = steps.path_id and newest.coupon_id is not null)
      and ledger.kind in ('redeemed', 'cancelled')
    group by steps.path_id having sum(case ledger.kind when 'redeemed' then 1 else -1 end) > 0`.execute(store)
  return new Set(rows.map(({ id }) => id))
}

/** Members with whom a step was done today. */
async function actedOn({ store, campaign, view }: Day, step: number): Promise<number> {
  const { members } = await store
    .selectFrom('standing_steps')
    .select(({ fn }) => fn.countAll<number>().as('members'))
    .where('campaign_id', '=', campaign.id)
    .where('day', '=', view.day)
    .where('step', '=', step)
    .where('outcome', '<>', 'left-out')
    .executeTakeFirstOrThrow()
  return members
}

function dueAfter({ store, campaign, view }: Day, step: number, after: Way | undefined): Promise<Way[]> {
  let due = store
    .selectFrom('standing_paths')
    .select(['id', 'member_id as memberId', 'entered_at as since', 'due_day as dueDay'])
    .where('campaign_id', '=', campaign.id)
    .where('next_step', '=', step)
    .where('due_day', '<=', view.day)
    .$narrowType<{ dueDay: string }>()
  if (after) due = due.where(sql<boolean>`(due_day, id) > (${after.dueDay}, ${after.id})`)
  return due.orderBy('due_day').orderBy('id').limit(atOnce).execute()
}

async function write(
  tx: Transaction<StoreSchema>,
  { campaign, view }: Day,
  step: number,
  turns: readonly Turn[],
): Promise<void> {
  const { action } = plannedSteps(campaign.definition)[step]!
  const next = campaign.definition.standing.steps[step]
  const at = view.now.toISOString()
  const sent = new Map<string, Sent>()
  for (const { way, kind } of turns)
    if (kind === 'acted') sent.set(way.id, newSent(campaign.definition, step, action))
  const done = turns.flatMap((turn) =>
    turn.kind === 'ended'
      ? []
      : [
          turn.kind === 'acted'
            ? [
                turn.way.id,
                action.kind,
                null,
                sent.get(turn.way.id)!.couponId,
                sent.get(turn.way.id)!.messageId,
              ]
            : [turn.way.id, 'left-out', turn.reason, null, null],
        ],
  )
  await sql`insert into standing_steps (path_id, step, workspace_id, campaign_id, day, at, outcome, reason, coupon_id, message_id, worst_minor)
    select value ->> 0, ${step}, ${campaign.workspaceId}, ${campaign.id}, ${view.day}, ${at}, value ->> 1, value ->> 2,
      value ->> 3, value ->> 4, case when value ->> 3 is null then 0 else ${worstOf(action)} end
    from json_each(${JSON.stringify(done)})`.execute(tx)
  const ways = turns.map((turn) =>
    turn.kind === 'ended'
      ? [turn.way.id, null, null, view.day, turn.why, turn.boughtDay]
      : next
        ? [turn.way.id, step + 1, addDays(view.day, next.afterDays), null, null, null]
        : [turn.way.id, null, null, view.day, 'done', null],
  )
  await sql`update standing_paths set next_step = turn.value ->> 1, due_day = turn.value ->> 2,
      ended_day = turn.value ->> 3, ended_why = turn.value ->> 4, bought_day = turn.value ->> 5
    from json_each(${JSON.stringify(ways)}) as turn where standing_paths.id = turn.value ->> 0`.execute(tx)
  if (isSent(action))
    await issueStep(
      tx,
      campaign,
      step,
      action,
      turns.flatMap(({ way }) => {
        const ids = sent.get(way.id)
        return ids ? [{ memberId: way.memberId, ...ids }] : []
      }),
      view,
    )
  if (action.kind === 'webhook') {
    const told = turns.flatMap(({ way, kind }) => (kind === 'acted' ? [way] : []))
    if (told.length > 0)
      await tx
        .insertInto('standing_events')
        .values(
          told.map(({ id, memberId }) => ({
            id: `evt_${orderedId()}`,
            workspace_id: campaign.workspaceId,
            campaign_id: campaign.id,
            member_id: memberId,
            path_id: id,
            step,
            state: 'queued' as const,
            queued_at: at,
            due_at: at,
            last_error: null,
            delivered_at: null,
          })),
        )
        .execute()
  }
}
