import type { Column } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'

interface Figures {
  readonly netMinor: number
  readonly orders: number
}
/** What an import did to a month. */
interface MonthChange {
  readonly before: Figures
  readonly after: Figures
}

/** The columns of a month's net and qualifying orders before and after an import. */
export function useMonthChange<Row extends MonthChange>(headers: {
  net: string
  orders: string
}): Column<Row>[] {
  const { count, money } = useFormat()
  return [
    {
      key: 'net_minor',
      header: headers.net,
      align: 'right',
      cell: ({ before, after }) => change(money(before.netMinor), money(after.netMinor)),
      value: ({ after }) => after.netMinor,
    },
    {
      key: 'orders',
      header: headers.orders,
      align: 'right',
      cell: ({ before, after }) => change(count(before.orders), count(after.orders)),
      value: ({ after }) => after.orders,
    },
  ]
}

const change = (before: string, after: string) => (before === after ? after : `${before} → ${after}`)
