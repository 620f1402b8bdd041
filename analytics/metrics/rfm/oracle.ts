import { addDays, daysBetween } from '../../calendar/calendar.ts'
import { inPlace, isAsked, netEvents, qualifyingOrders, type Question, sum } from '../../oracle/meaning.ts'
import type { PlainShop } from '../../oracle/shop.ts'

/** The grid of DEFINITIONS, from its first column to its last, R 5 first. */
const grid = `New|Potential loyal|Potential loyal|Loyal|Champions
Promising|Potential loyal|Potential loyal|Loyal|Champions
About to sleep|About to sleep|Needs attention|Loyal|Loyal
Hibernating|Hibernating|At risk|At risk|Can't lose
Lost|Lost|Hibernating|At risk|Can't lose`
  .split('\n')
  .map((line) => line.split('|'))

/** Every asked buyer's scores and group, by sorting and counting. */
export function rfmOracle(
  shop: PlainShop,
  question: Question,
  windowDays: number | undefined,
  set: { readonly [Measure in 'recency' | 'frequency' | 'money']?: readonly number[] | null } = {},
) {
  const from = windowDays === undefined ? '0001-01-01' : addDays(question.asOf, 1 - windowDays)
  const orders = qualifyingOrders(shop, question.asOf).filter(
    (order) => order.member !== null && inPlace(question, order) && order.day >= from,
  )
  const events = netEvents(shop, question.asOf).filter(
    (event) => inPlace(question, event) && event.day >= from,
  )
  const buyers = [...new Set(orders.map(({ member }) => member!))].map((member) => {
    const own = orders.filter((order) => order.member === member)
    return {
      member,
      days: Math.min(...own.map(({ day }) => daysBetween(day, question.asOf))),
      orders: own.length,
      net: sum(events.filter((event) => event.member === member).map(({ net }) => net)),
    }
  })
  const cutsOf = (values: readonly number[]) => {
    const sorted = values.toSorted((a, b) => a - b)
    return [1, 2, 3, 4].map((k) => sorted[Math.floor((values.length * k + 4) / 5) - 1]!)
  }
  const below = (value: number, cuts: readonly number[]) => cuts.filter((cut) => cut < value).length
  const cuts = {
    recency: set.recency ?? cutsOf(buyers.map(({ days }) => days)),
    frequency: set.frequency ?? cutsOf(buyers.map((buyer) => buyer.orders)),
    money: set.money ?? cutsOf(buyers.map(({ net }) => net)),
  }
  const scored = buyers
    .filter(({ member }) => isAsked(question, member))
    .map((buyer) => {
      const [recency, frequency, money] = [
        5 - below(buyer.days, cuts.recency),
        1 + below(buyer.orders, cuts.frequency),
        1 + below(buyer.net, cuts.money),
      ]
      const both = Math.floor((frequency + money + 1) / 2)
      return { ...buyer, recency, frequency, money, both, group: grid[5 - recency]![both - 1]! }
    })
  return { scored, cuts }
}
