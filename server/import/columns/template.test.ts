import { expect, test } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { fieldNames } from './fields.ts'
import { importKinds } from '../import-kinds.ts'
import { inspect } from '../inspect.ts'
import { kindNamed } from '../kinds/catalogue.ts'
import { canonicalColumns, ordersTemplate } from './template.ts'
import { filledIn } from './template.fixture.ts'
import { templateOf, writtenAs } from './templates.ts'
import { openTestShop, receiptOf } from '../test-shop.ts'

test.each([
  ['CNY', 'csv', 'Asia/Shanghai', 20_000, 4_000],
  ['JPY', 'csv', 'Asia/Tokyo', 200, 40],
  ['CNY', 'jsonl', 'Asia/Shanghai', 20_000, 4_000],
] as const)(
  'the template of a shop in %s as %s is imported without a question',
  async (currency, ending, timeZone, net, back) => {
    await using shop = await openTestShop(currency, timeZone)
    const path = shop.file(`orders-template.${ending}`, filledIn(writtenAs[ending](ordersTemplate(currency))))
    const seen = await inspect(path, `orders-template.${ending}`, {}, timeZone)
    if ('id' in seen) throw new Error(seen.id)
    const { inspection } = seen
    expect(inspection).toMatchObject({ questions: [], lacking: [], headers: fieldNames })
    expect(inspection.columns.map(({ field }) => field)).toEqual(fieldNames)
    expect(inspection.columns.every(({ confidence, unread }) => confidence === 1 && unread === null)).toBe(
      true,
    )

    expect(receiptOf(await shop.import(path))).toMatchObject({ read: 2, imported: 2, refused: 0, orders: 1 })
    expect(
      await shop.workspace.engine.rows(sql`select orders.net_minor, amount_minor, refunds.local_day, state,
      (select count(*) from order_lines) as lines from orders join refunds on refunds.order_key = orders.order_key`),
    ).toEqual([{ netMinor: net, amountMinor: back, localDay: '2026-02-03', state: 'paid', lines: 2 }])
  },
)

test('columns may be taken out of the template and their order changed', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const path = shop.file(
    'mine.csv',
    'orderTotal,state,orderId,discount,memberId,orderedAt\n30,paid,A1,0.5,M1,2026-01-05 10:00:00\n50,paid,A2,0.5,M2,2026-01-06 10:00:00\n',
  )
  const seen = await inspect(path, 'mine.csv', {}, 'Asia/Shanghai')
  if ('id' in seen) throw new Error(seen.id)
  expect(seen.inspection.columns.map(({ field }) => field)).toEqual([
    'orderTotal',
    'state',
    'orderId',
    'discount',
    'memberId',
    'orderedAt',
  ])
  expect(receiptOf(await shop.import(path))).toMatchObject({ imported: 2, orders: 2 })
})

test('a file with any other header is guessed as before', () => {
  expect(canonicalColumns(['orderId', 'memberId', 'orderedAt', 'amount', 'remark'])).toBeNull()
  expect(canonicalColumns(['OrderId', 'memberId'])).toBeNull()
  expect(canonicalColumns(['orderId', 'orderId'])).toBeNull()
  expect(canonicalColumns(['amount'])).toBeNull()
})

const lookedAt = async (name: string, path: string) => {
  const seen = await inspect(path, name, {}, 'Asia/Shanghai')
  if ('id' in seen) throw new Error(seen.id)
  return { ...seen.inspection, templateLines: seen.templateLines }
}

test.each(['en', 'zh-CN'] as const)(
  'the templates of every kind in %s are read without a guess; their own rows are left out and told',
  async (language) => {
    await using shop = await openTestShop('CNY', 'Asia/Shanghai')
    for (const kind of importKinds) {
      const template = templateOf(kind, 'CNY', language)
      const text = writtenAs.csv(template)
      const inEnglish =
        language === 'en'
          ? []
          : [
              ...text
                .split('\n')[0]!
                .split(',')
                .filter((one) => !/[一-鿿]/.test(one)),
              ...template.rows
                .flatMap((row) => Object.values(row).map(String))
                .filter((cell) => /^(?!null|o[A-Z])[A-Za-z]*[a-z][a-z ]*$/.test(cell)),
            ]
      expect([kind, inEnglish]).toEqual([kind, []])
      const path = shop.file(`${kind}.csv`, text)
      const { templateLines, ...seen } = await lookedAt(`${kind}.csv`, path)
      expect(seen).toMatchObject({ map: { kind }, preset: null, otherKinds: [], questions: [], lacking: [] })
      expect(seen.columns.map(({ field, unread }) => [field, unread])).toEqual(
        template.fields.map((field) => [field, null]),
      )
      expect(Math.min(...seen.columns.map(({ confidence }) => confidence))).toBeGreaterThan(0.95)
      expect([kind, templateLines]).toEqual([kind, template.rows.map((_, i) => i + 2)])
      if (language === 'en') continue // taken in by the tests of each kind
      const own = shop.file(`own-${kind}.csv`, filledIn(text))
      const taken =
        kind === 'members'
          ? await shop.importMembers(own)
          : kindNamed(kind)
            ? await shop.importKind(own)
            : receiptOf(await shop.import(own))
      const { length } = template.rows
      expect([kind, taken]).toMatchObject([kind, { read: length, imported: length, refused: 0 }])
    }
  },
)

test('the row that a template came with is left out of what was filled in, also as a spreadsheet writes it', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const { fields, headers, rows } = templateOf('members', 'CNY', 'zh-CN')
  const written = (change: Record<string, unknown>) =>
    fields.map((field) => String({ ...rows[0], ...change }[field] ?? '')).join(',')
  const inSheet = {
    birthday: '1990/1/31',
    joinedAt: '2026/1/31 18:05',
    storedValue: '50.00',
    phone: '8.6138E+12',
  }
  const path = shop.file(
    'm.csv',
    [
      fields.map((field) => headers![field]).join(','),
      written(inSheet),
      written({ memberId: 'M1', openid: 'o1', email: '' }),
      // somebody's own, but for one value like the template's
      written({ points: 121 }),
    ].join('\n'),
  )
  const receipt = await shop.importMembers(path)
  expect(receipt).toMatchObject({
    read: 3,
    imported: 2,
    refused: 1,
    reasons: [{ reason: 'template-row', field: null, rows: 1 }],
  })
  expect(await shop.workspace.engine.rows(sql`select member_id, points from members order by 1`)).toEqual([
    { memberId: 'M1', points: 120 },
    { memberId: 'MEMBER-1', points: 121 },
  ])
})

test('a template in which nothing was filled in is refused and says so', async () => {
  await using shop = await openTestShop('JPY', 'Asia/Tokyo')
  expect(
    await shop.import(shop.file('t.csv', writtenAs.csv(templateOf('orders', 'JPY', 'en')))),
  ).toMatchObject({
    kind: 'refused',
    id: 'nothing-accepted',
    values: { line: 2, reason: { id: 'row.template-row' } },
  })
})

test('some words of a Chinese template make none, and columns may be taken out of one', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const few = await lookedAt(
    'few.csv',
    shop.file('few.csv', '订单号,会员号,下单时间,实付金额\nEXAMPLE-1,MEMBER-1,2026-01-31 18:05:00,120\n'),
  )
  expect(few.columns.some(({ confidence }) => confidence < 1)).toBe(true)
  const { fields, headers } = templateOf('refunds', 'CNY', 'zh-CN')
  const kept = fields.filter((field) => field !== 'openid' && field !== 'reason')
  const most = await lookedAt(
    'most.csv',
    shop.file(
      'most.csv',
      `${kept.map((field) => headers![field]).join(',')}\n${kept.map(() => '1').join(',')}\n`,
    ),
  )
  expect(most.columns.map(({ field }) => field)).toEqual(kept)
})
