import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { addDays } from '../../analytics/calendar/calendar.ts'
import { loadShop } from '../../analytics/oracle/load.ts'
import type { PlainOrder, PlainShop } from '../../analytics/oracle/shop.ts'
import { refreshDerivedTables } from '../../analytics/schema/refresh.ts'
import { createKey } from '../api/keys.ts'
import { makeApp } from '../app.ts'
import { command } from '../command-line/in-process.fixture.ts'
import { writeServerFile } from '../command-line/server-file.ts'
import { saveAccount } from '../delivery/channel-account.ts'
import { mailAccount } from '../delivery/mail-settings.ts'
import { openPlatform, type Platform } from '../platform.ts'
import { appRouter } from '../router.ts'
import { outboxOf } from '../segments/schedules/run.ts'
import { createCallerFactory, type Role } from '../trpc.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { composeDigest } from './compose.ts'
import { digestFigures, weekBefore } from './figures.ts'
import { queueDue, sendDueDigests, startDigests, writeDueFiles } from './keeper.ts'

/**
 * The week of 22 to 28 June 2026, asked on the Monday after it, worked by hand. Ann (1) bought a year ago and comes back
 * on the 23rd; Ben (2) bought 30 days before the week began and so is active at its start and not at its end; Cai (3) buys
 * for the first time on the 25th; Dan (4) bought in the week before and on the 28th; a guest on the 26th.
 */
function handWeek(): PlainShop {
  let key = 0
  const order = (member: number | null, day: string, net: number, store = 'East'): PlainOrder => ({
    key: ++key,
    member,
    orderedAt: new Date(`${day}T04:00:00Z`),
    state: 'paid',
    store,
    channel: null,
    net,
  })
  return {
    calendar: { timeZone: 'Asia/Shanghai', firstWeekday: 1 },
    openedAtStart: true,
    members: [1, 2, 3, 4].map((member) => ({ key: member, joinedDay: null })),
    orders: [
      order(null, '2025-06-02', 100),
      order(1, '2025-06-24', 4000),
      order(2, '2026-05-22', 700),
      order(4, '2026-06-16', 2000),
      order(1, '2026-06-23', 5000),
      order(3, '2026-06-25', 3000),
      order(null, '2026-06-26', 1000),
      order(4, '2026-06-28', 500),
    ].toSorted((a, b) => a.orderedAt.getTime() - b.orderedAt.getTime()),
    refunds: [],
  }
}

const monday = '2026-06-29T00:00:00Z' // 08:00 in Shanghai
let folder: string
let platform: Platform
let shop: Workspace
let now: Date
const clock = { now: () => now }
const callerFor = createCallerFactory(appRouter)
const callerAs = (role: Role, workspace = shop) =>
  callerFor({ platform, actor: { kind: 'local' }, workspace, role, language: 'en' })

async function openShop(name: string, timeZone = 'Asia/Shanghai'): Promise<Workspace> {
  const workspace = (await platform.workspaces.create({ name, currency: 'CNY', timeZone }))!
  await workspace.engine.transaction(async (session) => {
    await loadShop(session, handWeek())
    await refreshDerivedTables(session, {}, workspace.today())
  })
  return workspace
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reveille-digest-'))
  now = new Date(monday)
  platform = await openPlatform(folder, clock, { threads: 1 })
  shop = await openShop('Tea & co')
})
afterAll(async () => {
  await platform.close()
  rmSync(folder, { recursive: true })
})
beforeEach(() => {
  now = new Date(monday)
})

const composed = async (
  day?: string,
  language: 'en' | 'zh-CN' = 'en',
  role: 'owner' | 'viewer' = 'owner',
) => {
  const figures = await digestFigures(platform, shop, { day, language })
  const reader = { language, role, shop: shop.name, currency: 'CNY' } as const
  const letter = composeDigest(figures, { ...reader, base: 'https://shop.example', unsubscribeUrl: null })
  return { figures, letter }
}

describe('the figures', () => {
  test('are those worked by hand, beside the week before and 52 weeks before', async () => {
    const { figures } = await composed()
    expect(figures).toMatchObject({
      kind: 'week',
      day: '2026-06-29',
      asOf: '2026-06-28',
      week: { from: '2026-06-22', to: '2026-06-28' },
      lastWeek: { from: '2026-06-22', to: '2026-06-28' },
      sales: {
        now: { netMinor: 9500, orders: 4, buyers: 3, newBuyers: 1, returningBuyers: 2, guestNetMinor: 1000 },
        weekBefore: { from: '2026-06-15', to: '2026-06-21', netMinor: 2000, orders: 1, buyers: 1 },
        yearBefore: { from: '2025-06-23', to: '2025-06-29', netMinor: 4000, orders: 1, buyers: 1 },
      },
      members: { start: 2, new: 1, cameBack: 1, goneQuiet: 1, end: 3 },
    })
  })

  test('are those of the Overview page asked for the week’s last day', async () => {
    const { figures } = await composed()
    if (figures.kind !== 'week') throw new Error(figures.kind)
    const viewer = callerAs('viewer')
    const { from, to } = figures.week
    expect(await viewer.opportunities.keyFigures({ filters: { asOf: to } })).toEqual(figures.keyFigures)
    const page = await viewer.analytics.overview({
      filters: { asOf: to },
      settings: { step: 'week', steps: 13 },
    })
    const week = page.rows.find((row) => row.kind === 'step' && row.from === from)!
    const { kind: _, ...sold } = figures.sales.now
    expect(week).toMatchObject(sold)
    const ledger = await viewer.analytics.growth({
      filters: { asOf: to },
      settings: { step: 'week', steps: 1 },
    })
    const part = (name: string) => ledger.rows.find((row) => row.part === name)!.members
    expect([figures.members.cameBack, figures.members.goneQuiet]).toEqual([
      part('reactivated'),
      part('lapsed'),
    ])
    const { start, new: joined, cameBack, goneQuiet, end } = figures.members
    expect(start + joined + cameBack - goneQuiet).toBe(end)
  })

  test('of a day of the past are those of then', async () => {
    const { figures } = await composed('2026-06-24')
    expect(figures).toMatchObject({
      asOf: '2026-06-24',
      week: { from: '2026-06-15', to: '2026-06-21' },
      sales: { now: { netMinor: 2000 }, weekBefore: { netMinor: 0 } },
      members: { cameBack: 0, goneQuiet: 0 },
    })
  })

  test('a week that the data does not reach is said to be missing, never shown as nothing sold', async () => {
    const { figures, letter } = await composed('2026-07-06')
    expect(figures).toMatchObject({
      lastWeek: { from: '2026-06-29', to: '2026-07-05' },
      week: { from: '2026-06-22', to: '2026-06-28' },
      sales: { now: { netMinor: 9500 } },
    })
    expect(letter.text).toContain(
      'Orders reach to 28 Jun 2026, so the week of 29 Jun – 5 Jul 2026 is not whole in the data.',
    )
    expect(letter.html).toContain('Orders reach to 28 Jun 2026')
  })

  test('where the data begins within a week there is nothing to compare with, and before a whole one no digest', async () => {
    const early = await composed('2025-06-09')
    expect(early.figures).toMatchObject({
      week: { from: '2025-06-02' },
      sales: { weekBefore: null, yearBefore: null },
    })
    expect(early.letter.subject).toBe('Tea & co, 2–8 Jun 2025: net sales ¥1.00')
    expect(early.letter.text).toContain('Week before not known')
    const before = await composed('2025-06-04')
    expect(before.figures).toEqual({ kind: 'no-week', day: '2025-06-04', asOf: '2025-06-04' })
    expect(before.letter.text).toContain('there is no whole week among them yet')
    const empty = (await platform.workspaces.create({
      name: 'e',
      currency: 'CNY',
      timeZone: 'Asia/Shanghai',
    }))!
    expect(await digestFigures(platform, empty, { language: 'en' })).toMatchObject({
      kind: 'no-week',
      asOf: null,
    })
  })
})

describe('the letter', () => {
  test('says the figures in the reader’s language, amounts and days as it writes them', async () => {
    const { letter } = await composed()
    expect(letter.subject).toBe('Tea & co, 22–28 Jun 2026: net sales ¥95.00, +375.0% on the week before')
    for (const line of [
      '- Net sales: ¥95.00; Week before ¥20.00 (+375.0%); 52 weeks before ¥40.00 (+137.5%)',
      '- Qualifying orders: 4; Week before 1 (+300.0%); 52 weeks before 1 (+300.0%)',
      '1 member came back, 1 went quiet.',
    ])
      expect(letter.text).toContain(line)
    const { letter: zh } = await composed(undefined, 'zh-CN')
    expect(zh.subject).toBe('Tea & co 2026年6月22–28日：净销售额 ¥95.00，较前一周 +375.0%')
    expect(zh.text).toContain('1 位会员回来了，1 位会员沉默了。')
    expect(zh.html).toContain('<html lang="zh-CN">')
    expect(zh.text.replaceAll(/https?:\S+|Tea & co/g, '')).not.toMatch(/[a-z]{4}/i)
  })

  test('reads without pictures, style sheets and scripts, and whatever has a colour has a ground', async () => {
    const { html } = (await composed()).letter
    expect(html).not.toMatch(/<(img|style|script|link|svg|iframe)\b|url\(/i)
    expect(html).toContain('Tea &amp; co')
    const cells = html.match(/<t[dh][^>]*color:[^>]*>/g)!
    expect(cells.length).toBeGreaterThan(30)
    for (const cell of cells) expect(cell).toMatch(/background:#FFFFFF/)
  })

  test('its links lead to the dashboard and name nobody; who only reads is given no way to plan', async () => {
    const links = (html: string) => [...html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href!)
    const { letter } = await composed()
    const all = links(letter.html)
    expect(all.length).toBeGreaterThan(4)
    for (const href of all)
      expect(href).toMatch(
        /^https:\/\/shop\.example\/(retention|dormant|campaigns\/[\w-]+)?(\?asOf=2026-06-28)?$/,
      )
    const viewer = (await composed(undefined, 'en', 'viewer')).letter
    expect(links(viewer.html)).not.toContain('https://shop.example/')
  })
})

describe('going out', () => {
  let mailServer: SMTPServer
  let received: { to: string; mail: ParsedMail }[]
  /** The codes that the server answers a recipient with; none: it takes the mail. */
  let refusals: Map<string, number>
  let workspace: Workspace
  let count = 0

  beforeEach(async () => {
    received = []
    refusals = new Map()
    mailServer = new SMTPServer({
      disabledCommands: ['STARTTLS', 'AUTH'],
      onRcptTo({ address }, _session, done) {
        const code = refusals.get(address)
        done(code === undefined ? null : Object.assign(new Error('5.1.1 no'), { responseCode: code }))
      },
      onData(stream, { envelope }, done) {
        void simpleParser(stream).then((mail) => {
          received.push({ to: envelope.rcptTo[0]!.address, mail })
          done(null)
        })
      },
    })
    await new Promise<void>((ready) => mailServer.listen(0, '127.0.0.1', ready))
    now = new Date('2026-06-28T23:00:00Z')
    workspace = await openShop(`Sending ${++count}`)
    await setUp()
    const owner = callerAs('owner', workspace)
    await owner.digest.addRecipient({ address: 'ann@example.com', language: 'en', role: 'owner' })
    await owner.digest.addRecipient({ address: 'bo@example.com', language: 'zh-CN', role: 'viewer' })
    await owner.digest.change({ on: true, weekday: 1, time: '08:00', fileLanguage: null })
  })
  afterEach(() => new Promise<void>((closed) => mailServer.close(() => closed())))

  const setUp = () => {
    const { port } = mailServer.server.address() as { port: number }
    const settings = {
      host: '127.0.0.1',
      port,
      security: 'none' as const,
      user: '',
      sender: 'shop@shop.example',
      senderName: 'Shop',
      publicUrl: 'https://shop.example/r/',
    }
    const doing = { actor: 'test', at: now }
    return saveAccount(platform.store, workspace.id, mailAccount, { settings, secret: null }, doing)
  }
  const goes = async () => {
    await queueDue(platform, workspace)
    await sendDueDigests(platform, workspace, new AbortController().signal)
  }
  const to = () => received.map((one) => one.to).toSorted()

  test('at the hour that was set each recipient gets one in their language, by two workers and after a restart too', async () => {
    now = new Date('2026-06-28T23:59:59Z')
    await goes()
    expect(received).toEqual([])
    now = new Date(monday)
    await Promise.all([goes(), goes(), goes()])
    expect(to()).toEqual(['ann@example.com', 'bo@example.com'])
    const [ann, bo] = ['ann@example.com', 'bo@example.com'].map(
      (one) => received.find((got) => got.to === one)!.mail,
    )
    const { letter } = await composed()
    expect(ann!.subject).toBe(letter.subject.replace('Tea & co', workspace.name))
    expect(ann!.text).toContain('- Net sales: ¥95.00; Week before ¥20.00 (+375.0%)')
    expect(ann!.html).toContain('https://shop.example/r/retention?asOf=2026-06-28')
    expect(ann!.attachments).toEqual([])
    expect(bo!.subject).toContain('净销售额 ¥95.00')
    expect(String(bo!.html)).not.toContain('href="https://shop.example/r/"')
    // the same hour again, another hour of the week, another weekday of it, a restart
    await goes()
    const owner = callerAs('owner', workspace)
    await owner.digest.change({ on: true, weekday: 3, time: '09:00', fileLanguage: null })
    now = new Date('2026-07-01T01:00:00Z')
    const again = [startDigests(platform), startDigests(platform)]
    await goes()
    await Promise.all(again.map((one) => one.stop()))
    expect(received).toHaveLength(2)
  })

  test('weeks that were missed are not sent after: one comes, of the last one', async () => {
    now = new Date('2026-07-21T06:00:00Z')
    await goes()
    await goes()
    expect(to()).toEqual(['ann@example.com', 'bo@example.com'])
    expect(received.find((one) => one.to === 'ann@example.com')!.mail.text).toContain(
      'the week of 13–19 Jul 2026 is not whole in the data',
    )
    now = new Date('2026-07-27T00:00:00Z')
    await goes()
    expect(received).toHaveLength(4)
  })

  test('what ended between sending and noting it comes again under the same id, what was noted never', async () => {
    now = new Date(monday)
    await queueDue(platform, workspace)
    const signal = new AbortController().signal
    const ends = sendDueDigests(platform, workspace, signal, (step) => {
      if (step === 'sent') throw new Error('power cut')
    })
    await expect(ends).rejects.toThrow('power cut')
    expect(received).toHaveLength(1)
    await goes()
    expect(received).toHaveLength(2) // the other one; the first is still somebody's
    now = new Date(now.getTime() + 120_001)
    await goes()
    await goes()
    expect(received).toHaveLength(3)
    const ids = Map.groupBy(received, (one) => one.to)
    for (const mails of ids.values()) expect(new Set(mails.map(({ mail }) => mail.messageId)).size).toBe(1)
  })

  test('a failure is tried again, an address that there is not is written to no more', async () => {
    refusals.set('ann@example.com', 450).set('bo@example.com', 550)
    now = new Date(monday)
    await goes()
    expect(received).toEqual([])
    const list = async () => (await callerAs('owner', workspace).digest.settings()).recipients
    expect(await list()).toMatchObject([
      { address: 'ann@example.com', ended: null, newest: { state: 'queued', failure: expect.any(String) } },
      { address: 'bo@example.com', ended: 'bounced', newest: { state: 'dead' } },
    ])
    refusals.clear()
    now = new Date(now.getTime() + 60_000)
    await goes()
    expect(to()).toEqual(['ann@example.com'])
    now = new Date('2026-07-06T00:00:00Z')
    await goes()
    expect(to()).toEqual(['ann@example.com', 'ann@example.com'])
  })

  test('one click ends it for its recipient alone; looking does not, and offers to members go on', async () => {
    now = new Date(monday)
    await goes()
    const app = await makeApp(platform)
    const { mail } = received.find((one) => one.to === 'bo@example.com')!
    const header = (mail.headers.get('list') as { unsubscribe: { url: string } }).unsubscribe.url
    expect(mail.html).toContain(header)
    const url = new URL(header).pathname.replace('/r/', '/')
    expect((await app.inject({ url, headers: { 'accept-language': 'zh-CN' } })).body).toContain('的周报？')
    const live = async () =>
      (await callerAs('owner', workspace).digest.settings()).recipients.map((one) => one.ended)
    expect(await live()).toEqual([null, null])
    const payload = 'List-Unsubscribe=One-Click'
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    expect((await app.inject({ method: 'POST', url, payload, headers })).body).toContain(
      'no more weekly digests',
    )
    await app.close()
    expect(await live()).toEqual([null, 'unsubscribed'])
    const suppressed = await platform.store
      .selectFrom('suppressions')
      .selectAll()
      .where('workspace_id', '=', workspace.id)
      .execute()
    expect(suppressed).toEqual([])
    now = new Date('2026-07-06T00:00:00Z')
    await goes()
    expect(to()).toEqual(['ann@example.com', 'ann@example.com', 'bo@example.com'])
  })

  test('each is written as a file in one step where that is set, and made good when it could not be', async () => {
    const owner = callerAs('owner', workspace)
    await owner.digest.change({ on: true, weekday: 1, time: '08:00', fileLanguage: 'zh-CN' })
    now = new Date(monday)
    await queueDue(platform, workspace)
    const signal = new AbortController().signal
    await writeDueFiles(platform, workspace, signal)
    await writeDueFiles(platform, workspace, signal)
    const files = readdirSync(outboxOf(platform, workspace))
    expect(files).toEqual(['digest-2026-06-22.html'])
    expect(readFileSync(join(outboxOf(platform, workspace), files[0]!), 'utf8')).toContain('净销售额')
  })

  test('who is removed gets nothing that waits, and what is not set up is said', async () => {
    now = new Date(monday)
    await queueDue(platform, workspace)
    const owner = callerAs('owner', workspace)
    const { recipients } = await owner.digest.settings()
    await owner.digest.removeRecipient({ id: recipients[0]!.id })
    await expect(owner.digest.removeRecipient({ id: workspace.id })).rejects.toThrow('no such recipient')
    await expect(
      owner.digest.addRecipient({ address: 'BO@example.com', language: 'en', role: 'viewer' }),
    ).rejects.toThrow('already')
    await platform.store.deleteFrom('channel_settings').where('workspace_id', '=', workspace.id).execute()
    await goes()
    expect(received).toEqual([])
    const { mailIsSetUp, recipients: left } = await owner.digest.settings()
    expect({ mailIsSetUp, left: left.map((one) => one.newest?.failure) }).toEqual({
      mailIsSetUp: false,
      left: [expect.stringContaining('Mail is not set up')],
    })
  })
})

describe('the hour of the week', () => {
  test.each([
    ['Europe/Berlin', '2026-03-25T00:00:00Z', 7, '02:30'], // skipped on 29 March
    ['Europe/Berlin', '2026-10-21T00:00:00Z', 7, '02:30'], // twice on 25 October
    ['America/New_York', '2026-10-28T00:00:00Z', 7, '01:30'],
    ['Asia/Shanghai', '2026-12-29T00:00:00Z', 5, '00:00'],
  ])('comes once in each week in %s from %s on', async (timeZone, start, weekday, time) => {
    const place = (await platform.workspaces.create({
      name: `${timeZone} ${start}`,
      currency: 'EUR',
      timeZone,
    }))!
    now = new Date(start)
    await callerAs('owner', place).digest.change({ on: true, weekday, time, fileLanguage: null })
    const weeks = async () =>
      platform.store
        .selectFrom('digest_weeks')
        .selectAll()
        .where('workspace_id', '=', place.id)
        .orderBy('week_from')
        .execute()
    const seen: number[] = []
    for (let step = 0; step < 21 * 48; step++) {
      now = new Date(now.getTime() + 30 * 60_000)
      await queueDue(platform, place)
      if (step % 48 === 47) seen.push((await weeks()).length)
    }
    const all = await weeks()
    expect(all).toHaveLength(3)
    for (const { week_from, day } of all) expect(weekBefore(day, place).from).toBe(week_from)
    const first = all[0]!.week_from
    expect(all.map(({ week_from }) => week_from)).toEqual([0, 7, 14].map((later) => addDays(first, later)))
    expect(new Set(seen)).toEqual(new Set([0, 1, 2, 3]))
  })
})

test('the command line and the API give the same letter, and only who may read gets it', async () => {
  const app = await makeApp(platform)
  const { port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
  writeServerFile(folder, {
    host: '127.0.0.1',
    port: Number(port),
    token: platform.ownerToken,
    pid: process.pid,
  })
  const run = (...words: string[]) => command('digest', ...words, '--data', folder, '--workspace', 'Tea & co')
  const printed = await run()
  expect(printed.stdout).toContain('- Net sales: ¥95.00; Week before ¥20.00 (+375.0%)')
  const file = join(folder, 'digest.html')
  expect((await run('--out', file)).stdout).toBe(`The digest of 2026-06-22 to 2026-06-28 is in ${file}.\n`)
  expect(readFileSync(file, 'utf8')).toContain('¥95.00')
  expect((await run('--out', file)).status).toBe(1)
  expect(JSON.parse((await run('--json')).stdout)).toMatchObject({
    kind: 'week',
    sales: { now: { netMinor: 9500 } },
  })
  const added = await run('recipients', 'add', 'cli@example.com', '--language', 'zh-CN')
  expect((await run('recipients', 'list')).stdout).toContain(
    `${added.stdout.trim()}\tcli@example.com\tzh-CN\tviewer`,
  )
  expect((await run('settings', '--weekday', 'tuesday', '--at', '09:30')).stdout).toContain(
    'Every Tuesday at 09:30',
  )
  expect((await run('recipients', 'remove', added.stdout.trim())).status).toBe(0)
  expect((await run('settings', '--off')).stdout).toContain('Off.')

  const wanted = { workspaceId: shop.id, name: 'BI', actor: 'owner', scopes: ['metrics'] as const }
  const { key } = await createKey(platform.store, clock, wanted)
  const api = await app.inject({ url: '/api/v1/digest', headers: { authorization: `Bearer ${key}` } })
  expect(api.json()).toMatchObject({
    kind: 'week',
    week: { from: '2026-06-22' },
    figures: { sales: { now: { netMinor: 9500 } } },
  })

  const headers = {
    authorization: `Bearer ${platform.ownerToken}`,
    'x-reveille-workspace': encodeURIComponent(shop.name),
  }
  const page = await app.inject({ url: '/export/digest.html?language=zh-CN&download=1', headers })
  expect(page.headers['content-disposition']).toBe('attachment; filename="digest-2026-06-22.html"')
  expect(page.headers['content-security-policy']).toContain("default-src 'none'; style-src 'unsafe-inline'")
  expect(page.body).toContain('净销售额')
  expect((await app.inject({ url: '/export/digest.html' })).statusCode).toBe(401)
  expect((await app.inject({ url: '/export/digest.html?day=soon', headers })).statusCode).toBe(422)
  await app.close()
})
