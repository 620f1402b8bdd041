import fc from 'fast-check'
import { expect, test } from 'vitest'
import { QueryCancelled } from '../../analytics/engine/engine.ts'
import { refreshDerivedTables } from '../../analytics/schema/refresh.ts'
import { sql } from '../../analytics/sql/sql.ts'
import type { Connection } from '../command-line/connect.ts'
import { takeOut } from '../import/apply.ts'
import { takeOutMembers } from '../import/members/apply.ts'
import { identityKinds } from '../import/values/person-values.ts'
import { openTestShop, receiptOf, type TestShop } from '../import/test-shop.ts'
import { appRouter } from '../router.ts'
import { createCallerFactory, type Role } from '../trpc.ts'
import { drainEvents } from '../workspaces/drain.ts'
import { mergePlain } from './commands.ts'
import { type Kind, type LiveImport, meaningOf, type Values } from './meaning.fixture.ts'
import { groupsOf, mergeTies, mergingOfPairs } from './merge-ties.ts'
import { changeIdentityOrder } from './order.ts'
import { tiesOf } from './ties.ts'
import { peopleOfOrders } from './told.ts'

const told = async ({ workspace }: TestShop, dismissed = false) => {
  const found = await tiesOf(workspace, { dismissed })
  return {
    ...found,
    ties: found.ties.map(({ member, other, ...tie }) => ({ ...tie, orders: [member.orders, other.orders] })),
  }
}

const map = { columns: { memberId: 'no', phone: 'phone', openid: 'openid', email: 'email' } }
const header = 'order_id,no,phone,openid,email,order_date,amount\n'

test('a row with a phone and an e-mail that are known as two people ties them, until a file says whose both are', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  receiptOf(
    await shop.import(
      shop.file(
        'two.csv',
        `${header}O1,,13900000001,,a@x.cn,2026-01-02,1\nO2,,13900000001,,,2026-01-03,2\nO3,,,,a@x.cn,2026-01-04,4\n`,
      ),
      { map },
    ),
  )
  const one = await told(shop)
  expect(one).toMatchObject({
    total: 1,
    dismissed: 0,
    shared: [],
    ties: [
      {
        by: [
          {
            told: { kind: 'phone', value: '+86****0001' },
            other: { kind: 'email', value: '****@x.cn' },
          },
        ],
        rows: 1,
        files: [{ fileName: 'two.csv', rows: 1 }],
        people: 2,
        plain: true,
        orders: [2, 1],
      },
    ],
  })
})

/** Rows of few people with one or two values each, so that most sequences tie somebody. */
const row: fc.Arbitrary<Values> = fc
  .record(
    {
      phone: fc.constantFrom('+8613900000001', '+8613900000002'),
      email: fc.constantFrom('a@x.cn', 'b@x.cn', 'c@x.cn'),
      id: fc.constantFrom('M1', 'M2'),
    },
    { requiredKeys: [] },
  )
  .filter((values) => Object.keys(values).length > 0)
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('orders' as const),
      lines: fc.array(
        fc.tuple(row, fc.nat(4)).map(([values, order]) => ({ ...values, order: `O${order}` })),
        { minLength: 1, maxLength: 5 },
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('members' as const),
      rows: fc.array(row, { minLength: 1, maxLength: 2 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('undo' as const), which: fc.nat(9) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('order' as const),
      kinds: fc.shuffledSubarray([...identityKinds], { minLength: 4 }),
    }),
  },
)

const cell = (text: string | undefined) => text ?? ''

test('after any imports, undos and changes of the order, the ties are those of the rows that hold', async () => {
  let tied = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 5 }), async (steps) => {
      await using shop = await openTestShop('CNY', 'UTC')
      const { engine } = shop.workspace
      const settings = {
        timeZone: 'UTC',
        today: '2026-11-22',
        undoneAt: '2026-11-22T00:00:00Z',
        signal: new AbortController().signal,
      }
      let live: { one: LiveImport; importId: string }[] = []
      let kinds: readonly Kind[] = identityKinds
      for (const [number, next] of steps.entries()) {
        if (next.kind === 'undo') {
          const gone = live[next.which % Math.max(1, live.length)]
          if (!gone) continue
          live = live.filter((one) => one !== gone)
          await (gone.one.kind === 'members' ? takeOutMembers : takeOut)(engine, gone.importId, settings)
        } else if (next.kind === 'order') {
          kinds = next.kinds
          await changeIdentityOrder(engine, kinds, { ...settings, at: settings.undoneAt, dryRun: false })
        } else if (next.kind === 'members') {
          const lines = next.rows.map(({ id, phone, email }) => `${cell(id)},${cell(phone)},${cell(email)},`)
          const path = shop.file(`m${number}.csv`, `member_id,phone,email,n${number}\n${lines.join('\n')}\n`)
          const { importId } = await shop.importMembers(path, { map: { kind: 'members' } })
          live.push({ one: next, importId: importId! })
        } else {
          const lines = next.lines.map(
            ({ order, id, phone, email }, at) =>
              `${order},${cell(id)},${cell(phone)},,${cell(email)},2026-01-02,${number * 10 + at + 1}`,
          )
          const path = shop.file(`o${number}.csv`, `${header}${lines.join('\n')}\n`)
          live.push({ one: next, importId: receiptOf(await shop.import(path, { map })).importId! })
        }
      }
      const known =
        await engine.rows(sql`select distinct person, by_kind || ':' || coalesce(case by_kind when 'phone' then phone else email end, '') as known_as
        from identities where is_new`)
      const knownAs = new Map(known.map((one) => [String(one.person), String(one.knownAs)]))
      const { ties } = await tiesOf(shop.workspace)
      const pairs = ties.map(({ member, other }) =>
        [member, other]
          .map(({ memberId }) => knownAs.get(memberId) ?? memberId)
          .toSorted()
          .join('|'),
      )
      const { ties: expected } = meaningOf(
        live.map(({ one }) => one),
        kinds,
      )
      expect(pairs.toSorted()).toEqual(expected)
      tied += expected.length > 0 ? 1 : 0
    }),
    { numRuns: 6 },
  )
  // else nothing was asked
  expect(tied).toBeGreaterThan(0)
}, 600_000)

const callers = ({ platform, workspace }: TestShop, role: Role) =>
  createCallerFactory(appRouter)({
    platform,
    workspace,
    role,
    language: 'en',
    actor: { kind: 'user', userId: `the ${role}`, name: role },
  })

/** Three people with a phone and an e-mail each on one row, known by one of them later; and a shop's phone that two e-mails use. */
const rows = [
  'O1,,13900000001,,a@x.cn,2026-01-02,1',
  'O2,,13900000001,,,2026-02-03,2',
  'O3,,,,a@x.cn,2026-03-04,4',
  'O4,,13900000002,,b@x.cn,2026-01-02,8',
  'O5,,,,b@x.cn,2026-02-02,16',
  'O6,,13900000009,,c@x.cn,2026-01-02,32',
  'O7,,13900000009,,d@x.cn,2026-01-02,64',
  'O8,,,,c@x.cn,2026-01-05,128',
  'O9,,,,d@x.cn,2026-01-06,256',
]

test('all plain pairs are merged by one preview, and what is said to be two is remembered', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const marketer = callers(shop, 'marketer')
  const receipt = receiptOf(await shop.import(shop.file('o.csv', `${header}${rows.join('\n')}\n`), { map }))
  expect(receipt.tied).toEqual({ pairs: 4, rows: 4 })
  expect(peopleOfOrders('en', receipt)).toContainEqual(
    expect.stringMatching(/^4 pairs of members may be one person: 4 rows have two values/),
  )
  const { ties } = await marketer.identity.ties({})
  expect(ties.map(({ people, plain }) => [people, plain])).toEqual([
    [2, true],
    [2, true],
    [3, false],
    [3, false],
  ])
  const pairsOf = (of: typeof ties) =>
    of.map(({ member, other }): [string, string] => [member.memberId, other.memberId])
  const plain = pairsOf(ties.filter((one) => one.plain))
  const preview = await marketer.identity.previewTies({ pairs: plain })
  // seven members of four people and a shop's phone: two pairs merged leave five; by hand
  expect([preview.shopBefore.members, preview.shopAfter.members]).toEqual([7, 5])
  expect([preview.shopBefore.repeated, preview.shopAfter.repeated]).toEqual([2, 3])
  expect(preview.groups.map(({ ids, orders }) => [ids.length, orders]).toSorted()).toEqual([
    [2, 2],
    [2, 3],
  ])
  expect(await marketer.identity.mergeTies({ pairs: plain, digest: preview.digest })).toEqual({ merged: 2 })
  await expect(marketer.identity.mergeTies({ pairs: plain, digest: preview.digest })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  })
  const left = await marketer.identity.ties({})
  expect(left.ties.map(({ plain: isPlain }) => isPlain)).toEqual([false, false])
  // The two who share a phone are two people; a row that ties them by other values is told again.
  expect(await marketer.identity.dismissTies({ pairs: pairsOf(left.ties), dismissed: true })).toEqual({
    pairs: 2,
  })
  expect(await marketer.identity.ties({})).toMatchObject({ total: 0, dismissed: 2 })
  expect((await marketer.identity.ties({ dismissed: true })).ties).toHaveLength(2)
  const again = receiptOf(
    await shop.import(shop.file('more.csv', `${header}P1,,13900000009,,c@x.cn,2026-04-01,1\n`), { map }),
  )
  expect(again.tied).toBeUndefined()
  const dry = receiptOf(
    await shop.import(
      shop.file('other.csv', `${header}P2,,13900000009,oC,,2026-04-01,1\nP3,,,oC,,2026-04-02,1\n`),
      { map, dryRun: true },
    ),
  )
  expect(dry.tied).toEqual({ pairs: 1, rows: 1 })
  await marketer.identity.dismissTies({ pairs: pairsOf(left.ties).slice(0, 1), dismissed: false })
  expect(await marketer.identity.ties({})).toMatchObject({ total: 1, dismissed: 1 })
  // Merged ones are taken apart one by one, and listed again.
  const [, merged] = preview.groups[0]!.ids
  const { digest } = await marketer.merges.preview({ memberId: merged!, into: null })
  await marketer.merges.change({ memberId: merged!, into: null, digest })
  expect((await marketer.identity.ties({})).ties.filter((one) => one.plain)).toHaveLength(1)
})

test('all plain pairs are merged in one go, more than are listed, or none of them', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const pairs = 520
  const lines = Array.from({ length: pairs }, (_, n) => {
    const phone = `139${String(10_000_000 + n)}`
    return [
      `A${n},,${phone},,u${n}@x.cn,2026-01-02,1`,
      `B${n},,${phone},,,2026-02-03,2`,
      `C${n},,,,u${n}@x.cn,2026-03-04,4`,
    ].join('\n')
  })
  // whom two e-mails tie is no plain pair
  lines.push(rows.slice(5).join('\n'))
  await shop.import(shop.file('o.csv', `${header}${lines.join('\n')}\n`), { map })
  const { platform, workspace } = shop
  const marketer = callers(shop, 'marketer')
  const before = await marketer.identity.ties({})
  expect(before).toMatchObject({ total: pairs + 2, plain: pairs })
  expect(before.ties).toHaveLength(500)
  const preview = await marketer.identity.previewTies({ pairs: 'plain' })
  expect(preview).toMatchObject({ pairs, total: pairs })
  expect(preview.shopBefore.members - preview.shopAfter.members).toBe(pairs)
  // each is a member of three orders then, and every id of a group stands in a pair
  expect(preview.groups.every(({ ids, orders }) => ids.length === 2 && orders === 3)).toBe(true)
  const state = async () => ({
    version: await workspace.engine.rows(sql`select data_version, watermark from workspace_state`),
    aliases: await workspace.engine.rows(sql`select * from member_aliases order by alias`),
    orders: await workspace.engine.rows(sql`select * from orders order by order_id`),
    settings: await platform.store.selectFrom('merge_settings').selectAll().execute(),
    events: await platform.store.selectFrom('events').selectAll().execute(),
  })
  const untouched = await state()
  // called off at each step, before anything or when all but the Store is done
  for (const after of [0, 1, 2]) {
    const calling = new AbortController()
    const merging = mergeTies(platform, workspace, 'plain', {
      digest: preview.digest,
      actor: 'x',
      signal: calling.signal,
    })
    const step = ['finding', 'merging', 'counting'][after]
    while (mergingOfPairs(workspace.id)?.step !== step) await new Promise((done) => setImmediate(done))
    calling.abort()
    await expect(merging).rejects.toThrow(QueryCancelled)
    expect(mergingOfPairs(workspace.id)).toBeNull()
    expect(await state()).toEqual(untouched)
  }
  await expect(marketer.identity.mergeTies({ pairs: 'plain', digest: 'other' })).rejects.toMatchObject({
    code: 'CONFLICT',
  })
  expect(await state()).toEqual(untouched)
  expect(await marketer.identity.mergeTies({ pairs: 'plain', digest: preview.digest })).toEqual({
    merged: pairs,
  })
  expect(await marketer.identity.ties({})).toMatchObject({ total: 2, plain: 0 })
  const merged = await state()
  expect(merged.aliases).toHaveLength(pairs)
  expect(merged.settings).toHaveLength(pairs)
  // the figures are those that were shown, and those that all tables built anew have
  const facts = sql`select * from member_facts order by member_key`
  const followed = await workspace.engine.rows(facts)
  expect(followed).toHaveLength(preview.shopAfter.members)
  await workspace.engine.transaction((session) => refreshDerivedTables(session, {}, '2026-11-22'))
  expect(await workspace.engine.rows(facts)).toEqual(followed)
  // told again from the start, as after a restore, nothing changes
  await workspace.engine.run(sql`update workspace_state set watermark = 0`)
  await drainEvents(platform.store, workspace)
  expect((await state()).orders).toEqual(merged.orders)
})

test.each([
  ['the phone has most orders', ''],
  ['the e-mail has most orders', 'O6,,,,a@x.cn,2026-03-05,8\nO7,,,,a@x.cn,2026-03-06,16\n'],
])(
  'who was merged with a phone follows when a file says whose it is, in any order of undoing: %s',
  async (_, more) => {
    await using shop = await openTestShop('CNY', 'UTC')
    const { engine } = shop.workspace
    const settings = {
      timeZone: 'UTC',
      today: '2026-11-22',
      undoneAt: '2026-11-22T00:00:00Z',
      signal: new AbortController().signal,
    }
    const owner = callers(shop, 'owner')
    const orders = shop.file('d.csv', `${header}${rows.slice(0, 3).join('\n')}\n${more}`)
    const members = shop.file('m.csv', 'member_id,phone,name\nM00021,13900000001,Li\n')
    const importOrders = async (people: number) => {
      const receipt = receiptOf(await shop.import(orders, { map }))
      expect(receipt.members).toBe(people)
      return receipt.importId!
    }
    const importMembers = async () =>
      (await shop.importMembers(members, { map: { kind: 'members' } })).importId!
    const whose = async () => {
      const found = await engine.rows(sql`select distinct members.member_id from orders
      join members on members.member_key = orders.member_key order by 1`)
      return found.map(({ memberId }) => String(memberId))
    }
    let orderFile = await importOrders(2)
    const { digest } = await owner.identity.previewTies({ pairs: 'plain' })
    await owner.identity.mergeTies({ pairs: 'plain', digest })
    const together = await whose()
    expect(together).toEqual([expect.stringMatching(/^p-/)])
    let memberFile = await importMembers()
    expect(await whose()).toEqual(['M00021'])
    expect(await owner.identity.ties({})).toMatchObject({ total: 0 })
    // each file taken out and in again, in either order
    await takeOutMembers(engine, memberFile, settings)
    expect(await whose()).toEqual(together)
    memberFile = await importMembers()
    expect(await whose()).toEqual(['M00021'])
    await takeOut(engine, orderFile, settings)
    orderFile = await importOrders(1)
    expect(await whose()).toEqual(['M00021'])
    await takeOut(engine, orderFile, settings)
    await takeOutMembers(engine, memberFile, settings)
    await importOrders(1)
    expect(await whose()).toEqual(together)
    await importMembers()
    expect(await whose()).toEqual(['M00021'])
    expect(await owner.identity.ties({})).toMatchObject({ total: 0 })
    // told again from the start, as after a restore, it is the same
    await engine.run(sql`update workspace_state set watermark = 0`)
    await drainEvents(shop.platform.store, shop.workspace)
    expect(await whose()).toEqual(['M00021'])
    const ids = (await engine.rows(sql`select alias from member_aliases where member_id = 'M00021'`)).map(
      ({ alias }) => String(alias),
    )
    expect(ids).toHaveLength(2)
    await owner.rights.deleteMember({ memberId: 'M00021', typed: 'M00021' })
    expect(await whose()).toEqual([expect.stringMatching(/^deleted-/)])
    const kept = JSON.stringify([
      await shop.platform.store.selectFrom('events').select('payload').execute(),
      await shop.platform.store.selectFrom('merge_settings').selectAll().execute(),
      await engine.rows(sql`select * from merges_set`),
      await engine.rows(sql`select alias, member_id, merged_id from member_aliases`),
    ])
    for (const id of [...ids, 'M00021']) expect(kept).not.toContain(id)
    // and files come in again afterwards
    receiptOf(await shop.import(shop.file('e.csv', `${header}Z1,M9,,,,2026-05-01,1\n`), { map }))
  },
)

test('owners see whole what ties two members, others masked', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  await shop.import(shop.file('o.csv', `${header}${rows.slice(0, 3).join('\n')}\n`), { map })
  const by = async (role: Role) => (await callers(shop, role).identity.ties({})).ties[0]!.by
  expect(await by('owner')).toEqual([
    { told: { kind: 'phone', value: '+8613900000001' }, other: { kind: 'email', value: 'a@x.cn' } },
  ])
  for (const role of ['marketer', 'viewer'] as const)
    expect(await by(role)).toEqual([
      { told: { kind: 'phone', value: '+86****0001' }, other: { kind: 'email', value: '****@x.cn' } },
    ])
})

test('a deleted person takes what was said of their ties along', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const owner = callers(shop, 'owner')
  await shop.import(shop.file('o.csv', `${header}${rows.slice(0, 5).join('\n')}\n`), { map })
  const { ties } = await owner.identity.ties({})
  const pairs = ties.map(({ member, other }): [string, string] => [member.memberId, other.memberId])
  await owner.identity.dismissTies({ pairs, dismissed: true })
  const kept = async () =>
    (await shop.workspace.engine.rows(sql`select count(*) as n from ties_dismissed`))[0]!.n
  expect(await kept()).toBe(2)
  await owner.rights.deleteMember({ memberId: pairs[0]![0], typed: pairs[0]![0] })
  expect(await kept()).toBe(1)
})

test('a phone on rows with many e-mails is told, though nobody else is known by any of them', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const many = ['a', 'b', 'c', 'd'].map((who, n) => `O${n},,13900000009,,${who}@x.cn,2026-01-02,${n + 1}`)
  await shop.import(shop.file('o.csv', `${header}${many.join('\n')}\n`), { map })
  expect(await told(shop)).toMatchObject({
    total: 0,
    shared: [{ kind: 'phone', value: '+86****0009', otherKind: 'email', others: 4, rows: 4 }],
  })
})

test('of members who hang together the one with a number of the shop stays, else who has most orders', () => {
  const opaque = (digit: string) => `p-${digit.repeat(16)}`
  const orders = new Map([
    [opaque('a'), 9],
    [opaque('b'), 2],
    ['M1', 1],
    [opaque('c'), 3],
    [opaque('d'), 4],
  ])
  expect(
    groupsOf(
      [
        [opaque('a'), opaque('b')],
        [opaque('c'), opaque('d')],
        [opaque('b'), 'M1'],
      ],
      orders,
    ),
  ).toEqual([
    { into: 'M1', others: [opaque('a'), opaque('b')] },
    { into: opaque('d'), others: [opaque('c')] },
  ])
})

test('who calls the merging off is told so only where nothing was merged', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  await shop.import(
    shop.file(
      'o.csv',
      `${header}O1,,13900000001,,a@x.cn,2026-01-02,1\nO2,,13900000001,,,2026-01-03,2\nO3,,,,a@x.cn,2026-01-04,4\n`,
    ),
    { map },
  )
  const marketer = callers(shop, 'marketer')
  const { digest } = await marketer.identity.previewTies({ pairs: 'plain' })
  const calling = new AbortController()
  // the answer is lost, before or after what was asked for
  const client = (isDone: boolean) =>
    ({
      identity: {
        mergeTies: {
          async mutate(asked: { pairs: 'plain'; digest: string }) {
            if (isDone) await marketer.identity.mergeTies(asked)
            calling.abort()
            throw new Error('nobody waits')
          },
        },
        merging: { query: () => marketer.identity.merging() },
        ties: { query: (asked: object) => marketer.identity.ties(asked) },
      },
    }) as unknown as Connection['client']
  await expect(mergePlain(client(false), digest, calling.signal)).rejects.toThrow('nobody waits')
  expect(await marketer.identity.ties({})).toMatchObject({ plain: 1 })
  await mergePlain(client(true), digest, calling.signal)
  expect(await marketer.identity.ties({})).toMatchObject({ plain: 0 })
})
