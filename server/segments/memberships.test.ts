import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addDays, daysBetween } from '../../analytics/calendar/calendar.ts'
import { bitsAsText, countBits, numbersOfBits } from '../../analytics/columns/bits.ts'
import type { Engine, TransactionSession } from '../../analytics/engine/engine.ts'
import { keepMembersAsBits } from '../../analytics/schema/segment-tables.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { cases } from '../../fixtures/cases.ts'
import { openTestShop, receiptOf, type TestShop } from '../import/test-shop.ts'
import { undoImport } from '../import/undo.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { keepMemberships, knownOn } from './memberships.ts'
import { saveSegment } from './saved.ts'
import { takenOn } from './takings.ts'

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

type Step =
  | { readonly kind: 'import'; readonly orders: readonly { member: string; on: number }[] }
  | { readonly kind: 'undo'; readonly which: number }
  | { readonly kind: 'edit'; readonly which: number; readonly rule: Rule }
  | { readonly kind: 'keep' }
  /** The process ends at this statement of those that write down who is in. */
  | { readonly kind: 'cut'; readonly statement: number }

const rule: fc.Arbitrary<Rule> = fc.record({
  orders: fc.constantFrom(1, 2),
  within: fc.constantFrom(0, 3, 20, 60),
})
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('import' as const),
      orders: fc.array(
        fc.record({ member: fc.constantFrom(...names), on: fc.constantFrom(0, 1, 2, 4, 8, 16, 30, 45, 70) }),
        { minLength: 1, maxLength: 5 },
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('undo' as const), which: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('edit' as const), which: fc.nat(9), rule }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('keep' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('cut' as const), statement: fc.integer({ min: 1, max: 24 }) }),
  },
)

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
      fc.array(step, { minLength: 6, maxLength: 14 }),
      async (rules, steps) => {
        await using shop = await openTestShop()
        const { platform, workspace } = shop
        let files = 0
        const imported: { importId: string; orders: readonly Order[] }[] = []
        const orders = () => imported.flatMap((one) => one.orders)
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
          const asOf = orders()
            .map(({ day }) => day)
            .toSorted()
            .at(-1)!
          const still = [...kept].filter(([day]) => day < asOf && day >= addDays(asOf, -35))
          return new Map([...still, [asOf, selected(now, orders(), asOf)]])
        }
        const days = Array.from({ length: 90 }, (_, i) => addDays(start, i))
        const told = async (id: string) => {
          const found = new Map<string, string[]>()
          for (const { takenDay } of await workspace.engine.rows(
            sql`select taken_day from segment_takings where segment_id = ${id}`,
          ))
            found.set(String(takenDay), (await known(workspace, id, String(takenDay)))!)
          return found
        }
        for (const one of steps) {
          switch (one.kind) {
            case 'import':
              await importOrders(one.orders.map(({ member, on }) => ({ member, day: addDays(start, on) })))
              break
            case 'undo': {
              // the first one stays, so that everybody does
              const place = 1 + (one.which % Math.max(1, imported.length - 1))
              if (!imported[place]) break
              await undoImport(platform, workspace, { importId: imported[place].importId, actor: 'test' })
              imported.splice(place, 1)
              break
            }
            case 'edit': {
              const edited = segments[one.which % segments.length]!
              edited.rule = one.rule
              await saved(shop, `S${segments.indexOf(edited)}`, written(one.rule), edited.id)
              break
            }
            case 'keep':
              await keepMemberships(platform, workspace)
              for (const segment of segments) segment.kept = keptNow(segment)
              break
            case 'cut': {
              const cut = { ...workspace, engine: cutAt(workspace.engine, one.statement) }
              const isCut = await keepMemberships(platform, cut).then(
                () => false,
                (error: unknown) => {
                  if (!(error instanceof Cut)) throw error
                  return true
                },
              )
              let written = 0
              for (const segment of segments) {
                const after = keptNow(segment)
                const found = await told(segment.id)
                const isNew = JSON.stringify([...found].toSorted()) === JSON.stringify([...after].toSorted())
                if (isNew) written++
                else expect(isCut).toBe(true)
                segment.kept = isNew ? after : segment.kept
              }
              if (!isCut) expect(written).toBe(segments.length)
              break
            }
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
    { numRuns: cases(3), endOnFailure: true },
  )
}, 300_000)

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
