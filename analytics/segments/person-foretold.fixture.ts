import { addDays, daysBetween } from '../calendar/calendar.ts'
import { scored } from '../scores/scores.ts'
import { type Foretold, type Moment, type Person, purchaseDays } from './person.ts'

/** What happened to a person's net on one day. */
const netOn = (person: Person, asOf: string, day: string): number => {
  const paid = person.orders.filter(({ state }) => state === 'paid')
  const refunds = [...paid.flatMap((order) => order.refunds), ...person.looseRefunds]
  const on = (one: { day: string }) => one.day === day && one.day <= asOf
  return (
    paid.filter(on).reduce((sum, { netMinor }) => sum + netMinor, 0) -
    refunds.filter(on).reduce((sum, { amountMinor }) => sum + amountMinor, 0)
  )
}

/**
 * What the models foretell of the people of a shop as of a day, from their inputs as DEFINITIONS.md, "Value", has them:
 * x = purchase days − 1, t_x = last − first, T = asOf − first, z̄ the mean net of repeat purchase days.
 */
export function foretoldOf(
  people: readonly Person[],
  moment: Omit<Moment, 'foretold'>,
): Map<string, Foretold> {
  const { asOf } = moment
  const asked: Moment = { ...moment, foretold: () => new Map() }
  const buyers = people.flatMap((person) => {
    const days = purchaseDays(person, asked).toSorted()
    return days.length === 0 ? [] : [{ person, days }]
  })
  const start = buyers.map(({ days }) => days[0]!).toSorted()[0]
  const held = start === undefined ? 0 : Math.min(52, Math.floor(daysBetween(start, asOf) / 14)) * 7
  const cut = addDays(asOf, -held)
  const whole = (of: (buyer: (typeof buyers)[number]) => number) => Int32Array.from(buyers, of)
  const by = (days: readonly string[]) => days.filter((day) => day <= cut)
  const { scores } = scored(
    {
      memberKey: whole(() => 0),
      frequency: whole(({ days }) => days.length - 1),
      recencyDays: whole(({ days }) => daysBetween(days[0]!, days.at(-1)!)),
      ageDays: whole(({ days }) => daysBetween(days[0]!, asOf)),
      spentMinor: Float64Array.from(buyers, ({ person, days }) =>
        days.slice(1).reduce((sum, day) => sum + netOn(person, asOf, day), 0),
      ),
      heldBackDays: held,
      earlierFrequency: whole(({ days }) => by(days).length - 1),
      earlierRecencyDays: whole(({ days }) =>
        by(days).length === 0 ? 0 : daysBetween(days[0]!, by(days).at(-1)!),
      ),
    },
    { discountRate: 0 },
  )
  return new Map(
    buyers.flatMap(({ person }, i) =>
      scores
        ? [
            [
              person.id,
              { alive: scores.alive[i]!, clvMinor: scores.clv && Math.round(scores.clv[i]!) },
            ] as const,
          ]
        : [],
    ),
  )
}
