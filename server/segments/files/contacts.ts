import { sql, type Sql } from '../../../analytics/sql/sql.ts'

/** Why a member of a segment stands on no list of people to contact; the first that applies. */
export const leftOutReasons = [
  'denied',
  'do-not-contact',
  'unknown',
  'no-phone',
  'no-external-id',
  'same-external-id',
] as const
export type LeftOutReason = (typeof leftOutReasons)[number]

/** Tags that say so, whoever put them on; letter case and spaces around don't matter. */
export const doNotContactTags = [
  'do not call',
  'do not contact',
  'do-not-call',
  'do-not-contact',
  'dnc',
  '勿扰',
  '免打扰',
  '请勿打扰',
  '勿联系',
  '请勿联系',
  '请勿致电',
  '拒绝来电',
]

/** An expression over `members`: why nobody may write to or call the member, or null. `saidNo`: who said so to a channel by hand. */
export const mayNotContact = (includeUnknown: boolean, saidNo: readonly string[]): Sql => sql`case
    when members.consent = 'denied' then 'denied'
    when members.member_key in (
      select member_key from tags_of_members
      where lower(trim(tag)) in (select unnest(from_json(${JSON.stringify(doNotContactTags)}, '["VARCHAR"]')))
    ) or members.member_id in (select unnest(from_json(${JSON.stringify(saidNo)}, '["VARCHAR"]'))) then 'do-not-contact'
    when members.consent = 'unknown' and not ${includeUnknown} then 'unknown' end`

/** How many members were left out, by reason, in the order of the reasons. */
export interface LeftOut {
  readonly reason: LeftOutReason
  readonly members: number
}

/** Adds up reasons. */
export class LeftOutCount {
  readonly #counts = new Map<LeftOutReason, number>()

  add(reason: LeftOutReason): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1)
  }

  all(): LeftOut[] {
    return leftOutReasons.flatMap((reason) => {
      const members = this.#counts.get(reason)
      return members === undefined ? [] : [{ reason, members }]
    })
  }
}
