import { z } from 'zod'
import { addDays } from '../../analytics/calendar/calendar.ts'
import type { QueryOptions } from '../../analytics/engine/engine.ts'
import { fixedStatus } from '../../analytics/metrics/dormancy/dormancy.ts'
import type { Status } from '../../analytics/relations/dormancy-rules.ts'
import { inAudience } from '../../analytics/relations/member-orders.ts'
import type { Scope } from '../../analytics/relations/scope.ts'
import { duckdb as d } from '../../analytics/sql/duckdb.ts'
import { join, type Sql, sql } from '../../analytics/sql/sql.ts'
import { scopeOf } from '../analytics/scope.ts'
import type { SegmentError } from '../segments/evaluation.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { keptForms } from '../import/members/phones.ts'
import { pseudonymous } from '../rights/pseudonym.ts'
import { maskedPhone } from './phone.ts'
import { type Rhythm, rhythmOf } from './rhythm.ts'
import { type FeedGap, feedGaps } from '../feeds/gaps.ts'
import { type Reason, reasonOf } from './reason.ts'

export const sorts = ['value-at-risk', 'net', 'orders', 'last-order', 'joined', 'member'] as const
export type Sort = (typeof sorts)[number]

export interface ListRequest {
  /** A rule in the segment language; default everyone. */
  readonly segment?: string | undefined
  readonly asOf?: string | undefined
  /** Part of an id or name, a whole phone, openid or e-mail, or a phone's last four digits. */
  readonly search?: string | undefined
  readonly sort: Sort
  readonly descending: boolean
}

export interface ListedMember {
  readonly memberId: string
  readonly name: string | null
  /** Masked. */
  readonly phone: string | null
  readonly status: Status
  readonly reason: Reason
  /** The status is not sure: the orders of the member's main store stopped coming in. */
  readonly feedGap: FeedGap | null
  /** Days from the last order's day to asOf; null: never bought. */
  readonly silentDays: number | null
  readonly rhythm: Rhythm
  readonly orders: number
  readonly netMinor: number
  /** Yearly net before silence. */
  readonly valueAtRiskMinor: number
  readonly lastDay: string | null
  readonly joinedDay: string | null
  readonly tier: string | null
  readonly mainStore: string | null
  readonly consent: 'granted' | 'denied' | 'unknown'
  readonly tags: readonly string[]
}

export interface MemberPage {
  readonly asOf: string
  readonly dataVersion: number
  /** Canonical text of the rule. */
  readonly expression: string
  /** Members in the segment whom the search finds. */
  readonly members: number
  /** Of these, members who were deleted: their orders count, and nobody is behind them. */
  readonly deleted: number
  /** What they brought a year before they went quiet, summed. */
  readonly valueAtRiskMinor: number
  readonly rows: readonly ListedMember[]
  /** Null on the last page. */
  readonly nextCursor: string | null
}

export type ListOutcome =
  | { kind: 'listed'; page: MemberPage }
  | { kind: 'refused'; errors: readonly SegmentError[] }
  /** The data or the question is no longer that of the page before. */
  | { kind: 'stale-cursor' }

const Cursor = z.object({
  dataVersion: z.int(),
  question: z.string(),
  key: z.int(),
  memberId: z.string(),
})

/**
 * A page of the members whom a rule selects and a search finds. The pages of one list belong to one
 * evaluation: when the data moves in between, the next page is refused instead of repeating or missing
 * a member. Unknown values stand last in either direction.
 */
export async function listMembers(
  store: Store,
  workspace: Workspace,
  request: ListRequest & { limit: number; cursor?: string | undefined },
  signal?: AbortSignal,
): Promise<ListOutcome> {
  const asked = await scopeOf(store, workspace, { segment: request.segment, asOf: request.asOf }, signal)
  if (asked.kind === 'refused') return asked
  const { scope, asOf, dataVersion } = asked
  const expression = asked.segment ?? 'everyone'
  const question = JSON.stringify([expression, asOf, request.search ?? '', request.sort, request.descending])
  const cursor = request.cursor === undefined ? null : readCursor(request.cursor)
  if (request.cursor !== undefined && (cursor?.dataVersion !== dataVersion || cursor.question !== question))
    return { kind: 'stale-cursor' }

  const found = foundMembers(scope, request)
  const { engine } = workspace
  const [total] = Total.parse(
    await engine.rows(
      sql`select count(*) as members, count(*) filter (where ${pseudonymous(sql`member_id`)}) as deleted, ${d.sum(sql`value_at_risk_minor`)} as value_at_risk_minor from ${found} as found`,
      { signal },
    ),
  )
  const rows = z.array(Found).parse(
    await engine.rows(
      sql`select * from ${found} as found where ${after(cursor, request.descending)}
          order by ${inOrder(request.descending)} limit ${request.limit + 1}`,
      { signal },
    ),
  )
  const page = rows.slice(0, request.limit)
  const last = page.at(-1)
  return {
    kind: 'listed',
    page: {
      asOf,
      dataVersion,
      expression,
      members: total!.members,
      deleted: total!.deleted,
      valueAtRiskMinor: total!.valueAtRiskMinor,
      rows: await withRhythm(workspace, scope, page, { signal }),
      nextCursor:
        rows.length > page.length && last
          ? Buffer.from(
              JSON.stringify({ dataVersion, question, key: last.sortKey, memberId: last.memberId }),
            ).toString('base64url')
          : null,
    },
  }
}

/** So many members can be named one by one; more are better chosen by a rule. */
export const mostNamed = 10_000

/** The ids of the members whom a rule selects and a search finds, deleted ones left out, in order; `too-many` with how many. */
export async function namedMembers(
  store: Store,
  workspace: Workspace,
  request: Pick<ListRequest, 'segment' | 'asOf' | 'search'>,
  signal?: AbortSignal,
): Promise<
  | { kind: 'named'; memberIds: string[] }
  | { kind: 'too-many' }
  | { kind: 'refused'; errors: readonly SegmentError[] }
> {
  const asked = await scopeOf(store, workspace, { segment: request.segment, asOf: request.asOf }, signal)
  if (asked.kind === 'refused') return asked
  const found = foundMembers(asked.scope, { ...request, sort: 'member', descending: false })
  const rows = await workspace.engine.rows(
    sql`select member_id from ${found} as found where not ${pseudonymous(sql`member_id`)} order by member_id limit ${mostNamed + 1}`,
    { signal },
  )
  return rows.length > mostNamed
    ? { kind: 'too-many' }
    : { kind: 'named', memberIds: rows.map(({ memberId }) => String(memberId)) }
}

const Total = z.array(z.object({ members: z.int(), deleted: z.int(), valueAtRiskMinor: z.int() }))

export const Found = z.object({
  memberKey: z.int(),
  memberId: z.string(),
  name: z.string().nullable(),
  phone: z.string().nullable(),
  orders: z.int(),
  netMinor: z.int(),
  valueAtRiskMinor: z.int(),
  silentDays: z.int().nullable(),
  joinedDay: z.string().nullable(),
  tier: z.string().nullable(),
  region: z.string().nullable(),
  mainStore: z.string().nullable(),
  consent: z.enum(['granted', 'denied', 'unknown']),
  sortKey: z.int(),
})
export type Found = z.output<typeof Found>

/** A relation with a row per member in the scope whom the search finds, and the number it is sorted by; deleted ones stand last. */
export function foundMembers(scope: Scope, { search, sort, descending }: ListRequest): Sql {
  const unknown = sql`cast(${descending ? -1e12 : 1e12} as bigint)`
  const day = (column: Sql) => sql`coalesce(${d.daysBetween(d.date('1970-01-01'), column)}, ${unknown})`
  const keys: Record<Sort, Sql> = {
    'value-at-risk': sql`facts.yearly_net_minor`,
    net: sql`facts.net_minor`,
    orders: sql`facts.orders`,
    'last-order': day(sql`facts.last_day`),
    joined: day(sql`facts.joined_day`),
    member: sql`0`,
  }
  return sql`(
    select members.member_key, members.member_id, members.name, members.phone,
      facts.orders, facts.net_minor, facts.yearly_net_minor as value_at_risk_minor,
      ${d.daysBetween(sql`facts.last_day`, d.date(scope.asOf))} as silent_days,
      facts.joined_day, members.tier, members.region, facts.main_store, members.consent,
      case when ${pseudonymous(sql`members.member_id`)} then ${unknown} else cast(${keys[sort]} as bigint) end as sort_key
    from ${scope.tables.memberFacts} as facts
    join members on members.member_key = facts.member_key
    where ${inAudience(scope, sql`facts.member_key`)} and ${matches(search)})`
}

/** Phones are found by what everybody may see of them, or whole, openids and e-mails whole: no part that would give one away. */
function matches(search: string | undefined): Sql {
  if (!search) return sql`true`
  const id = sql`members.member_id`
  const digits = /^\d{4}$/.test(search)
    ? sql`members.phone like ${`%${search}`}`
    : sql`members.phone in (${join(keptForms(search))})`
  return sql`(${d.contains(id, search)} or members.member_id in (
      select member_id from member_aliases where ${d.contains(sql`alias`, search)}) or coalesce(${d.contains(sql`members.name`, search)}, false)
    or coalesce(${digits} and not contains(members.phone, '*'), false)
    or coalesce(members.email = ${search.toLowerCase()}, false) or coalesce(members.openid = ${search}, false))`
}

export const inOrder = (descending: boolean): Sql =>
  descending ? sql`sort_key desc, member_id` : sql`sort_key, member_id`

function after(cursor: z.output<typeof Cursor> | null, descending: boolean): Sql {
  if (!cursor) return sql`true`
  const later = descending
    ? sql`sort_key < cast(${cursor.key} as bigint)`
    : sql`sort_key > cast(${cursor.key} as bigint)`
  return sql`(${later} or (sort_key = cast(${cursor.key} as bigint) and member_id > ${cursor.memberId}))`
}

function readCursor(text: string): z.output<typeof Cursor> | null {
  try {
    return Cursor.parse(JSON.parse(Buffer.from(text, 'base64url').toString()))
  } catch {
    return null // not one of ours
  }
}

const Gap = z.object({ memberKey: z.int(), gap: z.int() })
const Tag = z.object({ memberKey: z.int(), tag: z.string() })

async function withRhythm(
  { engine, dormancy }: Workspace,
  scope: Scope,
  rows: readonly Found[],
  options: QueryOptions,
): Promise<ListedMember[]> {
  if (rows.length === 0) return []
  const these = sql`member_key in (${join(rows.map(({ memberKey }) => memberKey))})`
  const [stopped, gaps, tags] = await Promise.all([
    feedGaps({ engine }, scope, options.signal),
    engine.rows(gapsOf(scope, these), options).then((found) => z.array(Gap).parse(found)),
    engine
      .rows(sql`select member_key, tag from tags_of_members where ${these} order by member_key, tag`, options)
      .then((found) => z.array(Tag).parse(found)),
  ])
  const gapsByMember = Map.groupBy(gaps, ({ memberKey }) => memberKey)
  const tagsByMember = Map.groupBy(tags, ({ memberKey }) => memberKey)
  return rows.map((row) => {
    const rhythm = rhythmOf((gapsByMember.get(row.memberKey) ?? []).map(({ gap }) => gap))
    return {
      memberId: row.memberId,
      name: row.name,
      phone: maskedPhone(row.phone),
      status: fixedStatus(row.silentDays, dormancy),
      reason: reasonOf(row.silentDays, row.orders, rhythm.usualDays),
      feedGap: stopped.find(({ store }) => store === row.mainStore) ?? null,
      silentDays: row.silentDays,
      rhythm,
      orders: row.orders,
      netMinor: row.netMinor,
      valueAtRiskMinor: row.valueAtRiskMinor,
      lastDay: row.silentDays === null ? null : addDays(scope.asOf, -row.silentDays),
      joinedDay: row.joinedDay,
      tier: row.tier,
      mainStore: row.mainStore,
      consent: row.consent,
      tags: (tagsByMember.get(row.memberKey) ?? []).map(({ tag }) => tag),
    }
  })
}

/** Days between each purchase day and the one before, oldest first, of the members that `these` chooses. */
export const gapsOf = (scope: Scope, these: Sql): Sql => sql`
  select member_key, ${d.daysBetween(sql`previous_day`, sql`local_day`)} as gap
  from ${scope.tables.memberOrders} where previous_day is not null and ${these}
  order by member_key, local_day`
