import { addDays, daysBetween } from '../calendar/calendar.ts'
import { type Moment, netMinor, type Person, purchaseDays, qualifyingOrders } from './person.ts'

export interface RfmOfPerson {
  readonly recencyScore: number
  readonly frequencyScore: number
  readonly moneyScore: number
  readonly frequencyMoneyScore: number
  readonly group: string
}

/** DEFINITIONS.md, "Value", RFM: from R 1 up, by FM. */
const grid = [
  'lost, lost, hibernating, at risk, cannot lose',
  'hibernating, hibernating, at risk, at risk, cannot lose',
  'about to sleep, about to sleep, needs attention, loyal, loyal',
  'promising, potential loyal, potential loyal, loyal, champions',
  'new, potential loyal, potential loyal, loyal, champions',
].map((row) => row.split(', '))

/** The person's scores among all buyers of the shop; null for who never bought. */
export function rfmOf(person: Person, moment: Moment): RfmOfPerson | null {
  const { windowDays } = moment.rfm
  const since = windowDays === null ? undefined : addDays(moment.asOf, 1 - windowDays)
  const orders = (one: Person) =>
    qualifyingOrders(one, moment).filter(({ day }) => since === undefined || day >= since)
  const measured = (one: Person) => ({
    silent: daysBetween(purchaseDays(one, moment).at(-1)!, moment.asOf),
    orders: orders(one).length,
    net: netMinor(one, moment, since),
  })
  const bought = (one: Person) => orders(one).length > 0
  if (!bought(person)) return null
  const own = measured(person)
  const all = moment.people.filter(bought).map(measured)
  const cutsBelow = (of: keyof typeof own) => {
    const set = moment.rfm[({ silent: 'recency', orders: 'frequency', net: 'money' } as const)[of]]
    const sorted = all.map((one) => one[of]).toSorted((a, b) => a - b)
    const cuts = set ?? [1, 2, 3, 4].map((k) => sorted[Math.floor((k * all.length + 4) / 5) - 1]!)
    return cuts.filter((cut) => cut < own[of]).length
  }
  const recencyScore = 5 - cutsBelow('silent')
  const [frequencyScore, moneyScore] = [1 + cutsBelow('orders'), 1 + cutsBelow('net')]
  const frequencyMoneyScore = Math.floor((frequencyScore + moneyScore + 1) / 2)
  return {
    recencyScore,
    frequencyScore,
    moneyScore,
    frequencyMoneyScore,
    group: grid[recencyScore - 1]![frequencyMoneyScore - 1]!,
  }
}

/** The person's place among all buyers of the shop by net, 1 for the tenth with the highest; null for who never bought. */
export function valueDecile(person: Person, moment: Moment): number | null {
  const bought = (one: Person) => qualifyingOrders(one, moment).length > 0
  if (!bought(person)) return null
  const sorted = moment.people
    .filter(bought)
    .map((one) => netMinor(one, moment))
    .toSorted((a, b) => a - b)
  const own = netMinor(person, moment)
  const below = [1, 2, 3, 4, 5, 6, 7, 8, 9].filter(
    (k) => sorted[Math.floor((k * sorted.length + 9) / 10) - 1]! < own,
  )
  return 10 - below.length
}
