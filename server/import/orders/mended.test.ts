import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { cases } from '../../../fixtures/cases.ts'
import { random, type Random } from '../../../fixtures/random.ts'
import { csvRow } from '../../csv/csv.ts'
import { takeOut } from '../apply.ts'
import { zipped } from '../containers/archive.fixture.ts'
import { openTestShop, receiptOf, type TestShop } from '../test-shop.ts'

const header = ['order_id', 'customer_id', 'order_date', 'product', 'amount']
type Cells = readonly string[]

/** Orders of one to four lines, some equal, whose lines stand together or far apart; in some files each line has a state. */
function soundRecords(draw: Random): Cells[] {
  const scattered = draw.below(2) === 0
  const records: Cells[] = []
  for (let order = 1; order <= 5; order++) {
    const id = [`A${order * 7}`, `${order}`, `2026000${order}`][draw.below(3)]!
    for (let line = 1 + draw.below(4); line > 0; line--) {
      const product = ['桂花乌龙', '茶罐', '礼盒（双层）'][draw.below(3)]!
      const record = [id, `m${order % 3}`, `2026-03-0${order}`, product, String([10, 20, 3][draw.below(3)])]
      records.splice(scattered ? draw.below(records.length + 1) : records.length, 0, record)
    }
  }
  // never broken: without an accepted row a file is refused as a whole
  return [...records, ['Z-last', 'm9', '2026-04-01', '茶罐', '5']]
}

const insert = (text: Buffer, at: number, more: number | string): Buffer =>
  Buffer.concat([
    text.subarray(0, at),
    typeof more === 'number' ? Buffer.of(more) : Buffer.from(more),
    text.subarray(at),
  ])

/** Ways in which one record can't be read any more. */
const breakages: readonly ((cells: Cells, draw: Random) => Buffer)[] = [
  (cells, draw) => {
    const text = Buffer.from(cells.join(','))
    return text.subarray(0, 1 + draw.below(text.lastIndexOf(',')))
  },
  (cells, draw) =>
    Buffer.from(cells.toSpliced(draw.below(cells.length + 1), 0, ...'xy'.slice(draw.below(2))).join(',')),
  (cells, draw) => {
    const at = draw.below(cells.length)
    return Buffer.from(cells.with(at, `"${cells[at]!}"s`).join(','))
  },
  (cells, draw) => {
    const text = Buffer.from(cells.join(','))
    return insert(text, 1 + draw.below(text.length - 1), 0)
  },
  (cells, draw) => {
    const text = Buffer.from(cells.join(','))
    return insert(text, draw.below(text.length), 0xff)
  },
  (cells, draw) => Buffer.from(cells.with(0, draw.below(2) === 0 ? '' : '6.9E+17').join(',')),
]

interface Broken {
  readonly text: Buffer
  /** What stood in the records that begin on a line. */
  readonly meant: ReadonlyMap<string, readonly Cells[]>
}

function broken(records: readonly Cells[], draw: Random, swallows = true): Broken {
  const lines: Buffer[] = [Buffer.from(header.join(','))]
  const meant = new Map<string, readonly Cells[]>()
  for (let at = 0; at < records.length; at++) {
    const cells = records[at]!
    const line = String(lines.length + 1)
    const left = records.length - 1 - at
    meant.set(line, [cells])
    if (swallows && left > 2 && draw.below(12) === 0) {
      // a quote that is closed within a value of another record: what stands between is swallowed
      const to = at + 1 + draw.below(left - 1)
      meant.set(line, records.slice(at, to + 1))
      const opened = draw.below(cells.length)
      lines.push(Buffer.from(cells.with(opened, `"${cells[opened]!}`).join(',')))
      for (const swallowed of records.slice(at + 1, to)) lines.push(Buffer.from(swallowed.join(',')))
      const last = records[to]!
      lines.push(Buffer.from(last.with(3, `x"${last[3]!}`).join(',')))
      at = to
    } else if (left > 0 && draw.below(4) === 0)
      lines.push(breakages[draw.below(breakages.length)]!(cells, draw))
    else lines.push(Buffer.from(cells.join(',')))
  }
  return { text: Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')])), meant }
}

/** The cells of a file that was written as CSV. */
function rowsOf(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  for (const [, quoted, plain, end] of text
    .replace(/^\ufeff/, '')
    .matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    row.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    if (row.length > 1) rows.push(row)
    row = []
  }
  return rows
}

/** Refused rows with what was meant in the place of what stood there; those that `isLeft` are as unreadable as before. */
function mended(
  path: string,
  meant: Broken['meant'],
  before: number,
  isLeft: (at: number) => boolean,
): Broken {
  const [titles = [], ...rows] = rowsOf(readFileSync(path, 'utf8'))
  const now = new Map<string, readonly Cells[]>()
  let text = `\ufeff${csvRow(titles)}`
  let line = 2
  for (const [at, row] of rows.entries()) {
    const place = row.slice(0, before)
    const was = meant.get(row.slice(0, before - 2).join(' '))!
    for (const cells of isLeft(at) ? [was] : was.map((one) => [one])) {
      now.set(String(line++), cells)
      text += csvRow([...place, ...(isLeft(at) ? ['?', cells[0]![1]!] : cells[0]!)])
    }
  }
  return { text: Buffer.from(text), meant: now }
}

/** All that the orders come to, but for the numbers that rows happen to have. */
async function standing({ workspace: { engine } }: TestShop) {
  const orders = await engine.rows(sql`select order_id, member_id, local_day, state, net_minor, void_day
    from orders left join members using (member_key) order by order_id`)
  const lines = await engine.rows(sql`select order_id, product, order_lines.net_minor, count(*) as n
    from order_lines join orders using (order_key) group by all order by all`)
  const members = await engine.rows(sql`select member_id from members order by member_id`)
  return { orders, lines, members }
}

const undoing = {
  timeZone: 'UTC',
  today: '2026-11-22',
  undoneAt: '2026-11-22T00:00:00Z',
  signal: new AbortController().signal,
}
// so few bytes may be of other encodings too
const said = { map: { encoding: 'utf-8' as const } }

test.each(Array.from({ length: cases(5) }, (_, i) => i + 1))(
  'a file whose broken records are mended and imported comes to what the whole file comes to (%i)',
  { timeout: 120_000 },
  async (seed) => {
    const draw = random(seed * 7919)
    const records = soundRecords(draw)
    await using whole = await openTestShop('CNY', 'UTC')
    receiptOf(
      await whole.import(whole.file('whole.csv', [header, ...records].map((one) => csvRow(one)).join(''))),
    )
    await using shop = await openTestShop('CNY', 'UTC')
    let file = broken(records, draw)
    let receipt = receiptOf(await shop.import(shop.file('first.csv', file.text), said))
    const taken = [{ receipt, text: file.text }]
    // in one go, or half of the rows first
    for (const half of draw.below(2) === 0 ? [true, false] : [false]) {
      if (receipt.refusedFile === null) break
      const next = mended(receipt.refusedFile, file.meant, 3, (at) => half && at % 2 === 0)
      const outcome = await shop.import(shop.file(`mended-${taken.length}.csv`, next.text), said)
      // where not one of its rows can be taken nothing comes of it, and the file before is mended again
      if ('id' in outcome && half) continue
      receipt = receiptOf(outcome)
      file = next
      taken.push({ receipt, text: next.text })
      expect(receipt.imported + receipt.unchanged).toBe(receipt.read - receipt.refused)
    }
    expect(receipt.refused).toBe(0)
    expect(await standing(shop)).toEqual(await standing(whole))

    // undone in any order, what is left is what its files come to by themselves
    const gone = taken[draw.below(taken.length)]!
    await takeOut(shop.workspace.engine, gone.receipt.importId!, undoing)
    await using anew = await openTestShop('CNY', 'UTC')
    for (const [at, { text }] of taken.filter((one) => one !== gone).entries())
      await anew.import(anew.file(`${at}.csv`, text), said)
    expect(await standing(shop)).toEqual(await standing(anew))
  },
)

test.each(Array.from({ length: cases(3) }, (_, i) => i + 1))(
  'the same of a zip of two files (%i)',
  { timeout: 120_000 },
  async (seed) => {
    const draw = random(seed * 104_729)
    const records = soundRecords(draw)
    const early = new Set([...new Set(records.map(([id]) => id))].slice(0, 3))
    const parts = {
      'jan.csv': records
        .filter(([id]) => early.has(id))
        .concat([['Y-last', 'm8', '2026-04-01', '茶罐', '5']]),
      'feb.csv': records.filter(([id]) => !early.has(id)),
    }
    const zip = (text: (cells: readonly Cells[], name: string) => string | Uint8Array) =>
      zipped(Object.fromEntries(Object.entries(parts).map(([name, cells]) => [name, text(cells, name)])))
    await using whole = await openTestShop('CNY', 'UTC')
    const sound = zip((cells) => [header, ...cells].map((one) => csvRow(one)).join(''))
    receiptOf(await whole.import(whole.file('m.zip', sound)))
    await using shop = await openTestShop('CNY', 'UTC')
    const meant = new Map<string, readonly Cells[]>()
    const spoilt = zip((cells, name) => {
      const part = broken(cells, draw, false)
      for (const [line, was] of part.meant) meant.set(`m.zip/${name} ${line}`, was)
      return part.text
    })
    const first = receiptOf(await shop.import(shop.file('m.zip', spoilt), said))
    const half = mended(first.refusedFile!, meant, 4, (at) => at % 2 === 0)
    const second = await shop.import(shop.file('half.csv', half.text), said)
    const left = 'id' in second ? first.refusedFile! : receiptOf(second).refusedFile!
    const rest = mended(left, meant, 4, () => false)
    expect(receiptOf(await shop.import(shop.file('rest.csv', rest.text), said)).refused).toBe(0)
    expect(await standing(shop)).toEqual(await standing(whole))
  },
)

test('of several files a mended row is another one than the equal rows of its own file, and the same as one of another file', async () => {
  const [jan, feb] = [
    `${header.join()}\nA,m1,2026-01-02,茶罐,50\nA,m1,2026-01-02,茶罐,50\n,m1,2026-01-02,茶罐,x\n,m1,2026-01-02,茶罐,y\n`,
    `${header.join()}\nB,m2,2026-02-02,茶罐,5\nC,m2,2026-02-03,茶罐,6\n,m2,2026-02-03,茶罐,z\n`,
  ]
  await using shop = await openTestShop('CNY', 'UTC')
  const receipt = receiptOf(
    await shop.import(shop.file('m.zip', zipped({ 'jan.csv': jan!, 'feb.csv': feb! })), said),
  )
  expect(receipt).toMatchObject({ imported: 4, refused: 3, netMinor: 11_100 })
  const line = 'A,m1,2026-01-02,茶罐,50'
  const mend = async (file: string, row: string, name: string) => {
    const text = readFileSync(file, 'utf8').replace(new RegExp(`,${row}\\r\\n`), `,${line}\r\n`)
    return receiptOf(await shop.import(shop.file(name, text), said))
  }
  const sum = async () => (await standing(shop)).orders.find(({ orderId }) => orderId === 'A')!.netMinor
  // in February: importing both files by hand keeps it once
  const february = await mend(receipt.refusedFile!, ',m2,2026-02-03,茶罐,z', 'february.csv')
  expect(february).toMatchObject({ unchanged: 1, refused: 2 })
  expect(await sum()).toBe(10_000)
  const half = await mend(february.refusedFile!, ',m1,2026-01-02,茶罐,x', 'half.csv')
  expect(half).toMatchObject({ imported: 1, unchanged: 0, refused: 1 })
  expect(await sum()).toBe(15_000)
  const rest = await mend(half.refusedFile!, ',m1,2026-01-02,茶罐,y', 'rest.csv')
  expect(rest).toMatchObject({ imported: 1, unchanged: 0, refused: 0 })
  expect(await sum()).toBe(20_000)
  await takeOut(shop.workspace.engine, half.importId!, undoing)
  expect(await sum()).toBe(15_000)
})

test('where the order of a refused row can’t be told, the receipt says so, and the row completes the order', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const file = shop.file(
    'o.csv',
    `${header.join()}\nA100,m1,2026-01-02,茶罐,10\nA10\nB,m1,2026-01-03,茶罐,5\n`,
  )
  const receipt = receiptOf(await shop.import(file))
  // every other order has one row: nothing says that one lacks a row
  expect(receipt).toMatchObject({ imported: 2, refused: 1 })
  expect(receipt.looseRows).toBeUndefined()
  await using other = await openTestShop('CNY', 'UTC')
  const scattered = other.file(
    'o.csv',
    `${header.join()}\nA100,m1,2026-01-02,茶罐,10\nB,m1,2026-01-03,茶罐,5\nA10\nB,m1,2026-01-03,茶罐,6\n`,
  )
  const told = receiptOf(await other.import(scattered))
  expect(told).toMatchObject({ imported: 3, refused: 1, looseRows: 1 })
  const refused = readFileSync(told.refusedFile!, 'utf8')
  const mendedText = refused.replace(/,A10\r\n/, ',A100,m1,2026-01-02,桂花乌龙,20\r\n')
  const more = receiptOf(await other.import(other.file('mended.csv', mendedText)))
  expect(more).toMatchObject({
    read: 1,
    imported: 1,
    unchanged: 0,
    corrected: 1,
    newOrders: 0,
    netMinor: 3000,
  })
  expect(more.lostLines).toBeUndefined()
  // once more it is the same file, and a row that is mended otherwise replaces what it was
  expect(receiptOf(await other.import(other.file('again.csv', mendedText)))).toMatchObject({
    alreadyThere: true,
  })
  const otherwise = mendedText.replace(',20\r\n', ',25\r\n')
  expect(receiptOf(await other.import(other.file('otherwise.csv', otherwise)))).toMatchObject({
    netMinor: 3500,
  })
  // without its marks it is a file like any other, and the preview says what would be lost
  const plain = mendedText.replace(/ \[[0-9a-f]+\]/, '')
  expect(receiptOf(await other.import(other.file('plain.csv', plain), { dryRun: true }))).toMatchObject({
    corrected: 1,
    lostLines: 1,
    netMinor: 2000,
  })
})

test('a broken record that has another order’s number as its quantity completes its own when it is mended', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const rows = [
    'order_id,customer_id,order_date,product,quantity,amount',
    '1,m1,2026-01-01,茶罐,3,50',
    '20,m1,2026-01-02,茶罐,1,60',
    '20,m1,2026-01-02,桂花乌龙,2,40',
    // its own number is lost
    'm1,2026-01-02,礼盒,1,70',
  ]
  // order 1 waits without need; order 20 comes in, because nothing says that the row is its
  const receipt = receiptOf(await shop.import(shop.file('o.csv', rows.join('\n'))))
  expect(receipt).toMatchObject({ imported: 2, refused: 2, looseRows: 1 })
  const mended = readFileSync(receipt.refusedFile!, 'utf8').replace(
    'm1,2026-01-02,礼盒,1,70',
    '20,m1,2026-01-02,礼盒,1,70',
  )
  receiptOf(await shop.import(shop.file('mended.csv', mended)))
  const { orders } = await standing(shop)
  expect(orders.map(({ orderId, netMinor }) => [orderId, netMinor])).toEqual([
    ['1', 5000],
    ['20', 17000],
  ])
})

test('a number that was cut off and is another order’s then does not cost its own order its other rows', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const rows = [header.join(), 'A10,m1,2026-01-02,茶罐,10', 'A100,m1,2026-01-03,茶罐,20', 'A10']
  const receipt = receiptOf(await shop.import(shop.file('o.csv', rows.join('\n'))))
  expect(receipt).toMatchObject({ imported: 1, refused: 2 })
  const mended = readFileSync(receipt.refusedFile!, 'utf8').replace(
    /,A10\r\n/,
    ',A100,m1,2026-01-03,礼盒,5\r\n',
  )
  receiptOf(await shop.import(shop.file('mended.csv', mended)))
  expect((await standing(shop)).orders.map(({ orderId, netMinor }) => [orderId, netMinor])).toEqual([
    ['A10', 1000],
    ['A100', 2500],
  ])
})

test.each([
  ['behind the rows’ own', [3, 4, 5, 6, 7, 0, 1, 2]],
  ['in another order', [2, 1, 0, 3, 4, 5, 6, 7]],
  ['without reason and column', [0, 3, 4, 5, 6, 7]],
  ['among the rows’ own', [7, 6, 0, 5, 3, 4]],
])('mended rows complete their orders also with their line %s', async (_, places) => {
  await using shop = await openTestShop('CNY', 'UTC')
  const rows = [
    header.join(),
    'A,m1,2026-01-02,茶罐,10',
    ',m1,2026-01-02,桂花乌龙,20',
    'A,m1,2026-01-02,礼盒,5',
  ]
  const receipt = receiptOf(await shop.import(shop.file('o.csv', rows.join('\n'))))
  const [titles, refused] = rowsOf(readFileSync(receipt.refusedFile!, 'utf8'))
  const moved = (cells: readonly string[]) => csvRow(places.map((place) => cells[place]!))
  // mended in two steps: the second file of refused rows has the marks of the first among its own columns
  const half = moved(titles!) + moved(refused!.with(3, 'A').with(7, 'x')) + moved(refused!.with(3, 'B'))
  const again = receiptOf(await shop.import(shop.file('half.csv', half)))
  expect(again).toMatchObject({ imported: 1, refused: 1 })
  const rest = readFileSync(again.refusedFile!, 'utf8').replace(/(,|\r\n)x(,|\r\n)/, '$120$2')
  expect(receiptOf(await shop.import(shop.file('rest.csv', rest)))).toMatchObject({ refused: 0 })
  expect((await standing(shop)).orders.map(({ orderId, netMinor }) => [orderId, netMinor])).toEqual([
    ['A', 3500],
    ['B', 2000],
  ])
})

test('an order whose state may stand on a row that can’t be told to be its waits for it', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const rows = [
    'A,m1,2026-01-02,closed,茶罐,10',
    'A,m1,2026-01-02,,桂花乌龙,20',
    'B,m1,2026-01-03,paid,茶罐,5',
  ]
  const text = ['order_id,customer_id,order_date,status,product,amount', ...rows].join('\n')
  const receipt = receiptOf(await shop.import(shop.file('o.csv', text.replace('A,m1', '?'))))
  expect(receipt).toMatchObject({ imported: 1, refused: 2 })
  const mended = readFileSync(receipt.refusedFile!, 'utf8').replace('?,2026', 'A,m1,2026')
  receiptOf(await shop.import(shop.file('mended.csv', mended)))
  expect((await standing(shop)).orders.map(({ orderId, state }) => [orderId, state])).toEqual([
    ['A', 'closed'],
    ['B', 'paid'],
  ])
})

test('an order without a state waits also where a broken record has another order’s number as its quantity', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const rows = [
    'order_id,customer_id,order_date,status,product,quantity,amount',
    '1,m1,2026-01-01,paid,茶罐,3,50',
    'm1,2026-01-02,closed,礼盒,1,70',
    '20,m1,2026-01-02,,茶罐,2,60',
    '30,m1,2026-01-02,paid,茶罐,2,60',
  ]
  const receipt = receiptOf(await shop.import(shop.file('o.csv', rows.join('\n'))))
  expect(receipt).toMatchObject({ imported: 1, refused: 3 })
})

test('bytes of JSON Lines that are no text refuse their row, and with it its order', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const line = (id: string, product: string, amount: number) =>
    Buffer.from(
      `${JSON.stringify({ order_id: id, customer_id: 'm1', order_date: '2026-01-02', product, amount })}\n`,
    )
  const bad = line('B', 'tea', 2)
  bad[bad.indexOf('tea')] = 0xff
  const file = Buffer.concat([
    line('A', '茶罐', 1),
    bad,
    line('B', '桂花乌龙', 3),
    line('C', '礼盒', 4),
    line('C', 'x\u0000y', 5),
  ])
  expect(receiptOf(await shop.import(shop.file('o.jsonl', file), said))).toMatchObject({
    imported: 1,
    refused: 4,
    reasons: expect.arrayContaining([
      expect.objectContaining({ reason: 'not-text', rows: 1 }),
      expect.objectContaining({ reason: 'zero-byte', rows: 1 }),
      expect.objectContaining({ reason: 'order-refused', rows: 2 }),
    ]) as unknown,
  })
})

test.each(
  Array.from({ length: cases(3) }, (_, i) => i + 1).flatMap((seed) => [
    [seed, 'orders'] as const,
    [seed, 'refunds'] as const,
  ]),
)(
  'mended rows of a file without ids count on from equal ones, also when one of the files goes (%i, %s)',
  { timeout: 120_000 },
  async (seed, kind) => {
    const draw = random(seed * 15_485_863)
    const titles =
      kind === 'orders'
        ? ['customer_id', 'order_date', 'product', 'amount']
        : ['原订单号', '退款时间', '退款金额']
    const sound = Array.from({ length: 14 }, () => {
      const about = `m${draw.below(2)}`
      return kind === 'orders' ? [about, '2026-03-01', '茶罐', '50'] : [about, '2026-03-01', '50']
    })
    const marksOfRow = (cells: readonly string[], at: number) => [...cells.slice(0, -1), `x${at}`]
    const rows = sound.map((cells, at) => (at > 1 && draw.below(2) === 0 ? marksOfRow(cells, at) : cells))
    const meant = (row: readonly string[]) => {
      const spoilt = /^x(\d+)$/.exec(row.at(-1)!)
      return spoilt ? [...row.slice(0, -titles.length), ...sound[Number(spoilt[1])]!] : row
    }
    const orders = `${header.join()}\nm0,m0,2026-02-01,茶罐,900\nm1,m1,2026-02-01,茶罐,900\n`
    const map = { map: { kind, encoding: 'utf-8' as const } }
    const opened = async () => {
      const shop = await openTestShop('CNY', 'UTC')
      if (kind === 'refunds') receiptOf(await shop.import(shop.file('orders.csv', orders)))
      return shop
    }
    const comesTo = async (shop: TestShop) => ({
      ...(await standing(shop)),
      refunds: await shop.workspace.engine
        .rows(sql`select split_part(refund_id, '/', 1) as refund_id, orders.order_id, amount_minor
        from refunds left join orders using (order_key) order by all`),
    })
    const text = (given: readonly (readonly string[])[]) =>
      [titles, ...given].map((one) => csvRow(one)).join('')
    await using whole = await opened()
    receiptOf(await whole.import(whole.file('whole.csv', text(sound)), map))
    await using shop = await opened()
    const files = [text(rows)]
    const taken = [receiptOf(await shop.import(shop.file('0.csv', files[0]!), map))]
    for (const half of [true, false]) {
      const path = taken.at(-1)!.refusedFile
      if (path === null) break
      const [first, ...refused] = rowsOf(readFileSync(path, 'utf8'))
      const next = refused.map((row, at) => (half && at % 2 === 1 ? row : meant(row)))
      files.push([first!, ...next].map((one) => csvRow(one)).join(''))
      taken.push(receiptOf(await shop.import(shop.file(`${files.length}.csv`, files.at(-1)!), map)))
    }
    expect(taken.length).toBeGreaterThan(1)
    expect(await comesTo(shop)).toEqual(await comesTo(whole))

    // the same rows once more, in a file of other bytes, are the same rows
    files.push(`${files.at(-1)!}\r\n`)
    const again = receiptOf(await shop.import(shop.file('again.csv', files.at(-1)!), map))
    expect(again).toMatchObject({ imported: 0, unchanged: again.read - again.refused })
    expect(await comesTo(shop)).toEqual(await comesTo(whole))

    const gone = draw.below(taken.length)
    await takeOut(shop.workspace.engine, taken[gone]!.importId!, undoing)
    await using anew = await opened()
    for (const [at, file] of files.entries())
      if (at !== gone) receiptOf(await anew.import(anew.file(`${at}.csv`, file), map))
    expect(await comesTo(shop)).toEqual(await comesTo(anew))
  },
)

test('amounts of mended rows are net where those of their file were, unless it is said otherwise', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const titles = '订单号,会员ID,下单时间,商品名称,订单金额,退款金额,实付金额'
  const row = (id: string, refund: number) =>
    `${id},m1,2026-01-10 10:00:00,茶罐,100,${refund},${100 - refund}`
  const sound = Array.from({ length: 10 }, (_, at) => row(`A${at}`, at % 2 === 0 ? 20 : 0))
  const rows = [titles, ...sound, ',m1,2026-01-10 10:00:00,茶罐,,30,70']
  const first = receiptOf(await shop.import(shop.file('o.csv', rows.join('\n'))))
  expect(first.refundCheck).toMatchObject({ verdict: 'net', by: 'figures' })
  // without a total no figure of the row says what its amount is
  const text = readFileSync(first.refusedFile!, 'utf8').replace(',,m1', ',D,m1')
  const mended = receiptOf(await shop.import(shop.file('mended.csv', text)))
  expect(mended.refundCheck).toMatchObject({ verdict: 'undecided', amountsAreNet: true, by: 'rest' })
  const afterRefunds = () =>
    shop.workspace.engine.rows(sql`select order_id, net_minor - (select sum(amount_minor) from refunds
      where refunds.order_key = orders.order_key) as left_minor from orders where order_id = 'D'`)
  expect(await afterRefunds()).toEqual([{ orderId: 'D', leftMinor: 7000 }])
  await takeOut(shop.workspace.engine, mended.importId!, undoing)
  const map = { amountsAreNet: false }
  expect(receiptOf(await shop.import(shop.file('said.csv', text), { map })).refundCheck).toMatchObject({
    by: 'mapping',
  })
  expect(await afterRefunds()).toEqual([{ orderId: 'D', leftMinor: 4000 }])
})
