import { addDays, daysBetween } from '../../../analytics/calendar/calendar.ts'
import type { Engine } from '../../../analytics/engine/engine.ts'
import { name, type Sql, sql } from '../../../analytics/sql/sql.ts'
import { tablesAt } from '../../analytics/tables-at.ts'
import { decimalsOf } from '../../messages/money.ts'
import type { Platform } from '../../platform.ts'
import type { SegmentError } from '../../segments/evaluation.ts'
import { prepareSegment, type ResolvedRule, wrongDays } from '../../segments/prepare.ts'
import { SelectedDays } from '../../segments/select-on.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import { judgedMembers, judgeOf } from '../judge.ts'
import { ownDaysOf } from './definition.ts'
import type { StandingCampaign } from './issue.ts'
import { isMemberDay } from './member-days.ts'
import { Replay, type ReplayMonth } from './replay.ts'

/** What a campaign would have done in the past. */
export interface Simulation {
  /** Local days, inclusive; a year, or as far back as there are orders. */
  readonly from: string
  readonly to: string
  readonly months: readonly ReplayMonth[]
  /** Coupons of all steps, and the most that they would have cost. */
  readonly coupons: number
  readonly worstMinor: number
  /** Messages without a coupon. */
  readonly messages: number
  /** Who still waited at the end, because of the most members a day. */
  readonly waiting: number
  /** The local day on which the budget would have been spent; null: not. The days after it are counted nevertheless. */
  readonly budgetSpentDay: string | null
  /** Members who may be written to in the channel of the first step, as things stand now, and all there are. */
  readonly reached: number
  readonly members: number
  /** Members who came in, each once; of them those whose days are over, and who bought in these. */
  readonly firsts: number
  readonly firstsSeen: number
  readonly firstsBought: number
  /** Local days that are measured of each, after the day of coming in. */
  readonly ownDays: number
}

export type SimulationState =
  | { kind: 'running'; done: number; of: number }
  | { kind: 'done'; simulation: Simulation }
  | { kind: 'stopped'; done: number; of: number }
  /** The rule can't be asked of the past, or is none. */
  | { kind: 'refused'; errors: readonly SegmentError[] }
  /** There are no orders to replay. */
  | { kind: 'no-past' }
  | { kind: 'failed' }

/** Local days before the newest of the data that are replayed. */
const daysBack = 364
/** A statement over all orders of a large shop, on the threads that questions leave over. */
const patienceMs = 60 * 60_000

interface Work {
  readonly key: string
  state: SimulationState
  stop: AbortController
}

const worksOf = new WeakMap<Engine, Map<string, Work>>()

/**
 * What a campaign would have done day by day in the year before the newest day of the data: counted in the background,
 * one state of the orders throughout; begun when it was not yet, or when the campaign was changed. `doing` stops it or
 * begins it again. Who may be written to is as things stand now; what members bought is what they bought, though they
 * had no coupon.
 */
export async function simulationOf(
  platform: Platform,
  workspace: Workspace,
  campaign: StandingCampaign,
  doing?: 'stop' | 'again',
): Promise<SimulationState> {
  const works = worksOf.get(workspace.engine) ?? new Map<string, Work>()
  worksOf.set(workspace.engine, works)
  const { standing, segment, offer, terms, validDays, holdout, channel, budgetMinor } = campaign.definition
  const key = JSON.stringify([segment, offer, terms, validDays, holdout, channel, budgetMinor, standing])
  const found = works.get(campaign.id)
  if (found?.key === key && doing !== 'again') {
    if (doing === 'stop' && found.state.kind === 'running') {
      found.stop.abort()
      found.state = { ...found.state, kind: 'stopped' }
    }
    return found.state
  }
  found?.stop.abort()
  const work: Work = {
    key,
    state: { kind: 'running', done: 0, of: daysBack + 1 },
    stop: new AbortController(),
  }
  works.set(campaign.id, work)
  const { signal } = work.stop
  void replay(platform, workspace, campaign, signal, (done, of) => {
    if (!signal.aborted) work.state = { kind: 'running', done, of }
  }).then(
    (state) => {
      if (!signal.aborted) work.state = state
    },
    (error: unknown) => {
      if (signal.aborted) return
      console.error('A campaign could not be simulated:', error)
      work.state = { kind: 'failed' }
    },
  )
  return work.state
}

async function replay(
  platform: Platform,
  workspace: Workspace,
  campaign: StandingCampaign,
  signal: AbortSignal,
  progress: (done: number, of: number) => void,
): Promise<SimulationState> {
  for (;;) {
    const prepared = await prepareSegment(
      platform.store,
      workspace,
      { expression: campaign.definition.segment },
      signal,
    )
    if (prepared.kind === 'refused') return prepared
    const { rule, at } = prepared
    if (at.dataStart === null) return { kind: 'no-past' }
    const to = at.asOf
    const back = Math.min(daysBack, daysBetween(at.dataStart, to))
    const from = addDays(to, -back)
    // the day before tells who met the rule already
    const wrong = wrongDays(rule, addDays(from, -1), to)
    const place = { from: 0, to: campaign.definition.segment.length }
    if (wrong.length > 0) return { kind: 'refused', errors: wrong.map((one) => one(place)) }
    const simulation = await replayDays(
      { platform, workspace, campaign, rule, ordersVersion: at.ordersVersion, signal, progress },
      from,
      to,
    )
    if (simulation) return { kind: 'done', simulation }
    // orders came in meanwhile: all days are of one state
  }
}

let made = 0

interface Replaying {
  readonly platform: Platform
  readonly workspace: Workspace
  readonly campaign: StandingCampaign
  readonly rule: ResolvedRule
  readonly ordersVersion: number
  readonly signal: AbortSignal
  readonly progress: (done: number, of: number) => void
}

/** Null: orders or facts of members have changed since it began. */
async function replayDays(of: Replaying, from: string, to: string): Promise<Simulation | null> {
  const { workspace, campaign, signal, progress } = of
  const { engine } = workspace
  const days = daysBetween(from, to) + 1
  const replayed = new Replay(campaign.definition, campaign.seed)
  const { mayGet, members } = await reachable(of)
  const selected = new SelectedDays(of.rule, {
    dormancy: workspace.dormancy,
    rfm: workspace.rfm,
    currencyDecimals: decimalsOf(workspace.currency),
  })
  const tables = ['a', 'b'].map((half) => name(`scratch.main.replay_${++made}${half}`)) as [Sql, Sql]
  try {
    for (let place = 0; place <= days; place++) {
      signal.throwIfAborted()
      const day = addDays(from, place - 1)
      const [now, before] = place % 2 === 0 ? tables : [tables[1], tables[0]]
      const looked = await lookAt(
        of,
        { day, newest: day === to, now, before: place === 0 ? null : before },
        selected,
        replayed,
      )
      if (looked === null) return null
      if (place > 0)
        replayed.day(day, {
          began: looked.began.filter((id) => mayGet.has(id)),
          stillMeet: looked.stillMeet,
          bought: looked.bought,
        })
      progress(place, days)
    }
  } finally {
    await engine.scratch(async (session) => {
      await selected.drop(session)
      for (const table of tables) await session.run(sql`drop table if exists ${table}`)
    })
  }
  const ownDays = ownDaysOf(campaign.definition)
  const firsts = replayed.firsts()
  const seen = firsts.filter(({ since }) => addDays(since, ownDays) <= to)
  return {
    from,
    to,
    ...replayed.result(),
    reached: mayGet.size,
    members,
    firsts: firsts.length,
    firstsSeen: seen.length,
    firstsBought: await boughtWithin(workspace, seen, ownDays, signal),
    ownDays,
  }
}

/** How many of some members have bought in so many days after a day of their own. */
async function boughtWithin(
  { engine }: Workspace,
  members: readonly { memberId: string; since: string }[],
  ownDays: number,
  signal: AbortSignal,
): Promise<number> {
  const [row] = await engine.rows(
    sql`with way as (
      select unnest(from_json(${JSON.stringify(members)}, '[{"memberId":"VARCHAR","since":"DATE"}]'),
        recursive := true)
    )
    select count(distinct way."memberId") as bought
    from way join members on members.member_id = way."memberId"
    join member_orders as orders on orders.member_key = members.member_key
    where orders.local_day > way.since and orders.local_day <= way.since + cast(${ownDays} as integer)`,
    { signal },
  )
  return Number(row!.bought)
}

/** Members who may be written to as things stand now, whatever they got lately. */
async function reachable({
  platform,
  workspace,
  campaign,
  signal,
}: Replaying): Promise<{ mayGet: ReadonlySet<string>; members: number }> {
  const { definition } = campaign
  const judge = await judgeOf(platform, workspace, definition.channel, { holders: 'none', isCapped: false })
  const at = await tablesAt(platform.store, workspace, undefined, signal)
  const everybody = sql`(select member_key from members)`
  const ids = new Set<string>()
  let members = 0
  for await (const rows of workspace.engine.stream(judgedMembers(everybody, at), { signal }))
    for (const row of rows) {
      members++
      const { reason, missing } = judge(row)
      const isKept = row.consent === 'unknown' && !definition.standing.alsoUnknownConsent
      if (reason === null && missing.length === 0 && !isKept) ids.add(String(row.memberId))
    }
  return { mayGet: ids, members }
}

/** Who began to meet the rule on a day, who of the waiting still does, and who of those with a step due has bought. */
async function lookAt(
  { workspace, campaign, ordersVersion, signal }: Replaying,
  { day, newest, now, before }: { day: string; newest: boolean; now: Sql; before: Sql | null },
  selected: SelectedDays,
  replayed: Replay,
): Promise<{ began: string[]; stillMeet: Set<string>; bought: Map<string, string> } | null> {
  const { engine } = workspace
  return engine.scratch(
    async (session) => {
      const [state] = await session.rows(sql`select orders_version from workspace_state`)
      if (Number(state!.ordersVersion) !== ordersVersion) return null
      await session.run(sql`drop table if exists ${now}`)
      const { memberDays } = campaign.definition.standing
      if (memberDays && !isMemberDay(memberDays, day))
        await session.run(sql`create table ${now} as select member_key from members where false`)
      else await selected.select(session, now, { day, newest })
      if (before === null)
        return { began: [], stillMeet: new Set<string>(), bought: new Map<string, string>() }
      const ids = async (query: Sql) => (await session.rows(query)).map(({ memberId }) => String(memberId))
      const began =
        await ids(sql`select members.member_id from members join ${now} as chosen using (member_key)
        where member_key not in (select member_key from ${before}) order by members.member_id`)
      const waiting = replayed.waiting()
      const stillMeet = new Set(
        waiting.length === 0
          ? []
          : await ids(sql`select members.member_id from members join ${now} as chosen using (member_key)
              where members.member_id in (select unnest(from_json(${JSON.stringify(waiting)}, '["VARCHAR"]')))`),
      )
      const due = replayed.due(day)
      const bought =
        due.length === 0
          ? []
          : await session.rows(sql`with way as (
              select unnest(from_json(${JSON.stringify(due)}, '[{"memberId":"VARCHAR","since":"DATE"}]'),
                recursive := true)
            )
            select members.member_id, min(orders.local_day) as day
            from way join members on members.member_id = way."memberId"
            join member_orders as orders on orders.member_key = members.member_key
            where orders.local_day > way.since and orders.local_day <= cast(${day} as date)
            group by members.member_id`)
      return {
        began,
        stillMeet,
        bought: new Map(bought.map((row) => [String(row.memberId), String(row.day)])),
      }
    },
    { signal, aside: true, timeoutMs: patienceMs },
  )
}
