import type { Doubt } from '../../analytics/models/quality.ts'
import { memberKeyOf } from '../../analytics/relations/member-names.ts'
import { expectedBetween } from '../../analytics/scores/interval.ts'
import { horizons, type ModelOutcome, type ValueDoubt } from '../../analytics/scores/scores.ts'
import { expectedWithin, varianceWithin } from '../../analytics/scores/scoring.ts'
import { addDays } from '../../analytics/calendar/calendar.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { foretoldSoFar } from '../analytics/foretold.ts'
import { type TablesAt, tablesAt } from '../analytics/tables-at.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { fieldValues } from './field-values.ts'

/** What is to be expected of a member. */
export interface Outlook {
  readonly asOf: string
  readonly dataVersion: number
  readonly orders: number
  /** Null: never bought. */
  readonly silentDays: number | null
  /** By the rhythm rule; null where it is refused, and of who never bought. */
  readonly rhythm: {
    readonly status: string
    /** Day of the next expected order, past where it is overdue. */
    readonly nextOrderDay: string
    readonly nextOrderIn: number
  } | null
  readonly foretold: Foretold
}

export type Foretold =
  /** The models are being fitted to the present data: this share is done. Ask again. */
  | { readonly kind: 'computing'; readonly share: number }
  | { readonly kind: 'never-bought' }
  /** No number of a fit that is not to be used. */
  | {
      readonly kind: 'refused'
      readonly because: readonly Doubt[]
      readonly buyers: number
      readonly repeaters: number
    }
  | {
      readonly kind: 'foretold'
      /** P(alive), from 0 to 1. */
      readonly alive: number
      /** Why it is to be read with caution; empty: it is trusted. */
      readonly doubts: readonly Doubt[]
      /** Repeat purchase days are what amounts are told from: of who has none the shop's are. */
      readonly boughtOnce: boolean
      readonly value:
        | { readonly kind: 'refused'; readonly because: readonly ValueDoubt[] }
        /** Net within `days`, and between which amounts it will be in 95 of 100 cases; minor units. */
        | {
            readonly kind: 'expected'
            readonly days: number
            readonly netMinor: number
            readonly lowMinor: number
            readonly highMinor: number
            readonly doubts: readonly ValueDoubt[]
          }
    }

/**
 * What the rhythm and the models say of a member on the day of the data, by the scores that fields of segments read. It
 * does not wait for a fit: while there is none it is begun, and `computing` says so. Null: nobody has the id.
 */
export async function memberOutlook(
  store: Store,
  workspace: Workspace,
  memberId: string,
  signal?: AbortSignal,
): Promise<Outlook | null> {
  const at = await tablesAt(store, workspace, undefined, signal)
  const known = await fieldValues(
    workspace,
    at,
    memberId,
    ['orders', 'purchase_days', 'days_since_order', 'rhythm_status', 'next_order_in'],
    signal,
  )
  if (!known) return null
  const silentDays = known.days_since_order.value as number | null
  const nextOrderIn = known.next_order_in.value as number | null
  return {
    asOf: at.asOf,
    dataVersion: at.dataVersion,
    orders: Number(known.orders.value),
    silentDays,
    rhythm:
      nextOrderIn === null
        ? null
        : {
            status: String(known.rhythm_status.value),
            nextOrderDay: addDays(at.asOf, nextOrderIn),
            nextOrderIn,
          },
    foretold:
      silentDays === null
        ? { kind: 'never-bought' }
        : await foretoldOf(
            workspace,
            at,
            { memberId, purchaseDays: Number(known.purchase_days.value) },
            signal,
          ),
  }
}

async function foretoldOf(
  workspace: Workspace,
  at: TablesAt,
  { memberId, purchaseDays }: { memberId: string; purchaseDays: number },
  signal: AbortSignal | undefined,
): Promise<Foretold> {
  const so = await foretoldSoFar(workspace, at)
  if ('share' in so) return { kind: 'computing', share: so.share }
  const { quality, buyers, repeaters } = so.made
  if (quality.kind === 'refused') return { kind: 'refused', because: quality.because, buyers, repeaters }
  const scored = await fieldValues(workspace, at, memberId, ['p_alive', 'predicted_clv'], signal)
  // who is known to have bought is scored: else the data moved in between
  if (!scored || !scored.p_alive.per) return { kind: 'computing', share: 0 }
  return {
    kind: 'foretold',
    alive: Number(scored.p_alive.value) / Number(scored.p_alive.per),
    doubts: quality.kind === 'trusted' ? [] : quality.because,
    boughtOnce: purchaseDays === 1,
    value: await valueOf(
      workspace,
      at,
      so.made,
      memberId,
      scored.predicted_clv.value as number | null,
      signal,
    ),
  }
}

async function valueOf(
  { engine }: Workspace,
  { tables }: TablesAt,
  { value, uncertainty }: ModelOutcome,
  memberId: string,
  netMinor: number | null,
  signal: AbortSignal | undefined,
): Promise<Extract<Foretold, { kind: 'foretold' }>['value']> {
  if (value.kind === 'refused' || netMinor === null)
    return { kind: 'refused', because: value.kind === 'refused' ? value.because : [] }
  const days = horizons.at(-1)!
  const [row] = await engine.rows(
    sql`select ${expectedWithin(days)} as expected, ${varianceWithin(days)} as variance
      from ${tables.memberScores} where member_key in ${memberKeyOf(memberId)}`,
    { signal },
  )
  const between = expectedBetween(Number(row!.expected), Number(row!.variance), uncertainty)
  return {
    kind: 'expected',
    days,
    netMinor,
    ...between,
    doubts: value.kind === 'trusted' ? [] : value.because,
  }
}
