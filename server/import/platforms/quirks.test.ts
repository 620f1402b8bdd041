import { readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { workbook, zipped } from '../containers/archive.fixture.ts'
import { inGb18030 } from '../encoding/encoded.fixture.ts'
import { inspect, type Readable, unsureColumns } from '../inspect.ts'
import { openTestShop, receiptOf, type TestShop } from '../test-shop.ts'

const header = 'order_id,customer_id,order_date,amount\n'

const orders = async ({ workspace }: TestShop) =>
  (
    await workspace.engine.rows(
      sql`select order_id, member_id, strftime(ordered_at, '%Y-%m-%d %H:%M') as at, net_minor
        from orders left join members using (member_key) order by order_id`,
    )
  ).map((row) => [row.orderId, row.memberId, row.at, row.netMinor])

const refusedRows = (path: string | null) =>
  readFileSync(path!, 'utf8').replace('\ufeff', '').trimEnd().split('\r\n').slice(1)

test('a number that a spreadsheet has cut off is refused with it, in text and in a workbook', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const text = receiptOf(
    await shop.import(
      shop.file(
        'a.csv',
        `${header}6.91E+17,m1,2026-01-02,10\nA2,1.39e+10,2026-01-02,10\nA3,m3,2026-01-02,10\n`,
      ),
    ),
  )
  expect(text).toMatchObject({ imported: 1, refused: 2 })
  expect(refusedRows(text.refusedFile)).toEqual([
    '2,order_id,"“6.91E+17” is a number that has lost digits in a spreadsheet. Export it anew as text, or take it from where the file came from.",6.91E+17,m1,2026-01-02,10',
    expect.stringMatching(/^3,customer_id,"“1\.39e\+10”/) as unknown,
  ])
  const cell = (column: string, row: number, value: string, type = 'n') =>
    type === 'n'
      ? `<c r="${column}${row}"><v>${value}</v></c>`
      : `<c r="${column}${row}" t="str"><v>${value}</v></c>`
  const row = (at: number, id: string, type: string) =>
    `<row r="${at}">${cell('A', at, id, type)}${cell('B', at, 'm1', 's')}${cell('C', at, '2026-01-02', 's')}${cell('D', at, '12.5')}</row>`
  const sheet = `<row r="1">${['order_id', 'customer_id', 'order_date', 'amount'].map((name, i) => cell('ABCD'[i]!, 1, name, 's')).join('')}</row>${row(2, '690000000000000001', 'n')}${row(3, '690000000000000002', 's')}${row(4, '123456789012345', 'n')}`
  const book = receiptOf(await shop.import(shop.file('b.xlsx', workbook(sheet))))
  expect(book).toMatchObject({ imported: 2, refused: 1 })
  expect(refusedRows(book.refusedFile)).toEqual([
    expect.stringMatching(/^2,order_id,"“6\.9E\+17”/) as unknown,
  ])
  expect((await orders(shop)).map(([id]) => id)).toEqual(['123456789012345', '690000000000000002', 'A3'])
})

test('a number written in short that tells all its digits is read with them, in every kind of file', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const ids = ['9e+05', '1.2e+04', "'4e+05", '1.2345E+04', '6.91234567890123E+14', '1.50e+01']
  const read = ['900000', '12000', '400000', '12345', '691234567890123', '15']
  const lost = [
    '6.91234567890123456E+17',
    '9E+05',
    '1e+06',
    '4.0128e+10',
    '9.0e+05',
    '1.23E+04',
    '1e+5',
    '0e+03',
  ]
  const receipt = receiptOf(
    await shop.import(
      shop.file(
        'o.csv',
        `${header}${[...ids, ...lost].map((id, n) => `${id},m${n},2026-01-02,10\n`).join('')}`,
      ),
    ),
  )
  expect(receipt).toMatchObject({
    imported: ids.length,
    refused: lost.length,
    reasons: [{ reason: 'lost-digits', field: 'orderId', header: 'order_id', rows: lost.length }],
  })
  expect((await orders(shop)).map(([id]) => id)).toEqual(read.toSorted())
  const products = await shop.importKind(
    shop.file('p.csv', `商品编码,品类\n${[...ids, ...lost].map((id) => `${id},茶\n`).join('')}`),
  )
  expect(products).toMatchObject({ imported: ids.length, refused: lost.length })
  const skus = await shop.workspace.engine.rows(sql`select sku from products order by sku`)
  expect(skus.map(({ sku }) => sku)).toEqual(read.toSorted())
  const members = await shop.importMembers(
    shop.file('m.csv', `会员号,姓名\n${[...ids, ...lost].map((id) => `${id},安\n`).join('')}`),
  )
  expect(members).toMatchObject({ newMembers: ids.length, refused: lost.length })
  const refunds = receiptOf(
    await shop.import(
      shop.file(
        'r.csv',
        '退款编号,原订单号,退款金额,退款时间\nR1,9e+05,1,2026-01-03\nR2,9E+05,1,2026-01-03\n',
      ),
    ),
  )
  expect(refunds).toMatchObject({ imported: 1, refused: 1, givenBack: { linked: 1 } })
})

test('an amount whose format shows another currency is refused, its own is read', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const text = (at: string, value: string) => `<c r="${at}" t="str"><v>${value}</v></c>`
  const row = (at: number, style: number) =>
    `<row r="${at}">${text(`A${at}`, `A${at}`)}${text(`B${at}`, 'm1')}${text(`C${at}`, '2026-01-02')}<c r="D${at}" s="${style}"><v>-1234.5</v></c></row>`
  const book = (formats: readonly string[]) =>
    zipped({
      '[Content_Types].xml': '<Types/>',
      'xl/workbook.xml': '<workbook><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>',
      'xl/_rels/workbook.xml.rels':
        '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>',
      'xl/styles.xml': `<styleSheet><numFmts>${formats.map((code, i) => `<numFmt numFmtId="${170 + i}" formatCode="${code}"/>`).join('')}</numFmts><cellXfs>${formats.map((_, i) => `<xf numFmtId="${170 + i}"/>`).join('')}</cellXfs></styleSheet>`,
      'xl/worksheets/sheet1.xml': `<worksheet><sheetData><row r="1">${['order_id', 'customer_id', 'order_date', 'amount'].map((name, i) => text(`${'ABCD'[i]}1`, name)).join('')}</row>${formats.map((_, i) => row(i + 2, i)).join('')}</sheetData></worksheet>`,
    })
  const receipt = receiptOf(
    await shop.import(
      shop.file(
        'a.xlsx',
        book([
          '#,##0.00',
          '&quot;¥&quot;#,##0.00;&quot;¥&quot;-#,##0.00',
          '[$￥-804]#,##0.00',
          '0.00&quot;元&quot;',
          '[$$-409]#,##0.00',
          '[$€-2] #,##0.00',
          '[$USD] #,##0.00',
          '_(&quot;$&quot;* #,##0.00_)',
        ]),
      ),
    ),
  )
  expect(receipt).toMatchObject({ imported: 4, refused: 4, netMinor: -4 * 123_450 })
  expect(refusedRows(receipt.refusedFile).map((line) => line.split(',')[2])).toEqual([
    '“$-1234.5” is in another currency than the workspace. Amounts are not converted: leave the row out or import it into a workspace in its currency.',
    '“€-1234.5” is in another currency than the workspace. Amounts are not converted: leave the row out or import it into a workspace in its currency.',
    '“USD-1234.5” is in another currency than the workspace. Amounts are not converted: leave the row out or import it into a workspace in its currency.',
    '“$-1234.5” is in another currency than the workspace. Amounts are not converted: leave the row out or import it into a workspace in its currency.',
  ])
})

test('a wall clock that a zone skips or has twice is an instant all the same', async () => {
  await using shop = await openTestShop('USD', 'America/New_York')
  const receipt = receiptOf(
    await shop.import(
      shop.file(
        'a.csv',
        `${header}A1,m,2026-03-08 02:30:00,1\nA2,m,2025-11-02 01:30:00,1\nA3,m,2025-11-02T01:30:00-05:00,1\nA4,m,2026-03-08 03:30:00,1\n`,
      ),
    ),
  )
  expect(receipt).toMatchObject({ imported: 4, refused: 0, firstDay: '2025-11-02', lastDay: '2026-03-08' })
  const found = await orders(shop)
  expect(found[2]).toEqual(['A3', 'm', '2025-11-02 06:30', 100])
  expect(['2025-11-02 05:30', '2025-11-02 06:30']).toContain(found[1]![2])
  expect(['2026-03-08 06:30', '2026-03-08 07:30']).toContain(found[0]![2])
})

test('a column of several ways of writing dates: what means one thing is read, the rest is refused', async () => {
  await using shop = await openTestShop('GBP', 'UTC')
  const receipt = receiptOf(
    await shop.import(
      shop.file(
        'a.csv',
        `${header}A1,m,13/4/2026,1\nA2,m,5/6/2026 9:05,1\nA3,m,2026-07-01,1\nA4,m,2026年7月2日 下午3:05,1\nA5,m,1/2/26,1\nA6,m,31/31/2026,1\n`,
      ),
    ),
  )
  expect(receipt).toMatchObject({ imported: 5, refused: 1 })
  expect((await orders(shop)).map(([, , at]) => at)).toEqual([
    '2026-04-13 00:00',
    '2026-06-05 09:05',
    '2026-07-01 00:00',
    '2026-07-02 15:05',
    '2026-02-01 00:00',
  ])
})

const rows = `1001,m1,2026-01-02,10.00,茶\n1002,m2,2026-01-03,ten,"杯, 大"\n1003,m1,2026-01-04,(5.00),=1+1 -糖\n1004,m3,soon,30.00,"第一行\n第二行"\n`
const wide = 'order_id,customer_id,order_date,amount,product\n'
const json = (lines: readonly (readonly [string, string, string, string, string])[]) =>
  lines
    .map(([order_id, customer_id, order_date, amount, product]) =>
      JSON.stringify({ order_id, customer_id, order_date, amount, product }),
    )
    .join('\n')
const table = [
  ['1001', 'm1', '2026-01-02', '10.00', '茶'],
  ['1002', 'm2', '2026-01-03', 'ten', '杯, 大'],
  ['1003', 'm1', '2026-01-04', '(5.00)', '=1+1 -糖'],
  ['1004', 'm3', 'soon', '30.00', '第一行 第二行'],
] as const
const sheetRow = (values: readonly string[], at: number) =>
  `<row r="${at}">${values.map((value, i) => `<c r="${'ABCDE'[i]}${at}" t="inlineStr"><is><t>${value}</t></is></c>`).join('')}</row>`

test.each<[string, string, string | Uint8Array]>([
  ['GB18030', 'a.csv', inGb18030(wide + rows)],
  ['gzip', 'a.csv.gz', new Uint8Array(gzipSync(wide + rows))],
  [
    'a zip of two',
    'a.zip',
    zipped({ '1.csv': wide + rows.split('1003')[0]!, '2.csv': `${wide}1003${rows.split('1003')[1]!}` }),
  ],
  ['JSON Lines', 'a.jsonl', json(table)],
  [
    'a workbook',
    'a.xlsx',
    workbook([wide.trim().split(','), ...table].map((row, i) => sheetRow(row, i + 1)).join('')),
  ],
])('refused rows of %s are told as they stood, and go in again once mended', async (_, name, content) => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const receipt = receiptOf(await shop.import(shop.file(name, content)))
  expect(receipt).toMatchObject({ read: 4, imported: 2, refused: 2 })
  const path = receipt.refusedFile!
  const told = readFileSync(path, 'utf8')
  expect(told).toMatch(
    /\r\n(?:a\.zip\/\d\.csv,)?\d,amount,The amount is not a number\.,1002,m2,2026-01-03,ten,"杯, 大"\r\n/,
  )
  expect(told).toMatch(
    /\r\n(?:a\.zip\/\d\.csv,)?\d,order_date,The time can't be read\.,1004,m3,soon,30\.00,"?第一行[\n ]第二行"?\r\n/,
  )
  writeFileSync(path, told.replace(',ten,', ',20.50,').replace(',soon,', ',2026-01-05,'))
  const again = receiptOf(await shop.import(path, { fileName: 'refused.csv' }))
  expect(again).toMatchObject({ read: 2, imported: 2, refused: 0 })
  expect((await orders(shop)).map(([id, member, , net]) => [id, member, net])).toEqual([
    ['1001', 'm1', 1000],
    ['1002', 'm2', 2050],
    ['1004', 'm3', 3000],
  ])
})

test('date and time in cells of their own, and sheets that are not read, are told', async () => {
  await using shop = await openTestShop('USD', 'America/New_York')
  const text = (at: string, value: string) => `<c r="${at}" t="str"><v>${value}</v></c>`
  const names = ['order_id', 'customer_id', 'date', 'time', 'amount']
  const styles = ['General', 'h:mm', '[$-409]h:mm:ss AM/PM', 'm/d/yyyy']
  const row = (at: number, time: string, style: number) =>
    `<row r="${at}">${text(`A${at}`, `A${at}`)}${text(`B${at}`, 'm1')}<c r="C${at}" s="3"><v>46082</v></c><c r="D${at}" s="${style}"><v>${time}</v></c><c r="E${at}"><v>12.5</v></c></row>`
  const sheet = `<worksheet><sheetData><row r="1">${names.map((name, i) => text(`${'ABCDE'[i]}1`, name)).join('')}</row>${row(2, '0.97916666666666663', 1)}${row(3, '0.5', 2)}</sheetData></worksheet>`
  const path = shop.file(
    'a.xlsx',
    zipped({
      '[Content_Types].xml': '<Types/>',
      'xl/workbook.xml':
        '<workbook><sheets><sheet name="2026" sheetId="1" r:id="rId1"/><sheet name="2025" sheetId="2" r:id="rId2"/></sheets></workbook>',
      'xl/_rels/workbook.xml.rels':
        '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Target="worksheets/sheet1.xml"/></Relationships>',
      'xl/styles.xml': `<styleSheet><numFmts>${styles.map((code, i) => `<numFmt numFmtId="${170 + i}" formatCode="${code}"/>`).join('')}</numFmts><cellXfs>${styles.map((_, i) => `<xf numFmtId="${170 + i}"/>`).join('')}</cellXfs></styleSheet>`,
      'xl/worksheets/sheet1.xml': sheet,
    }),
  )
  const seen = await inspect(path, 'a.xlsx', {}, 'America/New_York')
  expect(seen).toMatchObject({ inspection: { sheet: '2026', otherSheets: ['2025'] } })
  expect(receiptOf(await shop.import(path))).toMatchObject({ imported: 2, refused: 0 })
  expect((await orders(shop)).map(([, , at]) => at)).toEqual(['2026-03-02 04:30', '2026-03-01 17:00'])
})

test('orders that a file gives no time of payment and no amount are not paid yet', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const receipt = receiptOf(
    await shop.import(
      shop.file(
        'a.csv',
        '订单编号,会员号,总金额,买家实际支付金额,订单创建时间,订单付款时间,退款金额\n1,a,10,0,2026-01-02,,0\n2,a,10,10,2026-01-03,2026-01-03,0\n3,b,10,0,2026-01-04,2026-01-04,10\n',
      ),
    ),
  )
  expect(receipt).toMatchObject({ orders: 1, unpaidOrders: 1, emptyOrders: 1, netMinor: 1000 })
})

test('of two keys of the customer the one that is new with every order is not taken without a look', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const text = (person: string) =>
    `order_id,customer_id,${person},order_date,amount\n${Array.from({ length: 80 }, (_, i) => `O${i},C${i},P${i % 50},2026-01-${10 + (i % 9)},${i}.50\n`).join('')}`
  const unknown = shop.file('a.csv', text('key_of_person'))
  const seen = async (map = {}) => ((await inspect(unknown, 'a.csv', map, 'UTC')) as Readable).inspection
  const guessed = await seen()
  expect(guessed.personHint).toEqual({ header: 'customer_id', other: 'key_of_person', otherIs: null })
  expect(unsureColumns(guessed)).toMatchObject([
    { field: 'memberId', header: 'customer_id', confidence: 0.5 },
  ])
  expect(unsureColumns(await seen({ columns: { memberId: 'key_of_person' } }))).toEqual([])
  expect(unsureColumns(await seen({ columns: { memberId: 'customer_id' } }))).toEqual([])
  // A name that is known for it needs no look.
  expect(receiptOf(await shop.import(shop.file('b.csv', text('customer_unique_id'))))).toMatchObject({
    members: 50,
  })
})

test('bytes that are no text in the encoding of the file are told, not written over', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const bytes = Buffer.concat([
    inGb18030(`${wide}1,m1,2026-01-02,10.00,龙井茶叶\n2,m1,2026-01-03,10.00,桂花`),
    Buffer.from([0xff]),
    inGb18030('乌龙\n3,m2,2026-01-04,10.00,白瓷茶杯\n'),
  ])
  const receipt = receiptOf(await shop.import(shop.file('a.csv', bytes)))
  expect(receipt).toMatchObject({
    read: 3,
    imported: 2,
    refused: 1,
    reasons: [{ reason: 'not-text', rows: 1 }],
  })
  expect(refusedRows(receipt.refusedFile)[0]).toMatch(/^3,,The row holds bytes that are no text/)
})

test('a line break inside a value is one blank, and none at its ends', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const rows = ['"红茶\r\n2 号"', '"红茶 \n\n2 号\n"', '"\n红茶 2 号"', '"红茶 2 号"']
  const written = rows.map((product, i) => `A${i},m1,2026-01-02,10,${product}\n`).join('')
  const receipt = receiptOf(
    await shop.import(shop.file('a.csv', `order_id,customer_id,order_date,amount,product\n${written}`)),
  )
  expect(receipt).toMatchObject({ imported: 4, refused: 0 })
  const products = await shop.workspace.engine.rows(
    sql`select distinct product, count(*) as n from order_lines group by all`,
  )
  expect(products).toEqual([{ product: '红茶 2 号', n: 4 }])
})

test('dates with blanks that keep words together are read, as browsers write them', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const times = {
    'a.csv': ['2026-01-02\u00a003:04:05', '2026-01-12\u00a03:04\u202fPM'],
    'b.csv': ['1/2/2026,\u202f3:04:05\u202fAM', '1/31/2026, 3:04\u202fPM'],
    'c.csv': ['2026年1月2日\u30003:04', '2026年1月31日\u300015:04'],
  }
  for (const [name, [first, second]] of Object.entries(times)) {
    const rows = `${name}1\tm1\t${first}\t10\n${name}2\tm1\t${second}\t10\n`
    const receipt = await shop.import(shop.file(name, header.replaceAll(',', '\t') + rows))
    expect(receipt).toMatchObject({ imported: 2, refused: 0 })
  }
  expect((await orders(shop)).map(([id, , at]) => [id, at])).toEqual([
    ['a.csv1', '2026-01-01 19:04'],
    ['a.csv2', '2026-01-12 07:04'],
    ['b.csv1', '2026-01-01 19:04'],
    ['b.csv2', '2026-01-31 07:04'],
    ['c.csv1', '2026-01-01 19:04'],
    ['c.csv2', '2026-01-31 07:04'],
  ])
})

test('a text of two bytes a character in a zip ends where it ends', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const text = `${header}A1,m1,2026-01-02,1.5元\nA2,m2,2026-01-02,"2.5元"`
  for (const [n, end] of ['', '\n', '\r\n'].entries())
    for (const [mark, swap] of [
      [[0xff, 0xfe], false],
      [[0xfe, 0xff], true],
    ] as const) {
      const units = Buffer.from(text.replaceAll('A', `${n}${swap}`) + end, 'utf16le')
      const bytes = Buffer.concat([Buffer.from(mark), swap ? units.swap16() : units])
      const receipt = await shop.import(shop.file(`z${n}${swap}.zip`, zipped({ 'o.csv': bytes })))
      expect(receipt).toMatchObject({ read: 2, imported: 2, refused: 0, netMinor: 400 })
    }
})
