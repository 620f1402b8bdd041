import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { refreshDerivedTables } from '../../analytics/schema/refresh.ts'
import { takeOut } from '../import/apply.ts'
import { takeOutMembers } from '../import/members/apply.ts'
import { identityKinds } from '../import/values/person-values.ts'
import { openTestShop, receiptOf, type TestShop } from '../import/test-shop.ts'
import { type Kind, type LiveImport, meaningOf, type Values } from './meaning.fixture.ts'
import { endsOf } from './live-merges.ts'
import { claimsNow, opaqueIdOf } from './match.ts'
import { mergeTies, previewTies } from './merge-ties.ts'
import { changeIdentityOrder } from './order.ts'
import { identityRule } from './rule.ts'
import { cases } from '../../fixtures/cases.ts'
import { tiesOf } from './ties.ts'

const settings = {
  timeZone: 'UTC',
  today: '2026-11-22',
  undoneAt: '2026-11-22T00:00:00Z',
  signal: new AbortController().signal,
}

/** What the engine says, in the words of the oracle: a person without a number is `kind:value` of what they are known by. */
async function seen({ workspace }: TestShop, labels: ReadonlyMap<string, string>) {
  const { engine } = workspace
  const known = JSON.stringify([...labels].map(([person, known_as]) => ({ person, known_as })))
  const named = sql`(select members.*, coalesce(known.known_as, members.member_id) as known_as from members left join (
      select unnest(from_json(${known}, '[{"person":"VARCHAR","known_as":"VARCHAR"}]'), recursive := true)
    ) as known on known.person = members.member_id)`
  const owners = await engine.rows(
    sql`select order_id, known_as from orders left join ${named} as named on named.member_key = orders.member_key`,
  )
  const members = await engine.rows(
    sql`select known_as, phone, openid, email from ${named} as named where not stub`,
  )
  const contested = await engine.rows(sql`select kind || ':' || value as claimed from ${claimsNow} as claim
    group by kind, value having count(distinct current) > 1 order by 1`)
  const ids = await engine.rows(sql`select member_id, known_as from ${named} as named`)
  const knownAs = new Map(ids.map((row) => [String(row.memberId), String(row.knownAs)]))
  const { ties } = await tiesOf(workspace)
  return {
    ties: ties

      .map(({ member, other }) =>
        [member, other]
          .map(({ memberId }) => knownAs.get(memberId)!)
          .toSorted()
          .join('|'),
      )
      .toSorted(),
    owners: Object.fromEntries(owners.map(({ orderId, knownAs }) => [orderId, knownAs])),
    members: Object.fromEntries(
      members.map(({ knownAs, phone, openid, email }) => [
        knownAs,
        Object.fromEntries(Object.entries({ phone, openid, email }).filter(([, value]) => value !== null)),
      ]),
    ),
    contested: contested.map(({ claimed }) => claimed),
  }
}

const phones = ['+8613900000001', '+8613900000002', '+8613900000003']
const openids = ['oA', 'oB']
const emails = ['a@x.cn', 'b@x.cn']

/** What each opaque id stands for: `kind:value`. */
async function labelsOf({ workspace: { engine } }: TestShop): Promise<Map<string, string>> {
  const rule = await identityRule(engine)
  const labels = [
    ...phones.map((value) => `phone:${value}`),
    ...openids.map((value) => `openid:${value}`),
    ...emails.map((value) => `email:${value}`),
  ]
  const rows = await engine.rows(sql`select label, ${opaqueIdOf(rule, sql`label`)} as opaque
    from (select unnest(from_json(${JSON.stringify(labels)}, '["VARCHAR"]')) as label) as labels`)
  return new Map(rows.map(({ opaque, label }) => [String(opaque), String(label)]))
}

const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 1 })
const values = (id: fc.Arbitrary<string | undefined>): fc.Arbitrary<Values> =>
  fc
    .record({
      id,
      phone: some(fc.constantFrom(...phones)),
      openid: some(fc.constantFrom(...openids)),
      email: some(fc.constantFrom(...emails)),
    })
    .map((row) => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)))
const anyId = fc.option(fc.constantFrom('M1', 'M2', 'M3'), { nil: undefined, freq: 2 })

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('members' as const),
      rows: fc.array(
        values(anyId).filter((row) => Object.keys(row).length > 0),
        { minLength: 1, maxLength: 4 },
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('orders' as const),
      lines: fc.array(
        fc
          .tuple(values(fc.option(fc.constantFrom('M1', 'M2'), { nil: undefined, freq: 1 })), fc.nat(5))
          .map(([row, order]) => ({ ...row, order: `O${order}` })),
        { minLength: 1, maxLength: 4 },
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('undo' as const), which: fc.nat(20) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('merge' as const), which: fc.nat(20) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('order' as const),
      kinds: fc.shuffledSubarray([...identityKinds], { minLength: 4 }),
    }),
  },
)

const cell = (text: string | undefined) => text ?? ''

async function take(shop: TestShop, one: LiveImport, number: number): Promise<string> {
  // A column of its own makes each file an import of its own.
  if (one.kind === 'members') {
    const rows = one.rows.map(
      (row) => `${cell(row.id)},${cell(row.phone)},${cell(row.openid)},${cell(row.email)},`,
    )
    const path = shop.file(`m${number}.csv`, `member_id,phone,openid,email,n${number}\n${rows.join('\n')}\n`)
    return (await shop.importMembers(path, { map: { kind: 'members' } })).importId!
  }
  const rows = one.lines.map(
    (line, at) =>
      `${line.order},${cell(line.id)},${cell(line.phone)},${cell(line.openid)},${cell(line.email)},2026-01-02,${number * 10 + at + 1}`,
  )
  const path = shop.file(
    `o${number}.csv`,
    `order_id,member_id,phone,openid,email,order_date,amount\n${rows.join('\n')}\n`,
  )
  return receiptOf(
    await shop.import(path, {
      map: { columns: { memberId: 'member_id', phone: 'phone', openid: 'openid', email: 'email' } },
    }),
  ).importId!
}

test('after any imports, undos, merges of tied pairs and changes of the order, people are who the live imports and the merges say', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 9 }), async (steps) => {
      await using shop = await openTestShop('CNY', 'UTC')
      let live: { one: LiveImport; importId: string }[] = []
      let kinds: readonly Kind[] = identityKinds
      const labels = await labelsOf(shop)
      const label = (id: string) => labels.get(id) ?? id
      const merges = new Map<string, string>()
      for (const [number, next] of steps.entries()) {
        if (next.kind === 'undo') {
          const gone = live[next.which % Math.max(1, live.length)]
          if (!gone) continue
          live = live.filter((one) => one !== gone)
          if (gone.one.kind === 'members')
            await takeOutMembers(shop.workspace.engine, gone.importId, settings)
          else await takeOut(shop.workspace.engine, gone.importId, settings)
        } else if (next.kind === 'merge') {
          const { ties } = await tiesOf(shop.workspace)
          if (ties.length === 0) continue
          const { member, other } = ties[next.which % ties.length]!
          const pair: [string, string] = [member.memberId, other.memberId]
          const shown = await previewTies(shop.platform, shop.workspace, [pair])
          if (shown.kind !== 'previewed') throw new Error(shown.kind)
          const { digest, groups } = shown.preview
          const done = await mergeTies(shop.platform, shop.workspace, [pair], { digest, actor: 'x' })
          if (done.kind !== 'done') throw new Error(done.kind)
          const [{ into, ids }] = groups as [(typeof groups)[number]]
          merges.set(label(ids[1]!), label(into))
        } else if (next.kind === 'order') {
          kinds = next.kinds
          await changeIdentityOrder(shop.workspace.engine, next.kinds, {
            ...settings,
            at: settings.undoneAt,
            dryRun: false,
          })
        } else live.push({ one: next, importId: await take(shop, next, number) })
        const expected = meaningOf(
          live.map(({ one }) => one),
          kinds,
          Object.fromEntries(endsOf(merges)),
        )
        const { members, ...told } = await seen(shop, labels)
        const { members: expectedMembers, ...expectedTold } = expected
        // what is known of a member with several ids is asked in tests of merges
        const alone = merges.size === 0
        expect({ ...told, members: alone ? members : null }).toEqual({
          ...expectedTold,
          members: alone ? expectedMembers : null,
        })
      }
      const facts = sql`select * from member_facts order by member_key`
      const before = await shop.workspace.engine.rows(facts)
      await shop.workspace.engine.transaction((session) => refreshDerivedTables(session, {}, settings.today))
      expect(await shop.workspace.engine.rows(facts)).toEqual(before)
    }),
    { numRuns: cases(5) },
  )
}, 600_000)
