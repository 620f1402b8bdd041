import { daysBetween } from '../../../analytics/calendar/calendar.ts'
import type { Store } from '../../store/store.ts'
import { takeSteps } from './steps.ts'
import { letIn } from './entries.ts'
import { bringMatchingInLine, rememberMatching, runOf } from './matching.ts'
import type { Moment, StandingCampaign } from './issue.ts'
import type { ExclusionReason } from '../audience.ts'

/**
 * Why a member gets nothing, beside what holds for every campaign: nobody said whether they may be written to, or a
 * value is unknown that the message needs; `feed-gap`: the orders of their store stopped coming in, so that nobody
 * knows what they did, and they wait.
 */
export const standingReasons = ['consent-unknown', 'missing-value', 'feed-gap'] as const
export type KeptOut = ExclusionReason | (typeof standingReasons)[number]

/** What a day of a campaign asks of the shop. Members by their ids; what is merged is one member. */
export interface View extends Moment {
  /** Who meets the rule on the local day. */
  matching(): Promise<ReadonlySet<string>>
  memberOf(id: string): string
  /** All ids of the member whose id it is. */
  idsOf(id: string): readonly string[]
  /** Of these members, those who may get nothing, each with the first reason. */
  keptOut(memberIds: readonly string[], step: number): Promise<ReadonlyMap<string, KeptOut>>
  /** Of these, the local day of the first qualifying order after the instant. */
  boughtSince(
    ways: readonly { id: string; memberId: string; since: string }[],
  ): Promise<ReadonlyMap<string, string>>
  /** Members who met the rule on a day between these two, both left out; null: that can't be asked. */
  matchedBetween(after: string, before: string): Promise<ReadonlySet<string> | null>
  /** Puts a tag on; repeating it changes nothing. */
  tag(tag: string, memberIds: readonly string[]): Promise<void>
}

/** Told before each write; may throw, as a crash would. */
export type AdvanceStep = (name: 'matching' | 'enter' | 'act' | 'tag' | 'run') => void

/** One day of one campaign while it is worked on. */
export interface Day {
  readonly store: Store
  readonly campaign: StandingCampaign
  readonly view: View
  readonly step: AdvanceStep
}

/**
 * Brings a campaign that stands up to a moment: who began to meet its rule waits or comes in, who is due takes the next
 * step. Each batch is one transaction with what says that it is done, so that a process which ends half way is gone on
 * with by the next call, and repeating it the same day changes nothing. After days on which nothing was evaluated,
 * whoever began to meet the rule meanwhile and still does comes in now; who met it in between alone is counted, no more.
 */
export async function advance(day: Day): Promise<void> {
  const { store, campaign, view } = day
  const standing = await store
    .selectFrom('standing_campaigns')
    .selectAll()
    .where('campaign_id', '=', campaign.id)
    .executeTakeFirstOrThrow()
  const { lastDay } = campaign.definition.standing
  const isOpen =
    (lastDay === undefined || view.day <= lastDay) &&
    (standing.finished_day === null || view.day < standing.finished_day)
  if (isOpen) {
    const matching = await view.matching()
    if (standing.first_known_day === null) await rememberMatching(day, matching)
    else {
      const before = await runOf(store, campaign.id, view.day)
      await bringMatchingInLine(day, matching, before ? undefined : await missedBefore(day, matching))
    }
  } else await store.deleteFrom('standing_waiting').where('campaign_id', '=', campaign.id).execute()
  const spentBySteps = await takeSteps(day)
  const spentByEntries = isOpen ? await letIn(day) : false
  await closeRun(day, spentBySteps || spentByEntries)
}

/** Days before this one on which nothing was evaluated, and whom the rule meant on them alone. */
async function missedBefore(
  { store, campaign, view }: Day,
  matching: ReadonlySet<string>,
): Promise<{ days: number; members: number | null }> {
  const { newest } = await store
    .selectFrom('standing_runs')
    .select(({ fn }) => fn.max('day').as('newest'))
    .where('campaign_id', '=', campaign.id)
    .executeTakeFirstOrThrow()
  const days = newest === null ? 0 : daysBetween(newest, view.day) - 1
  if (days <= 0) return { days: 0, members: 0 }
  const matched = await view.matchedBetween(newest, view.day)
  if (matched === null) return { days, members: null }
  const known = await store
    .selectFrom('standing_matching')
    .select('member_id')
    .where('campaign_id', '=', campaign.id)
    .execute()
  const stood = new Set(known.map(({ member_id }) => view.memberOf(member_id)))
  return { days, members: [...matched].filter((id) => !matching.has(id) && !stood.has(id)).length }
}

/** Writes down how many still wait, and that the day was evaluated. */
async function closeRun({ store, campaign, view, step }: Day, isBudgetSpent: boolean): Promise<void> {
  const { waiting } = await store
    .selectFrom('standing_waiting')
    .select(({ fn }) => fn.countAll<number>().as('waiting'))
    .where('campaign_id', '=', campaign.id)
    .executeTakeFirstOrThrow()
  step('run')
  await store
    .insertInto('standing_runs')
    .values({
      campaign_id: campaign.id,
      workspace_id: campaign.workspaceId,
      day: view.day,
      evaluated_at: view.now.toISOString(),
      waiting,
      budget_spent: isBudgetSpent ? 1 : 0,
      missed_members: 0,
    })
    .onConflict((same) =>
      same.columns(['campaign_id', 'day']).doUpdateSet({
        evaluated_at: view.now.toISOString(),
        waiting,
        budget_spent: isBudgetSpent ? 1 : 0,
      }),
    )
    .execute()
}
