import { addDays } from '../../../analytics/calendar/calendar.ts'
import { name, type Sql, sql } from '../../../analytics/sql/sql.ts'
import { type TablesAt, tablesAt } from '../../analytics/tables-at.ts'
import { feedGaps } from '../../feeds/gaps.ts'
import { peopleOf } from '../../identity/people.ts'
import { decimalsOf } from '../../messages/money.ts'
import type { Platform } from '../../platform.ts'
import { evaluateSegment, type SegmentError } from '../../segments/evaluation.ts'
import { type ResolvedRule, wrongDays } from '../../segments/prepare.ts'
import { selectOn } from '../../segments/select-on.ts'
import { setTag } from '../../tags/set-tag.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import { rulesKept } from '../segment-versions.ts'
import { type Judge, judgedMembers, judgeOf } from '../judge.ts'
import type { KeptOut, View } from './advance.ts'
import { channelOf, plannedSteps } from './definition.ts'
import type { StandingCampaign } from './issue.ts'
import { isMemberDay, type MemberDays } from './member-days.ts'

/** So many of the days on which nothing was evaluated are looked at, the newest. */
const mostMissedDays = 31
/** A statement over all orders of a large shop, on the threads that questions leave over. */
const patienceMs = 60 * 60_000

export type ViewOutcome = { kind: 'view'; view: View } | { kind: 'refused'; errors: readonly SegmentError[] }

/** What a campaign asks of a shop on the present local day. Refused when its rule can't be asked. */
export async function viewOf(
  platform: Platform,
  workspace: Workspace,
  campaign: StandingCampaign,
  signal?: AbortSignal,
): Promise<ViewOutcome> {
  const { store, clock } = platform
  const { engine } = workspace
  const day = workspace.today()
  const { segment, standing } = campaign.definition
  const { memberDays } = standing
  const kept = await rulesKept(store, workspace, campaign.id, segment)
  const outcome = await evaluateSegment(store, workspace, { expression: segment, asOf: day, kept }, signal)
  if (outcome.kind === 'refused') return outcome
  const { evaluation } = outcome
  const tables = await tablesAt(store, workspace, day, signal)
  const [state] = await engine.rows(sql`select watermark from workspace_state`, { signal })
  const people = await peopleOf(workspace)
  const gaps = new Set((await feedGaps(workspace, tables, signal)).map(({ store: one }) => one))
  const judges = new Map<number, Judge>()
  const judgeAt = async (step: number): Promise<Judge> => {
    // who holds a coupon gets no other, but may be written to
    const isMessage = plannedSteps(campaign.definition)[step]!.action.kind === 'message'
    const holders = standing.alsoHolders || isMessage ? 'none' : step === 0 ? 'all' : { except: campaign.id }
    const found =
      judges.get(step) ??
      (await judgeOf(platform, workspace, channelOf(campaign.definition, step), { holders }))
    judges.set(step, found)
    return found
  }
  return {
    kind: 'view',
    view: {
      now: clock.now(),
      day,
      dataVersion: evaluation.dataVersion,
      knownEvent: Number(state!.watermark),
      memberOf: people.memberOf,
      idsOf: people.idsOf,
      matching: async () =>
        memberDays && !isMemberDay(memberDays, day)
          ? new Set<string>()
          : idsOf(workspace, evaluation.memberKeys, signal),
      async keptOut(memberIds, step) {
        const judge = await judgeAt(step)
        const kept = new Map<string, KeptOut>(memberIds.map((id) => [id, 'no-longer-imported']))
        const chosen = sql`(select member_key from members where member_id in ${listed(memberIds)})`
        for await (const rows of engine.stream(judgedMembers(chosen, tables), { signal }))
          for (const row of rows) {
            const memberId = String(row.memberId)
            const { reason, missing } = judge(row)
            const why: KeptOut | null =
              reason ??
              (row.consent === 'unknown' && !standing.alsoUnknownConsent
                ? 'consent-unknown'
                : gaps.has(String(row.mainStore))
                  ? 'feed-gap'
                  : missing.length > 0
                    ? 'missing-value'
                    : null)
            if (why === null) kept.delete(memberId)
            else kept.set(memberId, why)
          }
        return kept
      },
      boughtSince: (ways) => boughtSince(workspace, tables, ways, signal),
      matchedBetween: (after, before) =>
        matchedBetween(
          workspace,
          evaluation.rule,
          { after, before, newest: tables.asOf, memberDays },
          signal,
        ),
      async tag(tag, memberIds) {
        const named = { kind: 'members' as const, memberIds: await knownAmong(workspace, memberIds) }
        if (named.memberIds.length === 0) return
        const done = await setTag(store, workspace, tag, true, named, {
          by: 'campaign',
          at: clock.now(),
          reason: campaign.name,
        })
        if (done.kind !== 'done') throw new Error(`A tag of a campaign could not be put on: ${done.kind}`)
      },
    },
  }
}

const listed = (memberIds: readonly string[]): Sql =>
  sql`(select unnest(from_json(${JSON.stringify(memberIds)}, '["VARCHAR"]')))`

async function idsOf({ engine }: Workspace, memberKeys: Sql, signal?: AbortSignal): Promise<Set<string>> {
  const ids = new Set<string>()
  const query = sql`select members.member_id from members
    join ${memberKeys} as chosen on chosen.member_key = members.member_key`
  for await (const rows of engine.stream(query, { signal }))
    for (const { memberId } of rows) ids.add(String(memberId))
  return ids
}

async function knownAmong({ engine }: Workspace, memberIds: readonly string[]): Promise<string[]> {
  const rows = await engine.rows(sql`select member_id from members where member_id in ${listed(memberIds)}`)
  return rows.map(({ memberId }) => String(memberId))
}

/** The first qualifying order after each instant; of a day without times midnight is its time. */
async function boughtSince(
  { engine }: Workspace,
  { tables }: TablesAt,
  ways: readonly { id: string; memberId: string; since: string }[],
  signal?: AbortSignal,
): Promise<Map<string, string>> {
  const asked = ways.map(({ id, memberId, since }) => ({ id, member: memberId, since: since.slice(0, 19) }))
  const rows = await engine.rows(
    sql`with way as (
      select unnest(from_json(${JSON.stringify(asked)},
        '[{"id":"VARCHAR","member":"VARCHAR","since":"TIMESTAMP"}]'), recursive := true)
    )
    select way.id, min(bought.local_day) as day
    from way join members on members.member_id = way.member
    join ${tables.memberOrders} as bought on bought.member_key = members.member_key
    where bought.ordered_at > way.since
    group by way.id`,
    { signal },
  )
  return new Map(rows.map(({ id, day }) => [String(id), String(day)]))
}

let made = 0

/** Who met a rule on the days between two, by what was visible on each; null: it can't be asked of the past. */
async function matchedBetween(
  { engine, dormancy, rfm, currency }: Workspace,
  rule: ResolvedRule,
  {
    after,
    before,
    newest,
    memberDays,
  }: { after: string; before: string; newest: string; memberDays: MemberDays | undefined },
  signal?: AbortSignal,
): Promise<Set<string> | null> {
  const matched = new Set<string>()
  const first =
    addDays(before, -mostMissedDays) > after ? addDays(before, -mostMissedDays) : addDays(after, 1)
  for (let day = first; day < before; day = addDays(day, 1)) {
    if (memberDays && !isMemberDay(memberDays, day)) continue
    if (wrongDays(rule, day, newest).length > 0) return null
    const into = name(`scratch.main.missed_${++made}`)
    const ids = await engine.scratch(
      async (session) => {
        await selectOn(session, into, rule, {
          day,
          newest: false,
          dormancy,
          rfm,
          currencyDecimals: decimalsOf(currency),
        })
        const rows = await session.rows(
          sql`select members.member_id from members join ${into} as chosen using (member_key)`,
        )
        await session.run(sql`drop table ${into}`)
        return rows
      },
      { signal, aside: true, timeoutMs: patienceMs },
    )
    for (const { memberId } of ids) matched.add(String(memberId))
  }
  return matched
}
