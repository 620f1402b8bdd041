import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Session } from '../../analytics/engine/engine.ts'
import { memberNames } from '../../analytics/relations/member-names.ts'
import { builtTables } from '../../analytics/schema/derived.ts'
import { buildDerivedTables, refreshDerivedTables } from '../../analytics/schema/refresh.ts'
import { type Sql, sql } from '../../analytics/sql/sql.ts'
import { touchedMembers } from '../import/orders/fold.ts'
import { dropMembersWithNothingLeft, takeOut } from '../import/apply.ts'
import { takeOutMembers } from '../import/members/apply.ts'
import { openTestShop, receiptOf, type TestShop } from '../import/test-shop.ts'
import { recordEvent, type StoreEvent } from '../store/events.ts'
import { drainEvents } from '../workspaces/drain.ts'
import { resolveMembers } from './resolve.ts'
import { cases } from '../../fixtures/cases.ts'

// The definition: metrics follow the merged member. So a shop with merges is the shop whose files had named the
// merged member all along, but for what identities keep of their own: balances, consent, tags, arms.

const today = '2026-11-22'
const settings = {
  timeZone: 'UTC',
  today,
  undoneAt: '2026-11-22T00:00:00Z',
  signal: new AbortController().signal,
}
const noDays = sql`select local_day from orders where false`

type Step =
  | { readonly kind: 'orders' | 'members'; readonly name: string; readonly content: string }
  | { readonly kind: 'merges'; readonly pairs: readonly (readonly [from: string, into: string])[] }

interface Live {
  readonly step: Step
  readonly importId: string
}

async function take(shop: TestShop, step: Step): Promise<string> {
  if (step.kind === 'merges') return takeMerges(shop, step.pairs)
  const path = shop.file(step.name, step.content)
  return step.kind === 'members'
    ? (await shop.importMembers(path, { map: { kind: 'members' } })).importId!
    : receiptOf(await shop.import(path)).importId!
}

async function resolved(session: Session): Promise<void> {
  if (!(await resolveMembers(session))) return
  await dropMembersWithNothingLeft(session)
  await refreshDerivedTables(session, { members: touchedMembers, days: noDays }, today)
}

/** What an import of merges comes to in the engine. */
function takeMerges({ workspace }: TestShop, pairs: readonly (readonly [string, string])[]): Promise<string> {
  return workspace.engine.transaction(async (session) => {
    const importId = randomUUID()
    const [next] = await session.rows(sql`select coalesce(max(import_seq), 0) + 1 as seq from imports`)
    const seq = Number(next!.seq)
    await session.run(sql`insert into imports values (${seq}, ${importId}, 'merges', 'member', 'f', ${importId}, '{}', '{}',
      timestamp '2026-11-22', null)`)
    for (const [row, [from, into]] of pairs.entries())
      await session.run(
        sql`insert into import_merges values (${seq}, ${row + 2}, ${from}, ${into}, null, null)`,
      )
    await resolved(session)
    return importId
  })
}

async function undo({ workspace: { engine } }: TestShop, { step, importId }: Live): Promise<void> {
  if (step.kind === 'orders') await takeOut(engine, importId, settings)
  else if (step.kind === 'members') await takeOutMembers(engine, importId, settings)
  else
    await engine.transaction(async (session) => {
      await session.run(sql`delete from import_merges
        where import_seq = (select import_seq from imports where import_id = ${importId})`)
      await session.run(
        sql`update imports set undone_at = timestamp '2026-11-22' where import_id = ${importId}`,
      )
      await resolved(session)
    })
}

async function tell({ platform, workspace }: TestShop, event: StoreEvent): Promise<void> {
  await platform.store
    .transaction()
    .execute((tx) => recordEvent(tx, workspace.id, event, new Date('2026-11-01T00:00:00Z')))
  await drainEvents(platform.store, workspace)
}

/** Everything that figures can see, whatever the keys. Stubs are nobody to any figure. */
async function seen({ workspace: { engine } }: TestShop) {
  const ofMember = sql`join members on members.member_key = of_member.member_key`
  const told = (relation: Sql) =>
    engine.rows(sql`select members.member_id, of_member.* exclude (member_key)
      from ${relation} as of_member ${ofMember} where not members.stub order by all`)
  return {
    members: await engine.rows(
      sql`select * exclude (member_key) from members where not stub order by member_id`,
    ),
    orders:
      await engine.rows(sql`select order_id, members.member_id, net_minor, void_day, named.alias from orders
      left join members on members.member_key = orders.member_key
      left join member_aliases as named on named.identity_key = orders.identity_key order by order_id`),
    refunds:
      await engine.rows(sql`select refund_id, members.member_id, amount_minor, local_day, counts, named.alias from refunds
      left join members on members.member_key = refunds.member_key
      left join member_aliases as named on named.identity_key = refunds.identity_key order by refund_id`),
    facts: await told(sql`member_facts`),
    days: await told(sql`member_day`),
    tags: await told(sql`tags_of_members`),
    removed: await told(sql`removed_tags_of_members`),
    arms: await told(sql`arms_of_members`),
  }
}

/** The part of it in which an identity is not to be told from its member. */
const followed = ({ members, orders, refunds, facts, days }: Awaited<ReturnType<typeof seen>>) => {
  const without = (rows: readonly Readonly<Record<string, unknown>>[]) =>
    rows.map((row) => {
      const kept = { ...row }
      for (const own of ['points', 'storedValueMinor', 'joinedDay', 'consent', 'alias', 'firstSeen'])
        delete kept[own]
      return kept
    })
  return {
    members: without(members),
    orders: without(orders),
    refunds: without(refunds),
    // who has nothing else is known from the day of joining on, which is the identity's
    facts: without(facts.filter(({ memberId }) => days.some((day) => day.memberId === memberId))),
    days: without(days),
  }
}

function choices(seed: number) {
  let state = seed
  return (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
}

const ids = ['m0', 'm1', 'm2', 'm3', 'm4', 'm5']

function randomStep(pick: (below: number) => number, number: number): Step {
  const some = (...values: readonly string[]) => values[pick(values.length)]!
  const kind = pick(5)
  if (kind === 0)
    return {
      kind: 'merges',
      pairs: Array.from({ length: 1 + pick(3) }, () => [some(...ids), some(...ids)] as const).filter(
        ([from, into]) => from !== into,
      ),
    }
  if (kind < 3) {
    const rows = Array.from({ length: 1 + pick(4) }, () =>
      [
        some(...ids),
        some('', 'Ann', 'Bob'),
        some('', '07700900001'),
        some('', 'f', 'm'),
        some('', '2025-12-31', '2026-02-01'),
        some('', 'north', 'south'),
        some('', 'gold'),
        some('', '5', '70'),
        some('', '1.50'),
        some('', 'yes', 'no'),
      ].join(','),
    )
    return {
      kind: 'members',
      name: `m${number}.csv`,
      content: `member id,name,phone,gender,joined at,region,tier,points,stored value,consent,n${number}\n${rows.map((row) => `${row},`).join('\n')}\n`,
    }
  }
  // an order is always the same identity's: whether its lines are the same does not hang on merges
  const lines = Array.from({ length: 1 + pick(4) }, () => {
    const order = pick(9)
    return `O${order},m${order % 6},2026-0${1 + pick(3)}-02,${some('1', '2', '3', '-1')},${some('', 'east', 'west')},`
  })
  return {
    kind: 'orders',
    name: `o${number}.csv`,
    content: `order_id,customer_id,order_date,amount,region,n${number}\n${lines.join('\n')}\n`,
  }
}

/** The member of each id by the definition: people's word first, then the files' in their order, never in a circle. */
function membersOf(set: ReadonlyMap<string, string | null>, live: readonly Live[]): Map<string, string> {
  const into = new Map<string, string>()
  for (const [from, to] of set) if (to !== null) into.set(from, to)
  const end = (id: string): string => (into.has(id) ? end(into.get(id)!) : id)
  for (const { step } of live)
    if (step.kind === 'merges')
      for (const [from, to] of step.pairs) {
        if (set.has(from)) continue
        const before = into.get(from)
        into.delete(from)
        if (end(to) !== from) into.set(from, to)
        else if (before !== undefined) into.set(from, before)
      }
  return new Map(ids.map((id) => [id, end(id)]))
}

/** The same file with its rows in the order in which `rank` puts their ids; those of one id stay as they are. */
function sorted(step: Step, rank: (id: string) => string): Step {
  if (step.kind !== 'members') return step
  const [header, ...rows] = step.content.trimEnd().split('\n')
  const rankOf = (row: string) => rank(row.split(',')[0]!)
  const inOrder = rows.toSorted((a, b) => (rankOf(a) < rankOf(b) ? -1 : Number(rankOf(a) > rankOf(b))))
  return { ...step, content: `${[header, ...inOrder].join('\n')}\n` }
}

/** Named by the members; of one file what it says of other ids gives way to what it says of the id that stays, and the lower to the higher. */
const renamed = (step: Step, members: ReadonlyMap<string, string>): Step => {
  if (step.kind === 'merges') return step
  const inOrder = sorted(step, (id) => (members.get(id) === id ? `1${id}` : `0${id}`)) as typeof step
  return { ...inOrder, content: inOrder.content.replaceAll(/\bm[0-5]\b/g, (id) => members.get(id)!) }
}

async function differsFromRebuild({ workspace: { engine } }: TestShop) {
  const [state] = await engine.rows(sql`select as_of from workspace_state`)
  await engine.transaction((session) => buildDerivedTables(session, String(state!.asOf ?? today), 'full_'))
  const full = builtTables('full_')
  const found: unknown[] = []
  for (const [table, own] of Object.entries(builtTables())) {
    const fresh = full[table as keyof typeof full]
    const rows = await engine.rows(sql`(select * from ${own} except all select * from ${fresh})
      union all (select * from ${fresh} except all select * from ${own})`)
    found.push(...rows.map((row) => ({ table, ...row })))
  }
  return found
}

test.each([2, 3, 4, 5].slice(0, cases(2)))(
  'any imports, undos, merges and separations are the surviving imports with the live merges (%i)',
  async (seed) => {
    const pick = choices(seed * 7919)
    await using shop = await openTestShop()
    let live: Live[] = []
    const set = new Map<string, string | null>()
    const told: StoreEvent[] = []
    for (let number = 0; number < 12; number++) {
      const choice = pick(9)
      const id = ids[pick(ids.length)]!
      const known = async () =>
        (await shop.workspace.engine.rows(sql`select 1 from ${memberNames} as names where named = ${id}`))
          .length > 0
      if (choice < 2 && live.length > 1) {
        const gone = live[pick(live.length)]!
        live = live.filter((one) => one !== gone)
        await undo(shop, gone)
      } else if (choice === 2 || choice === 3) {
        const into = ids[pick(ids.length)]!
        const members = membersOf(set, live)
        if (members.get(id) === members.get(into)) {
          set.set(id, null)
          await tell(shop, { kind: 'member-separated', from: id })
        } else if (members.get(id) === id) {
          set.set(id, into)
          await tell(shop, { kind: 'members-merged', from: id, into })
        }
      } else if (choice === 4 && (await known())) {
        const event: StoreEvent =
          pick(3) === 0
            ? { kind: 'consent-set', memberIds: [id], consent: (['granted', 'denied'] as const)[pick(2)]! }
            : pick(2) === 0
              ? {
                  kind: 'tag-added',
                  tag: `t${pick(2)}`,
                  memberIds: [id],
                  source: 'manual',
                  day: '2026-10-01',
                }
              : { kind: 'tag-removed', tag: `t${pick(2)}`, memberIds: [id], day: '2026-10-05' }
        told.push(event)
        await tell(shop, event)
      } else if (choice === 5 && (await known())) {
        const event: StoreEvent = {
          kind: 'campaign-arms',
          campaignId: `c${pick(2)}`,
          day: `2026-10-0${1 + pick(3)}`,
          treated: pick(2) === 0 ? [id] : [],
          heldOut: pick(2) === 0 ? [] : [id],
        }
        told.push(event)
        await tell(shop, event)
      } else {
        const step = randomStep(pick, number)
        live.push({ step, importId: await take(shop, step) })
      }
    }
    const figures = await seen(shop)
    expect(await differsFromRebuild(shop)).toEqual([])

    // the same from the beginning, and whatever the order of ids in a file of members
    await using fresh = await openTestShop()
    for (const { step } of live)
      await take(
        fresh,
        sorted(step, (id) => String(9 - Number(id[1]))),
      )
    for (const [from, into] of set)
      await tell(
        fresh,
        into === null ? { kind: 'member-separated', from } : { kind: 'members-merged', from, into },
      )
    for (const event of told) await tell(fresh, event)
    expect(figures).toEqual(await seen(fresh))

    // a shop that knows no merges, whose files name the members
    await using plain = await openTestShop()
    const members = membersOf(set, live)
    for (const { step } of live) if (step.kind !== 'merges') await take(plain, renamed(step, members))
    expect(followed(figures)).toEqual(followed(await seen(plain)))
  },
  400_000,
)

test('of ids in one file the one that stays says first, then the highest, whatever the order of the rows', async () => {
  const pick = choices(20)
  await using shop = await openTestShop('GBP', 'UTC')
  await takeMerges(shop, [
    ['m3', 'm1'],
    ['m0', 'm1'],
  ])
  const files: (readonly (readonly [
    id: string,
    name: string,
    phone: string,
    tier: string,
    birthday: string,
  ])[])[] = []
  /** The last file that says it; in it the rows of `m1` before those of `m3` before those of `m0`, the last of each. */
  const said = (column: 1 | 2 | 3 | 4) => {
    const rows = files.findLast((one) => one.some((row) => row[column] !== '')) ?? []
    for (const id of ['m1', 'm3', 'm0']) {
      const row = rows.findLast((one) => one[0] === id && one[column] !== '')
      if (row) return row[column]
    }
    return null
  }
  for (let number = 0; number < 8; number++) {
    const some = (value: string) => (pick(3) === 0 ? '' : value)
    files.push(
      Array.from({ length: 3 + pick(3) }, (_, row) => [
        ['m0', 'm1', 'm3'][pick(3)]!,
        some(`N${number}${row}`),
        some(`+4477009${number}000${row}`),
        some(`T${number}${row}`),
        some(`199${number}-0${1 + row}-1${number}`),
      ]),
    )
    const rows = files.at(-1)!.map((row) => row.join(','))
    await take(shop, {
      kind: 'members',
      name: `f${number}.csv`,
      content: `member id,name,phone,tier,birthday\n${rows.join('\n')}\n`,
    })
    expect(
      await shop.workspace.engine.rows(
        sql`select member_id, name, phone, tier, birthday from members where not stub`,
      ),
    ).toEqual([{ memberId: 'm1', name: said(1), phone: said(2), tier: said(3), birthday: said(4) }])
    // which is the one birthday that rules ask about
    expect(
      await shop.workspace.engine.rows(sql`select distinct facts.birthday from member_facts as facts
        join members on members.member_key = facts.member_key where not stub`),
    ).toEqual([{ birthday: said(4) }])
  }
})
