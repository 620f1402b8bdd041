import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { workbookOf, zipped } from '../containers/archive.fixture.ts'
import { inItsFile, placeIn } from './file-begins.ts'
import { reasonsInWords } from '../refused/refused-file.ts'
import { refusal } from '../refusal.ts'
import { openTestShop, receiptOf, type TestShop } from '../test-shop.ts'
import { tableNotes } from '../tables/told.ts'
import type { Receipt } from '../receipts/receipt.ts'

test('a line is told by the last file that begins before it, or there', () => {
  const begins = [
    { name: 'a', line: 1, own: 1 },
    { name: 'empty', line: 5, own: 2 },
    { name: 'b', line: 5, own: 2 },
    { name: 'c', line: 9, own: 4 },
  ]
  const told = [1, 4, 5, 8, 9, 1000].map((line) => placeIn(begins, line))
  expect(told.map(({ file, line }) => `${file} ${line}`)).toEqual([
    'a 1',
    'a 4',
    'b 2',
    'b 5',
    'c 4',
    'c 995',
  ])
  expect(placeIn([], 7)).toEqual({ file: null, line: 7 })
  expect(inItsFile(refusal('bad-json', { file: 'all', line: 6 }), begins).values).toEqual({
    file: 'b',
    line: 3,
  })
  expect(inItsFile(refusal('empty', { file: 'all' }), begins).values).toEqual({ file: 'all' })
})

const header = 'order_id,customer,order_date,amount,note\n'

/** Where the records stand in a text that begin with \`BAD\`: by counting its line ends. */
const badLines = (name: string, text: string): string[] =>
  [...text.matchAll(/^BAD/gm)].map(({ index }) => `${name},${text.slice(0, index).split('\n').length}`)

/** File and line of the refused rows. */
const refusedPlaces = ({ refusedFile }: Receipt): string[] =>
  [...readFileSync(refusedFile!, 'utf8').matchAll(/^([^,\n]+,\d+),[^,]*,[^\n]*BAD/gm)].map(
    ([, place]) => place!,
  )

/** Each row that was refused comes in once it is mended. */
async function mend(shop: TestShop, receipt: Receipt): Promise<void> {
  const text = readFileSync(receipt.refusedFile!, 'utf8').replaceAll(',ten,', ',12,')
  const mended = receiptOf(await shop.import(shop.file('mended.csv', text)))
  expect(mended).toMatchObject({ read: receipt.refused, imported: receipt.refused, refused: 0 })
}

test('refused rows of files in a zip that are read as one are told by their file and the line there', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const files = {
    // a record of two lines, and no line end at the end
    'orders.csv': `${header}A1,m1,2026-01-05,5,"two\nlines"\nBAD1,m1,2026-01-06,ten,x\nA2,m2,2026-01-06,7,`,
    'empty.csv': header.trim(),
    'months/feb.csv': `${header}B1,m1,2026-02-05,5,x\n\nB2,m1,2026-02-05,6,"a\nb\nc"\nBAD2,m2,2026-02-06,ten,y\nBAD3,m2,2026-02-06,none\n`,
    'mar.csv': `${header}BAD4,m3,2026-03-06,ten,z\nC1,m3,2026-03-05,5,x\n`,
  }
  const receipt = receiptOf(await shop.import(shop.file('mix.zip', zipped(files))))
  expect(receipt).toMatchObject({ read: 9, imported: 5, refused: 4 })
  expect(refusedPlaces(receipt)).toEqual(
    Object.entries(files).flatMap(([name, text]) => badLines(`mix.zip/${name}`, text)),
  )
  expect(tableNotes('en', receipt.tables, receipt.files)).toEqual([
    '4 files were read as one: mix.zip/orders.csv (3 rows), mix.zip/empty.csv (0 rows), mix.zip/months/feb.csv (4 rows), mix.zip/mar.csv (2 rows).',
  ])
  const reasons = reasonsInWords('zh-CN', receipt.reasons).map(({ sentence }) => sentence)
  expect(reasons).toContain('“amount”列：金额不是数字。首处在 mix.zip/orders.csv 第 4 行。')
  expect(reasons).toContain('该行的列数少于表头。首处在 mix.zip/months/feb.csv 第 8 行。')
  await mend(shop, { ...receipt, refused: 3, refusedFile: withoutShortRow(shop, receipt) })

  const none = shop.file(
    'none.zip',
    zipped({ 'a.csv': header + header, 'b.csv': `${header}BAD1,m1,x,ten,\n` }),
  )
  expect(await shop.import(none)).toMatchObject({
    id: 'nothing-accepted',
    values: { file: 'none.zip/a.csv', line: 2 },
  })
  const open = shop.file(
    'open.zip',
    zipped({ 'a.csv': `${header}A,m,2026-01-01,1,\n`, 'b.csv': `${header}A,m,2026-01-01,1,\nB,"m\n` }),
  )
  expect(await shop.import(open)).toMatchObject({
    id: 'open-quote',
    values: { file: 'open.zip/b.csv', line: 3 },
  })
})

/** The file of refused rows without the one that lacks a cell. */
const withoutShortRow = (shop: TestShop, { refusedFile }: Receipt): string =>
  shop.file('long.csv', readFileSync(refusedFile!, 'utf8').replace(/^.*BAD3.*\r\n/m, ''))

test('the same of files that are chosen together, whatever each is and above whatever its columns are named', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const row = (id: string, month: string, amount: string) => `${id},m1,2026-${month}-05,${amount},\n`
  const json = (id: string, amount: string) =>
    `${JSON.stringify({ order_id: id, customer: 'm1', order_date: '2026-04-05', amount, note: 'a\nb' })}\n`
  const texts = {
    'jan.csv': `Report of January\n\n${header}${row('A1', '01', '5')}A2,m1,2026-01-05,5,"x\ny"\n${row('BAD1', '01', 'ten')}`,
    'feb.csv.gz': `${header}${row('B1', '02', '5')}${row('BAD2', '02', 'ten')}`,
    'book.xlsx/三月': `Report,,,,\n${header}${row('BAD3', '03', 'ten')}${row('C1', '03', '5')}`,
    'book.xlsx/五月': `${header}${row('D1', '05', '5')}${row('BAD4', '05', 'ten')}`,
    'apr.jsonl': `${json('E1', '5')}\n${json('BAD5', 'ten')}`,
  }
  const book = workbookOf({ 三月: texts['book.xlsx/三月'], 五月: texts['book.xlsx/五月'] })
  const given = {
    'jan.csv': texts['jan.csv'],
    'feb.csv.gz': gzipSync(texts['feb.csv.gz']),
    'book.xlsx': book,
    'apr.jsonl': texts['apr.jsonl'],
  }
  const together = Object.entries(given).map(([fileName, content]) => ({
    fileName,
    path: shop.file(fileName, content),
  }))
  const fileName = Object.keys(given).join(' + ')
  const receipt = receiptOf(await shop.import(together[0]!.path, { together, fileName }))
  expect(receipt).toMatchObject({ read: 11, imported: 6, refused: 5 })
  const isBad = (name: string, text: string) =>
    name.endsWith('.jsonl') ? [`${name},3`] : badLines(name, text)
  expect(refusedPlaces(receipt).toSorted()).toEqual(
    Object.entries(texts)
      .flatMap(([name, text]) => isBad(name, text))
      .toSorted(),
  )
  expect(Object.fromEntries(receipt.files!.map(({ name, rows }) => [name, rows]))).toEqual({
    'jan.csv': 3,
    'feb.csv.gz': 2,
    'book.xlsx/三月': 2,
    'book.xlsx/五月': 2,
    'apr.jsonl': 2,
  })
  await mend(shop, receipt)
})

test('a zip of JSON Lines, of months with a title, and a table of its own kind from two files of a zip', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const json = (id: string, amount: string) =>
    `${JSON.stringify({ order_id: id, customer: 'm1', order_date: '2026-04-05', amount })}\n`
  const lines = {
    'a.jsonl': json('A', '1') + json('B', '2').trim(),
    'b.jsonl': `${json('C', '3')}\n${json('BAD', 'ten')}`,
  }
  const ofLines = receiptOf(await shop.import(shop.file('l.zip', zipped(lines))))
  expect(refusedPlaces(ofLines)).toEqual(['l.zip/b.jsonl,3'])
  expect(ofLines.files!.map(({ rows }) => rows)).toEqual([2, 2])
  const broken = shop.file('j.zip', zipped({ ...lines, 'b.jsonl': `${json('C', '3')}\n{"order_id":\n` }))
  expect(await shop.import(broken)).toMatchObject({
    id: 'bad-json',
    values: { file: 'j.zip/b.jsonl', line: 3 },
  })

  const titled = {
    'jan.csv': `Monthly report\n${header}F1,m1,2026-01-05,5,\n`,
    'feb.csv': `Monthly report\n${header}F2,m1,2026-02-05,5,\nBAD,m1,2026-02-05,ten,\n`,
  }
  const ofTitled = receiptOf(await shop.import(shop.file('t.zip', zipped(titled))))
  expect(ofTitled).toMatchObject({ read: 3, refused: 1 })
  expect(refusedPlaces(ofTitled)).toEqual(['t.zip/feb.csv,4'])

  const tags = 'customer,tag,date\n'
  const two = { 'x.csv': `${tags}m1,tea,2026-01-05\n`, 'y.csv': `${tags}m2,"a\nb",2026-01-05\nm3,c,BAD\n` }
  const ofTags = await shop.importKind(shop.file('tags.zip', zipped(two)))
  expect(readFileSync(ofTags.refusedFile!, 'utf8')).toMatch(/^tags\.zip\/y\.csv,4,date,/m)
  expect(ofTags.files!.map(({ rows }) => rows)).toEqual([1, 2])
})
