import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { countBits, numbersOfBits } from '../../analytics/columns/bits.ts'
import type { RowColumns, RowTable } from '../../analytics/columns/columns.ts'
import {
  amountFacts,
  dictionaryOfFact,
  factColumns,
  type HeldColumns,
  readColumns,
  updateColumns,
} from '../../analytics/columns/reading.ts'
import type { ScratchSession } from '../../analytics/engine/engine.ts'
import { changedSince } from '../../analytics/schema/member-changes.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { random } from '../../fixtures/random.ts'
import { tablesAt } from '../analytics/tables-at.ts'
import { createDemo } from '../demo/demo.ts'
import { importRuns } from '../import/runs.ts'
import { undoImport } from '../import/undo.ts'
import { openPlatform } from '../platform.ts'
import { appRouter } from '../router.ts'
import { recordEvent } from '../store/events.ts'
import { createCallerFactory } from '../trpc.ts'

const folder = mkdtempSync(join(tmpdir(), 'reveille-columns-update-'))
const platform = await openPlatform(folder, { now: () => new Date('2026-03-10T04:00:00Z') }, { threads: 1 })
await createDemo(platform, { members: 200, end: '2026-03-01' })
const workspace = (await platform.workspaces.byName('demo'))!
const { engine } = workspace
const caller = createCallerFactory(appRouter)({
  platform,
  actor: { kind: 'local' },
  workspace,
  role: 'owner',
  language: 'en',
})
afterAll(async () => {
  await platform.close()
  rmSync(folder, { recursive: true })
})

const dice = random(Number(process.env.SEED ?? 5))
const one = <T>(all: readonly T[]): T => all[dice.below(all.length)]!
const undoable: string[] = []
let files = 0

async function imported(rows: readonly string[]): Promise<void> {
  const path = join(folder, `orders-${files++}.csv`)
  const header = 'orderId,memberId,orderedAt,store,channel,category,quantity,amount'
  writeFileSync(path, `${[header, ...rows].join('\n')}\n`)
  const runs = importRuns(platform)
  const order = { path, fileName: `orders-${files}.csv`, map: {}, dryRun: false, replace: false }
  const started = await runs.start(workspace, { ...order, language: 'en', actor: 'test' })
  if (started.kind === 'refused') throw new Error(JSON.stringify(started))
  for await (const { receipt } of runs.follow(workspace.id, started.runId, new AbortController().signal))
    if (receipt) return void undoable.push(String(receipt.importId))
  throw new Error('The import did not end well.')
}

const someMembers = async (): Promise<string[]> =>
  (await engine.rows(sql`select member_id from members where not stub order by member_key`)).map(
    ({ memberId }) => String(memberId),
  )

const order = ['import', 'import', 'consent', 'merge', 'undo', 'import', 'delete', 'undo', 'merge', 'import']

/** Changes of the data, each of which touches some members. */
const steps: Readonly<Record<string, () => Promise<unknown>>> = {
  async import() {
    const members = [...(await someMembers()), `new-${files}`, `other-${files}`]
    const rows = Array.from({ length: 1 + dice.below(12) }, (_, i) => {
      const day = `2026-0${1 + dice.below(3)}-0${1 + dice.below(9)}`
      const order = dice.chance(300) && files > 0 ? `F${dice.below(files)}-${i}` : `F${files}-${i}`
      const [store, channel] = [one(['湖滨银泰店', '新店', '']), one(['小程序', '新渠道', ''])]
      return `${order},${one(members)},${day} 1${dice.below(10)}:00:00,${store},${channel},${one(['面包', '新品类', ''])},1,${1 + dice.below(500)}.${10 + dice.below(90)}`
    })
    await imported(rows)
  },
  async undo() {
    const importId = undoable.splice(dice.below(Math.max(1, undoable.length)), 1)[0]
    if (importId) await undoImport(platform, workspace, { importId, actor: 'test' })
  },
  async merge() {
    const members = await someMembers()
    const change = { memberId: one(members), into: one(members) }
    if (change.memberId === change.into) return
    const { digest } = await caller.merges.preview(change)
    await caller.merges.change({ ...change, digest })
  },
  async delete() {
    const memberId = one(await someMembers())
    await caller.rights.deleteMember({ memberId, typed: memberId })
  },
  async consent() {
    const event = {
      kind: 'consent-set' as const,
      memberIds: [one(await someMembers())],
      consent: one(['granted', 'denied'] as const),
    }
    await platform.store
      .transaction()
      .execute((tx) => recordEvent(tx, workspace.id, event, platform.clock.now()))
  },
}

/** What columns tell of each member, in words: facts and rows, whatever their codes and places. */
async function told(session: ScratchSession, held: HeldColumns): Promise<Record<number, unknown>> {
  const words = new Map<string, Map<number, string>>()
  for (const [column, dictionary] of held.dictionaries) {
    const rows = await session.rows(sql`select * from ${dictionary}`)
    words.set(
      column,
      new Map(
        rows.map(({ code, ...values }) => [
          Number(code),
          Object.values(values)
            .map((value) => String(value))
            .join('|'),
        ]),
      ),
    )
  }
  const rowsOf = (table: RowTable, member: number) => {
    const { start, count, newest, amount, codes } = held.tables[table]
    const rows = Array.from({ length: count[member]! }, (_, i) => {
      const row = start[member]! + i
      const said = Object.entries(codes).map(([column, values]) =>
        column === 'category'
          ? `${words.get(column)!.get(values[row]! >> 1)} ${values[row]! & 1}`
          : words.get(column)!.get(values[row]!)!,
      )
      return [...said, amount[row]!].join(' ')
    })
    for (let i = 0; i < count[member]!; i++)
      expect(amount[start[member]! + i]).toBeGreaterThanOrEqual(held.leastAmount[table])
    // each member's rows are in the order of days, those of one in any
    const days = Array.from({ length: count[member]! }, (_, i) => codes.day![start[member]! + i]!)
    expect(days).toEqual(days.toSorted((a, b) => a - b))
    expect(days.length === 0 || newest[member] === days.at(-1)).toBe(true)
    return rows.toSorted()
  }
  return Object.fromEntries(
    [...numbersOfBits(held.known, countBits(held.known))].map((member) => [
      member,
      {
        facts: factColumns.map((fact) => words.get(dictionaryOfFact(fact))!.get(held.facts[fact]![member]!)),
        amounts: amountFacts.map((fact) => held.amounts[fact]![member]),
        orders: rowsOf('orders', member),
        lines: rowsOf('lines', member),
      },
    ]),
  )
}

/** With so little room that rows are moved over those that are nobody's any more. */
function tight(held: HeldColumns): HeldColumns {
  const cut = (table: RowTable): RowColumns => {
    const { amount, codes, ...places } = held.tables[table]
    const room = held.taken[table] + 100
    const cutCodes = Object.entries(codes).map(([column, values]) => [column, values.slice(0, room)] as const)
    return { ...places, amount: amount.slice(0, room), codes: Object.fromEntries(cutCodes) }
  }
  return {
    ...held,
    leastAmount: { ...held.leastAmount },
    tables: { orders: cut('orders'), lines: cut('lines') },
  }
}

test('columns that follow changes are columns that are read anew', async () => {
  const read = async () => {
    const { tables, ordersVersion } = await tablesAt(platform.store, workspace, undefined)
    const held = await engine.scratch((session) =>
      readColumns(session, tables, `scratch.main.columns_${files++}_`),
    )
    return { tables, held: tight(held!), ordersVersion }
  }
  let { held, ordersVersion } = await read()
  let closedUp = 0
  const followed = new Set<string>()
  for (const [step, kind] of order.entries()) {
    await steps[kind]!()
    const fresh = await read()
    const taken = held.taken.orders
    const isFollowed = await engine.scratch(async (session) => {
      const changed = await changedSince(session, ordersVersion)
      return changed !== null && updateColumns(session, fresh.tables, held, changed)
    })
    if (isFollowed && held.taken.orders < taken) closedUp++
    if (isFollowed) followed.add(kind)
    else held = fresh.held
    const [now, anew] = await engine.scratch(async (session) => [
      await told(session, held),
      await told(session, fresh.held),
    ])
    expect({ step, kind, told: now }).toEqual({ step, kind, told: anew })
    ordersVersion = fresh.ordersVersion
  }
  expect(closedUp).toBeGreaterThan(0)
  expect([...followed].toSorted()).toEqual(['consent', 'delete', 'import', 'merge', 'undo'])
})
