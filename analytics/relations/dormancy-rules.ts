import type { Dialect } from '../sql/dialect.ts'
import { type Sql, sql } from '../sql/sql.ts'
import type { DormancyThresholds } from './scope.ts'

export const statuses = ['active', 'cooling', 'dormant', 'lost', 'never bought'] as const
export type Status = (typeof statuses)[number]

/** Below these a member is cooling, dormant, lost by the model: P(alive) in millionths. */
export const aliveBelow = { cooling: 500_000, dormant: 200_000, lost: 50_000 } as const

/**
 * Statements of a member's status by each rule of dormancy. They read `facts.last_day` (the last qualifying order;
 * null: never bought), `rhythm` (`rhythms`) and `scores` (what the models foretell); both are joined by member and may
 * be missing. Null: the rule says nothing of the member, because it is refused for the shop.
 * Source: DEFINITIONS.md, "Dormancy".
 */
export const statusBy = {
  fixed: (asOf: string, limits: DormancyThresholds, d: Dialect): Sql => {
    const silent = d.daysBetween(sql`facts.last_day`, d.date(asOf))
    return sql`case when facts.last_day is null then 'never bought'
        when ${silent} <= ${limits.active} then 'active'
        when ${silent} <= ${limits.cooling} then 'cooling'
        when ${silent} <= ${limits.dormant} then 'dormant' else 'lost' end`
  },
  rhythm: (asOf: string, d: Dialect): Sql => {
    const silent = d.daysBetween(sql`facts.last_day`, d.date(asOf))
    return sql`case when facts.last_day is null then 'never bought'
        when ${silent} > rhythm.lost_after then 'lost'
        when ${silent} > rhythm.dormant_after then 'dormant'
        when ${silent} > rhythm.cooling_after then 'cooling'
        when rhythm.member_key is not null then 'active' end`
  },
  model: (): Sql => sql`case when facts.last_day is null then 'never bought'
        when scores.alive < ${aliveBelow.lost} then 'lost'
        when scores.alive < ${aliveBelow.dormant} then 'dormant'
        when scores.alive < ${aliveBelow.cooling} then 'cooling'
        when scores.alive is not null then 'active' end`,
}
