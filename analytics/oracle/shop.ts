import fc from 'fast-check'
import { type BusinessCalendar, localDay } from '../calendar/calendar.ts'

/** A shop as plain arrays: what the oracles read and what is loaded into an engine beside them. */
export interface PlainShop {
  readonly calendar: BusinessCalendar
  readonly openedAtStart: boolean
  readonly members: readonly PlainMember[]
  readonly orders: readonly PlainOrder[]
  readonly refunds: readonly PlainRefund[]
  /** The points ledger; without, there is none. */
  readonly points?: readonly PlainPoints[]
}

export interface PlainMember {
  readonly key: number
  readonly joinedDay: string | null
  /** What the last file says of the card; without, nothing does. */
  readonly tier?: string | null
  readonly points?: number | null
  readonly storedValue?: number | null
  readonly region?: string | null
}

export interface PlainOrder {
  readonly key: number
  /** Null: a guest. */
  readonly member: number | null
  readonly orderedAt: Date
  readonly state: 'unpaid' | 'paid' | 'closed'
  readonly store: string | null
  readonly channel: string | null
  readonly net: number
  /** Whether it had a discount, where a list price is known; without, none is. */
  readonly discounted?: boolean
  /** Without, there is one (`linesOf`). */
  readonly lines?: readonly PlainLine[]
}

export interface PlainLine {
  readonly category: string | null
  readonly product: string | null
  readonly net: number
}

export interface PlainPoints {
  readonly member: number
  readonly changedAt: Date
  readonly change: number
  readonly reason: string | null
  readonly expiresDay: string | null
}

export interface PlainRefund {
  /** Null: not linked. */
  readonly order: number | null
  readonly member: number | null
  readonly refundedAt: Date
  readonly store: string | null
  readonly channel: string | null
  readonly amount: number
}

/** An order's lines; of an order without any given, one of everything, of some category or none. */
export const linesOf = ({ key, lines, net }: PlainOrder): readonly PlainLine[] =>
  lines ?? [{ category: ['tea', 'bread', null][key % 3]!, product: null, net }]

/** The order's or refund's local day. */
export const dayOf = (shop: PlainShop, instant: Date): string => localDay(instant, shop.calendar)

const dayMs = 86_400_000
const begin = Date.UTC(2023, 11, 20)

// Few distinct values everywhere, so that ties, returns on one day and full refunds are common.
const instant = fc
  .tuple(
    fc.oneof(
      fc.integer({ min: 0, max: 430 }),
      fc.constantFrom(11, 12, 41, 42, 71, 72, 100, 101, 102, 132, 190), // month ends, the leap day, day 90
    ),
    // 16:00 UTC is midnight in Shanghai, 05:00 in New York's winter
    fc.constantFrom(0, 4 * 3600, 5 * 3600, 12 * 3600, 16 * 3600 - 1, 16 * 3600, 16 * 3600 + 1, 20 * 3600),
  )
  .map(([days, seconds]) => new Date(begin + days * dayMs + seconds * 1000))

const store = fc.constantFrom('East', 'West', null)
const channel = fc.constantFrom('app', 'shop', null)

/** Random small shops: ties, unknowns, guests, every kind of refund, midnights, month ends, one-time buyers. */
export const shops: fc.Arbitrary<PlainShop> = fc
  .record({
    calendar: fc.constantFrom(
      { timeZone: 'Asia/Shanghai', firstWeekday: 1 },
      { timeZone: 'America/New_York', firstWeekday: 7 },
    ),
    openedAtStart: fc.boolean(),
    joined: fc.array(fc.option(instant, { nil: null }), { minLength: 1, maxLength: 7 }),
    orders: fc.array(
      fc.record({
        buyer: fc.nat(40),
        orderedAt: instant,
        state: fc.constantFrom('paid', 'paid', 'paid', 'paid', 'paid', 'unpaid', 'closed'),
        store,
        channel,
        net: fc.constantFrom(0, 100, 100, 250, 1000, 1999),
      }),
      { maxLength: 36 },
    ),
    refunds: fc.array(
      fc.record({
        order: fc.option(fc.nat(40), { nil: null, freq: 4 }),
        buyer: fc.nat(40),
        refundedAt: instant,
        soonAfter: fc.option(fc.nat(3), { nil: null }),
        store,
        channel,
        amount: fc.constantFrom(50, 100, 250, 1000, 2500),
      }),
      { maxLength: 10 },
    ),
  })
  .map(({ calendar, openedAtStart, joined, orders, refunds }) => {
    const memberOf = (buyer: number) => (buyer % 6 === 5 ? null : 1 + (buyer % joined.length))
    const plainOrders: PlainOrder[] = orders.map(({ buyer, ...order }, i) => ({
      ...order,
      state: order.state as PlainOrder['state'],
      key: i + 1,
      member: memberOf(buyer),
    }))
    return {
      calendar,
      openedAtStart,
      members: joined.map((at, i) => ({ key: i + 1, joinedDay: at && localDay(at, calendar) })),
      orders: plainOrders,
      refunds: refunds.map(({ order, buyer, soonAfter, refundedAt, ...refund }) => {
        const of = order === null ? undefined : plainOrders[order]
        return {
          ...refund,
          order: of?.key ?? null,
          member: of ? of.member : memberOf(buyer),
          store: of ? of.store : refund.store,
          channel: of ? of.channel : refund.channel,
          refundedAt:
            of && soonAfter !== null ? new Date(of.orderedAt.getTime() + soonAfter * dayMs) : refundedAt,
        }
      }),
    }
  })

/** Days as of which questions are asked of such shops: month ends, the leap day, the days around, before and after all. */
export const days = fc.oneof(
  fc.integer({ min: -2, max: 440 }).map((n) => new Date(begin + n * dayMs).toISOString().slice(0, 10)),
  fc.constantFrom(
    '2024-01-31',
    '2024-02-28',
    '2024-02-29',
    '2024-03-01',
    '2024-12-31',
    '2025-01-01',
    '2025-02-28',
  ),
)

/** Shops with a day to ask them of: half the time one on which something happened there. */
export const shopsAndDays: fc.Arbitrary<{ shop: PlainShop; asOf: string }> = fc
  .tuple(shops, days, fc.option(fc.nat(60), { nil: null, freq: 1 }))
  .map(([shop, day, nth]) => {
    const instants = [...shop.refunds.map((r) => r.refundedAt), ...shop.orders.map((o) => o.orderedAt)]
    const eventful = nth === null ? undefined : instants[nth % Math.max(1, instants.length)]
    return { shop, asOf: eventful ? dayOf(shop, eventful) : day }
  })
