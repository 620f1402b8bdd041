import { z } from 'zod'
import { addDays } from '../../analytics/calendar/calendar.ts'
import { memberKeyOf, memberNames } from '../../analytics/relations/member-names.ts'
import { fixedStatus } from '../../analytics/metrics/dormancy/dormancy.ts'
import { duckdb as d } from '../../analytics/sql/duckdb.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { maskedValue } from '../identity/masked.ts'
import { scopeOf } from '../analytics/scope.ts'
import { feedGaps } from '../feeds/gaps.ts'
import { consentOf } from '../rights/consent.ts'
import type { Store } from '../store/store.ts'
import { changesOfMember } from '../tags/changes.ts'
import { rulesOf } from '../tags/rules.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { gapsOf } from './list.ts'
import { maskedPhone } from './phone.ts'
import { rhythmOf } from './rhythm.ts'
import { reasonOf } from './reason.ts'

/** The newest orders and refunds that a page shows. */
const mostEvents = 500

const Person = z.object({
  memberKey: z.int(),
  memberId: z.string(),
  name: z.string().nullable(),
  phone: z.string().nullable(),
  openid: z.string().nullable(),
  email: z.string().nullable(),
  gender: z.enum(['female', 'male']).nullable(),
  birthday: z.string().nullable(),
  joinedDay: z.string().nullable(),
  region: z.string().nullable(),
  channel: z.string().nullable(),
  tier: z.string().nullable(),
  points: z.int().nullable(),
  storedValueMinor: z.int().nullable(),
  consent: z.enum(['granted', 'denied', 'unknown']),
  orders: z.int(),
  purchaseDays: z.int(),
  firstDay: z.string().nullable(),
  lastDay: z.string().nullable(),
  mainStore: z.string().nullable(),
  firstSeen: z.boolean(),
  netMinor: z.int(),
  valueAtRiskMinor: z.int(),
  silentDays: z.int().nullable(),
})

const OrderRow = z.object({
  orderId: z.string(),
  orderedAt: z.string(),
  day: z.string(),
  store: z.string().nullable(),
  channel: z.string().nullable(),
  state: z.enum(['paid', 'unpaid', 'closed']),
  netMinor: z.int(),
  discountMinor: z.int().nullable(),
  /** What its linked refunds, visible by asOf, gave back. */
  refundedMinor: z.int(),
  /** Paid, and its refunds leave something. */
  qualifies: z.boolean(),
  /** Products with their quantities, joined by 、. */
  items: z.string().nullable(),
})

const RefundRow = z.object({
  refundId: z.string(),
  /** Null: the files do not say which. */
  orderId: z.string().nullable(),
  day: z.string(),
  amountMinor: z.int(),
  dateAssumed: z.boolean(),
})

const PointsRow = z.object({
  changedAt: z.string(),
  day: z.string(),
  change: z.int(),
  balanceAfter: z.int().nullable(),
  reason: z.string().nullable(),
  orderId: z.string().nullable(),
  expiresDay: z.string().nullable(),
})

const TagRow = z.object({
  tag: z.string(),
  source: z.enum(['manual', 'imported', 'automatic']),
  addedDay: z.string(),
})

/**
 * Everything about one member as of a day (default: the workspace's): facts, status with its reason,
 * rhythm, orders, refunds, tags with their origin, points. Null when nobody has the id by then.
 */
export async function oneMember(
  store: Store,
  workspace: Workspace,
  request: { memberId: string; asOf?: string | undefined },
  signal?: AbortSignal,
) {
  const asked = await scopeOf(store, workspace, { asOf: request.asOf }, signal)
  if (asked.kind === 'refused') throw new Error('A question without a segment cannot be refused.')
  const { scope, asOf, dataVersion } = asked
  const day = d.date(asOf)
  const { engine } = workspace
  const [found] = await engine.rows(
    sql`select members.member_key, members.member_id, members.name, members.phone, members.openid, members.email, members.gender,
        members.birthday, members.joined_day, members.region, members.channel, members.tier, members.points,
        members.stored_value_minor, members.consent, facts.orders, facts.purchase_days, facts.first_day,
        facts.last_day, facts.main_store, facts.first_seen, facts.net_minor,
        facts.yearly_net_minor as value_at_risk_minor,
        ${d.daysBetween(sql`facts.last_day`, day)} as silent_days
      from members join ${scope.tables.memberFacts} as facts on facts.member_key = members.member_key
      where members.member_key in ${memberKeyOf(request.memberId)}`,
    { signal },
  )
  if (!found) return null
  const { memberKey, phone, openid, email, ...person } = Person.parse(found)
  const [stopped, gaps, orders, refunds, tags, points] = await Promise.all([
    feedGaps(workspace, scope, signal),
    engine.rows(gapsOf(scope, sql`member_key = ${memberKey}`), { signal }),
    engine.rows(
      sql`with own as (
          select * from orders where member_key = ${memberKey} and local_day <= ${day}
          order by ordered_at desc, order_key desc limit ${mostEvents}
        ),
        item as (
          select order_key, string_agg(concat(coalesce(product, sku, category), ' ×' || rtrim(rtrim(cast(quantity as varchar), '0'), '.')), '、'
            order by line_number) as items
          from order_lines where order_key in (select order_key from own) group by order_key
        ),
        refunded as (
          select order_key, sum(amount_minor) as amount from refunds
          where member_key = ${memberKey} and counts and local_day <= ${day} and order_key is not null
          group by order_key
        )
        select own.order_id, own.ordered_at, own.local_day as day, own.store, own.channel, own.state,
          own.net_minor, own.discount_minor, cast(coalesce(refunded.amount, 0) as bigint) as refunded_minor,
          own.state = 'paid' and own.net_minor > 0 and (own.void_day is null or own.void_day > ${day}) as qualifies,
          item.items
        from own
        left join item on item.order_key = own.order_key
        left join refunded on refunded.order_key = own.order_key
        order by own.ordered_at desc, own.order_key desc`,
      { signal },
    ),
    engine.rows(
      sql`select refunds.refund_id, orders.order_id, refunds.local_day as day, refunds.amount_minor,
          refunds.date_assumed
        from refunds left join orders on orders.order_key = refunds.order_key
        where refunds.member_key = ${memberKey} and refunds.counts and refunds.local_day <= ${day}
        order by refunds.refunded_at desc, refunds.refund_id limit ${mostEvents}`,
      { signal },
    ),
    engine.rows(
      sql`select tag, source, added_day from tags_of_members where member_key = ${memberKey} order by tag`,
      { signal },
    ),
    engine.rows(
      sql`select * from (
          select changed_at, cast(timezone(state.time_zone, timezone('UTC', changed_at)) as date) as day,
            change, balance_after, change_reason as reason, order_id, expires_day, entry_id
          from points_entries cross join workspace_state as state
          where member_id in (select named from ${memberNames} as names where names.member_key = ${memberKey})
        ) as entry where day <= ${day}
        order by changed_at desc, entry_id desc, change limit ${mostEvents}`,
      { signal },
    ),
  ])
  const { source, since, sinceDay = null, file } = await consentOf(store, workspace, person.memberId)
  const names = await engine.rows(
    sql`select distinct named from ${memberNames} as names where names.member_key = ${memberKey}`,
    { signal },
  )
  const tagChanges = await changesOfMember(
    store,
    workspace,
    names.map(({ named }) => String(named)),
  )
  const rules = new Map((await rulesOf(store, workspace.id)).map((rule) => [rule.tag, rule.expression]))
  const rhythm = rhythmOf(
    z
      .array(z.object({ gap: z.int() }))
      .parse(gaps)
      .map(({ gap }) => gap),
  )
  return {
    asOf,
    dataVersion,
    ...person,
    phone: maskedPhone(phone),
    openid: openid === null ? null : maskedValue('openid', openid),
    email: email === null ? null : maskedValue('email', email),
    consentFrom: { source, since, sinceDay, file },
    status: fixedStatus(person.silentDays, workspace.dormancy),
    feedGap: stopped.find(({ store: name }) => name === person.mainStore) ?? null,
    reason: reasonOf(person.silentDays, person.orders, rhythm.usualDays),
    rhythm,
    /** The day from which the silence is longer than 19 of 20 of the member's own gaps. */
    lateFrom:
      rhythm.lateAfterDays === null || person.lastDay === null
        ? null
        : addDays(person.lastDay, rhythm.lateAfterDays + 1),
    orderList: z.array(OrderRow).parse(orders),
    refundList: z.array(RefundRow).parse(refunds),
    tags: z
      .array(TagRow)
      .parse(tags)
      .map((row) => {
        const put = tagChanges.find(({ tag, action }) => tag === row.tag && action === 'put-on')
        return {
          ...row,
          /** The rule that put it on. */
          rule: row.source === 'automatic' ? (rules.get(row.tag) ?? null) : null,
          by: row.source === 'manual' ? (put?.by ?? null) : null,
          reason: row.source === 'manual' ? (put?.reason ?? '') : '',
        }
      }),
    /** What people did with tags of the member, the latest first. */
    tagChanges,
    /** The newest entries of the points ledger, the latest first. */
    pointsList: z.array(PointsRow).parse(points),
  }
}

/** What a member is known by, whole; null where nobody has the id or there is nothing to show. */
export async function contactOf({ engine }: Workspace, memberId: string) {
  const [row] = await engine.rows(
    sql`select phone, openid, email from members where member_key in ${memberKeyOf(memberId)}`,
  )
  const contact = Contact.parse(row ?? { phone: null, openid: null, email: null })
  return Object.values(contact).every((value) => value === null) ? null : contact
}

const Contact = z.object({
  phone: z.string().nullable(),
  openid: z.string().nullable(),
  email: z.string().nullable(),
})
