import { sql } from 'kysely'
import { errorText } from '../../delivery/errors.ts'
import { idsOfMember } from '../../identity/people.ts'
import { type Language, saidIn } from '../../messages/messages.ts'
import type { Platform } from '../../platform.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import { campaignById } from '../campaigns.ts'
import { budgetLeft, isBudgetSpent, waitingMembers } from './budget.ts'
import { type PlannedAction, plannedSteps } from './definition.ts'
import { isStanding, standingProblemOf } from './keeper.ts'

/** What was done at a step on a day. */
export interface StepOfRun {
  /** 0: the first. */
  readonly step: number
  readonly kind: PlannedAction['kind']
  readonly members: number
}

/** One local day of a campaign that stands. */
export interface StandingRun {
  readonly day: string
  /** Members who met the rule, and those who began to. */
  readonly matching: number
  readonly began: number
  /** Of those who began: within the cool-down. */
  readonly cooling: number
  readonly cameIn: number
  readonly heldOut: number
  /** Who waited and does not meet the rule any more; who still waits. */
  readonly gone: number
  readonly waiting: number
  readonly leftOut: readonly { reason: string; members: number }[]
  readonly steps: readonly StepOfRun[]
  readonly coupons: number
  /** Messages without a coupon. */
  readonly messages: number
  /** The most that its coupons may cost, and what was redeemed of them. */
  readonly worstMinor: number
  readonly spentMinor: number
  /** Days before it on which nothing was evaluated, and whom the rule meant on them alone; null: not known. */
  readonly missedDays: number
  readonly missedMembers: number | null
  readonly budgetSpent: boolean
}

/** A campaign that stands as its page shows it. */
export interface StandingState {
  readonly startedDay: string
  /** From when on nobody comes in; null: it goes on. */
  readonly finishedDay: string | null
  /** Null: a campaign without coupons has no budget. */
  readonly budgetLeftMinor: number | null
  /** There is no room in it for a coupon. */
  readonly isBudgetSpent: boolean
  /** Members who came in, each time counted; of them on the way now. */
  readonly cameIn: number
  readonly onTheWay: number
  readonly waiting: number
  readonly ended: readonly { why: string; members: number }[]
  /** Messages without a coupon, by what came of them. */
  readonly messages: Readonly<Record<'queued' | 'delivered' | 'dead' | 'dropped', number>>
  readonly events: { readonly queued: number; readonly delivered: number; readonly dead: number }
  /** Why it is not evaluated; null: it is. */
  readonly problem: string | null
  /** Newest first. */
  readonly runs: readonly StandingRun[]
}

/** The days of a campaign, newest first, at most `limit`, with where its members are; null: there is none that went live. */
export async function standingState(
  platform: Platform,
  workspace: Workspace,
  campaignId: string,
  language: Language,
  limit = 60,
): Promise<StandingState | null> {
  const { store } = platform
  const campaign = await campaignById(store, workspace.id, campaignId)
  const live = await store
    .selectFrom('standing_campaigns')
    .selectAll()
    .where('campaign_id', '=', campaignId)
    .where('workspace_id', '=', workspace.id)
    .executeTakeFirst()
  if (!campaign || !isStanding(campaign.definition) || !live) return null
  const { definition } = campaign
  const ways = await store
    .selectFrom('standing_paths')
    .select(['ended_why as why', ({ fn }) => fn.countAll<number>().as('members')])
    .where('campaign_id', '=', campaignId)
    .groupBy('ended_why')
    .execute()
  const events = await store
    .selectFrom('standing_events')
    .select(['state', ({ fn }) => fn.countAll<number>().as('events')])
    .where('campaign_id', '=', campaignId)
    .groupBy('state')
    .execute()
  const eventsIn = (state: string) => events.find((one) => one.state === state)?.events ?? 0
  const messages = await store
    .selectFrom('outbox')
    .select(['state', ({ fn }) => fn.countAll<number>().as('messages')])
    .where('campaign_id', '=', campaignId)
    .where('coupon_id', 'is', null)
    .groupBy('state')
    .execute()
  const messagesIn = (state: string) => messages.find((one) => one.state === state)?.messages ?? 0
  const problem = standingProblemOf(platform, campaignId)
  return {
    startedDay: live.started_day,
    finishedDay: live.finished_day,
    budgetLeftMinor:
      definition.budgetMinor === undefined
        ? null
        : await budgetLeft(store, campaignId, definition.budgetMinor),
    cameIn: ways.reduce((sum, { members }) => sum + members, 0),
    onTheWay: ways.find(({ why }) => why === null)?.members ?? 0,
    isBudgetSpent: await isBudgetSpent(store, campaignId, definition),
    waiting: await waitingMembers(store, campaignId),
    ended: ways.flatMap(({ why, members }) => (why === null ? [] : [{ why, members }])),
    messages: {
      queued: messagesIn('queued'),
      delivered: messagesIn('delivered'),
      dead: messagesIn('dead'),
      dropped: messagesIn('dropped'),
    },
    events: { queued: eventsIn('queued'), delivered: eventsIn('delivered'), dead: eventsIn('dead') },
    problem: problem && saidIn(language, problem),
    runs: await runsOf(
      platform,
      campaignId,
      plannedSteps(definition).map(({ action }) => action.kind),
      limit,
    ),
  }
}

async function runsOf(
  { store }: Platform,
  campaignId: string,
  kinds: readonly StepOfRun['kind'][],
  limit: number,
): Promise<StandingRun[]> {
  const runs = await store
    .selectFrom('standing_runs')
    .selectAll()
    .where('campaign_id', '=', campaignId)
    .orderBy('day', 'desc')
    .limit(limit)
    .execute()
  const since = runs.at(-1)?.day
  if (since === undefined) return []
  const { rows: entered } = await sql<{ day: string; arm: string; members: number }>`
    select entered_day as day, arm, count(*) as members from standing_paths
    where campaign_id = ${campaignId} and entered_day >= ${since} group by entered_day, arm`.execute(store)
  const { rows: done } = await sql<{
    day: string
    step: number
    outcome: string
    reason: string | null
    members: number
    worst: number
  }>`
    select day, step, outcome, reason, count(*) as members, sum(worst_minor) as worst from standing_steps
    where campaign_id = ${campaignId} and day >= ${since} group by day, step, outcome, reason order by step`.execute(
    store,
  )
  const { rows: leftOut } = await sql<{ day: string; reason: string; members: number }>`
    select launches.launched_day as day, left_out.reason, count(*) as members
    from launches join left_out on left_out.launch_id = launches.id
    where launches.campaign_id = ${campaignId} and launches.launched_day >= ${since}
    group by launches.launched_day, left_out.reason`.execute(store)
  const { rows: spent } = await sql<{ day: string; spent: number }>`
    select launches.launched_day as day, sum(case ledger.kind when 'redeemed' then 1 when 'cancelled' then -1 else 0 end
        * (ledger.amount_minor + ledger.worth_minor)) as spent
    from ledger join coupons on coupons.id = ledger.coupon_id join launches on launches.id = coupons.launch_id
    where ledger.campaign_id = ${campaignId} and ledger.kind in ('redeemed', 'cancelled')
      and launches.launched_day >= ${since}
    group by launches.launched_day`.execute(store)
  return runs.map((run) => {
    const today = done.filter(({ day }) => day === run.day)
    const arm = (wanted: string) =>
      entered.find((one) => one.day === run.day && one.arm === wanted)?.members ?? 0
    const reasons = new Map<string, number>()
    for (const { day, reason, members } of [
      ...leftOut,
      ...today.flatMap(({ reason, ...one }) => (reason === null ? [] : [{ ...one, reason }])),
    ])
      if (day === run.day) reasons.set(reason, (reasons.get(reason) ?? 0) + members)
    const acted = today.filter(({ outcome }) => outcome !== 'left-out')
    const given = (wanted: PlannedAction['kind']) =>
      acted.reduce((sum, { outcome, members }) => sum + (outcome === wanted ? members : 0), 0)
    return {
      day: run.day,
      matching: run.matching,
      began: run.began,
      cooling: run.cooling,
      cameIn: arm('treated') + arm('held-out'),
      heldOut: arm('held-out'),
      gone: run.gone,
      waiting: run.waiting,
      leftOut: [...reasons].map(([reason, members]) => ({ reason, members })),
      steps: acted.map(({ step, members }) => ({ step, kind: kinds[step]!, members })),
      coupons: given('coupon'),
      messages: given('message'),
      worstMinor: acted.reduce((sum, { worst }) => sum + worst, 0),
      spentMinor: spent.find(({ day }) => day === run.day)?.spent ?? 0,
      missedDays: run.missed_days,
      missedMembers: run.missed_members,
      budgetSpent: run.budget_spent === 1,
    }
  })
}

/** One time that a member came in, with what happened since. */
export interface StandingWay {
  readonly memberId: string
  readonly enteredAt: string
  readonly enteredDay: string
  readonly arm: 'treated' | 'held-out'
  /** The step that comes and its local day at the earliest; null: the way has ended. */
  readonly next: { readonly step: number; readonly kind: StepOfRun['kind']; readonly day: string } | null
  readonly ended: { readonly day: string; readonly why: string; readonly boughtDay: string | null } | null
  readonly steps: readonly {
    readonly step: number
    readonly kind: StepOfRun['kind']
    readonly at: string
    readonly day: string
    /** Of who was left out. */
    readonly reason: string | null
    readonly couponId: string | null
    /** Of a message, or of what other systems are told: whether it arrived, and what was the matter. */
    readonly told: { readonly state: string; readonly error: string | null } | null
  }[]
}

/** The ways of a campaign, newest first, at most `limit`: of all members, or of one by any of their ids. */
export async function standingWays(
  { store }: Platform,
  workspace: Workspace,
  campaignId: string,
  { memberId, limit, language }: { memberId?: string | undefined; limit: number; language: Language },
): Promise<StandingWay[] | null> {
  const campaign = await campaignById(store, workspace.id, campaignId)
  if (!campaign || !isStanding(campaign.definition)) return null
  const kinds = plannedSteps(campaign.definition).map(({ action }) => action.kind)
  let asked = store.selectFrom('standing_paths').selectAll().where('campaign_id', '=', campaignId)
  if (memberId !== undefined)
    asked = asked.where('member_id', 'in', [memberId, ...(await idsOfMember(workspace, memberId))])
  const paths = await asked.orderBy('id', 'desc').limit(limit).execute()
  const ids = JSON.stringify(paths.map(({ id }) => id))
  const steps = await store
    .selectFrom('standing_steps')
    .leftJoin('standing_events', (on) =>
      on
        .onRef('standing_events.path_id', '=', 'standing_steps.path_id')
        .onRef('standing_events.step', '=', 'standing_steps.step'),
    )
    .leftJoin('outbox', 'outbox.id', 'standing_steps.message_id')
    .selectAll('standing_steps')
    .select(({ fn }) => [
      fn.coalesce('standing_events.state', 'outbox.state').as('state'),
      fn.coalesce('standing_events.last_error', 'outbox.last_error').as('last_error'),
    ])
    .where('standing_steps.path_id', 'in', sql<string>`(select value from json_each(${ids}))`)
    .orderBy('standing_steps.step')
    .execute()
  return paths.map((path) => ({
    memberId: path.member_id,
    enteredAt: path.entered_at,
    enteredDay: path.entered_day,
    arm: path.arm,
    next:
      path.next_step === null
        ? null
        : { step: path.next_step, kind: kinds[path.next_step]!, day: path.due_day! },
    ended:
      path.ended_day === null
        ? null
        : { day: path.ended_day, why: path.ended_why!, boughtDay: path.bought_day },
    steps: steps
      .filter(({ path_id }) => path_id === path.id)
      .map((one) => ({
        step: one.step,
        kind: kinds[one.step]!,
        at: one.at,
        day: one.day,
        reason: one.reason,
        couponId: one.coupon_id,
        told: one.state === null ? null : { state: one.state, error: errorText(language, one.last_error) },
      })),
  }))
}
