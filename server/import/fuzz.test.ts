import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { random, type Random } from '../../fixtures/random.ts'
import { sentence } from '../messages/messages.ts'
import { workbook, zipped } from './containers/archive.fixture.ts'
import { inGb18030 } from './encoding/encoded.fixture.ts'
import type { RunState } from './run-state.ts'
import { importRuns } from './runs.ts'
import { openTestShop, type TestShop } from './test-shop.ts'
import { forgetUploads } from './uploads.ts'
import { jsonRows, sheetRows } from './variants.fixture.ts'

/** Longest time for a file of 3 kB, on a machine that is busy with all the other tests. */
const boundMs = 30_000

const rows = [
  ['订单编号', '会员编号', '下单时间', '商品名称', '数量', '实付金额'],
  ...Array.from({ length: 40 }, (_, i) => [
    `E${900 + i}`,
    `VIP-${i % 7}`,
    `2026-0${1 + (i % 9)}-1${i % 10} 12:0${i % 10}:00`,
    ['桂花乌龙', '茶罐, 大', '奶粉 "A" 900g', '礼盒\n（双层）'][i % 4]!,
    String(1 + (i % 3)),
    `${i % 13 === 12 ? '-' : ''}${10 + i}.50`,
  ]),
]
const csv = rows
  .map((row) => row.map((cell) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(','))
  .join('\n')

/** How a small valid file comes to be, with a place where its content can be spoilt before it is packed. */
type Spoil = (content: Uint8Array) => Uint8Array
type Container = (spoil: Spoil) => Uint8Array | Promise<Uint8Array>
const utf8 = () => new Uint8Array(Buffer.from(csv))
const sheet = () => new Uint8Array(Buffer.from(sheetRows(rows, true)))
const containers: Readonly<Record<string, Container>> = {
  'plain.csv': (spoil) => spoil(utf8()),
  'gb18030.csv': (spoil) => spoil(inGb18030(csv)),
  'outer.csv.gz': (spoil) => spoil(new Uint8Array(gzipSync(utf8()))),
  'inner.csv.gz': (spoil) => new Uint8Array(gzipSync(spoil(utf8()))),
  'outer.zip': (spoil) => spoil(zipped({ 'a.csv': utf8(), 'b.csv': utf8() })),
  'inner.zip': (spoil) => zipped({ 'a.csv': utf8(), 'b.csv': spoil(utf8()) }),
  'outer.xlsx': (spoil) => spoil(workbook(sheetRows(rows, true))),
  'inner.xlsx': (spoil) => workbook(Buffer.from(spoil(sheet())).toString('utf8')),
  'lines.jsonl': (spoil) => spoil(new Uint8Array(Buffer.from(jsonRows(rows)))),
  'table.parquet': (spoil) => spoil(new Uint8Array(readFileSync(parquet))),
}

const inserted: readonly Uint8Array[] = [
  [0],
  [0, 0, 0, 0],
  [0x22],
  [0x27],
  [0xef, 0xbb, 0xbf],
  [0xff, 0xfe],
  [0xed, 0xa0, 0x80], // half of a pair, as UTF-8 must not have it
  [0x0d],
  [0x0a, 0x0a],
  [0x1f],
  [0x80],
  [...Buffer.from('"\\ud800"')],
  [...Buffer.from('1e999,')],
  [...Buffer.from('<!--')],
  [...Buffer.from('}{')],
].map((bytes) => Uint8Array.from(bytes))

const at = (bytes: Uint8Array, draw: Random) => draw.below(bytes.length + 1)
const put = (bytes: Uint8Array, place: number, more: Uint8Array) =>
  new Uint8Array(Buffer.concat([bytes.subarray(0, place), more, bytes.subarray(place)]))

const spoilings: readonly ((bytes: Uint8Array, draw: Random) => Uint8Array)[] = [
  (bytes, draw) => bytes.slice(0, at(bytes, draw)),
  (bytes, draw) => bytes.slice(at(bytes, draw)),
  (bytes, draw) => {
    const flipped = bytes.slice()
    for (let times = 1 + draw.below(4); times > 0; times--)
      flipped[draw.below(flipped.length)]! ^= 1 << draw.below(8)
    return flipped
  },
  (bytes, draw) => {
    const changed = bytes.slice()
    changed[draw.below(changed.length)] = draw.below(256)
    return changed
  },
  (bytes, draw) => put(bytes, at(bytes, draw), inserted[draw.below(inserted.length)]!),
  (bytes, draw) => put(put(bytes, at(bytes, draw), Uint8Array.of(0x22)), 0, inserted[draw.below(6)]!),
  (bytes, draw) => {
    const from = at(bytes, draw)
    return put(bytes, at(bytes, draw), bytes.slice(from, from + draw.below(600)))
  },
  (bytes, draw) => {
    const from = at(bytes, draw)
    return new Uint8Array(Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + 1 + draw.below(40))]))
  },
]

let shop: TestShop
let parquet: string
beforeAll(async () => {
  shop = await openTestShop('CNY', 'Asia/Shanghai')
  parquet = join(shop.folder, 'valid.parquet')
  const source = shop.file('valid.csv', csv)
  await shop.workspace.engine.scratch((session) =>
    session.run(
      sql`copy (select * from read_csv(${source}, header = true)) to (${parquet}) (format parquet)`,
    ),
  )
})
afterAll(() => shop[Symbol.asyncDispose]())

/** How the import of a file ends; refusals before it began included. */
async function end(path: string, fileName: string): Promise<RunState | { refusal: RunState['refusal'] }> {
  const runs = importRuns(shop.platform)
  const started = await runs.start(shop.workspace, {
    path,
    fileName,
    map: {},
    dryRun: true,
    replace: false,
    language: 'en',
    actor: 'command-line',
  })
  if (started.kind === 'refused') return { refusal: started }
  for await (const state of runs.follow(shop.workspace.id, started.runId, new AbortController().signal))
    void state
  return runs.state(shop.workspace.id, started.runId)!
}

test.each(Object.keys(containers))(
  '%s, spoilt in every way, ends with a receipt that adds up or with a sentence',
  { timeout: 300_000 },
  async (name) => {
    const draw = random(26)
    const wrong: unknown[] = []
    let [received, refused] = [0, 0]
    for (let round = 0; round < spoilings.length; round++) {
      // the first is sound: a container that is never read would pass all the others
      const spoil: Spoil = (content) => (round === 0 ? content : spoilings[round]!(content, draw))
      const content = await containers[name]!(spoil)
      const began = performance.now()
      const ended = await end(shop.file(`${round}-${name}`, content), name)
      const milliseconds = performance.now() - began
      if (milliseconds > boundMs) wrong.push({ round, milliseconds })
      if (ended.refusal) {
        refused++
        for (const language of ['en', 'zh-CN'] as const) {
          const said = sentence(language, ended.refusal.id, ended.refusal.values)
          if (said === '' || /\{[a-z]+\}/i.test(said)) wrong.push({ round, said })
        }
        continue
      }
      const { phase, receipt, membersReceipt, kindReceipt } = ended as RunState
      const told = receipt ?? membersReceipt ?? kindReceipt
      if (!told) {
        wrong.push({ round, phase })
        continue
      }
      received++
      const { read, imported, unchanged, refused: left } = told
      if (read !== imported + unchanged + left || read === 0)
        wrong.push({ round, read, imported, unchanged, left })
      if (round === 0 && read % 40 !== 0) wrong.push({ round, read })
    }
    expect(wrong).toEqual([])
    expect(received).toBeGreaterThan(0)
    forgetUploads(shop.platform, shop.workspace.id) // as the next upload does: parts that were joined and then refused
    expect(
      readdirSync(importRuns(shop.platform).temporaryFolder).filter((left) => !/refused/.test(left)),
    ).toEqual([])
  },
)
