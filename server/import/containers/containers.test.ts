import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { openDuckDb } from '../../../analytics/engine/duckdb.ts'
import type { Engine } from '../../../analytics/engine/engine.ts'
import { join as list, name, sql } from '../../../analytics/sql/sql.ts'
import { openTestShop, receiptOf, type TestShop } from '../test-shop.ts'
import { workbook, zipped } from './archive.fixture.ts'
import { dateText } from './xlsx.ts'

const header = '订单号,会员号,下单时间,商品名称,实付金额'
const first = '202605252205430653061,17850,2026-05-25 22:05:43,"奶粉 ""A"", 900g",2.55'
const rows = [
  first,
  '202605252205430653062,17851,2026-05-26,面包,1234.50',
  '202605252205430653063,17850,2026-05-27 08:00:00,面包,10',
]
const text = [header, ...rows, ''].join('\n')
const asJson = (row: string) => {
  const [id, member, at, product, amount] = row
    .replace(/"(.*)"/, (_, inner: string) => inner.replaceAll('""', '\u0001').replaceAll(',', '\u0002'))
    .split(',')
  return `{"订单号": ${id}, "会员号": "${member}", "下单时间": "${at}", "商品": {"名称": ${JSON.stringify(product!.replaceAll('\u0001', '"').replaceAll('\u0002', ','))}}, "实付金额": ${amount}, "标签": ["a"]}`
}
const json = `${rows.map(asJson).join('\n')}\n`

/** Cells of every kind that writers use: shared, inline, results of formulas, numbers as doubles, dates by style. */
const cells = `
  <row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="inlineStr"><is><t>下单时间</t></is></c><c r="D1" t="s"><v>2</v></c><c r="E1" t="str"><f>A9</f><v>实付金额</v></c></row>
  <row r="2"><c r="A2" t="inlineStr"><is><t>202605252205430653061</t></is></c><c r="B2"><v>17850</v></c><c r="C2" s="1"><v>46167.92063657407</v></c><c r="D2" t="s"><v>3</v></c><c r="E2" s="3"><v>2.5499999999999998</v></c></row>
  <row r="4"><c r="A4" t="inlineStr"><is><r><t>20260525220543</t></r><r><t>0653062</t></r></is></c><c r="B4"><v>17851</v></c><c r="C4" s="2"><v>46168</v></c><c r="D4" t="s"><v>4</v></c><c r="E4"><v>1234.5</v></c></row>
  <row r="5"><c t="inlineStr"><is><t>202605252205430653063</t></is></c><c><v>17850</v></c><c s="1"><v>46169.333333333336</v></c><c t="s"><v>4</v></c><c><f>5+5</f><v>1.0000000000000001E1</v></c><c s="3"/></row>`
const shared =
  '<si><t>订单号</t></si><si><t>会员号</t></si><si><t>商品名称</t><rPh sb="0" eb="1"><t>ショウヒン</t></rPh></si><si><r><t>奶粉 "A"</t></r><r><t xml:space="preserve">, 900g</t></r></si><si><t>面包</t></si>'

async function parquetOf(shop: TestShop): Promise<string> {
  const path = join(shop.folder, 'orders.parquet')
  const engine = await openDuckDb(':memory:')
  await engine.run(sql`copy (select "订单号", cast("会员号" as integer) as "会员号", cast("下单时间" as timestamp) as "下单时间", "商品名称", cast("实付金额" as decimal(10, 2)) as "实付金额"
    from read_csv(${shop.file('for-parquet.csv', text)}, all_varchar = true)) to (${path}) (format parquet)`)
  await engine.close()
  return path
}

test('the same orders come out of every kind of file', async () => {
  const files: Record<string, (shop: TestShop) => string | Promise<string>> = {
    csv: (shop) => shop.file('orders.csv', text),
    gzip: (shop) => shop.file('orders.csv.gz', gzipSync(text)),
    zip: (shop) =>
      shop.file(
        'orders.zip',
        zipped({
          '__MACOSX/._part1.csv': 'x',
          'part1.csv': `\ufeff${header}\r\n${rows.slice(0, 2).join('\r\n')}`,
          'part2.csv': `${header}\r\n${rows[2]}`,
        }),
      ),
    xlsx: (shop) => shop.file('orders.xlsx', workbook(cells, { shared })),
    'json lines': (shop) => shop.file('orders.jsonl', json),
    'json lines, gzip': (shop) => shop.file('orders.jsonl.gz', gzipSync(json)),
    'json lines, zip': (shop) =>
      shop.file(
        'json.zip',
        zipped({
          'a.jsonl': json.split('\n').slice(0, 2).join('\n'),
          'b.jsonl': json.split('\n').slice(2).join('\n'),
        }),
      ),
    parquet: parquetOf,
  }
  const seen: Record<string, unknown> = {}
  for (const [kind, file] of Object.entries(files)) {
    await using shop = await openTestShop('CNY', 'Asia/Shanghai')
    const receipt = receiptOf(await shop.import(await file(shop)))
    expect({ kind, ...receipt }).toMatchObject({
      kind,
      read: 3,
      imported: 3,
      refused: 0,
      members: 2,
      orders: 3,
    })
    seen[kind] = await shop.workspace.engine.rows(sql`
      select orders.order_id, member_id, strftime(ordered_at, '%Y-%m-%d %H:%M:%S') as at, orders.net_minor, product
      from orders join order_lines on order_lines.order_key = orders.order_key
      join members on members.member_key = orders.member_key order by orders.order_id`)
  }
  expect(seen.csv).toEqual([
    {
      orderId: '202605252205430653061',
      memberId: '17850',
      at: '2026-05-25 14:05:43',
      netMinor: 255,
      product: '奶粉 "A", 900g',
    },
    {
      orderId: '202605252205430653062',
      memberId: '17851',
      at: '2026-05-25 16:00:00',
      netMinor: 123_450,
      product: '面包',
    },
    {
      orderId: '202605252205430653063',
      memberId: '17850',
      at: '2026-05-27 00:00:00',
      netMinor: 1000,
      product: '面包',
    },
  ])
  for (const [kind, orders] of Object.entries(seen))
    expect({ kind, orders }).toEqual({ kind, orders: seen.csv })
})

test.each([
  { of: 'a csv', name: 'a.csv', content: `${text}X1,1,2026-05-30,x,ten\n`, line: 5 },
  {
    of: 'JSON Lines',
    name: 'a.jsonl',
    content: `${json}\n${asJson(first.replace('3061,', '3069,')).replace('2.55', '"ten"')}\n`,
    line: 5,
  },
  {
    of: 'a workbook',
    name: 'a.xlsx',
    content: workbook(
      `${cells}<row r="9"><c r="A9" t="str"><v>X</v></c><c r="B9"><v>1</v></c><c r="C9" s="2"><v>46168</v></c><c r="E9" t="str"><v>ten</v></c></row>`,
      { shared },
    ),
    line: 9,
  },
])('a refused row is named by its line in $of', async ({ name, content, line }) => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const receipt = receiptOf(await shop.import(shop.file(name, content)))
  expect(receipt).toMatchObject({ imported: 3, refused: 1 })
  expect(readFileSync(receipt.refusedFile!, 'utf8').split('\r\n')[1]).toMatch(new RegExp(`^${line},`))
})

test('the first sheet that is not hidden is read; dates from 1904 too', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const path = shop.file(
    'a.xlsx',
    workbook(cells, {
      shared,
      date1904: true,
      sheets:
        '<sheet name="Hidden" sheetId="1" state="hidden" r:id="rId1"/><sheet name="Seen" sheetId="2" r:id="rId2"/>',
    }),
  )
  // The same serials four years and a day later: 2030, which is in the future.
  expect(await shop.import(path)).toMatchObject({ kind: 'refused', id: 'nothing-accepted' })
  expect(dateText(0, true)).toBe('1904-01-01')
  expect(dateText(46_167.920_636_574_07, false)).toBe('2026-05-25 22:05:43')
})

test.each([
  ['titles above the columns', ['有赞订单报表', '导出时间,2026-06-01', '', header, ...rows]],
  ['empty fields beyond the columns', [header, ...rows.map((row) => `${row},,`)]],
  ['a nameless last column', [`${header},`, ...rows]],
  ['columns of one name', [`${header},备注,备注`, ...rows.map((row) => `${row},x,y`)]],
])('%s do no harm', async (_, lines) => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const receipt = receiptOf(await shop.import(shop.file('a.csv', lines.join('\n'))))
  expect(receipt).toMatchObject({ read: 3, imported: 3, refused: 0, members: 2, orders: 3 })
})

test('days as spreadsheets count them, in a text file', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const path = shop.file(
    'a.csv',
    'order_id,customer_id,order_date,amount\nA,1,46167.92063657407,10\nB,1,46168,20\n',
  )
  expect(receiptOf(await shop.import(path))).toMatchObject({
    imported: 2,
    firstDay: '2026-05-25',
    lastDay: '2026-05-26',
  })
})

test.each(['parquet', 'xlsx'] as const)(
  'refused rows of %s, downloaded and mended, are imported as they are',
  async (container) => {
    await using shop = await openTestShop('CNY', 'UTC')
    const table = 'no,who,when,total\nA,m1,2026-01-02,10\nB,m2,soon,5\nC,m3,2026-01-04,ten\n'
    const path = join(shop.folder, `orders.${container}`)
    if (container === 'parquet') {
      const engine = await openDuckDb(':memory:')
      await engine.run(
        sql`copy (select * from read_csv(${shop.file('table.csv', table)}, all_varchar = true)) to (${path}) (format parquet)`,
      )
      await engine.close()
    } else {
      const row = (line: string, i: number) =>
        `<row r="${i + 1}">${line
          .split(',')
          .map((text) => `<c t="inlineStr"><is><t>${text}</t></is></c>`)
          .join('')}</row>`
      shop.file('orders.xlsx', workbook(table.trimEnd().split('\n').map(row).join('')))
    }
    const map = { columns: { orderId: 'no', memberId: 'who', orderedAt: 'when', amount: 'total' } }
    const receipt = receiptOf(await shop.import(path, { map }))
    expect(receipt).toMatchObject({ imported: 1, refused: 2 })
    const refused = readFileSync(receipt.refusedFile!, 'utf8')
    // A workbook's rows are named as it shows them, those of Parquet counted from the first.
    expect(refused.split('\r\n').map((line) => line.split(',')[0])).toEqual(
      container === 'xlsx' ? ['\ufeffline', '3', '4', ''] : ['\ufeffline', '2', '3', ''],
    )
    const mended = refused.replace('soon', '2026-01-03').replace('ten', '12.50')
    expect(receiptOf(await shop.import(shop.file('mended.csv', mended)))).toMatchObject({
      imported: 2,
      refused: 0,
    })
    expect(
      await shop.workspace.engine.rows(sql`select order_id, net_minor from orders order by order_id`),
    ).toEqual([
      { orderId: 'A', netMinor: 1000 },
      { orderId: 'B', netMinor: 500 },
      { orderId: 'C', netMinor: 1250 },
    ])
  },
)

test('a workbook whose second row is its last possible one is read', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const row = (at: number, texts: readonly string[]) =>
    `<row r="${at}">${texts.map((text) => `<c t="inlineStr"><is><t>${text}</t></is></c>`).join('')}</row>`
  const path = shop.file(
    'far.xlsx',
    workbook(
      row(1, ['order_id', 'customer_id', 'order_date', 'amount']) +
        row(1_048_576, ['A', 'm1', '2026-01-02', '10']),
    ),
  )
  expect(receiptOf(await shop.import(path))).toMatchObject({ read: 1, imported: 1 })
})

test('a file in a zip that is not what its checksum says is refused, alone and among tables', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const orders = 'order_id,member_id,date,amount\n1,M1,2026-01-02,1\n'
  const changed = (files: Record<string, string>) => {
    const bytes = Buffer.from(zipped(files))
    const listed = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2]))
    bytes[listed + 16]! ^= 1
    return bytes
  }
  const lines = 'order_id,sku,quantity\n1,A,1\n'
  for (const files of [{ 'a.csv': orders }, { 'a.csv': orders, 'b.csv': lines }] as Record<string, string>[])
    expect(await shop.import(shop.file('a.zip', changed(files)))).toMatchObject({ id: 'broken-zip' })
  expect(await shop.workspace.engine.rows(sql`select * from imports`)).toEqual([])
})

const plainRow = (at: number, ...cells: readonly string[]) =>
  `<row r="${at}">${cells
    .map((cell) => (cell.startsWith('<') ? cell : `<c t="inlineStr"><is><t>${cell}</t></is></c>`))
    .join('')}</row>`
const plainRows =
  plainRow(1, 'order_id', 'customer_id', 'order_date', 'amount') + plainRow(2, 'A', 'm1', '2026-01-02', '10')

/** As `workbook`, with other bytes in the place of its parts. */
const workbookWith = (parts: Readonly<Record<string, string | Uint8Array>>) =>
  zipped({
    'xl/workbook.xml': '<workbook><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
    'xl/_rels/workbook.xml.rels':
      '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>',
    'xl/worksheets/sheet1.xml': `<worksheet><sheetData>${plainRows}</sheetData></worksheet>`,
    ...parts,
  })
const sheetOf = (rows: string) => `<worksheet><sheetData>${rows}</sheetData></worksheet>`

test.each<[string, Uint8Array]>([
  [
    'in another encoding than workbooks have',
    workbookWith({
      'xl/worksheets/sheet1.xml': Buffer.concat([
        Buffer.from('<?xml version="1.0" encoding="GBK"?><worksheet><sheetData>'),
        Buffer.from(`${plainRows}<row r="3"><c t="inlineStr"><is><t>`),
        Buffer.from([0xb6, 0xa9, 0xb5, 0xa5]),
        Buffer.from('</t></is></c></row></sheetData></worksheet>'),
      ]),
    }),
  ],
  [
    'whose shared text is not there',
    workbookWith({
      'xl/sharedStrings.xml': '<sst><si><t>A</t></si></sst>',
      'xl/worksheets/sheet1.xml': sheetOf(
        plainRows + plainRow(3, '<c t="s"><v>7</v></c>', 'm1', '2026-01-02', '10'),
      ),
    }),
  ],
  [
    'of elements inside of elements without end',
    workbookWith({
      'xl/worksheets/sheet1.xml': sheetOf(plainRows + '<a>'.repeat(5000) + '</a>'.repeat(5000)),
    }),
  ],
])('a workbook %s is refused', async (_, bytes) => {
  await using shop = await openTestShop('CNY', 'UTC')
  expect(await shop.import(shop.file('a.xlsx', bytes))).toMatchObject({ id: 'broken-workbook' })
})

test('a number format longer than spreadsheets take does not hold up who looks at it', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const formats = ['['.repeat(200_000), '&quot;'.repeat(200_001), `[$${'x'.repeat(200_000)}`]
  const path = shop.file(
    'a.xlsx',
    workbookWith({
      'xl/styles.xml': `<styleSheet><numFmts>${formats
        .map((code, i) => `<numFmt numFmtId="${200 + i}" formatCode="${code}"/>`)
        .join('')}</numFmts><cellXfs><xf numFmtId="200"/><xf numFmtId="201"/></cellXfs></styleSheet>`,
    }),
  )
  expect(receiptOf(await shop.import(path))).toMatchObject({ imported: 1 })
}, 15_000)

test('a zip of many files that are harmless one by one and a bomb together is refused', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const text = `order_id,member_id,date,amount\n${'1,M1,2026-01-02,1\n'.repeat(600_000)}`
  const files = Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`${i}.csv`, text]))
  expect(await shop.import(shop.file('a.zip', zipped(files)))).toMatchObject({ id: 'zip-bomb' })
})

/** Writes what a query answers as a Parquet file. */
async function parquetFile(shop: TestShop, query: Parameters<Engine['run']>[0]): Promise<string> {
  const path = join(shop.folder, 'made.parquet')
  const engine = await openDuckDb(':memory:')
  await engine.run(sql`copy (${query}) to (${path}) (format parquet)`)
  await engine.close()
  return path
}

test('records inside of a Parquet file are columns of their own, as in JSON Lines', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const path = await parquetFile(
    shop,
    sql`select 'A' || i as order_id, case when i > 0 then {'id': 'M' || i, 'phone': '1381234567' || i} end as member,
      {'placed': {'at': timestamptz '2026-01-02 10:00:00+08'}, 'tags': ['a', 'b']} as "the order", 12.5 as amount
      from range(3) as rows (i)`,
  )
  const map = { columns: { memberId: 'member.id', orderedAt: 'the order.placed.at' } }
  expect(receiptOf(await shop.import(path, { map }))).toMatchObject({ read: 3, imported: 3, members: 2 })
  expect(
    await shop.workspace.engine
      .rows(sql`select order_id, member_id, phone, strftime(ordered_at, '%Y-%m-%d %H:%M') as at
      from orders left join members on members.member_key = orders.member_key order by order_id`),
  ).toEqual([
    { orderId: 'A0', memberId: null, phone: null, at: '2026-01-02 02:00' },
    { orderId: 'A1', memberId: 'M1', phone: null, at: '2026-01-02 02:00' },
    { orderId: 'A2', memberId: 'M2', phone: null, at: '2026-01-02 02:00' },
  ])
})

test('a Parquet file of thousands of columns is refused', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const columns = Array.from({ length: 12_000 }, (_, i) => sql`1 as ${name(`c${i}`)}`)
  const path = await parquetFile(shop, sql`select ${list(columns)}`)
  expect(await shop.import(path)).toMatchObject({ id: 'many-columns', values: { most: 4096 } })
})

test.each([
  ['amount', sql`1.25::decimal(38, 4) as amount, {'id': 'P1'} as product`],
  ['product.cost.net', sql`5 as amount, {'id': 'P1', 'cost': {'net': 1.25::decimal(38, 4)}} as product`],
])('decimals of 60 digits in %s are refused by the name of their column', async (column, columns) => {
  await using shop = await openTestShop('CNY', 'UTC')
  const path = await parquetFile(
    shop,
    sql`select 'A1' as order_id, 'M1' as customer_id, date '2026-01-02' as order_date, ${columns}, 'x' as note`,
  )
  expect(receiptOf(await shop.import(path, { dryRun: true }))).toMatchObject({ imported: 1 })
  // 38 digits in the footer (as its zigzag numbers have them) become 60, in both ways in which a decimal says so
  const file = readFileSync(path)
  const footer = file.length - 8 - file.readUInt32LE(file.length - 8)
  for (let at = footer; at < file.length - 8; at++)
    if (file[at] === 0x15 && file[at + 1] === 38 * 2) file[at + 1] = 60 * 2
  writeFileSync(path, file)
  expect(await shop.import(path)).toMatchObject({
    id: 'long-decimals',
    values: { file: 'made.parquet', column, digits: 60, most: 38 },
  })
})

test('ids that a Parquet file keeps as fractions are refused where their last digits may be lost', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const path = await parquetFile(
    shop,
    sql`select cast(i as double) as order_id, cast(17850 as double) as customer_id, date '2026-01-02' as order_date, 1.25 as amount
      from (values (9007199254740993), (9007199254740991), (17851)) as rows (i)`,
  )
  expect(receiptOf(await shop.import(path))).toMatchObject({
    imported: 2,
    refused: 1,
    reasons: [{ reason: 'lost-digits' }],
  })
  expect(
    await shop.workspace.engine.rows(sql`select order_id, member_id from orders
      join members on members.member_key = orders.member_key order by order_id`),
  ).toEqual([
    { orderId: '17851', memberId: '17850' },
    { orderId: '9007199254740991', memberId: '17850' },
  ])
})
