import { type Kysely, type Selectable, sql } from 'kysely'
import type { StoreSchema } from '../store/schema.ts'
import type { LedgerKind } from '../store/tables/coupons.ts'

/** What ends a reservation before its time does. */
const ending: readonly LedgerKind[] = ['redeemed', 'released']

/** Condition on a row of the ledger, called `name`: it is a reservation that holds at `at`. */
export const isHeld = (name: string, at: string) =>
  sql<boolean>`(${isUnended(name)} and ${sql.ref(`${name}.expires_at`)} > ${at})`

/** Condition on a row of the ledger, called `name`: it is a reservation that nothing has ended but its time, if that. */
export const isUnended = (name: string) => sql<boolean>`(${sql.ref(`${name}.kind`)} = 'reserved'
  and not exists (select 1 from ledger as ended where ended.redemption_id = ${sql.ref(`${name}.redemption_id`)}
    and ended.kind in (${sql.join(ending)})))`

/** Condition on a row of the ledger, called `name`: it is a redemption that was not taken back. */
export const isStanding = (name: string) => sql<boolean>`(${sql.ref(`${name}.kind`)} = 'redeemed'
  and not exists (select 1 from ledger as taken where taken.redemption_id = ${sql.ref(`${name}.redemption_id`)}
    and taken.kind = 'cancelled'))`

/** A use that is set aside for a basket. */
export interface Held {
  readonly couponId: string
  readonly campaignId: string
  readonly uses: number
  readonly costMinor: number
  /** First instant at which it does not hold any more. */
  readonly until: string
}

/** What holds of some coupons at `at`. */
export const heldOf = (
  store: Kysely<StoreSchema>,
  couponIds: readonly string[],
  at: string,
): Promise<Held[]> =>
  couponIds.length === 0
    ? Promise.resolve([])
    : store
        .selectFrom('ledger')
        .where('coupon_id', 'in', couponIds)
        .where(isHeld('ledger', at))
        .select([
          'coupon_id as couponId',
          'campaign_id as campaignId',
          'uses',
          sql<number>`amount_minor + worth_minor`.as('costMinor'),
          sql<string>`expires_at`.as('until'),
        ])
        .execute()

/** What was set aside together for one basket. */
export interface Reservation {
  readonly workspaceId: string
  readonly expiresAt: string
  /** Null: neither redeemed nor let go; its time may be over. */
  readonly ended: 'confirmed' | 'released' | null
  readonly uses: readonly {
    readonly row: Omit<Selectable<StoreSchema['ledger']>, 'seq'>
    /** Whom the till named, where the coupon is nobody's by name. */
    readonly namedMember: string | null
  }[]
}

/** Reservations by their ids, of whatever workspace. */
export async function readReservations(
  store: Kysely<StoreSchema>,
  reservationIds: readonly string[],
): Promise<Map<string, Reservation>> {
  if (reservationIds.length === 0) return new Map()
  const rows = await store
    .selectFrom('ledger')
    .leftJoin('named_uses', 'named_uses.redemption_id', 'ledger.redemption_id')
    .where('ledger.reservation_id', 'in', [...new Set(reservationIds)])
    .where('ledger.kind', 'in', ['reserved', ...ending])
    .orderBy('ledger.seq')
    .selectAll('ledger')
    .select('named_uses.member_id as namedMember')
    .execute()
  return new Map(
    [...Map.groupBy(rows, ({ reservation_id }) => reservation_id!)].map(([id, ofOne]) => {
      const reserved = ofOne.filter(({ kind }) => kind === 'reserved')
      const ended = ofOne.find(({ kind }) => kind !== 'reserved')
      return [
        id,
        {
          workspaceId: reserved[0]!.workspace_id,
          expiresAt: reserved[0]!.expires_at!,
          ended: ended ? (ended.kind === 'redeemed' ? 'confirmed' : 'released') : null,
          uses: reserved.map((one) => {
            const { seq: _, namedMember, ...row } = one
            return { row, namedMember }
          }),
        },
      ]
    }),
  )
}
