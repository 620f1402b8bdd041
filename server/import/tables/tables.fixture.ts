/** Five tables of one shop, as a system exports them, and what they come to, worked out row by row. */
export interface Tables {
  readonly files: Readonly<Record<string, string>>
  readonly orders: readonly Record<string, string>[]
  readonly items: readonly Record<string, string>[]
  readonly customers: readonly Record<string, string>[]
  readonly products: readonly Record<string, string>[]
}

/** Numbers below `n`, the same at every run. */
function numbers(seed: number): (n: number) => number {
  let state = seed
  return (n) => {
    state = (state * 1103515245 + 12345) % 2147483648
    return Math.floor((state / 2147483648) * n)
  }
}

const csv = (rows: readonly Record<string, string>[]): string =>
  [
    Object.keys(rows[0]!).join(','),
    ...rows.map((row) =>
      Object.values(row)
        .map((value) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value))
        .join(','),
    ),
    '',
  ].join('\n')

/**
 * Orders that number the customer anew each time, of fewer people; lines with a price and freight; customers; goods; and
 * payments, several an order. Some orders have no line, some lines goods that are not listed.
 */
export function fiveTables(seed = 7, count = 400): Tables {
  const below = numbers(seed)
  const pad = (n: number, prefix: string) => `${prefix}${String(n).padStart(5, '0')}`
  const cities = ['Recife', 'São Paulo', 'Natal, RN', 'Belém']
  const products = Array.from({ length: 30 }, (_, i) => ({
    product_id: pad(i, 'p'),
    category: ['garden', 'toys', 'books'][i % 3]!,
    name: `thing "${i}"`,
  }))
  const orders: Record<string, string>[] = []
  const items: Record<string, string>[] = []
  const customers: Record<string, string>[] = []
  const payments: Record<string, string>[] = []
  for (let i = 0; i < count; i++) {
    const person = below(count / 3)
    const status = below(20) === 0 ? 'canceled' : below(30) === 0 ? 'unavailable' : 'delivered'
    orders.push({
      order_id: pad(i, 'o'),
      customer_id: pad(i, 'c'),
      order_status: status,
      order_purchase_timestamp: `2025-${String(1 + below(12)).padStart(2, '0')}-${String(1 + below(28)).padStart(2, '0')} 10:${String(below(60)).padStart(2, '0')}:00`,
    })
    customers.push({
      customer_id: pad(i, 'c'),
      customer_unique_id: pad(person, 'u'),
      name: `Name ${person}`,
      customer_city: cities[person % cities.length]!,
      customer_state: ['PE', 'SP', 'RN', 'PA'][person % cities.length]!,
    })
    const lines = status === 'unavailable' ? 0 : 1 + below(3)
    for (let line = 1; line <= lines; line++)
      items.push({
        order_id: pad(i, 'o'),
        order_item_id: String(line),
        product_id: below(25) === 0 ? 'p99999' : pad(below(products.length), 'p'),
        price: `${1 + below(90)}.${10 + below(90)}`,
        freight_value: `${below(20)}.${10 + below(90)}`,
      })
    for (let part = 0; part <= below(2); part++)
      payments.push({
        order_id: pad(i, 'o'),
        payment_sequential: String(part + 1),
        payment_type: 'card',
        payment_value: `${1 + below(50)}.00`,
      })
  }
  return {
    files: {
      'orders.csv': csv(orders),
      'order_items.csv': csv(items),
      'customers.csv': csv(customers),
      'products.csv': csv(products),
      'payments.csv': csv(payments),
    },
    orders,
    items,
    customers,
    products,
  }
}
