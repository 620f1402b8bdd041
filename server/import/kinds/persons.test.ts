import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memberNames } from '../../../analytics/relations/member-names.ts'
import { refreshDerivedTables } from '../../../analytics/schema/refresh.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import { conflictsOf } from '../../identity/conflicts.ts'
import {
  type Kind as Value,
  type LiveImport,
  meaningOf,
  type Values,
} from '../../identity/meaning.fixture.ts'
import { changeIdentityOrder } from '../../identity/order.ts'
import { setTag } from '../../tags/set-tag.ts'
import { takeOutMembers } from '../members/apply.ts'
import { identityKinds } from '../values/person-values.ts'
import { now, openTestShop, receiptOf, type TestShop } from '../test-shop.ts'
import { takeOutKind } from './apply.ts'
import { allKinds, kindNamed } from './catalogue.ts'
import { fieldsOf, memberColumns } from './kind.ts'
import { toldKind } from './told.ts'
import { cases } from '../../../fixtures/cases.ts'

const settings = {
  timeZone: 'Asia/Shanghai',
  today: '2026-11-22',
  undoneAt: '2026-11-22T00:00:00Z',
  signal: new AbortController().signal,
}

/** Members in the words of the oracle: who has no number is `kind:value` of what they are known by. */
const members = sql`(select members.*, coalesce(known.known_as, members.member_id) as known_as
  from members left join (
    select distinct person,
      by_kind || ':' || case by_kind when 'phone' then phone when 'openid' then openid else email end as known_as
    from identities where is_new
  ) as known on known.person = members.member_id where not stub)`

/** Who there is, what they are tagged with and how many points their entries come to. */
async function seen({ workspace }: TestShop) {
  const { engine } = workspace
  const people = await engine.rows(sql`select known_as, phone, openid, email from ${members} as member`)
  const tagged = await engine.rows(sql`select known_as, tag from tags_of_members as tagged
    join ${members} as member on member.member_key = tagged.member_key order by all`)
  const points = await engine.rows(sql`select known_as, cast(sum(change) as integer) as n from points_entries
    join ${memberNames} as names on names.named = points_entries.member_id
    join ${members} as member on member.member_key = names.member_key group by all`)
  return {
    members: Object.fromEntries(
      people.map(({ knownAs, ...values }) => [
        knownAs,
        Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null)),
      ]),
    ),
    tags: tagged.map(({ knownAs, tag }) => `${String(knownAs)} ${String(tag)}`),
    points: Object.fromEntries(points.map(({ knownAs, n }) => [knownAs, Number(n)])),
  }
}

type TagRow = Values & { readonly tag: string }
type Live =
  | Extract<LiveImport, { kind: 'members' }>
  | { readonly kind: 'tags'; readonly rows: readonly TagRow[] }
  | { readonly kind: 'points'; readonly rows: readonly Values[] }

/** What each row of points changes, by its file and its place in it: told apart in every sum. */
const changeOf = (file: number, row: number) => 2 ** (file % 10) * 10 + row

/**
 * The rules, read slowly: a row with a number is that member's, whatever else it says; of any other it is told as
 * of an order line without a number. Whose nobody can be told is in nothing.
 */
function meaning(live: readonly { one: Live; number: number }[], order: readonly Value[]) {
  const rows = live.flatMap(({ one, number }) =>
    one.kind === 'members'
      ? []
      : one.rows.map((row, at) => ({
          ...row,
          at,
          number,
          kind: one.kind,
          order: `${number}/${at}`,
          tag: 'tag' in row ? (row as TagRow).tag : '',
        })),
  )
  const told = meaningOf(
    [
      ...live.flatMap(({ one }) => (one.kind === 'members' ? [one] : [])),
      {
        kind: 'orders',
        lines: rows.map(({ id, phone, openid, email, order: row }): Values & { order: string } => ({
          order: row,
          ...(id === undefined
            ? {
                ...(phone === undefined ? {} : { phone }),
                ...(openid === undefined ? {} : { openid }),
                ...(email === undefined ? {} : { email }),
              }
            : { id }),
        })),
      },
    ],
    order,
  )
  const tags = new Set<string>()
  const points: Record<string, number> = {}
  for (const row of rows) {
    const person = told.owners[row.order]
    if (!person) continue
    if (row.kind === 'tags') tags.add(`${person} ${row.tag}`)
    else points[person] = (points[person] ?? 0) + changeOf(row.number, row.at)
  }
  return { members: told.members, tags: [...tags].toSorted(), points }
}

const phones = ['+8613900000001', '+8613900000002']
const some = <T>(value: fc.Arbitrary<T>, freq = 1) => fc.option(value, { nil: undefined, freq })
const values = (id: fc.Arbitrary<string | undefined>): fc.Arbitrary<Values> =>
  fc
    .record({
      id,
      phone: some(fc.constantFrom(...phones), 3),
      openid: some(fc.constantFrom('oA'), 1),
      email: some(fc.constantFrom('a@x.cn', 'b@x.cn'), 1),
    })
    .map((row) => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)))
    .filter((row) => Object.keys(row).length > 0)
const ofMembers = values(fc.option(fc.constantFrom('M1', 'M2', 'M3'), { nil: undefined, freq: 4 }))
const ofKinds = values(some(fc.constantFrom('M1', 'M9'), 1))
const few = <T>(row: fc.Arbitrary<T>) => fc.array(row, { minLength: 1, maxLength: 3 })

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('members' as const), rows: few(ofMembers) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('tags' as const),
      rows: few(fc.tuple(ofKinds, fc.constantFrom('tea', 'gold')).map(([row, tag]) => ({ ...row, tag }))),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('points' as const), rows: few(ofKinds) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('undo' as const), which: fc.nat(20) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('order' as const),
      kinds: fc.shuffledSubarray([...identityKinds], { minLength: 4 }),
    }),
  },
)

async function take(shop: TestShop, one: Live, number: number): Promise<string> {
  const whom = ({ id = '', phone = '', openid = '', email = '' }: Values) => [id, phone, openid, email].join()
  // a column of its own makes each file an import of its own
  const path = (head: string, rows: readonly string[]) =>
    shop.file(`${one.kind}${number}.csv`, `${head},n${number}\n${rows.map((row) => `${row},`).join('\n')}\n`)
  switch (one.kind) {
    case 'members': {
      const file = path('member_id,phone,openid,email', one.rows.map(whom))
      return (await shop.importMembers(file, { map: { kind: 'members' } })).importId!
    }
    case 'tags': {
      const file = path(
        '会员号,手机号,openid,邮箱,标签',
        one.rows.map((row) => `${whom(row)},${row.tag}`),
      )
      return (await shop.importKind(file)).importId!
    }
    case 'points': {
      const file = path(
        'member_no,mobile,openid,email,entry_id,changed_at,change',
        one.rows.map((row, at) => `${whom(row)},E${number}-${at},2026-01-02,${changeOf(number, at)}`),
      )
      return (await shop.importKind(file, { map: { kind: 'points' } })).importId!
    }
  }
}

test('after any imports, undos and changes of the order, rows are whose the live files say', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 9 }), async (steps) => {
      await using shop = await openTestShop('CNY', 'Asia/Shanghai')
      const { engine } = shop.workspace
      let live: { one: Live; number: number; importId: string }[] = []
      let kinds: readonly Value[] = identityKinds
      for (const [number, next] of steps.entries()) {
        if (next.kind === 'undo') {
          const gone = live[next.which % Math.max(1, live.length)]
          if (!gone) continue
          live = live.filter((one) => one !== gone)
          if (gone.one.kind === 'members') await takeOutMembers(engine, gone.importId, settings)
          else await takeOutKind(engine, kindNamed(gone.one.kind)!, gone.importId, settings)
        } else if (next.kind === 'order') {
          kinds = next.kinds
          await changeIdentityOrder(engine, next.kinds, { ...settings, at: settings.undoneAt, dryRun: false })
        } else live.push({ one: next, number, importId: await take(shop, next, number) })
        expect(await seen(shop)).toEqual(meaning(live, kinds))
      }
      const facts = sql`select * from member_facts order by member_key`
      const before = await engine.rows(facts)
      await engine.transaction((session) => refreshDerivedTables(session, {}, settings.today))
      expect(await engine.rows(facts)).toEqual(before)
      for (const { one, importId } of live)
        if (one.kind === 'members') await takeOutMembers(engine, importId, settings)
        else await takeOutKind(engine, kindNamed(one.kind)!, importId, settings)
      // nothing is left of anybody, their phones least of all
      for (const table of [sql`row_people`, sql`identities`, sql`members`, sql`member_tags`])
        expect(await engine.rows(sql`select * from ${table}`)).toEqual([])
    }),
    { numRuns: cases(4) },
  )
}, 600_000)

const people = 'member_id,name,phone,openid,email\n'

test.each(allKinds.filter((kind) => Object.hasOwn(kind.fields, 'phone')))(
  'a column of phones in a file of $name is the phone, and finds the member who has it',
  async (kind) => {
    await using shop = await openTestShop('CNY', 'Asia/Shanghai')
    await shop.importMembers(shop.file('m.csv', `${people}M1,甲,13900000001,,\n`))
    const fields = fieldsOf(kind).filter(
      ([, { tells, member, type }]) => !tells && !member && type !== 'rest',
    )
    const path = shop.file(
      'k.csv',
      // another openid than the template's, whose row it would be otherwise
      `手机号,openid,${fields.map(([field]) => field).join(',')}\n'+86 139-0000-0001,o-1,${fields.map(([, { example }]) => example).join(',')}\n`,
    )
    const seenFile = await shop.inspect(path, 'k.csv', {})
    if ('id' in seenFile) throw new Error(seenFile.id)
    expect(seenFile.inspection.map.kind).toBe(kind.name)
    expect(seenFile.inspection.lacking).toEqual([])
    expect(seenFile.inspection.columns[0]).toMatchObject({ header: '手机号', field: 'phone' })
    const dry = await shop.importKind(path, { dryRun: true })
    expect(dry).toMatchObject({
      imported: 1,
      newMembers: 0,
      members: 1,
      matched: { byPhone: 1, newPeople: 0 },
    })
    expect(await shop.workspace.engine.rows(sql`select * from row_people`)).toEqual([])
    expect(await shop.importKind(path)).toMatchObject({ imported: 1, newMembers: 0, matched: { byPhone: 1 } })
    expect(
      await shop.workspace.engine.rows(sql`select distinct members.member_id
        from ${{ kind: 'sql', chunks: [kind.current] }} as row_of
        join ${memberNames} as names on names.named = row_of.${memberColumns(kind)[0]!}
        join members on members.member_key = names.member_key`),
    ).toEqual([{ memberId: 'M1' }])
  },
)

test('hidden digits tell nobody: a row with nothing else is refused with a sentence, one with a number is that member', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  await shop.importMembers(shop.file('m.csv', `${people}M1,甲,13900000001,,jia@x.cn\n`))
  const receipt = await shop.importKind(
    shop.file(
      't.csv',
      `会员号,手机号,邮箱,标签
M1,139****0001,,a
,139****0001,,b
,139****0001,JIA@x.cn,c
139****0001,,,d
,,j***@x.cn,e
,,,f
0,13900000001,,g
M2,13900000001,,h
`,
    ),
  )
  expect(receipt).toMatchObject({ read: 8, refused: 4, matched: { byId: 2, byPhone: 1, byEmail: 1 } })
  expect(receipt.reasons.map(({ reason, field, rows }) => `${reason} ${field} ${rows}`).toSorted()).toEqual([
    'masked-member email 1',
    'masked-member memberId 1',
    'masked-member phone 1',
    'tags.no-memberId memberId 1',
  ])
  expect((await seen(shop)).tags).toEqual(['M1 a', 'M1 c', 'M1 g', 'M2 h'])
  expect(toldKind(receipt, 'en').reasons.map(({ sentence }) => sentence)).toContain(
    'Column “手机号”: The member’s number, phone or e-mail is partly hidden and tells nobody. Give the whole one, or the member’s number.',
  )
})

test('a value that several claim is nobody’s and listed, until a file is mended or they are merged', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const tags = await shop.importKind(shop.file('t.csv', '手机号,标签\n13900000001,茶\n'))
  expect(tags).toMatchObject({ newMembers: 1, matched: { byPhone: 1, newPeople: 1, conflicts: 0 } })
  expect(await seen(shop)).toMatchObject({
    members: { 'phone:+8613900000001': { phone: '+8613900000001' } },
    tags: ['phone:+8613900000001 茶'],
  })
  await shop.importMembers(shop.file('m.csv', `${people}M1,甲,13900000001,,\nM2,乙,13900000001,,\n`))
  expect(await seen(shop)).toMatchObject({ members: { M1: {}, M2: {} }, tags: [] })
  expect(Object.keys((await seen(shop)).members)).toEqual(['M1', 'M2'])
  const points = await shop.importKind(
    shop.file('p.csv', '手机号,变动时间,变动积分\n13900000001,2026-01-02,5\n13900000001,2026-01-03,6\n'),
  )
  expect(points).toMatchObject({ imported: 2, newMembers: 0, matched: { byPhone: 0, conflicts: 2 } })
  expect(toldKind(points, 'en').facts).toContain(
    '2 rows are nobody’s: several members claim its value. Data, “Who is who”, lists them; so does npx reveille identity conflicts.',
  )
  expect((await seen(shop)).points).toEqual({})
  expect(await conflictsOf(shop.workspace)).toMatchObject({
    total: 1,
    rows: 3,
    conflicts: [
      {
        kind: 'phone',
        members: [{ memberId: 'M1' }, { memberId: 'M2' }],
        rows: [
          { kind: 'points', rows: 2 },
          { kind: 'tags', rows: 1 },
        ],
      },
    ],
  })
  const merges = await shop.importKind(shop.file('merges.csv', 'from,into\nM2,M1\n'))
  expect(await seen(shop)).toMatchObject({ tags: ['M1 茶'], points: { M1: 11 } })
  await takeOutKind(shop.workspace.engine, kindNamed('merges')!, merges.importId!, settings)
  expect(await seen(shop)).toMatchObject({ tags: [], points: {} })
  await shop.importMembers(shop.file('m2.csv', `${people}M2,乙,13900000002,,\n`))
  expect(await seen(shop)).toMatchObject({ tags: ['M1 茶'], points: { M1: 11 } })
})

test('a map that names the phone’s column as the number takes it as it is written', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  await shop.importMembers(shop.file('m.csv', `${people}M1,甲,13900000001,,\n`))
  await shop.importKind(shop.file('t.csv', '手机号,标签\n13900000001,茶\n'), {
    map: { columns: { memberId: '手机号' } },
  })
  expect((await seen(shop)).tags).toEqual(['13900000001 茶'])
})

test('a tag that people took off the member stays off under the phone too, whichever came first', async () => {
  for (const claimedFirst of [true, false]) {
    await using shop = await openTestShop('CNY', 'Asia/Shanghai')
    const ofMembers = () => shop.importMembers(shop.file('m.csv', `${people}M1,甲,13900000001,,\n`))
    const file = () => shop.importKind(shop.file('t.csv', '手机号,标签\n13900000001,茶\n'))
    await shop.importKind(shop.file('n.csv', '会员号,标签\nM1,茶\n'))
    await setTag(
      shop.platform.store,
      shop.workspace,
      '茶',
      false,
      { kind: 'members', memberIds: ['M1'] },
      { by: 'somebody', at: now },
    )
    if (claimedFirst) await ofMembers()
    const receipt = await file()
    expect(receipt.counts.keptOff).toBe(claimedFirst ? 1 : 0)
    if (!claimedFirst) await ofMembers()
    expect((await seen(shop)).tags).toEqual([])
  }
})

test('numbers that a spreadsheet has cut off are refused in every id of the further kinds', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const reasons = async (content: string) => [
    ...new Set((await shop.importKind(shop.file('k.csv', content))).reasons.map(({ reason }) => reason)),
  ]
  expect(await reasons('会员号,手机号,标签\n6.91E+17,,a\nM1,,b\n,1.39E+10,c\nM1,1.39E+10,d\n')).toEqual([
    'lost-digits',
  ])
  expect(
    await reasons(
      '流水号,会员号,变动时间,变动积分,订单号\n6.9E+17,M1,2026-01-02,5,\nP1,M1,2026-01-02,5,6.91E+17\nP2,M1,2026-01-02,5,1\n',
    ),
  ).toEqual(['lost-digits'])
  expect(await reasons('券码,会员号,使用时间\n6.91E+17,M1,2026-01-02\nC1,M1,2026-01-02\n')).toEqual([
    'lost-digits',
  ])
  expect(await reasons('from,into\n6.91E+17,M1\nM2,M1\n')).toEqual(['lost-digits'])
})

test('an order known by the phone and a tag known by it are one person’s', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  receiptOf(
    await shop.import(
      shop.file('o.csv', 'order_id,buyer_phone,order_date,amount\nA,13900000001,2026-01-02,1\n'),
    ),
  )
  expect(
    await shop.importKind(shop.file('t.csv', 'phone,email,tag\n13900000001,a@x.cn,tea\n')),
  ).toMatchObject({
    newMembers: 0,
  })
  expect(await seen(shop)).toMatchObject({
    members: { 'phone:+8613900000001': {} },
    tags: ['phone:+8613900000001 tea'],
  })
})

test('a tag taken off a member goes from the phone and every merged card, and none of their files brings it back', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  await shop.importMembers(shop.file('m.csv', `${people}M1,甲,13900000001,,\n`))
  await shop.importKind(shop.file('g.csv', 'from,into\nOLD,M1\n'))
  const file = (name: string) =>
    shop.importKind(shop.file(name, `会员号,手机号,标签,${name}\n,13900000001,茶,\nOLD,,茶,\nM1,,茶,\n`))
  await file('a')
  expect((await seen(shop)).tags).toEqual(['M1 茶'])
  await setTag(
    shop.platform.store,
    shop.workspace,
    '茶',
    false,
    { kind: 'members', memberIds: ['OLD'] },
    { by: 'somebody', at: now },
  )
  expect((await seen(shop)).tags).toEqual([])
  expect(await shop.workspace.engine.rows(sql`select * from member_tags`)).toEqual([])
  await file('b')
  expect((await seen(shop)).tags).toEqual([])
})
