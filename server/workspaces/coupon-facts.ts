import { sql as storeSql } from 'kysely'
import { localOfUtcSql } from '../../analytics/calendar/calendar.ts'
import type { Session, TransactionSession } from '../../analytics/engine/engine.ts'
import { codeHash } from '../../analytics/relations/coupons-elsewhere.ts'
import { memberNames } from '../../analytics/relations/member-names.ts'
import { type Sql, sql } from '../../analytics/sql/sql.ts'
import type { Store } from '../store/store.ts'
import { othersTurn } from './others-turn.ts'
import type { Workspace } from './workspaces.ts'

/** Rows of the Store that are read at once, so that nobody waits long for the event loop. */
const pageRows = 2_000

interface IssuedRow {
  readonly seq: number
  readonly memberId: string
  readonly code: string
  readonly validTo: string
  readonly uses: number
  readonly isGiven: number
}

/**
 * Takes the coupons of a published launch into the engine, those that were issued to somebody it knows. They
 * are read page by page, put aside and matched to members at once. Telling it again changes nothing.
 */
export async function takeIssuedCoupons(
  session: TransactionSession,
  store: Store,
  { id, calendar }: Pick<Workspace, 'id' | 'calendar'>,
  launch: { readonly campaignId: string; readonly launchId: string; readonly at: string },
): Promise<void> {
  await session.run(sql`create or replace temp table coming_coupons
    (coupon_key varchar, member_id varchar, code varchar, valid_to varchar, uses varchar, is_given varchar)`)
  for (let after = 0; ;) {
    const began = performance.now()
    const { rows } = await storeSql<IssuedRow>`
      select ledger.seq, coupons.member_id as "memberId", coalesce(coupons.given_key, coupons.code) as code, coupons.valid_to as "validTo", ledger.uses,
        coupons.given_key is not null as "isGiven"
      from ledger join coupons on coupons.id = ledger.coupon_id
      where ledger.workspace_id = ${id} and ledger.campaign_id = ${launch.campaignId} and ledger.kind = 'issued'
        and ledger.seq > ${after} and coupons.launch_id = ${launch.launchId} and coupons.member_id is not null
      order by ledger.seq limit ${pageRows}`.execute(store)
    const newest = rows.at(-1)
    if (!newest) break
    await session.append('coming_coupons', [
      rows.map(({ seq }) => String(seq)),
      rows.map(({ memberId }) => memberId),
      rows.map(({ code }) => code),
      rows.map(({ validTo }) => validTo),
      rows.map(({ uses }) => String(uses)),
      rows.map(({ isGiven }) => String(isGiven)),
    ])
    after = newest.seq
    await othersTurn(began)
  }
  const validTo = sql`cast(coming.valid_to as timestamp)`
  const issuedAt = sql`cast(${launch.at} as timestamp)`
  await session.run(sql`insert into issued_coupons
      (coupon_key, member_key, campaign_id, issued_at, issued_day, valid_to, last_day, uses, code_hash, is_given)
    select cast(coming.coupon_key as bigint), names.identity_key, ${launch.campaignId},
      ${issuedAt}, ${localDay(issuedAt, calendar.timeZone)}, ${validTo}, ${lastDay(validTo, calendar.timeZone)},
      cast(coming.uses as integer), ${codeHash(sql`coming.code`)}, coming.is_given = '1'
    from coming_coupons as coming join ${memberNames} as names on names.named = coming.member_id
    where cast(coming.coupon_key as bigint) not in
      (select coupon_key from issued_coupons where campaign_id = ${launch.campaignId})`)
  await session.run(sql`drop table coming_coupons`)
}

/** A row of the ledger that changes what a coupon is; what is set aside for a basket is the till's alone. */
export interface CouponChange {
  readonly seq: number
  /** The ledger row that issued the coupon. */
  readonly couponKey: number
  readonly kind: 'redeemed' | 'cancelled' | 'revoked'
  readonly uses: number
  /** Of a cancellation: the row of the redemption that it takes back; else its own. */
  readonly redeemedSeq: number
  readonly changedAt: string
}

/** What happened to coupons after a row of the ledger, in its order, at most a page. */
export async function couponChangesAfter(
  store: Store,
  workspaceId: string,
  watermark: number,
): Promise<CouponChange[]> {
  const { rows } = await storeSql<CouponChange>`
    select ledger.seq, ledger.kind, ledger.uses, ledger.at as "changedAt",
      (select min(issued.seq) from ledger as issued
        where issued.coupon_id = ledger.coupon_id and issued.kind = 'issued') as "couponKey",
      case ledger.kind when 'cancelled' then
        (select redeemed.seq from ledger as redeemed
          where redeemed.redemption_id = ledger.redemption_id and redeemed.kind = 'redeemed')
        else ledger.seq end as "redeemedSeq"
    from ledger where ledger.workspace_id = ${workspaceId} and ledger.kind <> 'issued'
      and ledger.kind in ('redeemed', 'cancelled', 'revoked') and ledger.seq > ${watermark}
    order by ledger.seq limit ${pageRows}`.execute(store)
  return rows
}

/** Takes what happened to coupons into the engine. Telling it again changes nothing. */
export async function takeCouponChanges(
  session: Session,
  changes: readonly CouponChange[],
  timeZone: string,
): Promise<void> {
  if (changes.length === 0) return
  await session.run(sql`insert into coupon_changes
      (ledger_seq, coupon_key, kind, uses, redeemed_seq, changed_at, changed_day)
    select seq, "couponKey", kind, uses, "redeemedSeq", "changedAt", ${localDay(sql`"changedAt"`, timeZone)}
    from (select unnest(from_json(${JSON.stringify(changes)},
      '[{"seq":"BIGINT","couponKey":"BIGINT","kind":"VARCHAR","uses":"INTEGER","redeemedSeq":"BIGINT","changedAt":"TIMESTAMP"}]'),
      recursive := true)) as told
    where seq not in (select ledger_seq from coupon_changes)`)
}

const localDay = (utc: Sql, timeZone: string): Sql => sql`cast(${localOfUtcSql(utc, timeZone)} as date)`

/** The day before the one in which the validity ends, as the member's page says it. */
const lastDay = (validTo: Sql, timeZone: string): Sql => sql`(${localDay(validTo, timeZone)} - 1)`

/** Statements that bring the days of coupons in line with another time zone. */
export const localDaysOfCoupons = (timeZone: string): Sql[] => [
  sql`update issued_coupons set issued_day = ${localDay(sql`issued_at`, timeZone)},
    last_day = ${lastDay(sql`valid_to`, timeZone)}`,
  sql`update coupon_changes set changed_day = ${localDay(sql`changed_at`, timeZone)}`,
]
