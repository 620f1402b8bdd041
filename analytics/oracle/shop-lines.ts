import fc from 'fast-check'
import { type PlainLine, type PlainShop, shops } from './shop.ts'

const line: fc.Arbitrary<PlainLine> = fc.record({
  category: fc.constantFrom('tea', 'bread', 'cake', null),
  product: fc.constantFrom('green', 'black', "O'Hara", null),
  net: fc.constantFrom(0, 50, 100, 700),
})

/** Random shops whose orders say what was bought, of none to three lines, and some of them whether at a discount. */
export const shopsWithLines: fc.Arbitrary<PlainShop> = fc
  .tuple(
    shops,
    fc.array(
      fc.record({
        lines: fc.array(line, { maxLength: 3 }),
        discounted: fc.constantFrom(true, false, false, undefined),
      }),
      { minLength: 36, maxLength: 36 },
    ),
  )
  .map(([shop, bought]) => ({
    ...shop,
    orders: shop.orders.map((order, i) => ({ ...order, ...bought[i] })),
  }))
