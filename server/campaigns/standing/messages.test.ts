import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import { refreshDerivedTables } from '../../../analytics/schema/refresh.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import { makeApp } from '../../app.ts'
import { saveAccount } from '../../delivery/channel-account.ts'
import { mailAccount } from '../../delivery/mail-settings.ts'
import { changeDeliverySettings, deliverySettingsOf } from '../../delivery/settings.ts'
import { startDeliveries } from '../../delivery/worker.ts'
import { appRouter } from '../../router.ts'
import { createCallerFactory } from '../../trpc.ts'
import { openTestShop, type TestShop } from '../campaign-shop.fixture.ts'
import { sendEvents } from './events.ts'
import { keepStanding } from './keeper.ts'

let shop: TestShop
let mails: { to: string; mail: ParsedMail }[]
let told: { type: string; data: { memberId: string } }[]
const mailServer = new SMTPServer({
  disabledCommands: ['STARTTLS'],
  authOptional: true,
  onData(stream, { envelope }, done) {
    void simpleParser(stream).then((mail) => {
      mails.push({ to: envelope.rcptTo[0]!.address, mail })
      done()
    })
  },
})
const receiver = createServer((request, response) => {
  let text = ''
  request.on('data', (part) => (text += part))
  request.on('end', () => {
    told.push(JSON.parse(text))
    response.end()
  })
})
let url: string

beforeAll(async () => {
  shop = await openTestShop(30)
  mails = []
  told = []
  await new Promise<void>((ready) => mailServer.listen(0, '127.0.0.1', ready))
  await new Promise<void>((ready) => receiver.listen(0, '127.0.0.1', ready))
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`
  const { port } = mailServer.server.address() as AddressInfo
  const { platform, workspace, clock } = shop
  await workspace.engine.run(
    sql`update members set email = lower(member_id) || '@example.com', name = 'Name ' || member_id`,
  )
  const doing = { actor: 'test', at: clock.now() }
  const settings = {
    host: '127.0.0.1',
    port,
    security: 'none' as const,
    user: '',
    sender: 'offers@shop.example',
    senderName: 'The shop',
    publicUrl: 'https://shop.example/r/',
  }
  await saveAccount(platform.store, workspace.id, mailAccount, { settings, secret: null }, doing)
})
afterAll(async () => {
  receiver.close()
  await new Promise<void>((closed) => mailServer.close(closed))
  await shop.close()
})

const caller = () =>
  createCallerFactory(appRouter)({
    platform: shop.platform,
    actor: { kind: 'local' },
    workspace: shop.workspace,
    role: 'owner',
    language: 'en',
  })

let orders = 2_000_000
/** An order of 50.00 at noon of a day; of nobody: a guest's, so that the store has no gap. */
const order = (day: string, member: number | null = null) =>
  shop.workspace.engine.transaction(async (session) => {
    await session.run(sql`insert into orders values (${++orders}, ${`N${orders}`}, ${member},
      cast(${`${day} 04:00:00`} as timestamp), cast(${day} as date), 12, 'East', 'shop', 'paid', 5000, 0, 5000, null, null)`)
    await refreshDerivedTables(session, {}, day)
  })

/** Looks at noon of a day on which the store has sold, and sends what is due. */
async function lookOn(day: string, bought: readonly number[] = []) {
  shop.clock.instant = new Date(`${day}T05:00:00Z`)
  await order(day)
  for (const member of bought) await order(day, member)
  await keepStanding(shop.platform, shop.workspace)
  await keepStanding(shop.platform, shop.workspace)
  await send()
}

async function send() {
  const { platform, workspace } = shop
  const waiting = async () =>
    (await platform.store.selectFrom('outbox').select('id').where('state', '=', 'queued').execute()).length
  const worker = startDeliveries(platform)
  await vi.waitFor(async () => expect(await waiting()).toBe(0), { timeout: 20_000, interval: 50 })
  await worker.stop()
  const stop = new AbortController()
  await sendEvents(platform, workspace, stop.signal)
}

const mail = (subject: string, text: string) => ({ kind: 'mail', subject, text, language: 'en' }) as const
const weMissYou = mail('We miss you, {{ member.name }}', 'Come and see what is new at {{ shop.name }}.')
const withCode = (subject: string) => mail(subject, '{{ coupon.offer }} {{ coupon.code }}')

/** The issue's own example: a message, a coupon, a stronger one, a tag, and another system for the tier. */
const lapsing = () => ({
  name: 'Five days quiet',
  segment: 'days_since_order >= 5',
  holdout: 0,
  budgetMinor: 10_000_000,
  channel: weMissYou,
  standing: {
    coolDownDays: 60,
    mostPerDay: 1000,
    steps: [
      {
        afterDays: 7,
        when: 'not-bought' as const,
        action: {
          kind: 'coupon' as const,
          offer: { kind: 'amount' as const, amountMinor: 1000 },
          validDays: 7,
          channel: withCode('10 off'),
        },
      },
      {
        afterDays: 7,
        when: 'not-bought' as const,
        action: {
          kind: 'coupon' as const,
          offer: { kind: 'amount' as const, amountMinor: 2500 },
          validDays: 7,
          channel: withCode('25 off'),
        },
      },
      { afterDays: 7, when: 'not-bought' as const, action: { kind: 'tag' as const, tag: 'lapsed' } },
      { afterDays: 1, when: 'not-bought' as const, action: { kind: 'webhook' as const, url } },
    ],
  },
})

async function live(definition: ReturnType<typeof lapsing>) {
  const { campaignId } = await caller().campaigns.create(definition)
  const shown = await vi.waitFor(
    async () => {
      const preview = await caller().standing.preview({ campaignId })
      expect(preview.simulation.kind).toBe('done')
      return preview
    },
    { timeout: 30_000, interval: 50 },
  )
  await caller().standing.goLive({ campaignId, digest: shown.digest, confirm: [...shown.confirmations] })
  return { campaignId, shown }
}

const subjectsTo = (memberId: string) =>
  mails.filter(({ to }) => to === `${memberId.toLowerCase()}@example.com`).map(({ mail }) => mail.subject)

test('a message, a coupon, a stronger one, the tag and the webhook, each for who has not bought', async () => {
  const { platform } = shop
  const { campaignId, shown } = await live(lapsing())
  expect(shown).toMatchObject({ worstOfWayMinor: 3500, blockers: [] })

  // 25 November: five days quiet. M0003 unsubscribes from that mail; M0010, M0020, M0030 said no; M0007 … were never asked
  await lookOn('2026-11-25')
  expect(mails).toHaveLength(23)
  const [first] = mails.filter(({ to }) => to === 'm0003@example.com')
  expect(first!.mail).toMatchObject({ subject: 'We miss you, Name M0003' })
  expect(first!.mail.text).toContain('Come and see what is new at shop.')
  expect(first!.mail.headers.get('list')).toMatchObject({
    unsubscribe: { url: expect.stringContaining('/unsubscribe/') },
  })
  expect(await platform.store.selectFrom('coupons').select('id').execute()).toEqual([])
  const run = (await caller().standing.runs({ campaignId }))!.runs[0]!
  expect(run).toMatchObject({ cameIn: 23, coupons: 0, messages: 23, worstMinor: 0 })
  expect(new Set(run.leftOut.map(({ reason, members }) => `${reason} ${members}`))).toEqual(
    new Set(['consent-denied 3', 'consent-unknown 4']),
  )

  const app = await makeApp(platform)
  const link = (first!.mail.headers.get('list') as { unsubscribe: { url: string } }).unsubscribe.url
  const answer = await app.inject({
    method: 'POST',
    url: new URL(link).pathname.replace(/^\/r/, ''),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: 'List-Unsubscribe=One-Click',
  })
  expect(answer.statusCode).toBe(200)
  await app.close()

  // M0001 buys within the week, M0002 after the first coupon
  await lookOn('2026-11-27', [1])
  expect(mails).toHaveLength(23)
  await lookOn('2026-12-02')
  expect(subjectsTo('M0001')).toEqual(['We miss you, Name M0001'])
  expect(subjectsTo('M0003')).toEqual(['We miss you, Name M0003'])
  expect(subjectsTo('M0002')).toEqual(['We miss you, Name M0002', '10 off'])
  expect(mails).toHaveLength(23 + 21)
  await lookOn('2026-12-05', [2])
  await lookOn('2026-12-09')
  expect(subjectsTo('M0002')).toHaveLength(2)
  expect(subjectsTo('M0004')).toEqual(['We miss you, Name M0004', '10 off', '25 off'])
  await lookOn('2026-12-16')
  await lookOn('2026-12-17')

  // who unsubscribed got nothing more, and is lapsed all the same
  const lapsed = (await caller().tags.list()).find(({ name }) => name === 'lapsed')!
  expect(lapsed.members).toBe(21)
  expect(told).toHaveLength(21)
  expect(new Set(told.map(({ type }) => type))).toEqual(new Set(['campaign.step_reached']))
  expect(mails).toHaveLength(23 + 21 + 20)
  const ways = await caller().standing.ways({ campaignId, memberId: 'M0003' })
  expect(ways[0]!.steps).toMatchObject([
    { step: 0, kind: 'message', reason: null, couponId: null, told: { state: 'delivered' } },
    { step: 1, kind: 'coupon', reason: 'unsubscribed', couponId: null },
    { step: 2, kind: 'coupon', reason: 'unsubscribed', couponId: null },
    { step: 3, kind: 'tag', reason: null },
    { step: 4, kind: 'webhook', reason: null, told: { state: 'delivered' } },
  ])
  // coupons that were delivered, and messages without one, stand apart
  expect((await caller().campaigns.show({ campaignId })).delivered).toBe(21 + 20)
  const { budgetLeftMinor, messages } = (await caller().standing.runs({ campaignId }))!
  expect(messages).toEqual({ queued: 0, delivered: 23, dead: 0, dropped: 0 })
  expect(budgetLeftMinor).toBe(10_000_000 - 21 * 1000 - 20 * 2500)
  await caller().campaigns.cancel({ campaignId })
}, 120_000)

test('caps, quiet hours and too late hold for messages without a coupon; no coupon asks for no budget', async () => {
  const { platform, workspace, clock } = shop
  const doing = { actor: 'test', at: clock.now() }
  const settings = await deliverySettingsOf(platform.store, workspace.id)
  const change = (differs: object) =>
    changeDeliverySettings(platform.store, workspace.id, { ...settings, ...differs }, doing)
  await change({ cap: { messages: 1, days: 7 } })
  const { budgetMinor: _, ...plain } = lapsing()
  const twice = {
    ...plain,
    name: 'Twice',
    segment: 'days_since_order >= 3',
    standing: {
      ...plain.standing,
      steps: [
        { afterDays: 1, action: { kind: 'message' as const, channel: mail('Again', 'Still here?') } },
        { afterDays: 1, action: { kind: 'tag' as const, tag: 'written-to' } },
      ],
    },
  }
  clock.instant = new Date('2026-12-20T05:00:00Z')
  await order('2026-12-20', 5)
  const { campaignId } = await live(twice as never)
  await lookOn('2026-12-21')
  mails = []
  await lookOn('2026-12-23')
  expect(subjectsTo('M0005')).toEqual(['We miss you, Name M0005'])
  expect((await caller().standing.runs({ campaignId }))!.budgetLeftMinor).toBeNull()
  // the cap leaves out the second message, with its reason, and the way goes on
  await lookOn('2026-12-24')
  await lookOn('2026-12-25')
  expect(mails).toHaveLength(1)
  const [way] = await caller().standing.ways({ campaignId, memberId: 'M0005' })
  expect(way).toMatchObject({
    steps: [
      { step: 0, kind: 'message', reason: null },
      { step: 1, kind: 'message', reason: 'capped' },
      { step: 2, kind: 'tag', reason: null },
    ],
    ended: { why: 'done' },
  })
  await change({ quiet: { from: '12:00', to: '14:00' } })
  // at noon in Shanghai nothing goes out; after eight days it would come too late
  await order('2026-12-26', 6)
  clock.instant = new Date('2026-12-28T05:00:00Z')
  await keepStanding(platform, workspace)
  clock.instant = new Date('2026-12-29T05:00:00Z')
  await order('2026-12-29')
  await keepStanding(platform, workspace)
  const queued = () =>
    platform.store
      .selectFrom('outbox')
      .select(['member_id', 'state', 'last_error'])
      .where('campaign_id', '=', campaignId)
      .where('member_id', '=', 'M0006')
      .execute()
  const worker = startDeliveries(platform)
  await new Promise((pause) => setTimeout(pause, 1_500))
  expect(await queued()).toMatchObject([{ state: 'queued' }])
  clock.instant = new Date('2027-01-06T01:00:00Z')
  await vi.waitFor(async () => expect(await queued()).toMatchObject([{ state: 'dropped' }]), {
    timeout: 10_000,
    interval: 50,
  })
  await worker.stop()
  expect(JSON.parse((await queued())[0]!.last_error!)).toEqual({ id: 'message-too-late' })
  expect(mails).toHaveLength(1)
}, 120_000)

test.each([
  ['a campaign that is launched once without an offer', { standing: undefined }, 'once-without-offer'],
  ['days of a coupon that there is not', { validDays: 7 }, 'validity-without-offer'],
  ['words that name a coupon', { channel: withCode('Hello') }, 'message-names-coupon'],
  ['a list of codes without codes', { channel: { kind: 'csv' } }, 'message-as-list'],
])('refused: %s', async (_what, differs, sentence) => {
  const definition = { ...lapsing(), ...differs } as ReturnType<typeof lapsing>
  await expect(caller().campaigns.create(definition)).rejects.toThrow(sentence)
})

test.each([
  [
    'a later message that names a coupon',
    { kind: 'message', channel: withCode('x') },
    'message-names-coupon',
  ],
  [
    'a coupon whose words are those of a message',
    { kind: 'coupon', offer: { kind: 'amount', amountMinor: 100 }, validDays: 3 },
    'coupon-without-words',
  ],
])('refused: %s', async (_what, action, sentence) => {
  const definition = lapsing()
  const standing = { ...definition.standing, steps: [{ afterDays: 1, action }] }
  await expect(caller().campaigns.create({ ...definition, standing } as never)).rejects.toThrow(sentence)
})

test('refused: a coupon that was not used, where none was given before; and coupons without a budget', async () => {
  const definition = lapsing()
  const [coupon] = definition.standing.steps
  const unused = { ...coupon!, when: 'coupon-not-used' as const }
  const standing = { ...definition.standing, steps: [unused] }
  await expect(caller().campaigns.create({ ...definition, standing })).rejects.toThrow(
    'step-without-coupon-before',
  )
  const { budgetMinor: _, ...without } = definition
  await expect(caller().campaigns.create(without)).rejects.toThrow('standing-without-budget')
})
