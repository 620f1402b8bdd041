import { addDays, localDay } from '../../analytics/calendar/calendar.ts'
import { memberNames } from '../../analytics/relations/member-names.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { csvRow } from '../csv/csv.ts'
import { peopleOf } from '../identity/people.ts'
import { maskedPhone } from '../members/phone.ts'
import { type Language, sentence } from '../messages/messages.ts'
import type { Platform } from '../platform.ts'
import { drainEvents } from '../workspaces/drain.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { campaignById } from './campaigns.ts'
import { consentDeniedSince } from './launch-steps.ts'
import { Offer } from '../coupons/offer.ts'
import { offerWords } from '../coupons/offer-sentence.ts'
import { OfferTerms } from '../coupons/terms.ts'

export interface CouponCode {
  readonly memberId: string
  readonly code: string
  /** Last local day on which the code is good. */
  readonly lastDay: string
  /** Null: not known. */
  readonly name: string | null
  /** Whole or masked, as was asked; null: not known. */
  readonly phone: string | null
  /** What the coupon gives, in words. */
  readonly offer: string
}

/** For whom the codes are taken out. */
export interface Taker {
  /** Phones are whole for the owner alone. */
  readonly unmasked: boolean
  readonly language: Language
}

export type CodesOutcome =
  | { kind: 'codes'; codes: CouponCode[] }
  | { kind: 'not-found' }
  | { kind: 'not-launched' }
  | { kind: 'cancelled' }

/**
 * The codes of a launched campaign, one a member, in order of member, without those who have since asked
 * not to be contacted. Taking them out is how a CSV campaign is delivered: the first time is noted.
 */
export async function takeCodes(
  { store, clock }: Platform,
  workspace: Workspace,
  campaignId: string,
  { unmasked, language }: Taker,
): Promise<CodesOutcome> {
  const campaign = await campaignById(store, workspace.id, campaignId)
  if (!campaign) return { kind: 'not-found' }
  const launch = await store
    .selectFrom('launches')
    .select(['id', 'known_event', 'codes_taken_at'])
    .where('workspace_id', '=', workspace.id)
    .where('campaign_id', '=', campaignId)
    .where('published_at', 'is not', null)
    .orderBy('run')
    .executeTakeFirst()
  if (!launch) return { kind: 'not-launched' }
  // A cancelled campaign gives out no codes that nobody has yet.
  if (campaign.state === 'cancelled' && launch.codes_taken_at === null) return { kind: 'cancelled' }
  await drainEvents(store, workspace)
  const denied = await consentDeniedSince(store, workspace.id, launch.known_event ?? 0)
  const ofLaunch = store
    .selectFrom('coupons')
    .where('coupons.workspace_id', '=', workspace.id)
    .where('coupons.campaign_id', '=', campaignId)
    .select(({ fn }) => [
      fn.coalesce('coupons.given_code', 'coupons.code').as('code'),
      'coupons.valid_to',
      'coupons.offer',
      'coupons.min_spend_minor',
      'coupons.terms',
    ])
  const rows =
    campaign.definition.codes.kind === 'shared'
      ? await ofLaunch
          .innerJoin('campaign_members', (on) =>
            on
              .onRef('campaign_members.campaign_id', '=', 'coupons.campaign_id')
              .onRef('campaign_members.coupon_id', '=', 'coupons.id')
              .on('campaign_members.launch_id', '=', launch.id),
          )
          .select('campaign_members.member_id')
          .orderBy('campaign_members.member_id')
          .execute()
      : await ofLaunch.select('coupons.member_id').orderBy('coupons.member_id').execute()
  const people = await peopleOf(workspace)
  const named = await namedIn(workspace, new Set(rows.map(({ member_id }) => member_id)))
  // the steps of a campaign that stands have offers of their own
  const words = new Map<string, string>()
  const wordsOf = (row: { offer: string; min_spend_minor: number; terms: string }) => {
    const key = `${row.offer} ${row.min_spend_minor} ${row.terms}`
    const found =
      words.get(key) ??
      offerWords(language, workspace.currency, {
        offer: Offer.parse(JSON.parse(row.offer)),
        minSpendMinor: row.min_spend_minor,
        terms: OfferTerms.parse(JSON.parse(row.terms)),
      })
    words.set(key, found)
    return found
  }
  await store
    .updateTable('launches')
    .set({ codes_taken_at: clock.now().toISOString() })
    .where('id', '=', launch.id)
    .where('codes_taken_at', 'is', null)
    .execute()
  return {
    kind: 'codes',
    codes: rows.flatMap(({ member_id, code, valid_to, ...rule }) =>
      member_id === null || people.mayNotBeContacted(member_id, denied)
        ? []
        : [
            {
              memberId: member_id,
              code,
              lastDay: addDays(localDay(new Date(valid_to), workspace.calendar), -1),
              name: named.get(member_id)?.name ?? null,
              phone: shownPhone(named.get(member_id)?.phone ?? null, unmasked),
              offer: wordsOf(rule),
            },
          ],
    ),
  }
}

const shownPhone = (phone: string | null, unmasked: boolean) => (unmasked ? phone : maskedPhone(phone))

interface Person {
  readonly name: string | null
  readonly phone: string | null
}

async function namedIn(
  workspace: Workspace,
  wanted: ReadonlySet<string | null>,
): Promise<Map<string, Person>> {
  const people = new Map<string, Person>()
  const text = (value: unknown) => (value === null || value === undefined ? null : String(value))
  const query = sql`select names.named, members.name, members.phone from members
    join ${memberNames} as names on names.member_key = members.member_key`
  for await (const rows of workspace.engine.stream(query))
    for (const { named, name, phone } of rows)
      if (wanted.has(String(named))) people.set(String(named), { name: text(name), phone: text(phone) })
  return people
}

/** What scripts read; the first three stand where they always stood. */
const scriptsHeader = ['member_id', 'code', 'valid_through', 'name', 'phone', 'offer']

const headerFor = (language: Language) =>
  (['member', 'code', 'last-day', 'name', 'phone', 'offer'] as const).map((column) =>
    sentence(language, `codes.${column}`),
  )

/** As a file that a spreadsheet opens without running anything in it, with titles for scripts or in a person's language. */
export const codesCsv = (codes: readonly CouponCode[], titles: 'scripts' | Language): string =>
  [
    titles === 'scripts' ? scriptsHeader : headerFor(titles),
    ...codes.map(({ memberId, code, lastDay, name, phone, offer }) => [
      memberId,
      code,
      lastDay,
      name,
      phone,
      offer,
    ]),
  ]
    .map(csvRow)
    .join('')
