import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { serialize } from 'node:v8'
import { sql } from '../../analytics/sql/sql.ts'
import { writeShop } from '../../fixtures/files.ts'
import { refreshDerivedTables } from '../../analytics/schema/refresh.ts'
import { createKey } from '../api/keys.ts'
import { campaignById, createCampaign } from '../campaigns/campaigns.ts'
import { CampaignDefinition } from '../campaigns/definition.ts'
import { previewOf } from '../campaigns/preview.ts'
import { readServerFile } from '../command-line/server-file.ts'
import { addLaunch, couponFor } from '../coupons/issued-coupons.fixture.ts'
import { openPlatform, type Platform } from '../platform.ts'
import { workbook } from '../import/containers/archive.fixture.ts'
import { saveSegment } from '../segments/saved.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { benchDashboards } from './bench-dashboards.ts'
import { benchDatabases } from './bench-databases.ts'
import { benchMetrics } from './bench-metrics.ts'
import { measureModels } from './bench-models.ts'
import { measureSegments } from './bench-segments.ts'
import type { ImportCancel } from './import-cancel.ts'
import type { ImportLoad } from './import-load.ts'
import { keptShop, lastDay, type Line, median, quantile, report } from './measuring.ts'

/**
 * Measures what README promises on a generated shop: the CPU of each metric against a raw scan of the
 * orders in the same run, import, redemptions. Prints; asserts nothing, because a machine may be busy.
 */
const { values } = parseArgs({
  options: {
    /** The shop that the promises are made for, a million members; of the parts, metrics and dashboards, without `only`. */
    large: { type: 'boolean', default: false },
    members: { type: 'string' },
    /** metrics, dashboards, databases, segments, models, import, asked, cancel, redemptions; all without. */
    only: { type: 'string' },
    /** Coupons that are issued while `redemptions` redeems others. */
    issue: { type: 'string', default: '1000000' },
    /** Where the shop of `metrics`, `dashboards`, `segments` and `models` is kept, to be used again: one of a million members takes many minutes to make. */
    keep: { type: 'string' },
    /** Not 4190, which is one of those that fetch refuses. */
    port: { type: 'string', default: '4191' },
  },
})
/** What the promises are made for. */
const largeShop = 1_000_000
const members = Number(values.members ?? (values.large ? largeShop : 100_000))
const isLarge = members >= largeShop
const wanted = (
  values.only ??
  (values.large
    ? 'metrics,dashboards'
    : 'metrics,dashboards,databases,segments,models,import,asked,cancel,redemptions')
).split(',')
const end = lastDay
const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'reveille-bench-'))
const shopFolder = values.keep ?? join(folder, 'shop')

async function benchSegments(): Promise<void> {
  const platform = await openPlatform(shopFolder)
  const allowed = isLarge ? '<= 200 ms' : ''
  const of = ({ wall, cpu }: { wall: number; cpu: number }, scanCpu: number) =>
    `${wall.toFixed(0)} ms, cpu ${cpu.toFixed(0)} = ${(cpu / scanCpu).toFixed(1)}`
  const figures = await measureSegments(platform, members, (rule, scanCpu) =>
    report({
      what: `ten clauses, ${rule.shape}`,
      measured: `${of(rule, scanCpu)}, ${rule.members}`,
      target: allowed,
      met: !isLarge || rule.wall <= 200,
    }),
  )
  await platform.close()
  const { rules, scanCpu, refresh, followed, lag, columns, memory, parts } = figures
  const wall = median(rules.map((rule) => rule.wall))
  const cpu = median(rules.map((rule) => rule.cpu))
  report(
    {
      what: 'ten clauses, the median of the rules',
      measured: of({ wall, cpu }, scanCpu),
      target: allowed,
      met: !isLarge || wall <= 200,
    },
    {
      what: 'orders read into memory in the background',
      measured: of(columns, scanCpu),
      target: '',
      met: true,
    },
    {
      what: 'memory of the process with them, and at most',
      measured: `${memory.held.toFixed(0)} MB, ${memory.most.toFixed(0)} MB`,
      target: '',
      met: true,
    },
    {
      what: `counts at the parts of a rule of ${parts.conditions} conditions`,
      measured: of(parts, scanCpu),
      target: '',
      met: true,
    },
    {
      what: 'a rule after 20,000 orders, which are taken into memory for it',
      measured: of(followed, scanCpu),
      target: '',
      met: true,
    },
    {
      what: `${refresh.segments} saved segments after that`,
      measured: of(refresh, scanCpu),
      target: isLarge ? '<= 10 s' : '',
      met: !isLarge || followed.wall + refresh.wall <= 10_000,
    },
    {
      what: `p99 of the event loop's lag, asked and refreshed`,
      measured: `${lag.asking.toFixed(1)} ms, ${lag.refreshing.toFixed(1)} ms`,
      target: '< 20 ms',
      met: Math.max(lag.asking, lag.refreshing) < 20,
    },
    {
      what: `the unit: a raw scan of ${figures.orders} orders`,
      measured: `${scanCpu.toFixed(1)} ms cpu`,
      target: '',
      met: true,
    },
  )
}

async function benchModels(): Promise<void> {
  const platform = await openPlatform(shopFolder)
  const { buyers, histories, read, refits, whole, told } = await measureModels(
    await keptShop(platform, members),
  )
  await platform.close()
  const file = join(folder, 'histories')
  writeFileSync(file, serialize(told))
  const memory = Number(await printed('server/tooling/score-load.ts', [file]))
  const said = ({ wall, cpu }: { wall: number; cpu: number }) =>
    `${wall.toFixed(0)} ms, cpu ${cpu.toFixed(0)}`
  report(
    { what: `${buyers} buyers read`, measured: said(read), target: '', met: true },
    ...refits.map((refit) => {
      const allowed = refit.model === 'mbg-nbd' ? 3000 : 5000
      return {
        what: `${refit.model} and amounts refitted, ${histories} histories, all scored`,
        measured: said(refit),
        target: isLarge ? `<= ${allowed / 1000} s` : '',
        met: !isLarge || refit.cpu <= allowed,
      }
    }),
    { what: 'read, fitted, tried, foretold and written', measured: said(whole), target: '', met: true },
    {
      what: 'memory of fitting and scoring, without the engine',
      measured: `${memory.toFixed(0)} MB`,
      target: isLarge ? '<= 300 MB' : '',
      met: !isLarge || memory <= 300,
    },
  )
}

/** Each rate is measured so many times, because a machine may be busy; what is printed is the median. */
const repeated = 3

async function importLoads(name: string, file: string): Promise<ImportLoad[]> {
  const loads: ImportLoad[] = []
  for (let run = 0; run < repeated; run++)
    loads.push(await importLoad('--data', join(folder, `import-${name}`), '--file', file, '--into', `${run}`))
  return loads
}

/** Rows a second, and what they took, in the median. */
function rateOf(loads: readonly ImportLoad[], milliseconds: (load: ImportLoad) => number) {
  const taken = median(loads.map(milliseconds))
  const perSecond = loads[0]!.read / (taken / 1000)
  return { perSecond, said: `${Math.round(perSecond)}/s, ${(taken / 1000).toFixed(1)} s` }
}

async function benchImport(): Promise<void> {
  const written = await writeShop({ members, seed: 2, end }, join(folder, 'files'))
  const file = join(folder, 'files', 'orders.csv')
  const ofOrders = await importLoads('orders', file)
  const reading = rateOf(ofOrders, (load) => load.readingMilliseconds)
  const gigabytes = Math.max(...ofOrders.map(({ peakMemory }) => peakMemory)) / 2 ** 30
  report(
    {
      what: `reading ${ofOrders[0]!.read} lines of CSV`,
      measured: reading.said,
      target: '>= 300000/s',
      met: reading.perSecond >= 300_000,
    },
    {
      what: `the whole import, ${written.orders} orders saved`,
      measured: rateOf(ofOrders, (load) => load.milliseconds).said,
      target: '',
      met: true,
    },
    {
      what: `memory of the whole process, file of ${(statSync(file).size / 2 ** 30).toFixed(2)} GB`,
      measured: `${gigabytes.toFixed(2)} GB at most`,
      target: '<= 1.5 GB',
      met: gigabytes <= 1.5,
    },
  )
  const sheet = join(folder, 'files', 'orders.xlsx')
  writeFileSync(sheet, sheetOf(200_000))
  const ofSheet = await importLoads('sheet', sheet)
  const sheetReading = rateOf(ofSheet, (load) => load.readingMilliseconds)
  const ofMembers = await importLoads('members', join(folder, 'files', 'members.csv'))
  report(
    {
      what: `reading ${ofSheet[0]!.read} rows of a workbook, 8 columns`,
      measured: sheetReading.said,
      target: '>= 30000/s',
      met: sheetReading.perSecond >= 30_000,
    },
    {
      what: `reading ${ofMembers[0]!.read} members`,
      measured: rateOf(ofMembers, (load) => load.readingMilliseconds).said,
      target: '',
      met: true,
    },
    {
      what: 'the whole import of them',
      measured: rateOf(ofMembers, (load) => load.milliseconds).said,
      target: '',
      met: true,
    },
  )
}

/** A workbook of 8 columns as spreadsheets write it: texts shared, each once, days as numbers with a format. */
function sheetOf(rows: number): Uint8Array {
  const texts = new Map<string, number>()
  const text = (value: string) => {
    const known = texts.get(value) ?? texts.size
    texts.set(value, known)
    return `<c t="s"><v>${known}</v></c>`
  }
  const number = (value: number) => `<c><v>${value}</v></c>`
  const header = ['订单号', '会员号', '下单时间', '门店', '商品名称', '数量', '优惠金额', '实付金额']
  const table = [`<row>${header.map(text).join('')}</row>`]
  for (let i = 0; i < rows; i++)
    table.push(
      `<row>${text(`SL2026-${10_000_000 + i}`)}${text(`M${i % 9973}`)}<c s="1"><v>${46_023 + (i % 8640) / 64}</v></c>` +
        `${text(`门店 ${i % 12}`)}${text(`商品 ${i % 211}`)}${number(1 + (i % 3))}${number((i % 7) / 2)}${number(10 + (i % 997) / 4)}</row>`,
    )
  const shared = [...texts.keys()].map((value) => `<si><t>${value}</t></si>`).join('')
  return workbook(table.join(''), { shared })
}

/** What a cheap question and the event loop notice of an import of a million lines and more. */
async function benchAsked(): Promise<void> {
  const shop = (seed: number) =>
    writeShop({ members: Math.min(members, 30_000), seed, end }, join(folder, `files-${seed}`))
  await shop(3)
  await shop(4)
  const files = [3, 4].map((seed) => join(folder, `files-${seed}`, 'orders.csv'))
  for (const where of ['another', 'the same'] as const) {
    const loads: ImportLoad[] = []
    for (let run = 0; run < repeated; run++) {
      const data = join(folder, `asked-${where}-${run}`)
      await importLoad('--data', data, '--file', files[0]!, '--into', 'asked')
      const into = where === 'another' ? 'other' : 'asked'
      loads.push(await importLoad('--data', data, '--file', files[1]!, '--into', into, '--ask', 'asked'))
      rmSync(data, { recursive: true })
    }
    const of = (value: (load: ImportLoad) => number) => median(loads.map(value))
    const ratio = of(({ idle, during }) => during!.answered / idle!.answered)
    const reading = rateOf(loads, (load) => load.readingMilliseconds)
    const lag = of(({ during }) => during!.lag)
    report(
      {
        what: `p99 of a question, ${loads[0]!.read} lines into ${where} workspace`,
        measured: `${of(({ during }) => during!.answered).toFixed(0)} ms, idle ${of(({ idle }) => idle!.answered).toFixed(0)} = ${ratio.toFixed(1)}`,
        target: '<= 3',
        met: ratio <= 3,
      },
      {
        what: `p99 of the event loop's lag meanwhile`,
        measured: `${lag.toFixed(1)} ms, idle ${of(({ idle }) => idle!.lag).toFixed(1)}`,
        target: '< 30 ms',
        met: lag < 30,
      },
      { what: `its reading meanwhile`, measured: reading.said, target: '', met: true },
    )
  }
}

/** How long an import takes to end once it is cancelled, wherever it is. */
async function benchCancel(): Promise<void> {
  await writeShop({ members: 5_000, seed: 5, end }, join(folder, 'files-5'))
  await writeShop({ members: 100_000, seed: 6, end, days: 1 }, join(folder, 'files-6'))
  for (const [what, file] of [
    ['orders', join(folder, 'files-5', 'orders.csv')],
    ['members', join(folder, 'files-6', 'members.csv')],
  ] as const) {
    const args = ['--data', join(folder, `cancel-${what}`), '--file', file, '--moments', '12']
    const { moments, commits } = JSON.parse(
      await printed('server/tooling/import-cancel.ts', args),
    ) as ImportCancel
    const taken = moments.map(({ milliseconds }) => milliseconds / 1000)
    const most = Math.max(...taken)
    const slowest = moments.find(({ milliseconds }) => milliseconds / 1000 === most)!
    report({
      what: `cancelling an import of ${what}, ${moments.length} moments`,
      measured: `${median(taken).toFixed(2)} s, ${most.toFixed(2)} at most (${slowest.phase})`,
      target: '<= 1 s',
      met: most <= 1,
    })
    report({
      what: `its commit, which goes on`,
      measured: `${(Math.max(...commits) / 1000).toFixed(2)} s`,
      target: '',
      met: true,
    })
  }
}

async function importLoad(...args: string[]): Promise<ImportLoad> {
  return JSON.parse(await printed('server/tooling/import-load.ts', args)) as ImportLoad
}

/** What a script of ours prints, run in a process of its own. */
function printed(script: string, args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [join(root, script), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, UV_THREADPOOL_SIZE: '16' },
  })
  let said = ''
  child.stdout.on('data', (chunk) => (said += String(chunk)))
  return new Promise((resolve, reject) =>
    child.on('exit', (code) =>
      code === 0 ? resolve(said) : reject(new Error(`${script} ended with ${code}`)),
    ),
  )
}

async function benchRedemptions(): Promise<void> {
  const data = join(folder, 'redemptions')
  const issued = Number(values.issue)
  const platform = await openPlatform(data)
  const workspace = (await platform.workspaces.create({
    name: 'bench',
    currency: 'CNY',
    timeZone: 'Asia/Shanghai',
  }))!
  const now = platform.clock.now().getTime()
  const day = 86_400_000
  const coupons = Array.from({ length: 122_000 }, () =>
    couponFor(null, {
      validFrom: new Date(now - day).toISOString(),
      validTo: new Date(now + day).toISOString(),
    }),
  )
  await addLaunch(platform.store, workspace.id, coupons)
  const launch = await launchReady(platform, workspace, issued)
  const { key } = await createKey(platform.store, platform.clock, {
    workspaceId: workspace.id,
    name: 'bench',
    scopes: ['redemptions'],
    actor: 'bench',
  })
  await platform.close()

  const server = spawn(
    process.execPath,
    [join(root, 'server/main.ts'), '--port', values.port, '--data', data],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, UV_THREADPOOL_SIZE: '16' } },
  )
  try {
    for await (const line of createInterface(server.stdout)) if (/ is ready /.test(line)) break
    const readyAt = Date.now()
    const agent = new Agent({ keepAlive: true, maxSockets: 64 })
    let next = 0
    /** Redeems from 64 connections until `isOver` or the coupons are used up; answers milliseconds of each. */
    const connections = async (isOver: () => boolean): Promise<number[]> => {
      const taken: number[] = []
      await Promise.all(
        Array.from({ length: 64 }, async () => {
          while (!isOver() && next < coupons.length) {
            const index = next++
            const began = performance.now()
            const status = await post(agent, key, coupons[index]!.code, `bench-${index}`)
            if (status !== 201) throw new Error(`A redemption was answered with ${status}.`)
            taken.push(performance.now() - began)
          }
        }),
      )
      return taken
    }
    await connections(() => next >= 2_000)
    /** What this process, which is not the server's, takes of a core from now on. */
    const ownShare = () => {
      const before = process.cpuUsage()
      const began = performance.now()
      return () => {
        const { user, system } = process.cpuUsage(before)
        return `client ${Math.round((user + system) / 10 / (performance.now() - began))} % of a core`
      }
    }
    const aloneShare = ownShare()
    const began = performance.now()
    const alone = await connections(() => next >= 22_000)
    const seconds = (performance.now() - began) / 1000
    const said = (taken: readonly number[], during: number) =>
      `${Math.round(taken.length / during)}/s, p99 ${quantile(taken, 0.99).toFixed(0)} ms`
    const met = (taken: readonly number[], during: number) =>
      taken.length / during >= 1000 && quantile(taken, 0.99) < 100
    report({
      what: `redemptions over HTTP, 64 connections, ${aloneShare()}`,
      measured: said(alone, seconds),
      target: '>= 1000',
      met: met(alone, seconds),
    })

    // the server looks once a minute whether a saved segment is to be refreshed: so that it does during the launch
    await pause(readyAt + 45_000 - Date.now())
    let isIssued = false
    const launchAt = new Date()
    const launchShare = ownShare()
    const launchBegan = performance.now()
    const launching = launch(data).finally(() => (isIssued = true))
    launching.catch(() => {}) // told where it is awaited
    const meanwhile = await connections(() => isIssued)
    const redeemedFor = (performance.now() - launchBegan) / 1000
    await launching
    const launchedFor = (performance.now() - launchBegan) / 1000
    const launchedAt = new Date()
    report(
      {
        what: `meanwhile ${issued} coupons are issued, ${launchShare()}`,
        measured: said(meanwhile, redeemedFor),
        target: '>= 1000',
        met: met(meanwhile, redeemedFor),
      },
      {
        what: `issuing them`,
        measured: `${launchedFor.toFixed(1)} s, ${Math.round(issued / launchedFor)}/s`,
        target: '<= 60 s',
        met: launchedFor <= 60,
      },
    )
    agent.destroy()
    await stopped(server)
    report(await refreshedMeanwhile(data, launchAt, launchedAt))
  } finally {
    await stopped(server)
  }
}

async function stopped(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const ended = new Promise((resolve) => server.once('exit', resolve))
  server.kill('SIGTERM')
  await ended
}

/** Whether, and when, the server wrote down who is in the saved segment, by what it wrote. */
async function refreshedMeanwhile(data: string, from: Date, to: Date): Promise<Line> {
  const platform = await openPlatform(data)
  const workspace = (await platform.workspaces.byName('bench'))!
  const [taking] = await workspace.engine.rows(sql`select epoch_ms(max(taken_at)) as taken_at,
    (select sum(bit_count(cast(members as bit))) from segment_members) as members from segment_takings`)
  await platform.close()
  const takenAt = Number(taking!.takenAt ?? 0)
  const met = takenAt >= from.getTime() && takenAt <= to.getTime()
  return {
    what: `a segment of ${taking!.members} members refreshed meanwhile`,
    measured: met ? `after ${((takenAt - from.getTime()) / 1000).toFixed(1)} s` : 'not meanwhile',
    target: '',
    met,
  }
}

/** A campaign for so many members of their own, previewed: what launches it through the server that has the folder then. */
async function launchReady(
  platform: Platform,
  workspace: Workspace,
  audience: number,
): Promise<(data: string) => Promise<void>> {
  const today = workspace.today()
  await workspace.engine.transaction(async (session) => {
    await session.run(sql`insert into members (member_key, member_id, consent)
      select cast(range + 1 as integer), 'M' || lpad(cast(range + 1 as varchar), 7, '0'), 'granted'
      from range(cast(${audience} as bigint))`)
    await session.run(sql`insert into orders
      select range + 1, 'O' || cast(range + 1 as varchar), cast(range + 1 as integer), cast(${today} as timestamp),
        cast(${today} as date), 12, 'East', 'shop', 'paid', 10000, 0, 10000, null, null
      from range(cast(${audience} as bigint))`)
    await refreshDerivedTables(session, {}, today)
  })
  const definition = CampaignDefinition.parse({
    name: 'bench',
    segment: 'everyone',
    offer: { kind: 'amount', amountMinor: 500 },
    validDays: 30,
    holdout: 0,
    channel: { kind: 'csv' },
  })
  const saved = await saveSegment(
    platform.store,
    workspace,
    { name: 'Buyers', expression: 'orders >= 1' },
    { by: 'bench', at: platform.clock.now() },
  )
  if (saved.kind === 'refused') throw new Error(JSON.stringify(saved.errors))
  const { campaignId } = await createCampaign({ platform, workspace, actor: 'bench' }, definition)
  const campaign = (await campaignById(platform.store, workspace.id, campaignId))!
  const outcome = await previewOf(platform, workspace, campaign)
  if (outcome.kind !== 'previewed') throw new Error(outcome.kind)
  const { digest, confirmations } = outcome.preview
  return async (data) => {
    const { token } = readServerFile(data)!
    const answer = await fetch(`http://127.0.0.1:${values.port}/trpc/campaigns.launch`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'x-reveille-workspace': encodeURIComponent(workspace.name),
      },
      body: JSON.stringify({ campaignId, digest, confirm: confirmations }),
    })
    if (!answer.ok) throw new Error(await answer.text())
  }
}

function post(agent: Agent, key: string, code: string, orderId: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        agent,
        host: '127.0.0.1',
        port: Number(values.port),
        path: '/api/v1/redemptions',
        method: 'POST',
        headers: {
          authorization: `Bearer ${key}`,
          'content-type': 'application/json',
          'idempotency-key': orderId,
        },
      },
      (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode ?? 0))
        response.on('error', reject)
      },
    )
    call.on('error', reject)
    call.end(JSON.stringify({ code, orderId, amountMinor: 5_000 }))
  })
}

/** The shop that several parts ask about, open for one of them. */
async function inShop(work: (platform: Platform) => Promise<unknown>): Promise<void> {
  const platform = await openPlatform(shopFolder)
  try {
    await work(platform)
  } finally {
    await platform.close()
  }
}

try {
  if (wanted.includes('metrics')) await inShop((platform) => benchMetrics(platform, members, isLarge))
  if (wanted.includes('dashboards')) {
    await inShop((platform) => keptShop(platform, members))
    await benchDashboards(root, shopFolder, values.port)
  }
  if (wanted.includes('databases')) await inShop((platform) => benchDatabases(platform, members, folder))
  if (wanted.includes('segments')) await benchSegments()
  if (wanted.includes('models')) await benchModels()
  if (wanted.includes('import')) await benchImport()
  if (wanted.includes('asked')) await benchAsked()
  if (wanted.includes('cancel')) await benchCancel()
  if (wanted.includes('redemptions')) await benchRedemptions()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
