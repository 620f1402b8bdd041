import { writeFileSync } from 'node:fs'
import { join as joined } from 'node:path'
import { describe, expect, test } from 'vitest'
import { refreshDerivedTables } from '../../../analytics/schema/refresh.ts'
import { join, name, sql } from '../../../analytics/sql/sql.ts'
import { deleteMember } from '../../rights/delete-member.ts'
import { takeOut } from '../apply.ts'
import { inboxOf, inboxState, openInbox } from '../inbox.ts'
import { openTestShop, receiptOf, type TestShop } from '../test-shop.ts'
import { takeOutKind } from './apply.ts'
import { allKinds } from './catalogue.ts'
import { fieldsOf, keptFieldsOf, type Kind, type KindField, memberColumns, namedFieldsOf } from './kind.ts'
import { filledIn } from '../columns/template.fixture.ts'
import { templateEndings, writtenAs } from '../columns/templates.ts'
import { kindTemplate } from './template.ts'
import { cases } from '../../../fixtures/cases.ts'

const settings = {
  timeZone: 'Asia/Shanghai',
  today: '2026-11-22',
  undoneAt: '2026-11-22T00:00:00Z',
  signal: new AbortController().signal,
}

function choices(seed: number) {
  let state = seed
  return (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
}

const duckType: Readonly<Record<KindField['type'], string>> = {
  id: 'VARCHAR',
  text: 'VARCHAR',
  date: 'TIMESTAMP',
  day: 'DATE',
  number: 'BIGINT',
  amount: 'BIGINT',
  decimal: 'DECIMAL(24,6)',
  rest: 'VARCHAR',
}

describe.each(allKinds)('$name', (kind) => {
  test('the engine has its tables, a column of the right type for each field', async () => {
    await using shop = await openTestShop('CNY', 'Asia/Shanghai')
    const typed = async (table: string) => {
      const columns = await shop.workspace.engine.rows(
        sql`select column_name, data_type from duckdb_columns() where table_name = ${table} and schema_name = 'main'`,
      )
      return Object.fromEntries(columns.map(({ columnName, dataType }) => [columnName, dataType]))
    }
    const own = Object.fromEntries(keptFieldsOf(kind).map(([, { column, type }]) => [column, duckType[type]]))
    expect(await typed(kind.table)).toEqual({ import_seq: 'INTEGER', row_number: 'BIGINT', ...own })
    expect(await typed(kind.current)).toEqual(own)
  })

  test('its words are in both languages, no header means two of its fields', () => {
    const words = [
      kind.title,
      kind.about,
      ...fieldsOf(kind).flatMap(([, { label, meaning, needed }]) => [
        label,
        meaning,
        ...(needed ? [needed] : []),
      ]),
      ...Object.values(kind.sentences ?? {}),
      ...(kind.checks ?? []).map((check) => check.words),
    ]
    for (const { en, 'zh-CN': zh } of words) {
      expect(en).toMatch(/^[\w{]/)
      expect(zh).toMatch(/[一-鿿]/)
      expect(zh).not.toMatch(/[一-鿿][,;:?!]|[,;:?!][一-鿿]/)
    }
    const aliases = fieldsOf(kind).flatMap(([, one]) => one.aliases)
    expect(aliases.filter((alias, i) => aliases.indexOf(alias) !== i)).toEqual([])
  })

  test.each(templateEndings)(
    'its template as %s is recognised, read without a question and taken in',
    async (ending) => {
      await using shop = await openTestShop('CNY', 'Asia/Shanghai')
      const path = shop.file(`t.${ending}`, filledIn(writtenAs[ending](kindTemplate(kind, 'CNY'))))
      const seen = await shop.inspect(path, `t.${ending}`, {})
      if ('id' in seen) throw new Error(seen.id)
      const { inspection } = seen
      expect(inspection).toMatchObject({
        map: { kind: kind.name },
        otherKinds: [],
        questions: [],
        lacking: [],
      })
      expect(inspection.columns.map(({ field, confidence }) => [field, confidence])).toEqual(
        namedFieldsOf(kind).map(([field]) => [field, 1]),
      )
      expect(await shop.importKind(path)).toMatchObject({ kind: kind.name, read: 1, imported: 1, refused: 0 })
      const [row] = await shop.workspace.engine.rows(
        sql`select ${join(keptFieldsOf(kind).flatMap(([, { column, type }]) => (type === 'rest' ? [] : [name(column)])))} from ${name(kind.current)}`,
      )
      expect(Object.values(row!).filter((value) => value === null)).toEqual([])
    },
  )
})

test.each([
  ['退款编号,原订单号', 'R1,A1', ['refunds']],
  ['会员号,积分变动', 'M1,5', ['points']],
  ['券码,状态', 'C1,已核销', ['coupons']],
  ['coupon_upc,product_id,campaign_id', '1,2,3', ['coupons']],
  ['household_id,age,marital_status', '1,65+,Married', ['members']],
  // what speaks for orders, or for nothing, is left alone
  ['order no,buyer key,description', 'A1,k,tea', []],
  ['colour,size,reason', 'red,1,x', []],
])(
  'what lacks too much to be told is asked about, by what its headers speak of: %s',
  async (headers, row, kinds) => {
    await using shop = await openTestShop('CNY', 'Asia/Shanghai')
    const path = shop.file('x.csv', `${headers}\n${row}\n`)
    const seen = await shop.inspect(path, 'x.csv', {})
    if ('id' in seen) throw new Error(seen.id)
    expect(seen.inspection.map.kind).toBe('orders')
    expect(seen.inspection.otherKinds.slice(0, 1)).toEqual(kinds)
    expect(Object.values(seen.inspection.columns).some(({ field }) => field === 'state')).toBe(
      headers.includes('状态'),
    )
    // Who says which columns are the order's has answered.
    const said = await shop.inspect(path, 'x.csv', { columns: { memberId: 1 } })
    if ('id' in said) throw new Error(said.id)
    expect(said.inspection.otherKinds).toEqual([])
    // Nothing is taken for what it may be without being asked.
    expect(await shop.import(path)).toMatchObject({ kind: 'refused' })
  },
)

test('a file that fits two kinds is asked about, until somebody said which', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const content = '会员号,标签,变动时间,变动积分\nM1,茶,2026-01-01,5\n'
  const path = shop.file('x.csv', content)
  const kindsIn = async (map: object) => {
    const seen = await shop.inspect(path, 'x.csv', map)
    if ('id' in seen) throw new Error(seen.id)
    return [seen.inspection.map.kind, ...seen.inspection.otherKinds]
  }
  expect((await kindsIn({})).toSorted()).toEqual(['points', 'tags'])
  expect(await kindsIn({ kind: 'points' })).toEqual(['points'])
  const inbox = openInbox(shop.platform, { polling: false })
  await inbox.look()
  const { folder } = inboxOf(shop.platform, shop.workspace)
  const put = async (name: string, text: string) => {
    writeFileSync(joined(folder, name), text)
    await inbox.look()
    await inbox.look()
    return inboxState(shop.platform, shop.workspace, 'en').refused
  }
  expect(await put('a.csv', content)).toMatchObject([
    { reason: expect.stringMatching(/several kinds of file: /) },
  ])
  await shop.importKind(path, { map: { kind: 'points' } })
  expect(await put('b.csv', `${content}M2,茶,2026-01-02,6\n`)).toHaveLength(1)
  expect(
    await shop.workspace.engine.rows(sql`select member_id, change from points_entries order by 1`),
  ).toEqual([
    { memberId: 'M1', change: 5 },
    { memberId: 'M2', change: 6 },
  ])
  await inbox.stop()
})

/** Those that make members known: who is deleted of merges, server/identity/identity.test.ts has. */
const ofMembers = allKinds.filter((kind) => memberColumns(kind).length > 0 && !kind.namesOnly)

test.each(ofMembers)(
  'who is deleted is in no row of $name, neither now nor when the file comes again',
  async (kind) => {
    await using shop = await openTestShop('CNY', 'Asia/Shanghai')
    const { platform, workspace } = shop
    const file = (more: string) => {
      const row = fieldsOf(kind).map(([, one]) =>
        one.member ? 'card-77' : one.personal ? 'Ann Example' : one.example,
      )
      return shop.file('k.csv', `${Object.keys(kind.fields).join(',')},${more}\n${[...row, ''].join(',')}\n`)
    }
    const held = async () => {
      const texts: string[] = []
      for (const table of [kind.table, kind.current, 'members', 'member_tags', 'tags_set'])
        texts.push(
          JSON.stringify(
            await workspace.engine.rows(sql`select cast(kept as varchar) as t from ${name(table)} as kept`),
          ),
        )
      return texts.join()
    }
    const first = await shop.importKind(file('a'))
    expect(await held()).toMatch('card-77')
    const outcome = await deleteMember(platform, workspace, { memberId: 'card-77', actor: 'test' })
    if (outcome.kind !== 'deleted') throw new Error(outcome.kind)
    expect(await held()).not.toMatch(/card-77|Ann Example/)
    const again = await shop.importKind(file('a'))
    expect(again).toMatchObject({ alreadyThere: true, importId: first.importId, imported: 0, unchanged: 1 })
    await shop.importKind(file('b'))
    expect(await held()).not.toMatch(/card-77|Ann Example/)
    const rows = await workspace.engine.rows(
      sql`select distinct ${memberColumns(kind)[0]!} as id from ${name(kind.table)}`,
    )
    expect(rows).toEqual(kind.ofDeleted === 'gone' ? [] : [{ id: outcome.pseudonym }])
  },
)

interface Step {
  readonly kind: Kind | null
  readonly name: string
  readonly content: string
  readonly replace: boolean
}

async function take(shop: TestShop, step: Step): Promise<string | null> {
  const path = shop.file(step.name, step.content)
  if (!step.kind) return receiptOf(await shop.import(path)).importId
  const map = { kind: step.kind.name as (typeof allKinds)[number]['name'] }
  const receipt = await shop.importKind(path, { map, replace: step.replace }).catch((error: unknown) => {
    if (String(error).includes('nothing-accepted')) return null // such as campaigns that end before they start
    throw error
  })
  return !receipt || receipt.alreadyThere ? null : receipt.importId
}

function randomStep(pick: (below: number) => number, number: number): Step {
  const some = (...values: readonly string[]) => values[pick(values.length)]!
  const kind = [null, ...allKinds][pick(allKinds.length + 1)]!
  if (!kind) {
    // no two orders of one moment: which of them is the last would be theirs to say
    const lines = Array.from({ length: 1 + pick(4) }, () => {
      const order = pick(4)
      return `O${order},m${pick(3)},2026-0${1 + pick(3)}-02 10:0${order},${1 + pick(3)},s${pick(3)},${some('', 'own')},`
    })
    const content = `order_id,customer_id,order_date,amount,sku,category,n${number}\n${lines.join('\n')}\n`
    return { kind, name: `o${number}.csv`, content, replace: false }
  }
  const value = (field: string, one: KindField): string => {
    const empty = one.needed || one.member ? [] : ['', '']
    // rows without a number: persons.test.ts
    if (one.tells) return some('', `${one.tells}-${pick(2)}@x.cn`)
    switch (one.type) {
      case 'id':
        // an id is merged into another one: of itself a file could hold nothing else
        if (kind.namesOnly) return field === kind.key[0] ? some('m0', 'm1', 'm2') : some('m3', 'm4')
        return some(...empty, ...(one.member ? ['m0', 'm1', 'm2', 'm3'] : ['s0', 's1', 's2']))
      case 'text':
        return one.separated ? some('a', 'b', 'a;c') : some(...empty, `${field} a`, `${field} b`)
      case 'date':
        return some(...empty, '2026-03-01 10:00:00', '2026-03-02 09:00:00')
      case 'day':
        return some(...empty, '2026-03-01', '2026-04-01')
      case 'number':
        return some(...empty, '5', '7')
      case 'amount':
        return some(...empty, '1.50', '2')
      case 'decimal':
        return some(...empty, '0', '1', 'yes', '2.25')
      case 'rest':
        return ''
    }
  }
  const rows = Array.from({ length: 1 + pick(5) }, () =>
    namedFieldsOf(kind)
      .map(([field, one]) => value(field, one))
      .join(','),
  )
  const content = `${namedFieldsOf(kind)
    .map(([field]) => field)
    .join(',')},n${number}\n${rows.map((row) => `${row},`).join('\n')}\n`
  return {
    kind,
    name: `${kind.name}${number}.csv`,
    content,
    replace: pick(3) === 0 && kind.replaces !== undefined,
  }
}

/** What figures can see, whatever the keys. */
async function seen({ workspace }: TestShop) {
  const { engine } = workspace
  const current: Record<string, unknown> = {}
  for (const kind of allKinds)
    current[kind.name] = await engine.rows(sql`select * from ${name(kind.current)} order by all`)
  return {
    current,
    members: await engine.rows(
      sql`select * exclude (member_key) from members where not stub order by member_id`,
    ),
    facts: await engine.rows(sql`select members.member_id, facts.* exclude (member_key)
      from member_facts as facts join members on members.member_key = facts.member_key order by members.member_id`),
    tags: await engine.rows(sql`select member_id, tag, source, added_day from tags_of_members as tagged
      join members on members.member_key = tagged.member_key order by all`),
    lines: await engine.rows(sql`select order_id, sku, category, category_of_product from order_lines
      join orders on orders.order_key = order_lines.order_key order by all`),
    categories: await engine.rows(sql`select category, member_id, order_items.net_minor from order_items
      join members on members.member_key = order_items.member_key where category is not null order by all`),
  }
}

test.each([1, 2, 4].slice(0, cases(2)))(
  'any imports and undos of all kinds are the surviving ones in an empty workspace (%i)',
  async (seed) => {
    const pick = choices(seed * 7919)
    await using shop = await openTestShop('CNY', 'Asia/Shanghai')
    let live: { step: Step; importId: string }[] = []
    for (let number = 0; number < 10; number++) {
      if (pick(3) === 0 && live.length > 1) {
        const gone = live[pick(live.length)]!
        live = live.filter((one) => one !== gone)
        const { engine } = shop.workspace
        if (gone.step.kind) await takeOutKind(engine, gone.step.kind, gone.importId, settings)
        else await takeOut(engine, gone.importId, settings)
      } else {
        const step = randomStep(pick, number)
        const importId = await take(shop, step)
        if (importId !== null) live.push({ step, importId })
      }
    }
    await using fresh = await openTestShop('CNY', 'Asia/Shanghai')
    for (const { step } of live) await take(fresh, step)
    const figures = await seen(shop)
    expect(figures).toEqual(await seen(fresh))
    await shop.workspace.engine.transaction((session) => refreshDerivedTables(session, {}, '2026-11-22'))
    expect(await seen(shop)).toEqual(figures)
  },
  240_000,
)
