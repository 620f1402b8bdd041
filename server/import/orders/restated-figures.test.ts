import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { applyChange } from '../../identity/merges.ts'
import { previewChange } from '../../identity/preview.ts'
import { takeOut } from '../apply.ts'
import type { Figures } from './months.ts'
import { type Buying, restatedCohorts, restatedMonths, restatedPeriods, type Told } from './restatements.ts'
import { now, openTestShop, receiptOf, type TestShop } from '../test-shop.ts'
import { cases } from '../../../fixtures/cases.ts'

/** An order of a plain shop: which, whose (nobody: a guest), on which day, for how much. */
interface PlainOrder {
  readonly id: string
  readonly member: string | null
  readonly day: string
  readonly amount: number
}

const header = 'order_id,customer_id,order_date,amount\n'
const since = new Date(now.getTime() - 1000).toISOString()

const dayAfter = (day: string, count: number) =>
  new Date(Date.parse(day) + count * 86_400_000).toISOString().slice(0, 10)
const monthOf = (day: string) => `${day.slice(0, 7)}-01`
const lastOf = (month: string) => dayAfter(monthOf(dayAfter(month, 31)), -1)

/** Weeks from Monday 31 August to 22 November 2026. */
const weeks = Array.from({ length: 12 }, (_, index) => {
  const from = dayAfter('2026-08-31', 7 * index)
  return { from, to: dayAfter(from, 6) }
})
const months = ['2026-08-01', '2026-09-01', '2026-10-01', '2026-11-01'].map((from) => ({
  from,
  to: lastOf(from),
}))

/** The figures of a plain shop, by names: what is drawn of a period as a text, and whether it is drawn at all. */
function drawn(orders: readonly PlainOrder[]) {
  const figures = new Map<string, string>()
  const firstOf = new Map<string, string>()
  for (const { member, day } of orders)
    if (member !== null && (firstOf.get(member) ?? '9') > day) firstOf.set(member, day)
  const sum = (of: readonly PlainOrder[]) => of.reduce((total, { amount }) => total + amount, 0)
  const buyers = (of: readonly PlainOrder[]) => new Set(of.map(({ member }) => member)).size
  const periods = new Set<string>()
  for (const { from, to } of [...weeks, ...months]) {
    const within = orders.filter(({ day }) => from <= day && day <= to)
    if (within.length > 0) periods.add(`${from} ${to}`)
    const ofMembers = within.filter(({ member }) => member !== null)
    const fresh = ofMembers.filter(({ member }) => firstOf.get(member!)! >= from)
    const back = ofMembers.filter(({ member }) => firstOf.get(member!)! < from)
    figures.set(`${from} ${to} all`, `${sum(within)} ${within.length}`)
    figures.set(`${from} ${to} new`, `${sum(fresh)} ${buyers(fresh)}`)
    figures.set(`${from} ${to} returning`, `${sum(back)} ${buyers(back)}`)
  }
  const cohorts = new Set<string>()
  for (const { from: cohort } of months)
    for (const { from: month, to } of months) {
      if (month < cohort) continue
      const theirs = orders.filter(
        ({ member, day }) =>
          member !== null && monthOf(firstOf.get(member)!) === cohort && month <= day && day <= to,
      )
      if (theirs.length > 0 && month === cohort) cohorts.add(cohort)
      figures.set(`${cohort} ${month} buyers`, String(buyers(theirs)))
      figures.set(`${cohort} ${month} netMinor`, String(sum(theirs)))
    }
  return {
    figures,
    periods,
    cohorts,
    newest: orders
      .map(({ day }) => day)
      .toSorted()
      .at(-1),
  }
}

/**
 * What must be marked after a sequence of states: whatever was drawn, over and other than before, at any step; with
 * what its last change, marked or not, made of what.
 */
function marksOf(states: readonly (readonly PlainOrder[])[]): string[] {
  const marks = new Set<string>()
  const lastChanges = new Map<string, string>()
  for (const [at, state] of states.entries()) {
    const before = drawn(states[at - 1] ?? [])
    const after = drawn(state)
    for (const [name, was] of before.figures) {
      const is = after.figures.get(name)!
      if (was !== is) lastChanges.set(name, `${was} -> ${is}`)
      const [first, second, what] = name.split(' ')
      const ofCohort = what === 'buyers' || what === 'netMinor'
      const isDrawn = ofCohort ? before.cohorts.has(first!) : before.periods.has(`${first} ${second}`)
      const end = ofCohort ? lastOf(second!) : second!
      if (isDrawn && before.newest !== undefined && end < before.newest && was !== is) marks.add(name)
    }
  }
  return [...marks].map((name) => `${name}: ${lastChanges.get(name)}`).toSorted()
}

/** Of the months that have a mark, all figures as they were before the earliest of the last changes of those marked, and as they are. */
function monthsOf(states: readonly (readonly PlainOrder[])[]): string[] {
  const all = [[], ...states].map(drawn)
  const marks = marksOf(states).map((mark) => mark.split(': ')[0]!)
  const lastChange = (name: string) =>
    all.findLastIndex(({ figures }, at) => at > 0 && figures.get(name) !== all[at - 1]!.figures.get(name))
  return months
    .flatMap(({ from, to }) => {
      const names = ['all', 'new', 'returning'].map((whose) => `${from} ${to} ${whose}`)
      const moments = names.filter((name) => marks.includes(name)).map(lastChange)
      if (moments.length === 0) return []
      const moment = Math.min(...moments)
      return names
        .filter((name) => lastChange(name) >= moment)
        .map((name) => `${name}: ${all[moment - 1]!.figures.get(name)} -> ${all.at(-1)!.figures.get(name)}`)
    })
    .toSorted()
}

async function toldMonths({ workspace: { engine } }: TestShop): Promise<string[]> {
  const told = (await restatedMonths(engine, since)).filter(({ from }) =>
    months.some((month) => month.from === from),
  )
  const text = (figure: Figures | Buying) =>
    `${figure.netMinor / 100} ${'orders' in figure ? figure.orders : figure.buyers}`
  return told
    .flatMap(({ from, to, ...figures }) =>
      (['all', 'new', 'returning'] as const).flatMap((whose) => {
        const one = figures[whose]
        return one ? [`${from} ${to} ${whose}: ${text(one.before)} -> ${text(one.after)}`] : []
      }),
    )
    .toSorted()
}

async function marked({ workspace: { engine } }: TestShop): Promise<string[]> {
  const periods = [
    ...(await restatedPeriods(engine, since, weeks)),
    ...(await restatedPeriods(engine, since, months)),
  ]
  const cohorts = await restatedCohorts(engine, since)
  /** Amounts are whole. */
  const figure = (value: Figures | Buying | number) =>
    typeof value === 'number'
      ? String(value)
      : `${value.netMinor / 100} ${'orders' in value ? value.orders : value.buyers}`
  const change = <F extends Figures | Buying | number>({ before, after }: Told<F>) =>
    `${figure(before)} -> ${figure(after)}`
  return [
    ...periods.flatMap(({ from, to, ...told }) => [
      ...(told.all ? [`${from} ${to} all: ${change(told.all)}`] : []),
      ...(told.new ? [`${from} ${to} new: ${change(told.new)}`] : []),
      ...(told.returning ? [`${from} ${to} returning: ${change(told.returning)}`] : []),
    ]),
    ...cohorts.flatMap(({ cohort, month, buyers, netMinor }) => [
      ...(buyers ? [`${cohort} ${month} buyers: ${change(buyers)}`] : []),
      ...(netMinor
        ? [`${cohort} ${month} netMinor: ${netMinor.before / 100} -> ${netMinor.after / 100}`]
        : []),
    ]),
  ].toSorted()
}

/** Tells the changes after one as those of files that were given together. */
const asOneStep = ({ workspace: { engine } }: TestShop, until: number) =>
  engine.run(sql`update figure_changes set step = given.step, known_to = given.known_to
    from (select step, known_to from figure_changes where change_seq > ${until} order by change_seq limit 1) as given
    where change_seq > ${until}`)

const csvOf = (orders: readonly PlainOrder[]) =>
  header + orders.map(({ id, member, day, amount }) => `${id},${member ?? ''},${day},${amount}\n`).join('')

const order = fc.record({
  id: fc.constantFrom('A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'),
  member: fc.option(fc.constantFrom('m1', 'm2', 'm3'), { freq: 5 }),
  day: fc.integer({ min: 0, max: 82 }).map((count) => dayAfter('2026-08-31', count)),
  amount: fc.integer({ min: 1, max: 9 }),
})
const file = fc
  .uniqueArray(order, { minLength: 1, maxLength: 6, selector: ({ id }) => id })
  // a file without any member is one of store totals
  .filter((orders) => orders.some(({ member }) => member !== null))
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('files' as const),
      files: fc.array(file, { minLength: 1, maxLength: 2 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('undo' as const), which: fc.nat() }) },
)

test('whatever is drawn of a finished period and comes to something else is marked, and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 6 }), async (steps) => {
      await using shop = await openTestShop('CNY', 'UTC')
      let live: { importId: string; orders: readonly PlainOrder[] }[] = []
      const states: PlainOrder[][] = []
      for (const [number, next] of steps.entries()) {
        if (next.kind === 'undo') {
          const gone = live[next.which % Math.max(1, live.length)]
          if (!gone) continue
          live = live.filter((one) => one !== gone)
          await takeOut(shop.workspace.engine, gone.importId, {
            timeZone: 'UTC',
            today: '2026-11-22',
            undoneAt: now.toISOString(),
            signal: new AbortController().signal,
          })
        } else {
          const [told] = await shop.workspace.engine.rows(
            sql`select max(change_seq) as until from figure_changes`,
          )
          for (const [nth, orders] of next.files.entries()) {
            const receipt = receiptOf(await shop.import(shop.file(`${number}-${nth}.csv`, csvOf(orders))))
            // a file that is there already is no import of its own
            if (!receipt.alreadyThere) live = [...live, { importId: receipt.importId!, orders }]
          }
          await asOneStep(shop, Number(told!.until ?? 0))
        }
        const current = new Map(live.flatMap(({ orders }) => orders.map((one) => [one.id, one])))
        states.push([...current.values()])
        expect(await marked(shop)).toEqual(marksOf(states))
        expect(await toldMonths(shop)).toEqual(monthsOf(states))
      }
    }),
    { numRuns: cases(3) },
  )
}, 120_000)

const plain = (id: string, member: string | null, day: string, amount: number): PlainOrder => ({
  id,
  member,
  day,
  amount,
})
const base = [
  plain('A', 'm1', '2026-09-02', 5),
  plain('B', 'm2', '2026-10-07', 5),
  plain('C', 'm1', '2026-10-07', 5),
  plain('D', 'm3', '2026-11-20', 5),
]

test('merging members and taking them apart marks first buyers and those who return, not what the shop took', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  receiptOf(await shop.import(shop.file('base.csv', csvOf(base))))
  const { platform, workspace } = shop
  const set = async (into: string | null) => {
    const shown = await previewChange(platform, workspace, { memberId: 'm2', into })
    if (shown.kind !== 'previewed') throw new Error(shown.kind)
    const { digest } = shown.preview
    const done = await applyChange(platform, workspace, { memberId: 'm2', into }, { digest, actor: 'owner' })
    expect(done.kind).toBe('done')
  }
  await set('m1')
  const merged = base.map((one) => (one.member === 'm2' ? { ...one, member: 'm1' } : one))
  expect(await marked(shop)).toEqual(marksOf([base, merged]))
  expect(await marked(shop)).toEqual([
    '2026-09-01 2026-10-01 netMinor: 5 -> 10',
    '2026-10-01 2026-10-01 buyers: 1 -> 0',
    '2026-10-01 2026-10-01 netMinor: 5 -> 0',
    '2026-10-01 2026-10-31 new: 5 1 -> 0 0',
    '2026-10-01 2026-10-31 returning: 5 1 -> 10 1',
    '2026-10-05 2026-10-11 new: 5 1 -> 0 0',
    '2026-10-05 2026-10-11 returning: 5 1 -> 10 1',
  ])
  const causes = await workspace.engine.rows(sql`select cause from figure_changes where known_to is not null`)
  expect(causes).toEqual([{ cause: 'merged' }])
  // and a receipt counts whom both ids name once
  const both = csvOf([plain('X', 'm1', '2026-11-01', 1), plain('Y', 'm2', '2026-11-01', 1)])
  expect(receiptOf(await shop.import(shop.file('both.csv', both), { dryRun: true })).members).toBe(1)
  await set(null)
  const [size] = (await restatedCohorts(workspace.engine, since)).filter(({ buyers }) => buyers)
  expect(size).toMatchObject({ month: '2026-10-01', buyers: { before: 0, after: 1, cause: 'merged' } })
})

test('the first load of a shop marks nothing, in one go or one right after the other; what follows it does', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  receiptOf(await shop.import(shop.file('orders.csv', csvOf(base))))
  const refunds = shop.file('refunds.csv', 'refund_id,order_id,refunded_at,amount\nR1,A,2026-09-05,2\n')
  const refunded = receiptOf(await shop.import(refunds))
  expect(refunded.givenBack).not.toBeNull()
  expect(refunded.months).toMatchObject([{ month: '2026-09-01', restated: false }])
  expect(await marked(shop)).toEqual([])
  receiptOf(await shop.import(shop.file('late.csv', csvOf([plain('E', 'm2', '2026-09-03', 1)]))))
  expect(await marked(shop)).toContain('2026-09-01 2026-09-01 buyers: 1 -> 2')
})
