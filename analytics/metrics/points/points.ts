import { z } from 'zod'
import { addDays } from '../../calendar/calendar.ts'
import { AskedDay } from '../../calendar/day.ts'
import { countedBuyers } from '../../relations/counted-buyers.ts'
import { countedOrdersSaid } from '../../relations/expressions.ts'
import { ofAudience } from '../../relations/member-orders.ts'
import { pointsChanges, pointsLeft } from '../../relations/points-left.ts'
import { join, sql } from '../../sql/sql.ts'
import type { Finding } from '../finding.ts'
import { defineMetric } from '../metric.ts'
import { Share, share } from '../ratio.ts'

const Settings = z.object({
  /** Who has placed no order for longer than so many days is quiet. */
  quietDays: z.coerce.number().int().min(1).max(3650).default(90),
  /** First and last local day of the entries that are added up, inclusive. Default: all of them to asOf. */
  from: AskedDay.optional(),
  to: AskedDay.optional(),
})

/** What an entry is: points given; taken because their time was over, by the words of its reason; else used. */
const uses = ['given', 'redeemed', 'expired'] as const

const Row = z.object({
  kind: z.enum(['expiring', 'reason', 'total']),
  /** Expiring: days to their last day, inclusive; `to` null is open. */
  from: z.int().nullable(),
  to: z.int().nullable(),
  /** Reason and total: what became of points. */
  use: z.enum(uses).nullable(),
  /** As the files say it; null: they say nothing, or all other reasons together. */
  reason: z.string().nullable(),
  others: z.boolean(),
  /** Entries of the ledger; null for what expires. */
  entries: z.int().nullable(),
  points: z.int(),
  /** Members whose points they are; null for reasons. */
  members: z.int().nullable(),
  /** Expiring: the quiet among them, and their points. */
  quietMembers: z.int().nullable(),
  quietPoints: z.int().nullable(),
  /** Reason and total: of all points given. */
  share: Share.nullable(),
  membersExpression: z.string().nullable(),
  quietExpression: z.string().nullable(),
})

export type PointsRow = z.output<typeof Row>

const Counted = z.object({
  kind: z.enum(['expiring', 'reason']),
  window: z.int().nullable(),
  reason: z.string().nullable(),
  use: z.enum(uses).nullable(),
  entries: z.int(),
  points: z.int(),
  members: z.int(),
  quietMembers: z.int(),
  quietPoints: z.int(),
})

/** Last days of the windows in which points go. */
const windowEnds = [30, 60, 90, 180, 365] as const
/** Words of a reason that says that the time of the points was over. */
const expiredWords = ['expir', 'lapse', '过期', '到期', '失效', '清零'] as const
/** Reasons that stand by themselves; the others are a row together. */
const mostReasons = 12

/**
 * What becomes of points, by the imported points ledger. *Expiring*: what is left of points with a last day, by the days
 * to it (today is 0): all that went is taken from the points that go first; how much of it belongs to members who have
 * not ordered for longer than the days asked for. *Reasons*: what entries gave and took, by the reason that the file
 * states; an entry that takes points is *expired* where its reason has one of the words expir…, lapse…, 过期, 到期, 失效,
 * 清零, else *redeemed*. *Total*: the three added up; the redeemed share is redeemed ÷ given. Entries whose member nobody
 * is are left out. Order filters restrict the orders that end a member's quiet. Source: DEFINITIONS, "Filters",
 * analytics guide ("Points that expire").
 */
export const points = defineMetric({
  name: 'points',
  version: 1,
  title: { en: 'Points given, used and expiring', 'zh-CN': '积分的发放、使用与到期' },
  description: {
    en: 'How many points are about to expire and whose, and how much of what was given is used or expired.',
    'zh-CN': '有多少积分即将到期、是谁的；已发放的积分中使用与过期各占多少。',
  },
  settings: Settings,
  row: Row,

  build({ quietDays, from, to }, scope, d) {
    const last = to !== undefined && to < scope.asOf ? to : scope.asOf
    const toGo = d.daysBetween(d.date(scope.asOf), sql`expires_day`)
    const after = windowEnds.map((end) => sql`cast(${toGo} > ${end} as integer)`)
    return sql`
      with owned as (
        select member_key, ${join(after, sql` + `)} as goes_in, cast(sum(points) as bigint) as points
        from ${ofAudience(scope, pointsLeft({ asOf: scope.asOf, d }))} as lot group by member_key, goes_in
      ),
      reasoned as (
        select change_reason as reason,
          case when change >= 0 then 'given'
            when ${join(
              expiredWords.map((word) => d.contains(sql`coalesce(change_reason, '')`, word)),
              sql` or `,
            )} then 'expired' else 'redeemed' end as use,
          count(*) as entries, ${d.sum(sql`abs(change)`)} as points
        from ${ofAudience(scope, pointsChanges)} as entry
        where local_day <= ${d.date(last)}${from === undefined ? sql`` : sql` and local_day >= ${d.date(from)}`} and change <> 0
        group by all
      )
      select 'expiring' as kind, owned.goes_in as "window", cast(null as varchar) as reason, cast(null as varchar) as use,
        0 as entries, ${d.sum(sql`owned.points`)} as points, count(*) as members,
        ${d.countIf(sql`coalesce(buyer.silent_days > ${quietDays}, true)`)} as quiet_members,
        ${d.sumIf(sql`owned.points`, sql`coalesce(buyer.silent_days > ${quietDays}, true)`)} as quiet_points
      from owned left join ${countedBuyers(scope, d)} as buyer on buyer.member_key = owned.member_key
      group by owned.goes_in
      union all
      select 'reason', null, reason, use, entries, points, 0, 0, 0 from reasoned`
  },

  finish(rows, { quietDays }, scope) {
    const counted = z.array(Counted).parse(rows)
    const quiet = `${countedOrdersSaid(scope, `between ${addDays(scope.asOf, -quietDays)} and ${scope.asOf}`)} = 0`
    const flows = counted.filter(({ kind }) => kind === 'reason')
    const addedUp = (some: readonly { points: number; entries: number }[]) => ({
      points: some.reduce((sum, row) => sum + row.points, 0),
      entries: some.reduce((sum, row) => sum + row.entries, 0),
    })
    const given = addedUp(flows.filter(({ use }) => use === 'given')).points
    const ofNobody = { members: null, quietMembers: null, quietPoints: null }
    const flow = (use: PointsRow['use'], sums: { points: number; entries: number }) => ({
      ...ofNobody,
      ...sums,
      from: null,
      to: null,
      use,
      share: share(sums.points, given),
      membersExpression: null,
      quietExpression: null,
    })
    const anyPoints = counted.some(({ kind }) => kind === 'expiring')
    const expiring = (anyPoints ? [...windowEnds, null] : []).map((to, i): PointsRow => {
      const from = i === 0 ? 0 : windowEnds[i - 1]! + 1
      const row = counted.find(({ kind, window }) => kind === 'expiring' && window === i)
      const membersExpression =
        to === null
          ? `points_expiring(expires_in >= ${from}) > 0`
          : `points_expiring(expires_in between ${from} and ${to}) > 0`
      return {
        kind: 'expiring',
        from,
        to,
        use: null,
        reason: null,
        others: false,
        entries: null,
        points: row?.points ?? 0,
        members: row?.members ?? 0,
        quietMembers: row?.quietMembers ?? 0,
        quietPoints: row?.quietPoints ?? 0,
        share: null,
        membersExpression,
        quietExpression: `${membersExpression} and ${quiet}`,
      }
    })
    const totals =
      flows.length === 0
        ? []
        : uses.map((use): PointsRow => ({
            kind: 'total',
            reason: null,
            others: false,
            ...flow(use, addedUp(flows.filter((row) => row.use === use))),
          }))
    const reasons = uses.flatMap((use) => {
      const own = flows
        .filter((row) => row.use === use)
        .toSorted((a, b) => b.points - a.points || ((a.reason ?? '') < (b.reason ?? '') ? -1 : 1))
      const rest = own.slice(mostReasons)
      return [
        ...own.slice(0, mostReasons).map(({ reason, points: sum, entries }): PointsRow => ({
          kind: 'reason',
          reason,
          others: false,
          ...flow(use, { points: sum, entries }),
        })),
        ...(rest.length === 0
          ? []
          : [{ kind: 'reason' as const, reason: null, others: true, ...flow(use, addedUp(rest)) }]),
      ]
    })
    return [...expiring, ...totals, ...reasons]
  },
})

/** What goes within 30 days, and how much of what was given is used. */
export function pointsFindings(rows: readonly PointsRow[]): Finding[] {
  const soon = rows.find(({ kind, from }) => kind === 'expiring' && from === 0)
  const redeemed = rows.find(({ kind, use }) => kind === 'total' && use === 'redeemed')
  return [
    ...(soon
      ? [
          soon.points > 0
            ? { id: 'points.soon', values: { points: soon.points, members: soon.members! } }
            : { id: 'points.none-soon', values: {} },
        ]
      : []),
    ...(redeemed?.share?.value == null
      ? []
      : [{ id: 'points.redeemed', values: { share: redeemed.share.value } }]),
  ]
}
