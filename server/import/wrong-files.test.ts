import { spawnSync } from 'node:child_process'
import { createWriteStream, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { workbook, zipped } from './containers/archive.fixture.ts'
import { sentence as inWords } from '../messages/messages.ts'
import type { Refusal } from './refusal.ts'
import { importRuns } from './runs.ts'
import { openTestShop, receiptOf, type TestShop, visible } from './test-shop.ts'
import { command } from '../command-line/in-process.fixture.ts'

const header = 'order_id,customer_id,order_date,amount\n'
const row = 'A1,m1,2026-01-02,10.00\n'

const wide = (value: (position: number) => string) =>
  Array.from({ length: 10_000 }, (_, i) => value(i)).join(',')

/** An archive whose directory lists one and the same bytes many times, as bombs do. */
function sharedBytes(): Uint8Array {
  const one = Buffer.from(zipped({ 'a.csv': header + row.repeat(100) }))
  const directoryAt = one.readUInt32LE(one.length - 6)
  const entry = one.subarray(directoryAt, one.length - 22)
  const end = Buffer.from(one.subarray(one.length - 22))
  const times = 300
  end.writeUInt16LE(times, 8)
  end.writeUInt16LE(times, 10)
  end.writeUInt32LE(entry.length * times, 12)
  return new Uint8Array(
    Buffer.concat([one.subarray(0, directoryAt), ...Array.from({ length: times }, () => entry), end]),
  )
}

describe('a wrong file is refused with one sentence and changes nothing', () => {
  let shop: TestShop
  beforeAll(async () => {
    shop = await openTestShop()
  })
  afterAll(() => shop[Symbol.asyncDispose]())

  const utf16 = (text: string) => new Uint8Array(Buffer.from(`\ufeff${text}`, 'utf16le'))
  test.each<[string, string | Uint8Array | null, string]>([
    ['missing.csv', null, 'missing-file'],
    ['empty.csv', '', 'empty'],
    ['blank.csv', '\n \n\n', 'empty'],
    ['empty.csv.gz', new Uint8Array(gzipSync('')), 'empty'],
    ['binary.csv', new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0, 0, 1, 2, 3, 0, 0]), 'binary'],
    ['cut.xlsx', new Uint8Array([0x50, 0x4b, 3, 4, 20, 0]), 'broken-zip'],
    ['half.xlsx', workbook('<row r="1"><c r="A1" t="str"><v>order_id</v>'), 'broken-workbook'],
    [
      'doctype.xlsx',
      zipped({ 'xl/workbook.xml': '<!DOCTYPE x [<!ENTITY a "b">]><workbook/>' }),
      'broken-workbook',
    ],
    ['nosheet.xlsx', zipped({ 'xl/workbook.xml': '<workbook/>' }), 'broken-workbook'],
    ['blank.xlsx', workbook(''), 'empty'],
    ['old.xls', new Uint8Array([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]), 'old-spreadsheet'],
    ['bill.pdf', '%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n', 'not-a-table'],
    ['orders.csv', new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), 'not-a-table'],
    ['letter.doc', new Uint8Array([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]), 'not-a-table'],
    [
      'letter.docx',
      zipped({ '[Content_Types].xml': '<Types/>', 'word/document.xml': '<w/>' }),
      'not-a-table',
    ],
    ['orders.xls', '\ufeff<html><table><tr><td>order_id</td></tr></table></html>', 'not-a-table'],
    ['orders.rar', 'Rar!\u001a\u0007\u0000', 'not-a-table'],
    ['empty.zip', new Uint8Array([0x50, 0x4b, 5, 6, ...new Uint8Array(18)]), 'empty'],
    ['outside.zip', zipped({ '../../orders.csv': header + row }), 'broken-zip'],
    ['picture.zip', zipped({ 'a.png': 'x' }), 'zip-content'],
    [
      'two.zip',
      zipped({ 'orders.csv': header + row, 'again.csv': `${header.trim()},note\n${row.trim()},x\n` }),
      'tables-apart',
    ],
    ['bomb.zip', zipped({ 'orders.csv': new Uint8Array(60 << 20) }), 'zip-bomb'],
    ['cell.xlsx', workbook(`<row r="1"><c t="str"><v>${'x'.repeat(3 << 20)}</v></c></row>`), 'long-record'],
    ['bad.parquet', new Uint8Array(Buffer.from('PAR1 and nothing else')), 'broken-parquet'],
    ['list.json', '[{"order_id": 1}]', 'json-array'],
    ['cut.jsonl', '{"order_id": "A1", "customer_id": "m1"}\n{"order_id": ', 'bad-json'],
    ['text.jsonl', '{"order_id": "A1", "customer_id": "m1"}\n"text"\n', 'bad-json'],
    ['wide.jsonl', `{${Array.from({ length: 5000 }, (_, i) => `"c${i}": 1`).join(',')}}\n`, 'many-columns'],
    ['wide.csv', utf16(`${header}\0\0${row}`), 'utf-16'],
    ['wide.zip', zipped({ 'a.csv': utf16(header + row), 'b.csv': utf16(header + row) }), 'utf-16'],
    [
      'dollars.csv',
      'order_id,customer_id,order_date,Amount (USD)\nA1,m1,2026-01-02,10.00\nA2,m1,2026-01-03,1\n',
      'other-currency-column',
    ],
    [
      'total-in-dollars.csv',
      'order_id,card,order_date,Total (USD)\nA1,m1,2026-01-02,$10.00\nA2,m1,2026-01-03,$1.00\n',
      'other-currency-column',
    ],
    [
      'thousands.csv',
      'order_id,customer_id,order_date,amount\nA1,m1,2026-01-02,1.250\nA2,m1,2026-01-03,900\n',
      'undecided-decimals',
    ],
    [
      'both.csv',
      'order_id,customer_id,order_date,amount\nA1,m1,13/4/2026,10.00\nA2,m1,5/26/2026,1\nA3,m1,3/4/2026,1\n',
      'undecided-dates',
    ],
    ['plain.csv.gz', new Uint8Array(Buffer.from(header + row)), 'not-gzip'],
    ['cut.csv.gz', new Uint8Array(gzipSync(header + row.repeat(5000)).subarray(0, 60)), 'broken-gzip'],
    ['one.csv', 'a^b^c\n1^2^3\n', 'one-column'],
    ['header.csv', header, 'no-rows'],
    ['values.csv', '1,2,3\n4,5,6\n', 'no-header'],
    ['lacking.csv', 'colour,size\nred,1\nblue,2\n', 'no-kind'],
    [
      'demographics.csv',
      'household_key,AGE_DESC,MARITAL_STATUS_CODE,INCOME_DESC\n1,65+,A,35-49K\n7,45-54,B,50-74K\n',
      'no-kind',
    ],
    ['coupons.csv', 'COUPON_UPC,PRODUCT_ID,CAMPAIGN\n51800009050,27160,4\n51800009050,27754,9\n', 'no-kind'],
    ['quote.csv', `${header}A1,"m1,2026-01-02,10.00\n${row}`, 'open-quote'],
    [
      'days.csv',
      'order_id,customer_id,order_date,amount\nA1,m1,3/4/2026,10.00\nA2,m1,5/6/2026,1\n',
      'undecided-dates',
    ],
    ['bomb.csv.gz', new Uint8Array(gzipSync(header + row + '\n'.repeat(60 << 20))), 'gzip-bomb'],
    [
      'many.zip',
      zipped(Object.fromEntries(Array.from({ length: 2001 }, (_, i) => [`${i}.csv`, header]))),
      'zip-entries',
    ],
    ['shared.zip', sharedBytes(), 'zip-bomb'],
    ['absolute.zip', zipped({ '/etc/orders.csv': header + row }), 'broken-zip'],
    ['backslash.zip', zipped({ '..\\orders.csv': header + row }), 'broken-zip'],
    ['within.zip', zipped({ 'a.zip': zipped({ 'orders.csv': header + row }) }), 'zip-content'],
    ['twice.csv.gz', new Uint8Array(gzipSync(gzipSync(header + row))), 'binary'],
    ['10000.csv', `${wide((i) => `c${i}`)}\n${wide((i) => `${i}`)}\n`, 'many-columns'],
    ['entities.xlsx', workbook('<row r="1"><c t="str"><v>&laughs;</v></c></row>'), 'broken-workbook'],
    [
      'uncalculated.xlsx',
      workbook(
        '<row r="1"><c t="str"><v>order_id</v></c><c t="str"><v>amount</v></c></row><row r="2"><c t="str"><v>A</v></c><c><f>5+5</f></c></row>',
      ),
      'formula-without-result',
    ],
    ...['<v/>', '<v></v>'].map((empty): [string, Uint8Array, string] => [
      'never-calculated.xlsx',
      workbook(
        `<row r="1"><c t="str"><v>order_id</v></c><c t="str"><v>amount</v></c></row><row r="2"><c t="str"><v>A</v></c><c><f>5+5</f>${empty}</c></row>`,
      ),
      'formula-without-result',
    ]),
    ['deep.jsonl', `{"order_id": "A1", "x": ${'['.repeat(100_000)}${']'.repeat(100_000)}}\n`, 'deep-json'],
    [
      'objects.jsonl',
      `{"order_id": "A1", "x": ${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}\n`,
      'deep-json',
    ],
    ['quotes.csv', `${header}${row}${'"'.repeat(1_000_001)},m,2026-01-02,1\n`, 'open-quote'],
    ['nothing.csv', `${header}A1,m1,2036-01-01,10.00\n`, 'nothing-accepted'],
  ])('%s', async (name, content, id) => {
    const path = content === null ? join(shop.folder, name) : shop.file(name, content)
    const before = await visible(shop)
    const outcome = await shop.import(path)
    expect(outcome).toMatchObject({ kind: 'refused', id })
    const sentence = inWords('en', (outcome as Refusal).id, (outcome as Refusal).values)
    expect(sentence).not.toMatch(/[{}]/)
    expect(inWords('zh-CN', (outcome as Refusal).id, (outcome as Refusal).values)).toMatch(/[。）]$|行：/)
    expect(await visible(shop)).toEqual(before)
  })

  test.each([
    [
      'euros.csv',
      `${header}A1,m1,2026-01-02,€5.00\n`,
      '按这个匹配，euros.csv 没有一行可读。第 2 行：“€5.00”的币种与工作区不同。金额不做换算：请去掉该行，或将其导入相应币种的工作区。',
    ],
    [
      'untimed.csv',
      'customer_id,price_tag\nm1,10.00\n',
      '从 untimed.csv 的列（customer_id、price_tag）看不出它是哪一类文件，其中也没有订单的时间和金额。可导入的类型：订单（orders）、退款（refunds）、会员（members）、商品（products）、标签（tags）、积分流水（points）、其他系统的优惠券（coupons）、其他系统的活动（campaigns）、活动的目标会员（targets）、实验结果（experiments）和会员合并（merges）。如果属于其中一种，请用 --kind 或在匹配页面指定；其他数据无法导入。',
    ],
    [
      'masked.csv',
      '姓名,手机\n张三,186******05\n',
      'masked.csv 中“手机”列的每个值都有隐藏的数字或字母，无法区分会员。请导出号码完整的文件，或补上会员编号。',
    ],
  ])('%s is told in Chinese throughout, whoever gave the file', async (name, content, told) => {
    const outcome = (await shop.import(shop.file(name, content))) as Refusal
    expect(inWords('zh-CN', outcome.id, outcome.values)).toBe(told)
    expect(inWords('en', outcome.id, outcome.values).replace('手机', '')).not.toMatch(/[\u4e00-\u9fff]/)
  })

  test('a folder', async () => {
    const folder = join(shop.folder, 'folder.csv')
    mkdirSync(folder)
    expect(await shop.import(folder)).toMatchObject({ id: 'directory' })
  })

  test.runIf(process.platform !== 'win32')('a pipe that nobody writes into', async () => {
    const pipe = join(shop.folder, 'pipe.csv')
    spawnSync('mkfifo', [pipe])
    expect(await shop.import(pipe)).toMatchObject({ id: 'not-a-file' })
  })

  test('a file that vanishes while it is read', async () => {
    const path = shop.file('vanishing.csv', header + row.repeat(50_000))
    const runs = importRuns(shop.platform)
    const started = await runs.start(shop.workspace, {
      path,
      fileName: 'vanishing.csv',
      map: {},
      dryRun: false,
      replace: false,
      language: 'en',
      actor: 'command-line',
    })
    if (started.kind === 'refused') throw new Error(started.id)
    rmSync(path)
    for await (const state of runs.follow(shop.workspace.id, started.runId, new AbortController().signal))
      void state
    const { phase, refusal } = runs.state(shop.workspace.id, started.runId)!
    expect(phase).toBe('refused')
    expect(['changed-while-reading', 'missing-file', 'unreadable-file']).toContain(refusal!.id)
  })

  test.each([
    ['after a row', header + row, 3],
    ['after the header', header, 2],
    ['from the start', '', 1],
  ])('a line that does not end is refused in bounded memory, with its number: %s', async (_, start, line) => {
    const path = join(shop.folder, 'line.csv')
    const file = createWriteStream(path)
    file.write(start)
    const piece = Buffer.alloc(1 << 20, 'x')
    for (let i = 0; i < 64; i++) if (!file.write(piece)) await once(file, 'drain')
    file.end()
    await once(file, 'finish')
    const before = process.memoryUsage().rss
    expect(await shop.import(path)).toMatchObject({ id: 'long-record', values: { line } })
    expect(process.memoryUsage().rss - before).toBeLessThan(300 << 20)
  })

  test('an unknown column in a map is named with those there are', async () => {
    const path = shop.file('map.csv', header + row)
    expect(await shop.import(path, { map: { columns: { memberId: 'Nobody' } } })).toMatchObject({
      id: 'unknown-column',
      values: {
        column: 'Nobody',
        headers: { listed: ['order_id', 'customer_id', 'order_date', 'amount'] },
      },
    })
  })
})

test('the command line answers a wrong file with one sentence and exit code 1', async () => {
  await using shop = await openTestShop()
  const data = join(shop.folder, 'own')
  const run = (...args: string[]) => command(...args, '--data', data)
  expect((await run('workspace', 'create', 'w')).status).toBe(0)
  const refused = await run('import', shop.file('empty.csv', ''), '--workspace', 'w', '--json')
  expect(refused.status).toBe(1)
  expect(refused.stdout).toBe('')
  expect(refused.stderr.trim()).toBe('empty.csv is empty. Export it again and try once more.')
})

test('a 0x00 byte is told with its line: of one row, and of a file that is no text', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const rows = ['order_id,customer_id,order_date,amount,product']
  for (let i = 0; i < 400; i++) rows.push(`O${i},m1,2026-01-02,1.00,tea`)
  rows[300] = 'O299,m1,2026-01-02,1.00,te\0a'
  const receipt = receiptOf(await shop.import(shop.file('zero.csv', rows.join('\n'))))
  expect(receipt).toMatchObject({ imported: 399, refused: 1, reasons: [{ reason: 'zero-byte', rows: 1 }] })
  expect(readFileSync(receipt.refusedFile!, 'utf8').split('\r\n')[1]).toMatch(
    /^301,,"The row holds a 0x00 byte/,
  )
  const text = Buffer.from('order_id,customer_id,order_date,amount\nA,m1,2026-01-02,1\n', 'utf16le')
  expect(await shop.import(shop.file('utf16.csv', text))).toMatchObject({
    id: 'binary',
    values: { line: 1, byte: '0x00' },
  })
})
