import { addMonths, endOfMonth, monthsBetween, startOfMonth } from '../../calendar/calendar.ts'
import {
  firstDays,
  inPlace,
  isAsked,
  isFirstSeenCohort,
  isKnown,
  netEvents,
  type Question,
  sum,
} from '../../oracle/meaning.ts'
import type { PlainShop } from '../../oracle/shop.ts'

/** Cumulative net per cohort and period, event by event. */
export function ltvOracle(shop: PlainShop, question: Question, periods: number) {
  const first = firstDays(shop, question.asOf)
  const events = netEvents(shop, question.asOf).filter((event) => inPlace(question, event))
  const asked = shop.members.filter(
    (member) => isAsked(question, member.key) && isKnown(shop, member, question.asOf),
  )
  const netOf = (members: readonly { key: number }[], until: string) =>
    sum(
      events
        .filter(({ member, day }) => members.some(({ key }) => key === member) && day <= until)
        .map(({ net }) => net),
    )
  const buyers = asked.filter(({ key }) => first.has(key))
  const cohorts = [...new Set(buyers.map(({ key }) => startOfMonth(first.get(key)!)))].toSorted()
  const cells = cohorts.flatMap((cohort) => {
    const members = buyers.filter(({ key }) => startOfMonth(first.get(key)!) === cohort)
    const last = Math.min(periods, monthsBetween(cohort, question.asOf))
    return Array.from({ length: last + 1 }, (_, period) => {
      const end = endOfMonth(addMonths(cohort, period))
      const cumulative = netOf(members, end)
      const before = period === 0 ? 0 : netOf(members, endOfMonth(addMonths(cohort, period - 1)))
      return {
        cohort,
        period,
        cohortSize: members.length,
        netMinor: cumulative - before,
        cumulativeNetMinor: cumulative,
        state: end <= question.asOf ? 'complete' : 'in-progress',
        firstSeen: isFirstSeenCohort(shop, cohort),
      }
    })
  })
  const others = asked.filter(({ key }) => !first.has(key))
  if (others.length === 0) return cells
  const net = netOf(others, question.asOf)
  return [
    ...cells,
    {
      cohort: null,
      period: null,
      cohortSize: others.length,
      netMinor: net,
      cumulativeNetMinor: net,
      state: 'complete',
      firstSeen: false,
    },
  ]
}
