import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { workbook, zipped } from '../import/containers/archive.fixture.ts'
import { inboxOf } from '../import/inbox.ts'
import { openTestShop } from '../import/test-shop.ts'
import { appRouter } from '../router.ts'
import { createCallerFactory } from '../trpc.ts'
import { deleteMember } from './delete-member.ts'
import { movedFilesNaming, readingOfMoved } from './moved-files.ts'

const orders = 'order_id,customer_id,order_date,amount\n'
const cell = (text: string) => `<c t="inlineStr"><is><t>${text}</t></is></c>`

test('a deletion names the files that the inbox moved away with the person in them, and takes them away', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const { platform, workspace } = shop
  await shop.importMembers(
    shop.file(
      'members.csv',
      'member_id,name,phone,email,openid\nCARD-77,王芳,13800138000,Fang@Example.com,oAbCdEfGhIjKlMnOpQrStUvW\n17,李雷,13911112222,,\nCARD-771,王芳,13700137000,,\n',
    ),
  )
  const { folder, done, refused } = inboxOf(platform, workspace)
  for (const one of [done, refused]) mkdirSync(one, { recursive: true })
  const sheet = (text: string) => `<row r="1">${cell('备注')}</row><row r="2">${cell(text)}</row>`
  /** By what they name the member, or somebody else; `unread`: nobody can tell. */
  const files: Record<
    string,
    readonly [whom: 'her' | 'him' | 'nobody' | 'unread', content: string | Uint8Array]
  > = {
    'done/1 number.csv': ['her', `${orders}A,CARD-77,2026-10-01,10\nB,x,2026-10-01,10\n`],
    'done/2 other.csv': ['nobody', `${orders}A,CARD-771,2026-10-01,77\nB,XCARD-77,2026-10-01,10\n`],
    'done/3 phone.csv.gz': ['her', gzipSync('memo,x\n"call (+86) 138-0013 8000",1\n')],
    'done/4 part of a phone.csv': ['nobody', 'memo,x\n913800138000,1\n138001380001,1\n'],
    'done/5 mail.jsonl': ['her', '{"id":"1","memo":"to FANG@example.com"}\n{"id":"2","memo":"x"}\n'],
    'done/6 gbk.csv': [
      'her',
      Buffer.concat([
        Buffer.from([0xd0, 0xd5, 0xc3, 0xfb, 0x2c, 0x69, 0x64, 0x0a, 0xcd, 0xf5, 0x2c]),
        Buffer.from('CARD-77\n'),
      ]),
    ],
    'done/7 two tables.zip': [
      'her',
      zipped({ 'a.csv': orders, 'b.csv': `sku,note\n1,oAbCdEfGhIjKlMnOpQrStUvW\n` }),
    ],
    'done/8 book in a zip.zip': [
      'her',
      zipped({ 'a.xlsx': workbook(sheet('0138 0013 8000')), 'b.csv': 'x,y\n1,2\n' }),
    ],
    'done/9 second sheet.xlsx': ['her', zippedSheets(sheet('nothing'), sheet('CARD-77'))],
    'done/10 short number.csv': ['him', `${orders}A,17,2026-10-01,10\n`],
    'done/16 short number in full width.csv': ['him', `${orders}A,m1,2026-10-01,10\nB,１７,2026-10-01,5\n`],
    'done/17 short number as a fraction.csv.gz': ['him', gzipSync(`${orders}A,17.0,2026-10-01,10\n`)],
    'done/18 short number.jsonl': [
      'him',
      '{"order_id":"A","customer_id":17,"order_date":"2026-10-01","amount":1}\n',
    ],
    'done/11 amount.csv': ['nobody', `${orders}A,m1,2026-10-01,17\n`],
    'done/12 namesake.csv': ['nobody', 'name,x\n王芳,1\n'],
    'done/13 CARD-77.csv': ['her', `${orders}A,m1,2026-10-01,10\n`],
    'done/15 invisible.csv': ['her', 'memo,x\nCARD\u200b-77,1\n'],
    'refused/1 no table.txt': ['her', 'wrote about CARD-77 in prose'],
    'refused/2 locked.zip': ['unread', Buffer.from('PK\x03\x04 nothing that opens')],
    'refused/3 told by its note.csv': ['her', 'x\n1\n'],
    'refused/4 picture.pdf': ['unread', Buffer.from('%PDF-1.7 \x00\x01')],
    'refused/5 prose.txt': ['nobody', 'nothing here'],
  }
  for (const [name, [, content]] of Object.entries(files)) writeFileSync(join(folder, name), content)
  writeFileSync(join(refused, '3 told by its note.csv.reason.txt'), 'Line 2: 13800138000 is no amount.\n')
  files['done/14 columns.parquet'] = ['her', '']
  await workspace.engine.run(
    sql`copy (select 'CARD-77' as who, 1 as x) to (${join(done, '14 columns.parquet')}) (format parquet)`,
  )
  const of = (whom: string) =>
    Object.entries(files)
      .flatMap(([name, [who]]) => (who === whom ? name : []))
      .toSorted()

  const caller = createCallerFactory(appRouter)({
    platform,
    actor: { kind: 'local' },
    workspace,
    role: 'owner',
    language: 'en',
  })
  const told = async (memberId: string) => {
    const { files: named, unread } = await caller.rights.deletionOf({ memberId })
    return { named: named.toSorted(), unread: unread.toSorted() }
  }
  expect(await told('17')).toEqual({ named: of('him'), unread: of('unread') })
  expect(await told('CARD-77')).toEqual({ named: of('her'), unread: of('unread') })
  expect(readdirSync(folder, { recursive: true }).length).toBeGreaterThan(Object.keys(files).length)

  const outcome = await deleteMember(platform, workspace, { memberId: 'CARD-77', actor: 'command-line' })
  expect(outcome).toMatchObject({ kind: 'deleted', files: of('her').length, unread: of('unread') })
  const left = [done, refused].flatMap((one) =>
    readdirSync(one).map((name) => join(one, name).slice(folder.length + 1)),
  )
  expect(left.toSorted()).toEqual([...of('him'), ...of('nobody'), ...of('unread')].toSorted())
  expect(
    await platform.store
      .selectFrom('audit')
      .select('subject')
      .where('action', '=', 'inbox-files-removed')
      .execute(),
  ).toEqual([{ subject: String(of('her').length) }])
})

test('files that come or go while a deletion reads: what is gone stops nobody, what has come is read', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const { platform, workspace } = shop
  await shop.importMembers(shop.file('members.csv', 'member_id,name\nCARD-77,王芳\nCARD-78,李雷\n'))
  const { done } = inboxOf(platform, workspace)
  mkdirSync(done, { recursive: true })
  const put = (name: string, whom: string) => writeFileSync(join(done, name), `memo\n${whom}\n`)
  put('1.csv', 'CARD-77')
  put('2.csv', 'CARD-78')
  const telling = { ids: ['CARD-77'], values: [] }
  // asked before each file: by then it is listed
  const takesAway = { throwIfAborted: () => rmSync(join(done, '2.csv'), { force: true }) } as AbortSignal
  const seen = await movedFilesNaming(platform, workspace, telling, takesAway)
  expect(seen.named.map(({ name }) => name)).toEqual(['done/1.csv'])

  put('2.csv', 'CARD-78')
  put('3.csv', 'CARD-78')
  const outcome = await deleteMember(platform, workspace, { memberId: 'CARD-77', actor: 'owner' }, (step) => {
    if (step !== 'list') return
    rmSync(join(done, '1.csv'))
    put('3.csv', 'CARD-77')
    put('4.csv', 'CARD-77')
  })
  expect(outcome).toMatchObject({ kind: 'deleted', files: 2, unread: [] })
  expect(readdirSync(done)).toEqual(['2.csv'])
})

test('a reading says how far it is, ends within a file when it is called off, and forgets nothing it has found', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const { platform, workspace } = shop
  const { done } = inboxOf(platform, workspace)
  mkdirSync(done, { recursive: true })
  writeFileSync(join(done, '1.csv'), `${orders}A,CARD-77,2026-10-01,10\n`)
  const rows = Array.from({ length: 300_000 }, (_, n) => `A${n},m${n},2026-10-01,17\n`)
  writeFileSync(join(done, '2.csv'), orders + rows.join(''))
  // 17 is an amount there, so that the file is read twice
  const telling = { ids: ['CARD-77', '17'], values: [] }
  for (const until of [0.2, 0.7]) {
    const stop = new AbortController()
    const told: number[] = []
    const watch = setInterval(() => {
      const reading = readingOfMoved(workspace.id)
      if (reading) told.push(reading.share)
      if (reading && reading.share > until) stop.abort()
    }, 1)
    await expect(movedFilesNaming(platform, workspace, telling, stop.signal)).rejects.toThrow('aborted')
    clearInterval(watch)
    expect(told.at(-1)).toBeLessThan(until + 0.25)
    expect(told).toEqual(told.toSorted((a, b) => a - b))
    expect(readingOfMoved(workspace.id)).toBeNull()
  }
  const { named } = await movedFilesNaming(platform, workspace, telling)
  expect(named.map(({ name }) => name)).toEqual(['done/1.csv'])
})

/** A workbook whose reader takes the first sheet alone. */
const zippedSheets = (first: string, second: string): Uint8Array =>
  zipped({
    '[Content_Types].xml': '<Types/>',
    'xl/workbook.xml':
      '<workbook><sheets><sheet name="A" sheetId="1" r:id="rId1"/><sheet name="B" sheetId="2" r:id="rId2"/></sheets></workbook>',
    'xl/_rels/workbook.xml.rels':
      '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Target="worksheets/sheet2.xml"/></Relationships>',
    'xl/worksheets/sheet1.xml': `<worksheet><sheetData>${first}</sheetData></worksheet>`,
    'xl/worksheets/sheet2.xml': `<worksheet><sheetData>${second}</sheetData></worksheet>`,
  })
