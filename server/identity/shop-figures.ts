import type { Session } from '../../analytics/engine/engine.ts'
import { blendedValue, ltv } from '../../analytics/metrics/ltv/ltv.ts'
import { repurchase } from '../../analytics/metrics/repurchase/repurchase.ts'
import { rfmByFifths } from '../../analytics/relations/rfm.ts'
import { defaultDormancy, type Scope } from '../../analytics/relations/scope.ts'
import { derivedTables } from '../../analytics/schema/derived.ts'
import { duckdb } from '../../analytics/sql/duckdb.ts'
import { sql } from '../../analytics/sql/sql.ts'

/** Figures of the whole shop at its newest day. */
export interface ShopFigures {
  readonly members: number
  /** Repurchase rate over all history: members with an order, and with two. */
  readonly buyers: number
  readonly repeated: number
  readonly repurchaseRate: number | null
  /** Historic value per member, blended over new cohorts, `period` months after the first order; null: no such cohort is complete yet. */
  readonly value: { readonly period: number; readonly cumulativeMinor: number } | null
}

/** The shop's figures as the session sees them, at its newest day, or `today` while it has no order. */
export async function figuresOf(
  session: Session,
  today: string,
): Promise<{ asOf: string; figures: ShopFigures }> {
  const [state] = await session.rows(sql`select as_of, data_start, opened_at_start, time_zone, first_weekday,
    (select count(*) from member_facts) as members from workspace_state`)
  const asOf = state!.asOf === null ? today : String(state!.asOf)
  const scope: Scope = {
    asOf,
    calendar: { timeZone: String(state!.timeZone), firstWeekday: Number(state!.firstWeekday) },
    tables: derivedTables(),
    dormancy: defaultDormancy,
    rfm: rfmByFifths,
    currencyDecimals: 0, // of these figures no rules are read
    dataStart: state!.dataStart === null ? null : String(state!.dataStart),
    openedAtStart: state!.openedAtStart === true,
    audience: null,
    stores: null,
    channels: null,
    categories: null,
  }
  const bought = repurchase.settings.parse({})
  const rates = repurchase.finish(await session.rows(repurchase.build(bought, scope, duckdb)), bought, scope)
  const rate = rates.find(({ measure }) => measure === 'orders')!
  const spent = ltv.settings.parse({})
  const curve = blendedValue(ltv.finish(await session.rows(ltv.build(spent, scope, duckdb)), spent, scope))
  const latest = curve.at(-1)
  return {
    asOf,
    figures: {
      members: Number(state!.members),
      buyers: rate.members,
      repeated: rate.repeated,
      repurchaseRate: rate.rate,
      value: latest ? { period: latest.period, cumulativeMinor: latest.cumulativeMinor } : null,
    },
  }
}
