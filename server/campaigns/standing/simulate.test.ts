import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { addDays, daysBetween } from '../../../analytics/calendar/calendar.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import { createDemo } from '../../demo/demo.ts'
import { openPlatform } from '../../platform.ts'
import { armOf } from '../arms.ts'
import { CampaignDefinition } from '../definition.ts'
import type { StandingDefinition } from './definition.ts'
import { type Simulation, simulationOf } from './simulate.ts'

const folder = mkdtempSync(join(tmpdir(), 'reveille-simulate-'))
const platform = await openPlatform(folder, { now: () => new Date('2026-03-10T04:00:00Z') }, { threads: 1 })
const to = '2026-03-01'
const from = addDays(to, -364)
await createDemo(platform, { members: 150, end: to })
const workspace = (await platform.workspaces.byName('demo'))!
afterAll(async () => {
  await platform.close()
  rmSync(folder, { recursive: true })
})

interface Person {
  readonly id: string
  readonly birthday: string | null
  /** The first day that speaks of them; null: none does, they were always there. */
  readonly known: string | null
  readonly orders: readonly { day: string; voidDay: string | null }[]
}

/** Everybody with what was paid and more than nothing, the day on which refunds left nothing of it beside. */
async function people(): Promise<Person[]> {
  const orders = Map.groupBy(
    await workspace.engine.rows(sql`select member_key, local_day, void_day from orders
      where member_key is not null and state = 'paid' and net_minor > 0`),
    ({ memberKey }) => memberKey,
  )
  const members = await workspace.engine.rows(sql`select member_key, member_id, birthday,
      least(joined_day, (select min(local_day) from orders where orders.member_key = members.member_key)) as known
    from members where consent <> 'denied'`)
  return members.map((row) => ({
    id: String(row.memberId),
    birthday: row.birthday === null ? null : String(row.birthday),
    known: row.known === null ? null : String(row.known),
    orders: (orders.get(row.memberKey) ?? []).map(({ localDay, voidDay }) => ({
      day: String(localDay),
      voidDay: voidDay === null ? null : String(voidDay),
    })),
  }))
}

const boughtOn = ({ orders }: Person, day: string): string[] =>
  orders
    .filter((one) => one.day <= day && (one.voidDay === null || one.voidDay > day))
    .map((one) => one.day)
    .toSorted()

/** Rules with what they mean of a person on a day. */
const rules: Record<string, (person: Person, day: string) => boolean> = {
  'days_since_order >= 30': (person, day) => {
    const last = boughtOn(person, day).at(-1)
    return last !== undefined && daysBetween(last, day) >= 30
  },
  'orders >= 4 and orders(within 60 days) <= 1': (person, day) => {
    const days = boughtOn(person, day)
    return days.length >= 4 && days.filter((one) => daysBetween(one, day) <= 60).length <= 1
  },
  'birthday within next 3 days': ({ birthday, known }, day) =>
    birthday !== null &&
    (known === null || known <= day) &&
    [0, 1, 2, 3].some((days) => addDays(day, days).slice(5) === birthday.slice(5)) &&
    birthday.slice(5) !== '02-29',
}

/** What a campaign would have done, day by day from the definitions. */
function expected(
  everybody: readonly Person[],
  { definition, seed }: { definition: StandingDefinition; seed: string },
) {
  const { standing, holdout, segment } = definition
  const byId = new Map(everybody.map((person) => [person.id, person]))
  const met = (day: string) =>
    standing.memberDays?.kind === 'monthly' && !standing.memberDays.days.includes(Number(day.slice(8)))
      ? new Set<string>()
      : new Set(everybody.filter((person) => rules[segment]!(person, day)).map(({ id }) => id))
  const hasBought = (id: string, after: string, through: string) =>
    boughtOn(byId.get(id)!, to).some((day) => day > after && day <= through)
  let waiting: string[] = []
  const came: { id: string; day: string }[] = []
  const ways = new Map<string, { entered: string; coupon: string; next: number; due: string }>()
  const done = { coupons: 0, messages: 0, tagged: 0, heldOut: 0 }
  const act = (kind: string) =>
    kind === 'coupon' ? done.coupons++ : kind === 'message' ? done.messages++ : done.tagged++
  let before = met(addDays(from, -1))
  for (let day = from; day <= to; day = addDays(day, 1)) {
    const now = met(day)
    const isFree = (id: string) => {
      const last = came.findLast((one) => one.id === id)
      return !ways.has(id) && (!last || daysBetween(last.day, day) >= standing.coolDownDays)
    }
    const began = [...now].filter((id) => !before.has(id) && isFree(id)).toSorted()
    waiting = [...waiting.filter((id) => now.has(id)), ...began]
    standing.steps.forEach(({ when, action }, place) => {
      const due = [...ways]
        .filter(([, way]) => way.next === place && way.due <= day)
        .toSorted(([, one], [, other]) => one.due.localeCompare(other.due))
      let acted = 0
      for (const [id, way] of due) {
        if (acted === standing.mostPerDay) break
        const bought = hasBought(id, when === 'coupon-not-used' ? way.coupon : way.entered, day)
        if (when === 'bought' ? !bought : when === 'always' ? false : bought) {
          ways.delete(id)
          continue
        }
        acted++
        act(action.kind)
        const following = standing.steps[place + 1]
        if (following)
          ways.set(id, {
            ...way,
            coupon: action.kind === 'coupon' ? day : way.coupon,
            next: place + 1,
            due: addDays(day, following.afterDays),
          })
        else ways.delete(id)
      }
    })
    for (const id of waiting.slice(0, standing.mostPerDay)) {
      came.push({ id, day })
      if (armOf(seed, id, holdout) === 'held-out') done.heldOut++
      else {
        act(definition.offer === undefined ? 'message' : 'coupon')
        const [following] = standing.steps
        if (following)
          ways.set(id, { entered: day, coupon: day, next: 0, due: addDays(day, following.afterDays) })
      }
    }
    waiting = waiting.slice(standing.mostPerDay)
    before = now
  }
  const firsts = came.filter(({ id }, place) => came.findIndex((one) => one.id === id) === place)
  return { ...done, cameIn: came.length, waiting: waiting.length, firsts }
}

async function simulated(definition: StandingDefinition, seed: string): Promise<Simulation> {
  const campaign = {
    id: JSON.stringify(definition),
    workspaceId: workspace.id,
    name: definition.name,
    currency: workspace.currency,
    calendar: workspace.calendar,
    seed,
    definition,
  }
  for (;;) {
    const state = await simulationOf(platform, workspace, campaign)
    if (state.kind === 'done') return state.simulation
    if (state.kind !== 'running') throw new Error(JSON.stringify(state))
    await pause(10)
  }
}

const coupon = { kind: 'coupon', offer: { kind: 'amount', amountMinor: 900 }, validDays: 7 }
const tag = { kind: 'tag', tag: 'lapsed' }

test.each<[string, object]>([
  [
    'days_since_order >= 30',
    {
      coolDownDays: 45,
      mostPerDay: 2,
      steps: [
        { afterDays: 7, when: 'not-bought', action: coupon },
        { afterDays: 5, when: 'coupon-not-used', action: tag },
      ],
    },
  ],
  [
    'days_since_order >= 30',
    { coolDownDays: 10, mostPerDay: 50, memberDays: { kind: 'monthly', days: [8, 20] } },
  ],
  [
    'orders >= 4 and orders(within 60 days) <= 1',
    { coolDownDays: 30, mostPerDay: 1, steps: [{ afterDays: 20, when: 'bought', action: tag }] },
  ],
  ['birthday within next 3 days', { coolDownDays: 90, mostPerDay: 100 }],
])(
  'a year of %s, %j, is that of each day by itself',
  async (segment, standing) => {
    const definition = CampaignDefinition.parse({
      name: 'Replayed',
      segment,
      offer: { kind: 'amount', amountMinor: 500 },
      validDays: 14,
      holdout: 0.2,
      channel: { kind: 'csv' },
      budgetMinor: 1_000_000,
      standing: { ...standing, alsoUnknownConsent: true },
    }) as StandingDefinition
    const everybody = await people()
    const wanted = expected(everybody, { definition, seed: 'seed' })
    const simulation = await simulated(definition, 'seed')
    const sum = (of: 'cameIn' | 'heldOut' | 'tagged') =>
      simulation.months.reduce((total, month) => total + month[of], 0)
    const { ownDays } = simulation
    const seen = wanted.firsts.filter(({ day }) => addDays(day, ownDays) <= to)
    const byId = new Map(everybody.map((person) => [person.id, person]))
    expect({
      ...simulation,
      ...Object.fromEntries((['cameIn', 'heldOut', 'tagged'] as const).map((of) => [of, sum(of)])),
    }).toMatchObject({
      from,
      to,
      reached: everybody.length,
      cameIn: wanted.cameIn,
      heldOut: wanted.heldOut,
      coupons: wanted.coupons,
      messages: wanted.messages,
      tagged: wanted.tagged,
      waiting: wanted.waiting,
      firsts: wanted.firsts.length,
      firstsSeen: seen.length,
      firstsBought: seen.filter(({ id, day }) =>
        boughtOn(byId.get(id)!, to).some((one) => one > day && one <= addDays(day, ownDays)),
      ).length,
    })
    expect(wanted.cameIn).toBeGreaterThan(20)
    expect(wanted.heldOut).toBeGreaterThan(0)
  },
  120_000,
)

test('orders that refunds left nothing of are among those of the year', async () => {
  const voided = (await people()).flatMap(({ orders }) =>
    orders.filter(({ day, voidDay }) => voidDay !== null && voidDay > day && voidDay > from),
  )
  expect(voided.length).toBeGreaterThan(5)
})
