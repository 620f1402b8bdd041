import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { codesCsv } from '../campaigns/codes.ts'
import { dictionaryCsv } from '../dictionary/dictionary.ts'
import { exportWorkspace } from '../export/export.ts'
import { FolderSink } from '../export/sink.ts'
import { allKinds } from '../import/kinds/catalogue.ts'
import { writtenAs } from '../import/columns/templates.ts'
import { kindTemplate } from '../import/kinds/template.ts'
import { membersTemplate } from '../import/members/template.ts'
import { ordersTemplate } from '../import/columns/template.ts'
import { openTestShop, receiptOf, type TestShop } from '../import/test-shop.ts'
import { exportMembers } from '../members/export.ts'
import { forgetRefusedRows } from '../rights/refused-rows.ts'
import { exportSegment } from '../segments/export.ts'
import { segmentColumns } from '../segments/export-columns.ts'

/** What a spreadsheet would run, by each character that such a cell can begin with. */
const hostile = ['=1+1', '+1+cmd', '-1+1', '@SUM(1)', '\t=1+1', '\r=1+1', '=HYPERLINK("http://x","a,b")']

/** Cells by RFC 4180, character by character. */
function cellsOf(csv: string): string[] {
  const cells = ['']
  let quoted = false
  const text = csv.replace(/^\uFEFF/, '')
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!
    if (quoted && character === '"' && text[i + 1] === '"') cells[cells.length - 1] += text[++i]!
    else if (character === '"') quoted = !quoted
    else if (!quoted && (character === ',' || character === '\n')) cells.push('')
    else if (!quoted && character === '\r' && text[i + 1] === '\n') continue
    else cells[cells.length - 1] += character
  }
  return cells
}

/** Cells that a spreadsheet would take for a formula; negative amounts are numbers. */
const running = (csv: string) =>
  cellsOf(csv).filter((cell) => /^[=+\-@\t\r]/.test(cell) && !/^[+-]?\d+(\.\d+)?$/.test(cell))

let shop: TestShop
/** What each writer of CSV wrote, by its name. */
const written = new Map<string, string>()

beforeAll(async () => {
  shop = await openTestShop('CNY', 'Asia/Shanghai')
  const { platform, workspace } = shop
  const cell = (text: string) => `"${text.replaceAll('"', '""')}"`
  const file = (name: string, header: string, row: (text: string) => string) =>
    shop.file(name, `${header}\n${hostile.map((text) => row(cell(text))).join('\n')}\n`)
  const refused = receiptOf(
    await shop.import(
      file(
        '=orders.csv',
        'order_id,customer_id,order_date,amount,product,category,store,channel,region,sku,=note',
        (text) =>
          `${text},${text},2026-01-02,10,${text},${text},${text},${text},${text},${text},${text}\n` +
          // of another order, which comes in no part
          `${text.slice(0, -1)}!",${text},${text},10,${text},${text},${text},${text},${text},${text},${text}`,
      ),
    ),
  )
  await shop.importMembers(
    file(
      '+members.csv',
      'member_id,name,phone,region,tier,joined_at,channel',
      (text) => `${text},${text},,${text},${text},2026-01-01,${text}`,
    ),
  )
  await shop.importKind(
    file('-tags.csv', 'member_id,tag,tagged_on,tag_group', (text) => `${text},${text},2026-01-01,${text}`),
  )

  const { signal } = new AbortController()
  const to = join(shop.folder, 'out')
  mkdirSync(to)
  await exportWorkspace(
    platform,
    workspace,
    { format: 'csv', sink: new FolderSink(to, signal), temporaryFolder: join(shop.folder, 'aside') },
    signal,
  )
  for (const name of readdirSync(to).filter((one) => one.endsWith('.csv')))
    written.set(`export of ${name}`, readFileSync(join(to, name), 'utf8'))
  const listed = await exportMembers(platform.store, workspace, {
    sort: 'member',
    descending: false,
    unmasked: true,
  })
  if (listed.kind !== 'exported') throw new Error(listed.kind)
  let members = ''
  for await (const piece of listed.csv) members += piece
  written.set('list of members', members)
  const everyone = { expression: 'everyone', format: 'csv', columns: segmentColumns } as const
  const asked = { ...everyone, unmasked: true, actor: 'test' }
  const segment = await exportSegment(platform, workspace, asked, signal)
  if (segment.kind !== 'exported') throw new Error(segment.kind)
  let selected = ''
  for await (const piece of segment.content) selected += String(piece)
  written.set('members of a segment', selected)
  written.set('refused rows', readFileSync(refused.refusedFile!, 'utf8'))
  forgetRefusedRows(refused.refusedFile!, ['SUM'])
  written.set('refused rows without a person', readFileSync(refused.refusedFile!, 'utf8'))
  written.set(
    'codes',
    codesCsv(
      hostile.map((text) => ({
        memberId: text,
        code: 'A1',
        lastDay: '2026-01-01',
        name: text,
        phone: text,
        offer: text,
      })),
      'scripts',
    ),
  )
  written.set('dictionary', dictionaryCsv('CNY'))
  written.set('template of orders', writtenAs.csv(ordersTemplate('CNY')))
  written.set('template of members', writtenAs.csv(membersTemplate()))
  for (const kind of allKinds)
    written.set(`template of ${kind.name}`, writtenAs.csv(kindTemplate(kind, 'CNY')))
})
afterAll(() => shop[Symbol.asyncDispose]())

test('no writer of CSV writes a cell that a spreadsheet would run', () => {
  expect(written.size).toBeGreaterThan(18)
  expect([...written].flatMap(([writer, csv]) => running(csv).map((cell) => [writer, cell]))).toEqual([])
})

test.each([
  'export of members.csv',
  'export of orders.csv',
  'export of order_lines.csv',
  'export of tags.csv',
  'export of imports.csv',
  'list of members',
  'members of a segment',
  'refused rows',
  'refused rows without a person',
  'codes',
])('%s keeps such cells, as text', (writer) => {
  expect(cellsOf(written.get(writer)!).filter((cell) => /^'[=+\-@]/.test(cell)).length).toBeGreaterThan(0)
})
