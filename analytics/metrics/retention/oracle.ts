import { addMonths, endOfMonth, monthsBetween, startOfMonth } from '../../calendar/calendar.ts'
import {
  firstDays,
  inPlace,
  isAsked,
  isFirstSeenCohort,
  qualifyingOrders,
  type Question,
} from '../../oracle/meaning.ts'
import type { PlainShop } from '../../oracle/shop.ts'

/** Bounded calendar retention, member by member. */
export function retentionOracle(shop: PlainShop, question: Question, periods: number) {
  const first = firstDays(shop, question.asOf)
  const orders = qualifyingOrders(shop, question.asOf).filter((order) => inPlace(question, order))
  const asked = shop.members.map(({ key }) => key).filter((key) => isAsked(question, key))
  const cohorts = [
    ...new Set(asked.flatMap((key) => (first.has(key) ? [startOfMonth(first.get(key)!)] : []))),
  ]
  return cohorts.toSorted().flatMap((cohort) => {
    const members = asked.filter((key) => first.has(key) && startOfMonth(first.get(key)!) === cohort)
    const observable = Math.min(periods, monthsBetween(cohort, question.asOf))
    return Array.from({ length: observable + 1 }, (_, period) => {
      const month = addMonths(cohort, period)
      const returned = members.filter((key) =>
        orders.some((order) => order.member === key && order.day >= month && order.day <= endOfMonth(month)),
      ).length
      return {
        cohort,
        period,
        cohortSize: members.length,
        eligible: members.length,
        returned,
        state: endOfMonth(month) <= question.asOf ? 'complete' : 'in-progress',
        firstSeen: isFirstSeenCohort(shop, cohort),
      }
    })
  })
}
