import type { Question } from './meaning.ts'
import type { PlainShop } from './shop.ts'

const at = (local: string) => new Date(`${local}+08:00`)
const order = (key: number, member: number | null, local: string, net: number) =>
  ({ key, member, orderedAt: at(local), state: 'paid', store: 'East', channel: null, net }) as const

/**
 * A shop small enough to work out by hand, asked at the end of August 2024. Ann (1) buys in June and
 * twice on one day of July; Ben (2)'s June order is refunded whole in August, he buys again; Cai (3)
 * buys half an hour before August begins and gets an unlinked refund; Dan (4) joined and never bought.
 */
export const handShop: PlainShop = {
  calendar: { timeZone: 'Asia/Shanghai', firstWeekday: 1 },
  openedAtStart: false,
  members: [
    { key: 1, joinedDay: null },
    { key: 2, joinedDay: null },
    { key: 3, joinedDay: null },
    { key: 4, joinedDay: '2024-07-01' },
  ],
  orders: [
    order(1, null, '2024-01-05T12:00', 1000),
    order(2, 1, '2024-06-10T12:00', 10000),
    order(3, 2, '2024-06-20T12:00', 8000),
    order(4, null, '2024-07-10T12:00', 2000),
    order(5, 1, '2024-07-15T10:00', 5000),
    order(6, 1, '2024-07-15T18:00', 3000),
    order(7, 3, '2024-07-31T23:30', 4000),
    order(8, 2, '2024-08-20T12:00', 6000),
    { ...order(9, 4, '2024-08-21T12:00', 700), state: 'unpaid' },
    order(10, 1, '2024-09-01T00:00', 20000),
  ],
  refunds: [
    { order: 3, member: 2, refundedAt: at('2024-08-02T09:00'), store: 'East', channel: null, amount: 8000 },
    {
      order: null,
      member: 3,
      refundedAt: at('2024-08-10T09:00'),
      store: 'East',
      channel: null,
      amount: 1500,
    },
    { order: 9, member: 4, refundedAt: at('2024-08-22T09:00'), store: 'East', channel: null, amount: 700 },
  ],
}

export const handQuestion: Question = {
  asOf: '2024-08-31',
  audience: null,
  stores: null,
  channels: null,
  categories: null,
}
