import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { command, type Ended } from './in-process.fixture.ts'

// Scripts rely on these commands and shapes: they are spelled out here as they are documented.
const folder = mkdtempSync(join(tmpdir(), 'reveille-interface-'))
let server: ChildProcess | undefined
afterAll(async () => {
  await ended()
  rmSync(folder, { recursive: true })
})

/** Begins a server on a folder: what is asked of it there is answered by it from then on. */
async function served(data: string): Promise<void> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as { port: number }
  probe.close()
  await once(probe, 'close')
  const child = spawn(
    process.execPath,
    ['server/cli.ts', 'serve', '--no-build', '--port', String(port), '--data', join(folder, data)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  server = child
  const ready = new Promise<void>((resolve) =>
    child.stdout.on('data', (said: Buffer) => said.includes('/sign-in#link=') && resolve()),
  )
  await Promise.race([
    ready,
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`It ended: ${code}`))),
  ])
}
async function ended(): Promise<void> {
  if (!server || server.exitCode !== null || server.signalCode !== null) return
  const gone = once(server, 'exit')
  server.kill('SIGTERM')
  await gone
}

/** As a script has it run. */
const asProcess = (...words: string[]): Ended => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['server/cli.ts', ...words], {
    encoding: 'utf8',
    env: { ...process.env, LANG: 'en_GB.UTF-8' },
  })
  return { status: status!, stdout, stderr }
}
const run = (data: string, ...args: string[]) => ran(command, data, args)
async function ran(way: typeof command | typeof asProcess, data: string, args: readonly string[]) {
  const { status, stdout, stderr } = await way(...args, '--data', join(folder, data), '--json')
  return { status, stderr, answer: stdout === '' ? undefined : (JSON.parse(stdout) as never) }
}
const done = async <T>(data: string, ...args: string[]): Promise<T> => {
  const { status, stderr, answer } = await run(data, ...args)
  if (status !== 0) throw new Error(`${args.join(' ')}: ${status} ${stderr}`)
  return answer as T
}
const file = (name: string, content: string) => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

test('every command that scripts rely on answers in its shape', { timeout: 300_000 }, async () => {
  const orders = file(
    'orders.csv',
    [
      'order_id,customer_id,order_date,amount',
      'A,m1,2026-01-02,10',
      'B,m1,2026-02-03,20',
      'C,m2,2026-02-03,30',
      'D,m2,soon,30',
    ].join('\n'),
  )
  const create = ['workspace', 'create', 'W', '--currency', 'CNY', '--time-zone', 'Asia/Shanghai']
  expect((await ran(asProcess, 'd', create)).status).toBe(0)
  expect(await done('d', 'workspace', 'list')).toMatchObject([{ name: 'W' }])
  expect(await done('d', 'import', orders, '--workspace', 'W', '--dry-run')).toMatchObject({
    importId: null,
    read: 4,
  })
  const counts = {
    read: 4,
    imported: 3,
    unchanged: 0,
    refused: 1,
    duplicates: 0,
    members: 2,
    orders: 3,
    roundingMinor: 0,
  }
  const receipt = await done<{ importId: string }>(
    'd',
    'import',
    orders,
    '--workspace',
    'W',
    '--kind',
    'orders',
    '--yes',
  )
  expect(receipt).toMatchObject({
    ...counts,
    refusedFile: expect.stringContaining(receipt.importId) as string,
  })

  // beside a server, which answers the same and saves each command the opening of the files
  await served('d')
  expect(await done('d', 'metric', 'list')).toMatchObject(
    expect.arrayContaining([expect.objectContaining({ name: 'retention' })]) as object[],
  )
  const asked = ['--workspace', 'W', '--as-of', '2026-03-31']
  expect(await done('d', 'metric', 'retention', ...asked, '--segment', 'orders >= 2')).toMatchObject({
    metric: 'retention',
    version: expect.any(Number) as number,
    workspace: 'W',
    asOf: '2026-03-31',
    dataVersion: expect.any(Number) as number,
    milliseconds: expect.any(Number) as number,
    rows: expect.arrayContaining(
      [
        {
          cohort: '2026-01-01',
          period: 1,
          cohortSize: 1,
          eligible: 1,
          returned: 1,
          state: 'complete',
          firstSeen: true,
        },
      ].map((row) => expect.objectContaining(row) as object),
    ) as object[],
  })
  expect((await run('d', 'metric', 'retention', '--workspace', 'W', '--set', 'nonsense=1')).status).toBe(1)

  expect((await run('d', 'segment', 'check', 'orders >', '--workspace', 'W')).status).toBe(1)
  expect(await done('d', 'segment', 'count', 'everyone', '--workspace', 'W')).toMatchObject({
    expression: 'everyone',
    asOf: '2026-02-03',
    dataVersion: expect.any(Number) as number,
    milliseconds: expect.any(Number) as number,
    members: 2,
  })
  expect(await done('d', 'segment', 'list', 'orders = 1', '--workspace', 'W')).toBeDefined()
  expect(
    await done('d', 'segment', 'explain', 'orders = 1', '--workspace', 'W', '--member', 'm2'),
  ).toBeDefined()

  const campaign = file(
    'campaign.json',
    JSON.stringify({
      name: 'Wake',
      segment: 'orders >= 1',
      offer: { kind: 'amount', amountMinor: 500 },
      minSpendMinor: 1000,
      validDays: 30,
      holdout: 0,
      channel: { kind: 'csv' },
    }),
  )
  const { campaignId } = await done<{ campaignId: string }>(
    'd',
    'campaign',
    'create',
    '--file',
    campaign,
    '--workspace',
    'W',
  )
  const preview = await done<{ digest: string; confirmations: string[] }>(
    'd',
    'campaign',
    'preview',
    campaignId,
    '--workspace',
    'W',
  )
  expect(preview).toMatchObject({
    asOf: '2026-02-03',
    members: 2,
    excluded: [],
    holdout: 0,
    worstCostMinor: 1000,
  })
  const launch = ['campaign', 'launch', campaignId, '--digest', preview.digest, '--workspace', 'W']
  expect((await run('d', ...launch)).status).toBe(1)
  const confirmed = preview.confirmations.flatMap((topic) => ['--confirm', topic])
  expect(await done('d', ...launch, ...confirmed)).toMatchObject({ status: 'running', issued: 2, holdout: 0 })
  expect(await done('d', 'campaign', 'show', campaignId, '--workspace', 'W')).toMatchObject({
    status: 'running',
    issued: 2,
    delivered: 0,
    redeemed: 0,
    redeemers: 0,
    treated: 2,
    heldOut: 0,
  })
  expect(await done('d', 'campaign', 'effect', campaignId, '--workspace', 'W')).toMatchObject({
    economics: null,
    afterwards: null,
    parts: null,
    next: [{ kind: 'import-orders' }],
  })
  expect(
    await done(
      'd',
      'campaign',
      'size',
      '--base',
      '.05',
      '--effect',
      '.01',
      '--alpha',
      '.05',
      '--workspace',
      'W',
    ),
  ).toMatchObject({ textbook: { heldOut: expect.closeTo(4650.5421606, 6) as number } })
  expect(await done('d', 'campaign', 'codes', campaignId, '--workspace', 'W')).toHaveLength(2)
  expect(
    await done('d', 'key', 'create', 'till', '--workspace', 'W', '--scope', 'redemptions,orders'),
  ).toMatchObject({
    key: expect.any(String) as string,
  })

  const backup = join(folder, 'all.backup')
  await done('d', 'backup', backup)
  await done('restored', 'restore', backup)
  expect(await done('restored', 'segment', 'count', 'orders = 1', '--workspace', 'W')).toMatchObject({
    members: 1,
  })

  const member = ['--workspace', 'W']
  expect(await done('d', 'member', 'export', 'm2', ...member)).toMatchObject({
    format: 'reveille-member',
    profile: { memberId: 'm2' },
    importedLines: [{ memberId: 'm2', fileName: 'orders.csv' }],
    coupons: [{ ledger: [{ kind: 'issued' }] }],
  })
  const unconfirmed = await run('d', 'member', 'delete', 'm2', ...member)
  expect(unconfirmed.status).toBe(1)
  const { pseudonym } = await done<{ pseudonym: string }>('d', 'member', 'delete', 'm2', ...member, '--yes')
  expect(pseudonym).toMatch(/^deleted-/)
  expect((await run('d', 'member', 'export', 'm2', ...member)).status).toBe(1)
  expect((await run('d', 'member', 'delete', 'm2', ...member, '--yes')).status).toBe(1)
  await done('listed', 'restore', backup, '--deletions', join(folder, 'd', 'deletions.json'))
  expect((await run('listed', 'member', 'export', 'm2', ...member)).status).toBe(1)
  expect(await done('listed', 'segment', 'count', 'orders = 1', ...member)).toMatchObject({ members: 1 })

  expect(await done('d', 'imports', '--workspace', 'W')).toMatchObject([
    { importId: receipt.importId, undoneAt: null },
  ])
  expect(await done('d', 'imports', 'undo', receipt.importId, '--workspace', 'W')).toMatchObject({
    orders: 3,
  })
  expect(await done('d', 'segment', 'count', 'orders >= 1', '--workspace', 'W')).toMatchObject({ members: 0 })
  // what was asked here is what a process answers, and how it ends
  for (const [words, status] of [
    [['imports'], 0],
    [['imports', 'undo', receipt.importId], 1],
    [['import'], 2],
  ] as const) {
    const ended = await run('d', ...words, '--workspace', 'W')
    expect(ended.status).toBe(status)
    expect(await ran(asProcess, 'd', [...words, '--workspace', 'W'])).toEqual(ended)
  }
})
