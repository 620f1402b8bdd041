import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addDays, daysBetween } from '../../analytics/calendar/calendar.ts'
import { type Bits, bitsAsText, countBits, numbersOfBits } from '../../analytics/columns/bits.ts'
import type { Engine, TransactionSession } from '../../analytics/engine/engine.ts'
import { keepMembersAsBits } from '../../analytics/schema/segment-tables.ts'
import { name, sql } from '../../analytics/sql/sql.ts'
import { cases } from '../../fixtures/cases.ts'
import { openTestShop, receiptOf, type TestShop } from '../import/test-shop.ts'
import { undoImport } from '../import/undo.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { keepMemberships, knownOn } from './memberships.ts'
import { saveSegment } from './saved.ts'
import { take, takenOn } from './takings.ts'

const start = '2026-03-01'
const names = ['ann', 'bob', 'cat', 'dan', 'eve']

interface Order {
  readonly member: string
  readonly day: string
}

/** At least `orders` orders, the last of them at most `within` days ago. */
interface Rule {
  readonly orders: number
  readonly within: number
}
const written = ({ orders, within }: Rule) => `orders >= ${orders} and days_since_order <= ${within}`

function selected({ orders, within }: Rule, all: readonly Order[], asOf: string): string[] {
  return [...names, 'anchor']
    .filter((name) => {
      const days = all.filter(({ member }) => member === name).map(({ day }) => day)
      const last = days.toSorted().at(-1)
      return days.length >= orders && last !== undefined && daysBetween(last, asOf) <= within
    })
    .toSorted()
}

/** What happens to the data or a rule, and at which statement of those that write down who is in the process ends. */
interface Step {
  readonly change:
    | {
        readonly kind: 'import'
        readonly ahead: number
        readonly orders: readonly { member: string; back: number }[]
      }
    | { readonly kind: 'undo'; readonly isNewest: boolean; readonly which: number }
    | { readonly kind: 'edit'; readonly which: number; readonly rule: Rule }
  readonly cutAt: number | null
}

const rule: fc.Arbitrary<Rule> = fc.record({
  orders: fc.constantFrom(1, 2),
  within: fc.constantFrom(0, 3, 20, 60),
})
const step: fc.Arbitrary<Step> = fc.record({
  change: fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('import' as const),
        ahead: fc.constantFrom(0, 1, 2, 9, 20),
        orders: fc.array(
          fc.record({ member: fc.constantFrom(...names), back: fc.constantFrom(0, 0, 1, 5, 30) }),
          { minLength: 1, maxLength: 4 },
        ),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('undo' as const), isNewest: fc.boolean(), which: fc.nat(9) }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('edit' as const), which: fc.nat(8), rule }) },
  ),
  cutAt: fc.option(fc.integer({ min: 1, max: 24 }), { freq: 3 }),
})

class Cut extends Error {}

/** An engine whose transactions are cut short at a statement, counted over all of them. */
function cutAt(engine: Engine, statement: number): Engine {
  let asked = 0
  const counted = (session: TransactionSession): TransactionSession => {
    const reached = <T>(work: () => Promise<T>): Promise<T> => {
      if (++asked === statement) throw new Cut()
      return work()
    }
    return {
      rows: (query, options) => reached(() => session.rows(query, options)),
      run: (query, options) => reached(() => session.run(query, options)),
      append: (table, columns) => reached(() => session.append(table, columns)),
    }
  }
  return new Proxy(engine, {
    get(target, property) {
      if (property === 'transaction')
        return (work: (session: TransactionSession) => Promise<unknown>) =>
          target.transaction((session) => work(counted(session)))
      const value: unknown = Reflect.get(target, property, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

const saved = async ({ platform, workspace }: TestShop, name: string, expression: string, id?: string) => {
  const by = { by: 'test', at: platform.clock.now() }
  const outcome = await saveSegment(platform.store, workspace, { name, expression, id }, by)
  if (outcome.kind !== 'saved') throw new Error(JSON.stringify(outcome))
  return outcome.id
}

/** Who is known to have been in, by name; null where it is not known. */
async function known({ engine }: Workspace, id: string, day: string): Promise<string[] | null> {
  const bits = await takenOn(engine, id, day)
  if (!bits) return null
  const keys = JSON.stringify([...numbersOfBits(bits, countBits(bits))])
  const rows = await engine.rows(sql`select member_id from members
    where member_key in (select unnest(from_json(${keys}, '["INTEGER"]'))) order by member_id`)
  return rows.map(({ memberId }) => String(memberId))
}

test('what is kept of each day is what was asked on it last, whatever was imported, undone, edited or cut short', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(rule, { minLength: 9, maxLength: 9 }),
      fc.array(step, { minLength: 7, maxLength: 10 }),
      async (rules, steps) => {
        await using shop = await openTestShop()
        const { platform, workspace } = shop
        let files = 0
        const imported: { importId: string; orders: readonly Order[] }[] = []
        const orders = () => imported.flatMap((one) => one.orders)
        const newestDay = () =>
          orders()
            .map(({ day }) => day)
            .toSorted()
            .at(-1)!
        const importOrders = async (some: readonly Order[]) => {
          const name = `${++files}.csv`
          const rows = some.map(({ member, day }, i) => `${name}-${i},${member},${day},10.00\n`)
          const path = shop.file(name, `order_id,customer_id,order_date,amount\n${rows.join('')}`)
          const { importId } = receiptOf(await shop.import(path))
          imported.push({ importId: String(importId), orders: some })
        }
        await importOrders([...names, 'anchor'].map((member) => ({ member, day: start })))
        const segments: { id: string; rule: Rule; kept: Map<string, string[]> }[] = []
        for (const [i, one] of rules.entries())
          segments.push({ id: await saved(shop, `S${i}`, written(one)), rule: one, kept: new Map() })

        /** What is to be known of a segment once it has been asked now. */
        const keptNow = ({ rule: now, kept }: (typeof segments)[number]): Map<string, string[]> => {
          const asOf = newestDay()
          const still = [...kept].filter(([day]) => day < asOf && day >= addDays(asOf, -35))
          return new Map([...still, [asOf, selected(now, orders(), asOf)]])
        }
        const days = Array.from({ length: 40 }, (_, i) => addDays(start, i))
        const told = async (id: string) => {
          const found = new Map<string, string[]>()
          for (const { takenDay } of await workspace.engine.rows(
            sql`select taken_day from segment_takings where segment_id = ${id}`,
          ))
            found.set(String(takenDay), (await known(workspace, id, String(takenDay)))!)
          return found
        }
        const changed = async (change: Step['change']) => {
          if (change.kind === 'import') {
            const to = addDays(newestDay(), change.ahead)
            const days = change.orders.map(({ member, back }) => ({ member, day: addDays(to, -back) }))
            await importOrders([{ member: 'anchor', day: to }, ...days])
          } else if (change.kind === 'undo') {
            // the first one stays, so that everybody does
            const place = change.isNewest ? imported.length - 1 : 1 + (change.which % imported.length)
            if (place < 1 || !imported[place]) return
            await undoImport(platform, workspace, { importId: imported[place].importId, actor: 'test' })
            imported.splice(place, 1)
          } else {
            const edited = segments[change.which]!
            edited.rule = change.rule
            await saved(shop, `S${change.which}`, written(change.rule), edited.id)
          }
        }
        /** Whether the process ended before all were written down. */
        const keptUntil = async (statement: number): Promise<boolean> => {
          const cut = { ...workspace, engine: cutAt(workspace.engine, statement) }
          try {
            await keepMemberships(platform, cut)
            return false
          } catch (error) {
            if (!(error instanceof Cut)) throw error
            return true
          }
        }
        for (const one of steps) {
          await changed(one.change)
          const isCut = await keptUntil(one.cutAt ?? Infinity)
          for (const segment of segments) {
            const after = keptNow(segment)
            const found = [...(await told(segment.id))].toSorted()
            // of a process that ended each segment is as before or as now
            if (!isCut || JSON.stringify(found) === JSON.stringify([...after].toSorted()))
              segment.kept = after
          }
          for (const { id, kept } of segments)
            expect({ step: one, days: [...(await told(id))].toSorted() }).toEqual({
              step: one,
              days: [...kept].toSorted(),
            })
        }
        const { id, kept } = segments[0]!
        for (const day of days) {
          const newest = [...kept.keys()]
            .filter((one) => one <= day)
            .toSorted()
            .at(-1)
          const found = await knownOn(workspace, id, { from: start, to: day })
          expect(found?.day).toBe(newest)
        }
      },
    ),
    { numRuns: cases(2), endOnFailure: true },
  )
}, 300_000)

test('of each day it is known who was taken on it last, on days that go on and back', async () => {
  await using shop = await openTestShop()
  const { engine } = shop.workspace
  const now = shop.platform.clock.now()
  const members = fc.uniqueArray(fc.integer({ min: 1, max: 140 }), { maxLength: 8 })
  const taking = fc.record({
    day: fc.integer({ min: 0, max: 60 }),
    sets: fc.dictionary(fc.constantFrom('s1', 's2', 's3'), members),
    isCut: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(taking, { maxLength: 16 }), async (takings) => {
      await engine.transaction(async (session) => {
        for (const table of ['segment_takings', 'segment_members', 'segment_moves'])
          await session.run(sql`delete from ${name(table)}`)
      })
      const model = new Map<string, Map<string, readonly number[]>>()
      for (const { day, sets, isCut } of takings) {
        const asOf = addDays(start, day)
        const taken = Object.entries(sets).map(([id, some]) => ({ id, bits: bitsWith(some) }))
        const done = engine.transaction(async (session) => {
          await take(session, taken, { asOf, now })
          if (isCut) throw new Cut()
        })
        const isDone = await done.then(
          () => true,
          (error: unknown) => {
            if (!(error instanceof Cut)) throw error
            return false
          },
        )
        if (isDone) {
          for (const [id, some] of Object.entries(sets)) {
            const days = [...(model.get(id) ?? [])].filter(([one]) => one < asOf && one >= addDays(asOf, -35))
            model.set(id, new Map([...days, [asOf, some.toSorted((a, b) => a - b)]]))
          }
        }
      }
      for (const id of ['s1', 's2', 's3'])
        for (let day = 0; day <= 60; day++) {
          const asOf = addDays(start, day)
          const bits = await takenOn(engine, id, asOf)
          const found = bits && [...numbersOfBits(bits, countBits(bits))]
          expect({ id, asOf, found }).toEqual({ id, asOf, found: model.get(id)?.get(asOf) ?? null })
        }
      // what no day needs any more is gone
      const [old] = await engine.rows(sql`select count(*) as n from segment_moves
        where moved_day < (select min(taken_day) from segment_takings where segment_takings.segment_id = segment_moves.segment_id)
          and moved_day <= (select max(taken_day) from segment_takings where segment_takings.segment_id = segment_moves.segment_id) - 35`)
      expect(old!.n).toBe(0)
    }),
    { numRuns: cases(12), endOnFailure: true },
  )
}, 300_000)

const bitsWith = (members: readonly number[]): Bits => {
  const bits = new Uint32Array(8)
  for (const member of members) bits[member >>> 5]! |= 1 << (member & 31)
  return bits
}

test('nothing is written of a state of the data that is no more', async () => {
  await using shop = await openTestShop()
  const { platform, workspace } = shop
  await shop.import(shop.file('a.csv', `order_id,customer_id,order_date,amount\n1,ann,${start},10.00\n`))
  const id = await saved(shop, 'All', 'orders >= 1')
  let isMoved = false
  const moving = new Proxy(workspace.engine, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target)
      if (property !== 'transaction') return typeof value === 'function' ? value.bind(target) : value
      return async (work: (session: TransactionSession) => Promise<unknown>) => {
        if (!isMoved) await target.run(sql`update workspace_state set data_version = data_version + 1`)
        isMoved = true
        return target.transaction(work)
      }
    },
  })
  await keepMemberships(platform, { ...workspace, engine: moving })
  expect(isMoved).toBe(true)
  expect(await known(workspace, id, start)).toBeNull()
  await keepMemberships(platform, workspace)
  expect(await known(workspace, id, start)).toEqual(['ann'])
})

test('what stood as spans of days is known as before', async () => {
  await using shop = await openTestShop()
  const { engine } = shop.workspace
  const spans: readonly [member: number, from: string, until: string | null][] = [
    [1, '2026-02-20', null],
    [70, '2026-03-01', '2026-03-05'],
    [70, '2026-03-09', null],
    [31, '2026-03-05', null],
    [2, '2026-03-05', '2026-03-09'],
    [32, '2026-02-01', '2026-03-09'],
  ]
  await engine.transaction(async (session) => {
    await session.run(sql`create table segment_memberships
      (segment_id varchar not null, member_key integer not null, from_day date not null, until_day date)`)
    for (const [member, from, until] of spans)
      await session.run(
        sql`insert into segment_memberships values ('s', ${member}, cast(${from} as date), cast(${until} as date))`,
      )
    for (const day of ['2026-03-01', '2026-03-05', '2026-03-09'])
      await session.run(
        sql`insert into segment_takings values ('s', cast(${day} as date), timestamp '2026-03-10 10:00:00')`,
      )
    await keepMembersAsBits(session)
  })
  for (const day of ['2026-03-01', '2026-03-05', '2026-03-09']) {
    const bits = (await takenOn(engine, 's', day))!
    const wanted = spans.filter(([, from, until]) => from <= day && (until === null || until > day))
    expect({ day, members: [...numbersOfBits(bits, countBits(bits))] }).toEqual({
      day,
      members: wanted.map(([member]) => member).toSorted((a, b) => a - b),
    })
  }
  expect(bitsAsText((await takenOn(engine, 's', '2026-03-09'))!)).toBe('AgAAgAAAAABAAAAA')
})
