import type { Row } from '../../analytics/engine/engine.ts'
import { type Sql, sql } from '../../analytics/sql/sql.ts'
import type { TablesAt } from '../analytics/tables-at.ts'
import { abuseHoldTags } from '../coupons/abuse-holds.ts'
import { contactColumns, contactOf } from '../delivery/contacts.ts'
import { cappedMembers } from '../delivery/frequency-cap.ts'
import { reachOf } from '../delivery/reach.ts'
import { deliverySettingsOf } from '../delivery/settings.ts'
import type { TemplateValue } from '../delivery/template.ts'
import { peopleOf } from '../identity/people.ts'
import type { Platform } from '../platform.ts'
import { doNotContactTags } from '../segments/files/contacts.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { ExclusionReason } from './audience.ts'
import type { Channel } from './channel.ts'
import { globalHoldoutOf, isHeldOutOfAll } from './global-holdout.ts'
import { membersHoldingCoupons } from './holdings.ts'

/** Tags that keep a member out, in any case. */
const tagsThatExclude: Record<string, 'abuse-hold' | 'do-not-contact' | 'staff'> = {
  ...Object.fromEntries(doNotContactTags.map((tag) => [tag, 'do-not-contact' as const])),
  ...Object.fromEntries(abuseHoldTags.map((tag) => [tag, 'abuse-hold' as const])),
  staff: 'staff',
  员工: 'staff',
}

/** Whether a member may get something of a campaign, by their row of `judgedMembers`. */
export type Judge = (row: Row) => {
  /** Null: they may. */
  readonly reason: ExclusionReason | null
  /** The values that the message needs and that are unknown of them. */
  readonly missing: readonly TemplateValue[]
}

/**
 * The one place where consent, holds, suppression, the global holdout, coupons held and the frequency cap are asked.
 * `holders`: whose coupons keep a member out; of all campaigns, of all but one, or nobody's. `isCapped`: whether the
 * frequency cap does.
 */
export async function judgeOf(
  platform: Platform,
  workspace: Workspace,
  channel: Channel,
  {
    holders = 'all',
    isCapped = true,
  }: { holders?: 'all' | 'none' | { readonly except: string }; isCapped?: boolean } = {},
): Promise<Judge> {
  const people = await peopleOf(workspace)
  const { memberOf } = people
  const now = platform.clock.now()
  const reach = await reachOf(platform.store, workspace, channel, people)
  const except = typeof holders === 'object' ? holders.except : undefined
  const held =
    holders === 'none' ? [] : await membersHoldingCoupons(platform.store, workspace.id, now, except)
  const global = await globalHoldoutOf(platform.store, workspace.id)
  const holding = new Set([...held].map(memberOf))
  const { cap } = await deliverySettingsOf(platform.store, workspace.id)
  // a list of codes is sent by whoever takes it: no message of ours
  const capped = await cappedMembers(
    platform.store,
    workspace.id,
    channel.kind === 'csv' || !isCapped ? null : cap,
    {
      now,
      calendar: workspace.calendar,
      memberOf,
    },
  )
  return (row) => {
    const memberId = String(row.memberId)
    const contact = contactOf(row)
    const tags = row.tags === null ? [] : String(row.tags).split('\n')
    const reason = whyExcluded(
      { consent: String(row.consent), stub: row.stub === true, tags: tags.map((tag) => tag.trim()) },
      { isHeldOutOfAll: isHeldOutOfAll(global, memberId), holdsCoupon: holding.has(memberId) },
      () => (capped.has(memberId) ? 'capped' : reach.whyNot(contact)),
    )
    return { reason, missing: reason === null ? reach.missing(contact) : [] }
  }
}

/** The members of a relation with one column `member_key`, with what they are judged by. */
export const judgedMembers = (memberKeys: Sql, { tables }: TablesAt): Sql => sql`
  with tagged as (
    select member_key, string_agg(lower(tag), chr(10) order by tag) as tags from tags_of_members group by member_key
  )
  select members.member_key, ${contactColumns}, members.consent, members.stub, facts.main_store, tagged.tags
  from ${memberKeys} as chosen
  join members on members.member_key = chosen.member_key
  left join ${tables.memberFacts} as facts on facts.member_key = chosen.member_key
  left join tagged on tagged.member_key = chosen.member_key
  order by members.member_id`

/** Why nothing at all may be sent to a member, whatever the campaign and its channel; null: something may. */
export const whyBarred = (
  member: { consent: string; stub: boolean; tags: readonly string[] },
  isHeldOutOfAll: boolean,
): ExclusionReason | null =>
  whyExcluded(
    { ...member, tags: member.tags.map((tag) => tag.trim().toLowerCase()) },
    { isHeldOutOfAll, holdsCoupon: false },
    () => null,
  )

function whyExcluded(
  member: { consent: string; stub: boolean; tags: readonly string[] },
  { isHeldOutOfAll, holdsCoupon }: { isHeldOutOfAll: boolean; holdsCoupon: boolean },
  whyUnreached: () => ExclusionReason | null,
): ExclusionReason | null {
  const byTag = new Set(member.tags.map((tag) => tagsThatExclude[tag]))
  if (member.consent === 'denied') return 'consent-denied'
  if (byTag.has('do-not-contact')) return 'do-not-contact'
  if (byTag.has('abuse-hold')) return 'abuse-hold'
  if (byTag.has('staff')) return 'staff'
  if (member.stub) return 'no-longer-imported'
  if (isHeldOutOfAll) return 'global-holdout'
  if (holdsCoupon) return 'holds-coupon'
  return whyUnreached()
}
