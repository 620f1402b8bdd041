import { daysBetween } from '../../analytics/calendar/calendar.ts'
import { memberKeyOf } from '../../analytics/relations/member-names.ts'
import { compileSelections } from '../../analytics/segments/compile.ts'
import { parse } from '../../analytics/segments/parse.ts'
import { duckdb } from '../../analytics/sql/duckdb.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { type TablesAt, tablesAt } from '../analytics/tables-at.ts'
import { globalHoldoutOf, isHeldOutOfAll } from '../campaigns/global-holdout.ts'
import { whyBarred } from '../campaigns/judge.ts'
import { underWayOf } from '../campaigns/standing/under-way.ts'
import { couponsOfIds } from '../coupons/member-coupons.ts'
import { messagesWithinCap } from '../delivery/frequency-cap.ts'
import { deliverySettingsOf } from '../delivery/settings.ts'
import { couponsElsewhereOf } from '../elsewhere/coupons.ts'
import { idsOfMember } from '../identity/people.ts'
import { type Language, phrase } from '../messages/messages.ts'
import { decimalsOf } from '../messages/money.ts'
import type { Platform } from '../platform.ts'
import { type DeclaredStarter, declaredStarters } from '../segments/starters/declared.ts'
import { keptThresholds } from '../segments/starters/thresholds.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { fieldValues, settingAt } from './field-values.ts'
import { type HeldCoupon, type NextStep, nextStep, type Situation } from './next-step.ts'

/** A starter segment in which the member stands, in the reader's language. */
export interface StandsIn {
  readonly id: string
  readonly title: string
  /** When it is used, and for what. */
  readonly use: string
  /** Canonical enough to compose a campaign from: text of the segment language. */
  readonly expression: string
}

export interface WhatNext {
  readonly asOf: string
  readonly dataVersion: number
  /** The local day by the clock, which coupons and campaigns go by. */
  readonly today: string
  readonly advice: NextStep
  /** Starter segments that select the member, in the order of their list. */
  readonly standsIn: readonly StandsIn[]
  /** By the fixed rule. */
  readonly status: string
  /** Null: never bought. */
  readonly rfmGroup: string | null
  readonly valueDecile: number | null
  readonly consent: Situation['consent']
}

/** What to send a member next and why, from what is known of them now. Null: nobody has the id. */
export async function whatNext(
  platform: Platform,
  workspace: Workspace,
  memberId: string,
  language: Language,
  signal?: AbortSignal,
): Promise<WhatNext | null> {
  const { store } = platform
  const at = await tablesAt(store, workspace, undefined, signal)
  const [person] = await workspace.engine.rows(
    sql`select members.member_id, members.consent, members.stub,
        members.phone is null and members.openid is null and members.email is null as without_address,
        (select string_agg(tag, chr(10)) from tags_of_members as tagged where tagged.member_key = members.member_key) as tags
      from members where members.member_key in ${memberKeyOf(memberId)}`,
    { signal },
  )
  if (!person) return null
  const [values, starters, known] = await Promise.all([
    fieldValues(
      workspace,
      at,
      memberId,
      ['days_since_order', 'next_order_in', 'status', 'rfm_group', 'value_decile'],
      signal,
    ),
    startersOf(workspace, at, memberId, language, signal),
    inTheStore(platform, workspace, memberId, signal),
  ])
  if (!values) return null
  const tags = person.tags === null ? [] : String(person.tags).split('\n')
  const consent = String(person.consent) as Situation['consent']
  const own = String(person.memberId)
  return {
    asOf: at.asOf,
    dataVersion: at.dataVersion,
    today: workspace.today(),
    advice: nextStep({
      barred: whyBarred({ consent, stub: person.stub === true, tags }, isHeldOutOfAll(known.holdout, own)),
      consent,
      withoutAddress: person.withoutAddress === true,
      underWay: known.underWay,
      silentDays: values.days_since_order.value as number | null,
      coupons: known.coupons,
      messages: known.messages,
      groups: starters.map(({ id }) => id),
      nextOrderIn: values.next_order_in.value as number | null,
    }),
    standsIn: starters,
    status: String(values.status.value),
    rfmGroup: values.rfm_group.value as string | null,
    valueDecile: values.value_decile.value as number | null,
    consent,
  }
}

/** The starter segments that select the member, all asked in one pass. */
async function startersOf(
  workspace: Workspace,
  at: TablesAt,
  memberId: string,
  language: Language,
  signal: AbortSignal | undefined,
): Promise<StandsIn[]> {
  const { engine, currency } = workspace
  const thresholds = await keptThresholds(engine, at)
  const asked = declaredStarters(thresholds, currency, language).flatMap((starter) =>
    starter.rule === null ? [] : [{ ...starter, rule: starter.rule }],
  )
  const rules = asked.map(({ rule }) => {
    const parsed = parse(rule, { currencyDecimals: decimalsOf(currency) })
    if (parsed.kind === 'refused') throw new Error(`A starter is no rule: ${rule}`)
    return parsed.expression
  })
  const [row] = await engine.rows(compileSelections(rules, memberId, settingAt(workspace, at), duckdb), {
    signal,
  })
  const said = ({ values }: DeclaredStarter, words: DeclaredStarter['title']) =>
    phrase(language, words, values)
  return asked.flatMap((starter, i) =>
    row?.[`s${i}`] === true
      ? [
          {
            id: starter.id,
            title: said(starter, starter.title),
            use: said(starter, starter.use),
            expression: starter.rule,
          },
        ]
      : [],
  )
}

/** What people and campaigns did for the member, under any of their ids. */
async function inTheStore(
  { store, clock }: Platform,
  workspace: Workspace,
  memberId: string,
  signal: AbortSignal | undefined,
): Promise<
  Pick<Situation, 'underWay' | 'coupons' | 'messages'> & {
    holdout: Awaited<ReturnType<typeof globalHoldoutOf>>
  }
> {
  const ids = await idsOfMember(workspace, memberId)
  const now = clock.now()
  const today = workspace.today()
  const held = (lastDay: string | null): Pick<HeldCoupon, 'lastDay' | 'daysLeft'> => ({
    lastDay,
    daysLeft: lastDay === null ? null : daysBetween(today, lastDay),
  })
  const own = await couponsOfIds(store, workspace, { unmasked: false, ids, at: now })
  const elsewhere = await couponsElsewhereOf(store, workspace, { memberId, unmasked: false }, { signal })
  const { cap } = await deliverySettingsOf(store, workspace.id)
  return {
    holdout: await globalHoldoutOf(store, workspace.id),
    underWay: await underWayOf(store, workspace.id, ids),
    coupons: [
      ...own.flatMap(({ state, campaign, campaignId, lastDay }) =>
        state === 'open' ? [{ campaign, campaignId, ...held(lastDay) }] : [],
      ),
      ...elsewhere.flatMap(({ used, campaignName, validUntil }) =>
        used || (validUntil !== null && validUntil < today)
          ? []
          : [{ campaign: campaignName, campaignId: null, ...held(validUntil) }],
      ),
    ],
    messages: cap && {
      had: await messagesWithinCap(store, workspace.id, cap, ids, { now, calendar: workspace.calendar }),
      most: cap.messages,
      days: cap.days,
    },
  }
}
