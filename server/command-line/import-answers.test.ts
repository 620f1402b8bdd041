import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { importKinds } from '../import/import-kinds.ts'
import { filledIn } from '../import/columns/template.fixture.ts'
import { templateOf, writtenAs } from '../import/columns/templates.ts'
import { command } from './in-process.fixture.ts'

// What INTERFACE.md fixes of `import` for scripts, spelled out for each kind of file.
const folder = mkdtempSync(join(tmpdir(), 'reveille-answers-'))
afterAll(() => rmSync(folder, { recursive: true }))
const inFolder = (...args: string[]) => [...args, '--data', join(folder, 'd'), '--json']
const env = { ...process.env, LANG: 'en_GB.UTF-8' }

async function done<T>(...args: string[]): Promise<T> {
  const { status, stdout, stderr } = await command(...inFolder(...args))
  if (status !== 0) throw new Error(`${args.join(' ')}: ${status} ${stderr}`)
  return JSON.parse(stdout) as T
}
const file = (name: string, content: string) => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

interface Answer {
  read: number
  imported: number
  unchanged: number
  refused: number
}

test('every kind of file answers in the shape that scripts rely on', { timeout: 300_000 }, async () => {
  await done('workspace', 'create', 'W', '--currency', 'CNY', '--time-zone', 'Asia/Shanghai')
  const files = importKinds.map((kind) =>
    file(`${kind}.jsonl`, filledIn(writtenAs.jsonl(templateOf(kind, 'CNY', 'en')))),
  )
  const answers = await done<Answer[]>('import', ...files, '--workspace', 'W', '--yes')
  expect(answers).toHaveLength(importKinds.length)
  for (const [i, answer] of answers.entries()) {
    const rows = importKinds[i] === 'orders' ? 2 : 1
    expect({ kind: importKinds[i], ...answer }).toMatchObject({
      kind: importKinds[i],
      importId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      read: rows,
      imported: rows,
      unchanged: 0,
      refused: 0,
      duplicates: 0,
      members: expect.any(Number) as number,
      refusedFile: null,
    })
  }
  // Orders, and what is given back of them.
  for (const answer of answers.slice(0, 2))
    expect(answer).toMatchObject({ orders: expect.any(Number) as number, roundingMinor: 0 })
  // The same again, in part refused: what is read is made up of the three.
  const some = file('some.csv', 'orderId,memberId,orderedAt,amount\nX1,M1,2026-01-02,3\nX2,M1,soon,3\n')
  const parts = await done<Answer & { refusedFile: string }>('import', some, '--workspace', 'W', '--yes')
  expect(parts).toMatchObject({ read: 2, imported: 1, unchanged: 0, refused: 1 })
  expect(existsSync(parts.refusedFile)).toBe(true)
  expect(await done<Answer>('import', some, '--workspace', 'W', '--yes')).toMatchObject({
    read: 2,
    imported: 0,
    unchanged: 1,
    refused: 1,
  })
  for (const answer of await done<Answer[]>('import', ...files, '--workspace', 'W', '--yes', '--dry-run'))
    expect(answer.read).toBe(answer.imported + answer.unchanged + answer.refused)
})

test.each(['SIGINT', 'SIGTERM'] as const)(
  'an import that is ended by %s is taken back and ends with 3',
  { timeout: 120_000 },
  async (signal) => {
    const lines = ['order_id,customer_id,order_date,amount,product']
    for (let i = 0; i < 600_000; i++) lines.push(`A${i},m${i % 9973},2026-01-0${1 + (i % 9)},1.50,tea`)
    const path = file(`long-${signal}.csv`, lines.join('\n'))
    if (!existsSync(join(folder, 'd'))) await done('workspace', 'create', 'W')
    const before = await done<unknown[]>('imports', '--workspace', 'W')
    const running = spawn(
      process.execPath,
      ['server/cli.ts', ...inFolder('import', path, '--workspace', 'W', '--yes')],
      { env },
    )
    let told = ''
    running.stderr.setEncoding('utf8').on('data', (text: string) => (told += text))
    let answered = ''
    running.stdout.setEncoding('utf8').on('data', (text: string) => (answered += text))
    const uploads = join(folder, 'd', 'uploads')
    const ended = new Promise<number | null>((resolve) => running.on('exit', resolve))
    // Its blocks are written once it reads.
    while (!existsSync(uploads)) await new Promise((resolve) => setTimeout(resolve, 20))
    running.kill(signal)
    expect([await ended, answered]).toEqual([3, ''])
    expect(told).toMatch(/cancel/i)
    expect(await done<unknown[]>('imports', '--workspace', 'W')).toEqual(before)
  },
)
