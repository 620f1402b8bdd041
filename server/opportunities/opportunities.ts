import { duckdb as d } from '../../analytics/sql/duckdb.ts'
import { type Sql, sql } from '../../analytics/sql/sql.ts'
import type { QuestionFilters } from '../analytics/filters.ts'
import { bothRules } from '../analytics/run-metric.ts'
import { type TablesAt, tablesAt } from '../analytics/tables-at.ts'
import { evaluateSegment, type SegmentError } from '../segments/evaluation.ts'
import { decimalsOf } from '../messages/money.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

/** Members whom it is worth to write to now, and why. */
export interface Opportunity {
  readonly id: 'quiet-high-value' | 'second-order' | 'cooling-regulars' | 'birthdays' | 'unspent-points'
  /** The rule that chooses them, in the segment language; canonical. */
  readonly expression: string
  readonly members: number
  /** Of those the rule would choose, how many said no to being contacted; they are not in `members`. Null: not known for a past day. */
  readonly deniedMembers: number | null
  /** What they brought, never a forecast. */
  readonly moneyAtStakeMinor: number
  readonly moneyKind: 'yearly-net-before-silence' | 'spent-so-far'
  readonly why: { readonly id: string; readonly values: Readonly<Record<string, string | number>> }
}

export type OpportunitiesOutcome =
  | { kind: 'found'; asOf: string; dataVersion: number; opportunities: Opportunity[] }
  | { kind: 'refused'; errors: readonly SegmentError[] }

interface Candidate {
  readonly id: Opportunity['id']
  readonly rule: string
  readonly moneyKind: Opportunity['moneyKind']
  readonly why: Opportunity['why']
}

const atMost = 5
/** Fewer members who came back than this say nothing about when a second order is due. */
const enoughReturns = 30

/**
 * Up to five groups of members, those first whose money at stake is highest. Money at stake is what
 * these members brought in the year before their last order, or have spent so far, named as such.
 * Who refused contact is counted apart. A segment in the filters narrows each group; stores, channels and categories
 * narrow it to members with such an order.
 */
export async function findOpportunities(
  store: Store,
  workspace: Workspace,
  filters: QuestionFilters,
  signal?: AbortSignal,
): Promise<OpportunitiesOutcome> {
  for (;;) {
    const at = await tablesAt(store, workspace, filters.asOf, signal)
    const newest = await tablesAt(store, workspace, undefined, signal)
    // Points and consent are known for today alone.
    const isPast = at.asOf < newest.asOf
    const candidates = candidatesOf(workspace, at, await signals(workspace, at, signal), isPast)
    const found: Opportunity[] = []
    let moved = newest.dataVersion !== at.dataVersion
    for (const candidate of moved ? [] : candidates) {
      const wanted = narrowed(candidate.rule, filters)
      const chosen = await measured(store, workspace, at, wanted, signal)
      if (chosen.kind === 'refused') return chosen
      const reachable = isPast
        ? chosen
        : await measured(store, workspace, at, bothRules(wanted, 'not consent = "denied"'), signal)
      if (reachable.kind === 'refused') return reachable
      moved ||= [chosen, reachable].some(({ dataVersion }) => dataVersion !== at.dataVersion)
      if (reachable.members === 0) continue
      found.push({
        id: candidate.id,
        expression: reachable.expression,
        members: reachable.members,
        deniedMembers: isPast ? null : chosen.members - reachable.members,
        moneyAtStakeMinor:
          candidate.moneyKind === 'spent-so-far' ? reachable.netMinor : reachable.yearlyNetMinor,
        moneyKind: candidate.moneyKind,
        why: candidate.why,
      })
    }
    if (moved) continue // the data moved in between
    found.sort((a, b) => b.moneyAtStakeMinor - a.moneyAtStakeMinor || b.members - a.members)
    return {
      kind: 'found',
      asOf: at.asOf,
      dataVersion: at.dataVersion,
      opportunities: found.slice(0, atMost),
    }
  }
}

function narrowed(rule: string, { segment, stores, channels, categories }: QuestionFilters): string {
  const among = (field: string, values: readonly string[] | undefined) =>
    values?.length ? [`${field} in (${values.map((value) => JSON.stringify(value)).join(', ')})`] : []
  const places = [...among('store', stores), ...among('channel', channels), ...among('category', categories)]
  const there = places.length > 0 ? bothRules(rule, `orders(${places.join(', ')}) >= 1`) : rule
  return segment === undefined ? there : bothRules(`(${segment})`, there)
}

/** What the data says about its own members, on which the rules are built. */
interface Signals {
  /** The yearly net that one buyer in five reaches. */
  readonly highYearlyNetMinor: number | null
  /** Days from first to second purchase day, of those who made one: how many, the median, nine in ten. */
  readonly returned: number
  readonly medianReturnDays: number | null
  readonly lateReturnDays: number | null
  readonly highPoints: number | null
}

async function signals(workspace: Workspace, at: TablesAt, signal?: AbortSignal): Promise<Signals> {
  const gap = d.daysBetween(sql`first_day`, sql`second_day`)
  const [row] = await workspace.engine.rows(
    sql`select
      (select ${d.quantile(0.8, sql`yearly_net_minor`)} from ${at.tables.memberFacts} where yearly_net_minor > 0) as high_yearly_net_minor,
      (select ${d.quantile(0.5, sql`points`)} from ${at.tables.memberFacts} where points > 0) as high_points,
      count(*) as returned,
      ${d.quantile(0.5, gap)} as median_return_days,
      ${d.quantile(0.9, gap)} as late_return_days
    from ${at.tables.memberFacts} where second_day is not null`,
    { signal },
  )
  return row as unknown as Signals
}

function candidatesOf(workspace: Workspace, at: TablesAt, known: Signals, isPast: boolean): Candidate[] {
  const { active, cooling, dormant } = workspace.dormancy
  const candidates: Candidate[] = []
  // In whole currency units, so that the threshold that is shown is the one the rule uses.
  const unit = 10 ** decimalsOf(workspace.currency)
  const high = known.highYearlyNetMinor === null ? null : Math.round(known.highYearlyNetMinor / unit) * unit
  if (high !== null && high > 0)
    candidates.push({
      id: 'quiet-high-value',
      rule: `status = "dormant" and value_at_risk >= ${decimal(high, workspace.currency)}`,
      moneyKind: 'yearly-net-before-silence',
      why: {
        id: 'quiet-high-value',
        values: { fromDays: cooling + 1, toDays: dormant, thresholdMinor: high },
      },
    })
  if (known.returned >= enoughReturns && known.lateReturnDays! > known.medianReturnDays!)
    candidates.push({
      id: 'second-order',
      rule: `purchase_days = 1 and days_since_order between ${known.medianReturnDays} and ${known.lateReturnDays}`,
      moneyKind: 'spent-so-far',
      why: {
        id: 'second-order',
        values: {
          returned: known.returned,
          medianDays: known.medianReturnDays!,
          lateDays: known.lateReturnDays!,
        },
      },
    })
  candidates.push(
    {
      id: 'cooling-regulars',
      rule: 'status = "cooling" and purchase_days >= 3',
      moneyKind: 'yearly-net-before-silence',
      why: { id: 'cooling-regulars', values: { fromDays: active + 1, toDays: cooling, purchaseDays: 3 } },
    },
    {
      id: 'birthdays',
      rule: 'birthday_in between 0 and 14 and orders >= 1',
      moneyKind: 'yearly-net-before-silence',
      why: { id: 'birthdays', values: { withinDays: 14, asOf: at.asOf } },
    },
  )
  if (!isPast && known.highPoints !== null)
    candidates.push({
      id: 'unspent-points',
      rule: `points >= ${known.highPoints} and days_since_order between ${cooling + 1} and 365`,
      moneyKind: 'yearly-net-before-silence',
      why: { id: 'unspent-points', values: { points: known.highPoints, fromDays: cooling + 1, toDays: 365 } },
    })
  return candidates
}

/** Minor units as the language writes an amount: 100050 → 1000.50. */
function decimal(minor: number, currency: string): string {
  const decimals = decimalsOf(currency)
  if (decimals === 0) return String(minor)
  const digits = String(minor).padStart(decimals + 1, '0')
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

async function measured(
  store: Store,
  workspace: Workspace,
  at: TablesAt,
  expression: string,
  signal?: AbortSignal,
) {
  const outcome = await evaluateSegment(store, workspace, { expression, asOf: at.asOf }, signal)
  if (outcome.kind === 'refused') return outcome
  const { memberKeys, members, dataVersion } = outcome.evaluation
  const [money] = await workspace.engine.rows(moneyOf(at.tables.memberFacts, memberKeys), { signal })
  return {
    kind: 'measured' as const,
    expression: outcome.evaluation.expression,
    members,
    dataVersion,
    netMinor: Number(money!.netMinor),
    yearlyNetMinor: Number(money!.yearlyNetMinor),
  }
}

const moneyOf = (memberFacts: Sql, memberKeys: Sql): Sql => sql`
  select ${d.sum(sql`net_minor`)} as net_minor, ${d.sum(sql`yearly_net_minor`)} as yearly_net_minor
  from ${memberFacts} where member_key in (select member_key from ${memberKeys} as chosen)`
