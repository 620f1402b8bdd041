import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDuckDb } from '../../../analytics/engine/duckdb.ts'
import type { Connection } from '../../../analytics/engine/engine.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import { random } from '../../../fixtures/random.ts'
import type { Mapping } from '../columns/mapping.ts'
import { blockRows, keptColumns, normalisedRows } from '../values/normalise.ts'
import { heldBytes, mayHold } from './held-bytes.ts'

const folder = mkdtempSync(join(tmpdir(), 'reveille-held-'))
let engine: Connection
beforeAll(async () => {
  engine = await openDuckDb(':memory:', { threads: 1 })
})
afterAll(async () => {
  await engine.close()
  rmSync(folder, { recursive: true, force: true })
})

const block = (...records: readonly (readonly string[])[]) =>
  Buffer.from(records.map((fields, i) => `${[i + 2, ...fields].join('\x1f')}\n`).join(''))

test('a column may hold what all bytes of stand in it, in capitals or not, wherever they stand', () => {
  const held = heldBytes(block(['A-1', '未知', ''], ['b', '9e+05', 'x']), 3)
  const may = mayHold(held, [0, 4, 7]) // where the three columns stand in the file
  expect(may(0, ['a-1', 'nothing'])).toBe(true)
  expect(may(0, ['B1'])).toBe(true) // of two values
  expect(may(0, ['2'])).toBe(false) // stands in the next column, and among the line numbers
  expect(may(4, ['E+'])).toBe(true)
  expect(may(4, ['未'])).toBe(true)
  expect(may(4, ['無'])).toBe(false)
  expect(may(7, ['-', '+', '*'])).toBe(false)
  expect(may(7, [])).toBe(false)
})

/** Values as they mostly are, and others, of each of some columns. */
const columns = {
  orderId: [
    ['A1', 'A2', '10031'],
    ['17850.0', "'0017", '="0042"', '9e+05', '6.9E+17', 'n/a', '-', '——', ''],
  ],
  memberId: [
    ['m1', 'm2', '77'],
    [
      '0',
      '无',
      ' 0',
      '\u3000无',
      '138****1234',
      '1＊＊2',
      '•••',
      '●●',
      "'0",
      '7.0',
      '1e+05',
      'None',
      '未填写',
      '',
    ],
  ],
  phone: [
    ['13812345678', '13912345679'],
    ['138****5678', '1.39E+10', '-', '0', '+8613712345678', ''],
  ],
  orderedAt: [
    ['2026-03-01 10:00:00', '2025-12-31 23:59:59'],
    [
      '1991-07-01 12:00:00',
      '2038-01-02 00:00:00',
      '2026-03-01T10:00:00Z',
      '2026年3月1日',
      '20260301',
      'x',
      '-',
      '2026-03-01 10:00:0Z',
      '',
    ],
  ],
  state: [
    ['已完成', '待付款', 'paid'],
    ['PAID', 'Unpaid', 'whatever', 'NULL', ''],
  ],
  store: [
    ['一店', 'East'],
    ['NULL', '--', 'Undefined', '\\N', '#N/A', ''],
  ],
  product: [['奶粉 900g'], ['nan', '']],
  quantity: [
    ['1', '2'],
    ['-1', '1.5', '3 pcs', '１２', 'n/a', 'x', ''],
  ],
  amount: [
    ['12.00', '1288', '.5'],
    [
      '1,234.00',
      '￥9.90',
      '$1',
      '1.2万',
      '(3.00)',
      '-5',
      '99999999999.999',
      '1e9',
      'nan',
      '12345678901234567',
      '--',
      '',
    ],
  ],
  discount: [
    ['0.00', '3'],
    ['-3', 'none', '1.2.3', ''],
  ],
} as const
type Field = keyof typeof columns
const fields = Object.keys(columns) as Field[]
const mapping: Mapping = {
  kind: 'orders',
  columns: Object.fromEntries(fields.map((field, position) => [field, position])),
  dates: { orderedAt: 'year-first' },
  timeZone: 'Asia/Shanghai',
  decimalMark: '.',
  states: { whatever: 'closed' },
  refunds: { said: null, known: null, charged: [], byRow: false },
  knownBy: null,
}
const settings = {
  mapping,
  currency: 'CNY',
  minorDigits: 2,
  timeZone: 'Asia/Shanghai',
  latest: '2030-01-01T00:00:00Z',
  fileName: 'a.csv',
}

test('what a column can’t hold makes no difference to what its rows are', async () => {
  const chance = random(7)
  const path = join(folder, 'block.txt')
  const most = Math.max(...fields.map((field) => columns[field][1].length))
  for (let round = 0; round < most + 10; round++) {
    // at first one odd value of each column alone, then all of them: most columns plain all over, some with few, some with no others
    const odd = fields.map(() => (round < most ? 200 : [0, 0, 0, 100, 1000][chance.below(5)]!))
    const records = Array.from({ length: 60 }, () =>
      fields.map((field, at) => {
        const [plain, others] = columns[field]
        if (!chance.chance(odd[at]!)) return plain[chance.below(plain.length)]!
        return others[(round < most ? round : chance.below(others.length)) % others.length]!
      }),
    )
    const text = block(...records)
    writeFileSync(path, text)
    const kept = keptColumns(mapping)
    const rows = (may?: ReturnType<typeof mayHold>) =>
      engine.rows(
        sql`select * replace (cast(content_hash as varchar) as content_hash) from (${normalisedRows(blockRows(path, mapping), settings, may)}) as row order by row_number`,
      )
    expect(await rows(mayHold(heldBytes(text, kept.length), kept))).toEqual(await rows())
  }
})
