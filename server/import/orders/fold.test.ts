import { expect, test } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { refreshDerivedTables } from '../../../analytics/schema/refresh.ts'
import { takeOut } from '../apply.ts'
import { zipped } from '../containers/archive.fixture.ts'
import { openTestShop, receiptOf, type TestShop, visible } from '../test-shop.ts'
import { cases } from '../../../fixtures/cases.ts'

// The oracle follows DEFINITIONS, "The order is the unit of version", and knows nothing of the SQL.
interface Line {
  order: string
  member: string
  minor: number
  /** The order that a credit note belongs to. */
  names?: string
}
interface Live {
  id: string
  replace: boolean
  lines: Line[]
}

const key = (line: Line) => `${line.order} ${line.member} ${line.minor} ${line.names ?? ''}`

function current(imports: readonly Live[]): Map<string, Line[]> {
  const orders = new Map<string, Line[]>()
  for (const { lines, replace } of imports)
    for (const order of new Set(lines.map((line) => line.order))) {
      const coming = lines.filter((line) => line.order === order)
      const held = [...(orders.get(order) ?? [])]
      const known = orders.has(order)
      const partOf = coming.every((line) => {
        const at = held.findIndex((other) => key(other) === key(line))
        if (at >= 0) held.splice(at, 1)
        return at >= 0
      })
      if (!known || !partOf || (replace && held.length > 0)) orders.set(order, coming)
    }
  return orders
}

function expected(imports: readonly Live[]) {
  const orders = current(imports)
  const isOrder = (order: string) => orders.get(order)?.some(({ minor }) => minor >= 0) ?? false
  const sum = (lines: readonly Line[]) => lines.reduce((total, { minor }) => total + minor, 0)
  const linkedTo = (line: Line) => line.names ?? line.order
  const back = [...orders.values()].flat().filter(({ minor }) => minor < 0)
  return [...orders]
    .flatMap(([order, lines]) => {
      const net = isOrder(order) ? sum(lines.filter(({ minor }) => minor >= 0)) : null
      const given = -sum(back.filter((line) => linkedTo(line) === order))
      const own = lines.filter(({ minor }) => minor < 0)
      return [
        ...(net === null ? [] : [`order ${order} ${net} ${given > 0 && given >= net ? 'void' : ''}`]),
        ...own.map(
          (line) => `refund ${order} ${-line.minor} ${isOrder(linkedTo(line)) ? linkedTo(line) : ''}`,
        ),
      ]
    })
    .toSorted()
}

async function actual({ workspace }: TestShop): Promise<string[]> {
  const rows = await workspace.engine.rows(sql`
    select 'order ' || order_id || ' ' || net_minor || ' ' || case when void_day is null then '' else 'void' end as text from orders
    union all
    select 'refund ' || split_part(refund_id, '/', 1) || ' ' || amount_minor || ' ' || coalesce(order_id, '')
    from refunds left join orders on orders.order_key = refunds.order_key`)
  return rows.map(({ text }) => String(text)).toSorted()
}

/** A small reproducible source of choices. */
function choices(seed: number) {
  let state = seed
  return (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
}

test.each([1, 2, 3, 4].slice(0, cases(2)))(
  'imports and undos in any order give the fold of what is live (%i)',
  async (seed) => {
    await using shop = await openTestShop()
    const pick = choices(seed)
    let live: Live[] = []
    const counts: number[] = []
    for (let step = 0; step < 8; step++) {
      if (live.length > 1 && pick(3) === 0) {
        const gone = live[pick(live.length)]!
        live = live.filter((one) => one !== gone)
        await takeOut(shop.workspace.engine, gone.id, {
          timeZone: 'UTC',
          today: '2026-11-22',
          undoneAt: '2026-11-22T00:00:00Z',
          signal: new AbortController().signal,
        })
      } else {
        const lines = Array.from({ length: 1 + pick(6) }, (): Line =>
          pick(4) === 0
            ? { order: `C${pick(2)}`, member: 'm1', minor: -100, names: `O${pick(3)}` }
            : { order: `O${pick(3)}`, member: 'm1', minor: [100, 100, 200, -100][pick(4)]! },
        )
        const replace = pick(2) === 0
        const rows = lines.map(
          (line) => `${line.order},${line.member},2026-01-02,${line.minor / 100},${line.names ?? ''}`,
        )
        // The same bytes again would be the same import; a comment column keeps each file its own.
        const path = shop.file(
          `f${step}.csv`,
          `order_id,customer_id,order_date,amount,original_order_id,note\n${rows.map((row) => `${row},${step}`).join('\n')}\n`,
        )
        const receipt = receiptOf(await shop.import(path, { replace }))
        counts.push(receipt.imported + receipt.unchanged - lines.length)
        live = [...live, { id: receipt.importId!, replace, lines }]
      }
      expect(await actual(shop)).toEqual(expected(live))
    }
    expect(new Set(counts)).toEqual(new Set([0]))
  },
)

/** Files of one shop, of random lines and some of them wholly repeated; the columns of every other one stand otherwise. */
function randomFiles(pick: (below: number) => number) {
  const lists = Array.from({ length: 2 + pick(3) }, () =>
    Array.from({ length: 1 + pick(7) }, (): Line => ({
      order: `O${pick(4)}`,
      member: 'm1',
      minor: [100, 100, 200, 300][pick(4)]!,
    })),
  )
  if (pick(3) === 0) lists.push([...lists[0]!])
  return lists
}

test.each([11, 12])(
  'several files at once come to what they come to one by one, in their order (%i)',
  async (seed) => {
    const pick = choices(seed)
    const lists = randomFiles(pick)
    const replace = pick(2) === 0
    const text = (lines: readonly Line[], otherwise: boolean) =>
      otherwise
        ? `amount,order_date,customer_id,order_id\n${lines.map(({ order, member, minor }) => `${minor / 100},2026-01-02,${member},${order}`).join('\n')}\n`
        : `order_id,customer_id,order_date,amount\n${lines.map(({ order, member, minor }) => `${order},${member},2026-01-02,${minor / 100}`).join('\n')}\n`
    // names fall while the files rise: the order in which they are given counts
    const nameOf = (at: number) => `${String.fromCodePoint(122 - at)}.csv`
    const want = expected(lists.map((lines, at) => ({ id: String(at), replace, lines })))
    const otherwise = seed % 2 === 0
    const files = lists.map((lines, at) => [nameOf(at), text(lines, otherwise && at % 2 === 1)] as const)
    await using zip = await openTestShop()
    const before = receiptOf(await zip.import(zip.file('before.csv', text(lists[0]!, false))))
    const receipt = receiptOf(
      await zip.import(zip.file('all.zip', zipped(Object.fromEntries(files))), { replace }),
    )
    expect(receipt.imported + receipt.unchanged).toBe(lists.flat().length)
    await takeOut(zip.workspace.engine, before.importId!, {
      timeZone: 'UTC',
      today: '2026-11-22',
      undoneAt: '2026-11-22T00:00:00Z',
      signal: new AbortController().signal,
    })
    expect(await actual(zip)).toEqual(want)

    await using chosen = await openTestShop()
    const together = files.map(([fileName, content]) => ({
      fileName,
      path: chosen.file(fileName, content),
    }))
    receiptOf(await chosen.import(together[0]!.path, { together, fileName: 'all', replace }))
    expect(await actual(chosen)).toEqual(want)
  },
)

test.each([
  { before: [100, 100], coming: [100], taken: false, why: 'fewer of identical lines' },
  { before: [100, 100, 200], coming: [200, 100], taken: false, why: 'a part of the lines' },
  { before: [100, 100], coming: [100, 100], taken: false, why: 'the same lines' },
  { before: [100, 200], coming: [100, 100], taken: true, why: 'one line more often than before' },
  { before: [100], coming: [100, 100], taken: true, why: 'more of identical lines' },
  { before: [100, 200], coming: [100, 300], taken: true, why: 'another line' },
])('$why: taken over is $taken', async ({ before, coming, taken }) => {
  await using shop = await openTestShop()
  const file = (name: string, amounts: readonly number[]) =>
    shop.file(
      name,
      `order_id,customer_id,order_date,amount\n${amounts.map((minor) => `O1,m1,2026-01-02,${minor / 100}`).join('\n')}\n`,
    )
  await shop.import(file('before.csv', before))
  const receipt = receiptOf(await shop.import(file('coming.csv', coming)))
  expect(receipt).toMatchObject({
    imported: taken ? coming.length : 0,
    unchanged: taken ? 0 : coming.length,
    corrected: taken ? 1 : 0,
    fewerLines: !taken && coming.length < before.length ? 1 : 0,
  })
  const [order] = await shop.workspace.engine.rows(sql`select net_minor from orders`)
  expect(order!.netMinor).toBe((taken ? coming : before).reduce((sum, minor) => sum + minor, 0))
})

test('undo leaves what was before, members with something of their own stay as stubs, keys are not given twice', async () => {
  await using shop = await openTestShop()
  const header = 'order_id,customer_id,order_date,amount\n'
  receiptOf(await shop.import(shop.file('a.csv', `${header}A1,m1,2026-01-02,1\nA2,m2,2026-01-03,2\n`)))
  const { state: _, imports: __, ...before } = await visible(shop)
  const second = receiptOf(
    await shop.import(
      shop.file('b.csv', `${header}A1,m1,2026-01-02,9\nB1,m3,2026-01-04,3\nB2,m4,2026-01-04,3\n`),
    ),
  )
  expect(second).toMatchObject({ corrected: 1, imported: 3 })
  await shop.workspace.engine.run(
    sql`insert into member_tags select member_key, 'vip', 'manual', date '2026-01-01' from members where member_id = 'm4'`,
  )
  await takeOut(shop.workspace.engine, second.importId!, {
    timeZone: 'UTC',
    today: '2026-11-22',
    undoneAt: '2026-11-22T00:00:00Z',
    signal: new AbortController().signal,
  })
  const rows = (query: ReturnType<typeof sql>) => shop.workspace.engine.rows(query)
  expect(await rows(sql`select member_id, stub from members order by member_id`)).toEqual([
    { memberId: 'm1', stub: false },
    { memberId: 'm2', stub: false },
    { memberId: 'm4', stub: true },
  ])
  const { state: ___, imports: ____, ...after } = await visible(shop)
  expect({ ...after, members: 0, facts: 0 }).toEqual({ ...before, members: 0, facts: 0 })
  receiptOf(await shop.import(shop.file('c.csv', `${header}C1,m3,2026-01-04,3\n`)))
  expect(await rows(sql`select member_key from members where member_id = 'm3'`)).toEqual([{ memberKey: 5 }])
})

test('what an import makes of the derived tables is what a rebuild makes', async () => {
  await using shop = await openTestShop()
  const header = 'order_id,customer_id,order_date,amount,country\n'
  receiptOf(await shop.import(shop.file('a.csv', `${header}A1,m1,2026-01-02,1,UK\nA2,m2,2026-01-03,2,FR\n`)))
  receiptOf(
    await shop.import(
      shop.file('b.csv', `${header}A1,m1,2026-01-02,9,UK\nA1,m1,2026-01-02,-9,UK\nB1,m1,2026-03-04,3,IT\n`),
    ),
  )
  const { facts } = await visible(shop)
  await shop.workspace.engine.transaction((session) => refreshDerivedTables(session, {}, '2026-11-22'))
  expect((await visible(shop)).facts).toEqual(facts)
  expect(await shop.workspace.engine.rows(sql`select region from members order by member_id`)).toEqual([
    { region: 'IT' },
    { region: 'FR' },
  ])
})
