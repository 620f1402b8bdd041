import { countedLines, inPlace, isAsked, qualifyingOrders, type Question } from '../../oracle/meaning.ts'
import type { PlainShop } from '../../oracle/shop.ts'

const classOf = (orders: number): string =>
  orders <= 3
    ? String(orders)
    : orders <= 5
      ? '4-5'
      : orders <= 8
        ? '6-8'
        : orders <= 13
          ? '9-13'
          : orders <= 20
            ? '14-20'
            : 'more'

/** Every pair of categories: who bought both, and the mean and variance of that number, class by class. */
export function affinityOracle(shop: PlainShop, question: Question) {
  const orders = qualifyingOrders(shop, question.asOf).filter(
    (order) => order.member !== null && isAsked(question, order.member) && inPlace(question, order),
  )
  const members = [...new Set(orders.map(({ member }) => member!))]
    .map((member) => {
      const own = orders.filter((order) => order.member === member)
      return {
        stratum: classOf(own.length),
        items: new Set(
          own.flatMap((order) => countedLines(question, order).flatMap(({ category }) => category ?? [])),
        ),
      }
    })
    .filter(({ items }) => items.size > 0)
  const having = (some: typeof members, ...items: string[]) =>
    some.filter((member) => items.every((item) => member.items.has(item))).length
  const items = [...new Set(members.flatMap((member) => [...member.items]))].toSorted(
    (a, b) => having(members, b) - having(members, a) || (a < b ? -1 : 1),
  )
  const strata = [...Map.groupBy(members, ({ stratum }) => stratum).values()]
  return items.flatMap((one, i) =>
    items.slice(i + 1).map((other) => ({
      one,
      other,
      oneMembers: having(members, one),
      otherMembers: having(members, other),
      both: having(members, one, other),
      expected: strata.reduce(
        (sum, some) => sum + (having(some, one) * having(some, other)) / some.length,
        0,
      ),
    })),
  )
}
