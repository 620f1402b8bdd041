import { createHash } from 'node:crypto'
import { sql } from '../../analytics/sql/sql.ts'
import { type TablesAt, tablesAt } from '../analytics/tables-at.ts'
import type { Platform } from '../platform.ts'
import { abuseHoldTags } from '../coupons/abuse-holds.ts'
import { contactColumns, contactOf } from '../delivery/contacts.ts'
import { cappedMembers } from '../delivery/frequency-cap.ts'
import { reachOf } from '../delivery/reach.ts'
import { deliverySettingsOf } from '../delivery/settings.ts'
import type { TemplateValue } from '../delivery/template.ts'
import { doNotContactTags } from '../segments/files/contacts.ts'
import { peopleOf } from '../identity/people.ts'
import { type Evaluation, evaluateSegment, type SegmentError } from '../segments/evaluation.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { armOf } from './arms.ts'
import type { CampaignDefinition } from './definition.ts'
import { type FeedGap, feedGaps } from '../feeds/gaps.ts'
import { globalHoldoutOf, isHeldOutOfAll } from './global-holdout.ts'
import { membersHoldingCoupons } from './holdings.ts'

/** Why a member of the segment gets nothing; a member with several reasons counts under the first. */
export const exclusionReasons = [
  'consent-denied',
  'do-not-contact',
  'abuse-hold',
  'staff',
  'no-longer-imported',
  'global-holdout',
  'holds-coupon',
  'capped',
  'no-address',
  'unsubscribed',
  'bounced',
] as const
export type ExclusionReason = (typeof exclusionReasons)[number]

/** Tags that keep a member out, in any case. */
const tagsThatExclude: Record<string, 'abuse-hold' | 'do-not-contact' | 'staff'> = {
  ...Object.fromEntries(doNotContactTags.map((tag) => [tag, 'do-not-contact' as const])),
  ...Object.fromEntries(abuseHoldTags.map((tag) => [tag, 'abuse-hold' as const])),
  staff: 'staff',
  员工: 'staff',
}

/** Everyone whom a rule selects, sorted out: who is left out and why, and the arms of the others. */
export interface Audience {
  readonly evaluation: Evaluation
  readonly tables: TablesAt
  readonly excluded: { reason: ExclusionReason; members: number }[]
  /** The same by member, in order of their ids. */
  readonly leftOut: readonly { memberId: string; reason: ExclusionReason }[]
  /** Ids in order; both arms together are the eligible members. */
  readonly treated: readonly string[]
  readonly heldOut: readonly string[]
  /** Eligible members of whom nobody knows whether they may be written to. */
  readonly unknownConsent: number
  /** Eligible members of whom a value is unknown that the message needs, by value. */
  readonly missing: { value: TemplateValue; members: number }[]
  /** Stores whose orders stopped coming in, with how many eligible members have it as their main store. */
  readonly gaps: { store: FeedGap; members: number }[]
  /** Newest event of the Store that this knows. */
  readonly knownEvent: number
  /** Changes when anybody enters, leaves or changes arm. */
  readonly fingerprint: string
}

export type AudienceOutcome =
  | { kind: 'found'; audience: Audience }
  | { kind: 'segment-refused'; errors: readonly SegmentError[] }

/** Evaluates a rule at `asOf` (the workspace's default) and sorts its members; nothing is written. */
export async function findAudience(
  platform: Platform,
  workspace: Workspace,
  rule: {
    segment: string
    seed: string
    holdout: number
    channel: CampaignDefinition['channel']
    asOf?: string | undefined
  },
  signal?: AbortSignal,
): Promise<AudienceOutcome> {
  for (;;) {
    const tables = await tablesAt(platform.store, workspace, rule.asOf, signal)
    const outcome = await evaluateSegment(
      platform.store,
      workspace,
      { expression: rule.segment, asOf: tables.asOf },
      signal,
    )
    if (outcome.kind === 'refused') return { kind: 'segment-refused', errors: outcome.errors }
    const sorted = await sortOut(platform, workspace, rule, outcome.evaluation, tables, signal)
    const [state] = await workspace.engine.rows(sql`select data_version, watermark from workspace_state`, {
      signal,
    })
    // Orders or events came in while this was read: read again, so that all of it is of one state.
    if (state!.dataVersion !== outcome.evaluation.dataVersion || state!.dataVersion !== tables.dataVersion)
      continue
    return { kind: 'found', audience: { ...sorted, knownEvent: Number(state!.watermark) } }
  }
}

async function sortOut(
  platform: Platform,
  workspace: Workspace,
  { seed, holdout, channel }: { seed: string; holdout: number; channel: CampaignDefinition['channel'] },
  evaluation: Evaluation,
  tables: TablesAt,
  signal: AbortSignal | undefined,
): Promise<Omit<Audience, 'knownEvent'>> {
  const people = await peopleOf(workspace)
  const { memberOf } = people
  const reach = await reachOf(platform.store, workspace, channel, people)
  const held = await membersHoldingCoupons(platform.store, workspace.id, platform.clock.now())
  const global = await globalHoldoutOf(platform.store, workspace.id)
  const holding = new Set([...held].map(memberOf))
  const gaps = await feedGaps(workspace, tables, signal)
  const inGap = new Map(gaps.map(({ store }) => [store, 0]))
  const excluded = new Map<ExclusionReason, number>()
  const leftOut: { memberId: string; reason: ExclusionReason }[] = []
  const { cap } = await deliverySettingsOf(platform.store, workspace.id)
  // a list of codes is sent by whoever takes it: no message of ours
  const capped = await cappedMembers(platform.store, workspace.id, channel.kind === 'csv' ? null : cap, {
    now: platform.clock.now(),
    calendar: workspace.calendar,
    memberOf,
  })
  const arms = { treated: [] as string[], 'held-out': [] as string[] }
  let unknownConsent = 0
  const missing = new Map<TemplateValue, number>()
  const hash = createHash('sha256')

  for await (const rows of workspace.engine.stream(membersOf(evaluation, tables), { signal })) {
    for (const row of rows) {
      const memberId = String(row.memberId)
      const contact = contactOf(row)
      const reason = whyExcluded(
        {
          consent: String(row.consent),
          stub: row.stub === true,
          tags:
            row.tags === null
              ? []
              : String(row.tags)
                  .split('\n')
                  .map((tag) => tag.trim()),
        },
        { isHeldOutOfAll: isHeldOutOfAll(global, memberId), holdsCoupon: holding.has(memberId) },
        () => (capped.has(memberId) ? 'capped' : reach.whyNot(contact)),
      )
      if (reason) {
        excluded.set(reason, (excluded.get(reason) ?? 0) + 1)
        leftOut.push({ memberId, reason })
        continue
      }
      const arm = armOf(seed, memberId, holdout)
      arms[arm].push(memberId)
      hash.update(`${memberId}\n${arm}\n`)
      if (row.consent === 'unknown') unknownConsent++
      for (const value of reach.missing(contact)) missing.set(value, (missing.get(value) ?? 0) + 1)
      const store = String(row.mainStore)
      if (inGap.has(store)) inGap.set(store, inGap.get(store)! + 1)
    }
  }
  return {
    evaluation,
    tables,
    excluded: exclusionReasons.flatMap((reason) => {
      const members = excluded.get(reason)
      return members === undefined ? [] : [{ reason, members }]
    }),
    leftOut,
    treated: arms.treated,
    heldOut: arms['held-out'],
    unknownConsent,
    missing: [...missing].map(([value, members]) => ({ value, members })),
    gaps: gaps.flatMap((store) => {
      const members = inGap.get(store.store)!
      return members === 0 ? [] : [{ store, members }]
    }),
    fingerprint: hash.digest('hex'),
  }
}

const membersOf = (evaluation: Evaluation, { tables }: TablesAt) => sql`
  with tagged as (
    select member_key, string_agg(lower(tag), chr(10) order by tag) as tags from tags_of_members group by member_key
  )
  select ${contactColumns}, members.consent, members.stub, facts.main_store, tagged.tags
  from ${evaluation.memberKeys} as chosen
  join members on members.member_key = chosen.member_key
  left join ${tables.memberFacts} as facts on facts.member_key = chosen.member_key
  left join tagged on tagged.member_key = chosen.member_key
  order by members.member_id`

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
