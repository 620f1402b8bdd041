import { countedLines, inPlace, isAsked, qualifyingOrders, type Question } from '../../oracle/meaning.ts'
import type { PlainShop } from '../../oracle/shop.ts'

/** Orders of asked members with a category, and all of them, month by month. */
export function seasonOracle(shop: PlainShop, question: Question) {
  const orders = qualifyingOrders(shop, question.asOf).filter(
    (order) => order.member !== null && isAsked(question, order.member) && inPlace(question, order),
  )
  return (item: string, month: string) => {
    const ofMonth = orders.filter(({ day }) => day.slice(0, 7) === month.slice(0, 7))
    const withIt = ofMonth.filter((order) =>
      countedLines(question, order).some(({ category }) => category === item),
    )
    return { numerator: withIt.length, denominator: ofMonth.length }
  }
}
