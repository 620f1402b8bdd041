import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { makeApp } from '../app.ts'
import { definitionOf, openTestShop, type TestShop } from '../campaigns/campaign-shop.fixture.ts'
import { campaignById, createCampaign } from '../campaigns/campaigns.ts'
import { launchCampaign } from '../campaigns/launch.ts'
import { previewOf } from '../campaigns/preview.ts'
import { campaignResult } from '../campaigns/result.ts'
import { printedCode } from '../coupons/code.ts'
import { pseudonymiseStore } from '../rights/store-pseudonyms.ts'
import { deadLettersOf } from './dead-letters.ts'
import { errorText } from './errors.ts'
import { saveAccount } from './channel-account.ts'
import { mailAccount } from './mail-settings.ts'
import { previewMessage } from './message-preview.ts'
import { changeDeliverySettings, deliverySettingsOf } from './settings.ts'
import { type Deliveries, startDeliveries } from './worker.ts'

const password = 'correct horse battery'
let shop: TestShop
let mailServer: SMTPServer
let port: number
let received: { to: string; mail: ParsedMail }[]
/** What the server answers to a recipient, by the command; null: it takes the mail. */
let refusal: (to: string, at: 'RCPT' | 'DATA') => { code: number; words: string } | null
let deliveries: Deliveries | undefined

const smtpError = ({ code, words }: { code: number; words: string }) =>
  Object.assign(new Error(words), { responseCode: code })

beforeEach(async () => {
  shop = await openTestShop(20)
  // M0001 … are known by name and address, M0004 has no address and M0005 no name
  await shop.workspace.engine.run(sql`update members set email = lower(member_id) || '@example.com',
    name = 'Name <' || member_id || '>'`)
  await shop.workspace.engine.run(sql`update members set email = 'nobody' where member_id = 'M0004'`)
  await shop.workspace.engine.run(sql`update members set name = null where member_id = 'M0005'`)
  received = []
  refusal = () => null
  mailServer = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth: ({ username, password: given }, _session, done) =>
      username === 'shop' && given === password
        ? done(null, { user: username })
        : done(smtpError({ code: 535, words: '5.7.8 No' })),
    onRcptTo({ address }, _session, done) {
      const refused = refusal(address, 'RCPT')
      done(refused && smtpError(refused))
    },
    onData(stream, { envelope }, done) {
      const to = envelope.rcptTo[0]!.address
      void simpleParser(stream).then((mail) => {
        const refused = refusal(to, 'DATA')
        if (!refused) received.push({ to, mail })
        done(refused && smtpError(refused))
      })
    },
  })
  await new Promise<void>((ready) => mailServer.listen(0, '127.0.0.1', ready))
  port = (mailServer.server.address() as { port: number }).port
})
afterEach(async () => {
  await deliveries?.stop()
  deliveries = undefined
  await new Promise<void>((closed) => mailServer.close(closed))
  await shop.close()
})

const settings = () => ({
  host: '127.0.0.1',
  port,
  security: 'none' as const,
  user: 'shop',
  sender: 'offers@shop.example',
  senderName: 'The shop',
  publicUrl: 'https://shop.example/r/',
})
const doing = () => ({ actor: 'test', at: shop.clock.now() })
const setUp = (secret: string | null = password, change: object = {}) =>
  saveAccount(
    shop.platform.store,
    shop.workspace.id,
    mailAccount,
    { settings: { ...settings(), ...change }, secret },
    doing(),
  )

const channel = {
  kind: 'mail' as const,
  subject: '{{ member.name | default: "you" }}, a coupon',
  text: 'Hello {{ member.name | default: "you" }}\n\n{{ coupon.offer }}\nCode: {{ coupon.code }}',
  language: 'en' as const,
}
const made = async (differs: object = {}) => {
  const { campaignId } = await createCampaign(shop.desk, definitionOf({ holdout: 0, channel, ...differs }))
  return (await campaignById(shop.platform.store, shop.workspace.id, campaignId))!
}
const previewed = async (campaign: Awaited<ReturnType<typeof made>>) => {
  const outcome = await previewOf(shop.platform, shop.workspace, campaign)
  if (outcome.kind !== 'previewed') throw new Error(outcome.kind)
  return outcome.preview
}
async function launched(differs: object = {}) {
  const campaign = await made(differs)
  const { digest, confirmations } = await previewed(campaign)
  const outcome = await launchCampaign(shop.desk, { campaignId: campaign.id, digest, confirm: confirmations })
  if (outcome.kind !== 'launched') throw new Error(outcome.kind)
  return campaign.id
}
const show = async (campaignId: string) => (await campaignResult(shop.platform, shop.workspace, campaignId))!
const eventually = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 20_000, interval: 50 })

test('each member gets a mail of their own, with a way out that needs no sign-in and outlives them', async () => {
  // not set up, and a value is missing: refused, with both reasons
  const naming = { ...channel, text: '{{ member.name }} {{ coupon.code }}' }
  expect((await previewed(await made({ channel: naming }))).blockers).toEqual([
    { kind: 'channel-not-set-up', channel: 'mail' },
    { kind: 'missing-value', value: 'member.name', members: 1 },
  ])
  expect(await setUp()).toEqual({ kind: 'saved' })
  // mail reaches members by itself: quiet hours begin with it
  const quiet = { from: '21:00', to: '08:00' }
  expect(await deliverySettingsOf(shop.platform.store, shop.workspace.id)).toMatchObject({ quiet })

  const seen = await previewMessage(shop.platform, shop.workspace, { ...definitionOf(), channel }, ['M0005'])
  expect(seen).toMatchObject({
    kind: 'written',
    members: [{ written: { kind: 'mail', mail: { subject: 'you, a coupon' } }, missing: [] }],
    missing: [],
  })

  const campaignId = await launched()
  expect((await show(campaignId)).preview!.excluded).toContainEqual({ reason: 'no-address', members: 1 })
  deliveries = startDeliveries(shop.platform)
  await eventually(async () => expect(await show(campaignId)).toMatchObject({ delivered: 17, queued: 0 }))
  expect(new Set(received.map(({ to }) => to)).size).toBe(17)
  expect(received).toHaveLength(17)
  const rows = await shop.platform.store.selectFrom('outbox').selectAll().execute()
  expect(JSON.stringify(rows)).not.toMatch(/example\.com|Name </) // read when it goes out, never kept

  const { mail } = received.find(({ to }) => to === 'm0001@example.com')!
  const row = rows.find(({ member_id }) => member_id === 'M0001')!
  const { code } = JSON.parse(row.body) as { code: string }
  expect(mail.subject).toBe('Name <M0001>, a coupon')
  expect(mail.from!.value).toEqual([{ name: 'The shop', address: 'offers@shop.example' }])
  expect(mail.messageId).toBe(`<${row.id}@shop.example>`)
  expect(mail.text).toContain('Hello Name <M0001>')
  expect(mail.text).toContain(`Code: ${printedCode(code)}`)
  expect(mail.text).toContain('¥10.00 off when spending ¥50.00 or more')
  expect(mail.html).toContain('Hello Name &lt;M0001&gt;')
  const lines = Object.fromEntries(
    mail.headerLines.map(({ key, line }) => [key, line.replace(/\r\n\s+/g, ' ')]),
  )
  expect(lines['list-unsubscribe-post']).toBe('List-Unsubscribe-Post: List-Unsubscribe=One-Click')
  const link = /^List-Unsubscribe: <https:\/\/shop\.example\/r(\/unsubscribe\/[\w-]+)>$/.exec(
    lines['list-unsubscribe']!,
  )![1]!
  expect(mail.text).toContain(`https://shop.example/r${link}`)
  expect(link).not.toMatch(/M0001|m0001/)

  const app = await makeApp(shop.platform)
  const suppressed = () => shop.platform.store.selectFrom('suppressions').selectAll().execute()
  const asked = await app.inject({ url: link, headers: { 'accept-language': 'zh-CN' } })
  expect([asked.statusCode, asked.body]).toEqual([
    200,
    expect.stringContaining('不再向此邮箱发送 shop 的优惠邮件？'),
  ])
  expect(await suppressed()).toEqual([]) // programs that check mail open every link
  const broken = await app.inject({ method: 'POST', url: `${link.slice(0, -2)}AA` })
  expect([broken.statusCode, await suppressed()]).toEqual([404, []])
  // the member is deleted before they click
  await shop.platform.store.transaction().execute((tx) =>
    pseudonymiseStore(tx, {
      workspaceId: shop.workspace.id,
      memberId: 'M0001',
      pseudonym: 'p-1',
      currencyDecimals: 2,
    }),
  )
  const oneClick = () =>
    app.inject({
      method: 'POST',
      url: link,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'List-Unsubscribe=One-Click',
    })
  expect((await oneClick()).statusCode).toBe(200)
  expect((await oneClick()).statusCode).toBe(200)
  expect(await suppressed()).toMatchObject([{ channel: 'mail', reason: 'unsubscribed', member_id: 'p-1' }])
  expect(JSON.stringify(await suppressed())).not.toContain('m0001')
  await app.close()
  // whoever has the address now gets no more of it
  await shop.workspace.engine.run(
    sql`update members set email = 'M0001@Example.com' where member_id = 'M0002'`,
  )
  await shop.platform.store.updateTable('campaigns').set({ state: 'cancelled' }).execute()
  expect((await previewed(await made())).excluded).toContainEqual({ reason: 'unsubscribed', members: 2 })
})

test('what bounces is written to no more, what may work later is sent again, and no password is told', async () => {
  const said: unknown[][] = []
  const listen = (['log', 'error', 'warn'] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation((...words: unknown[]) => void said.push(words)),
  )
  await setUp('wrong')
  await changeDeliverySettings(
    shop.platform.store,
    shop.workspace.id,
    { quiet: null, cap: null, perMinute: {} },
    doing(),
  )
  const campaignId = await launched()
  deliveries = startDeliveries(shop.platform)
  // a sign-in that fails is nobody's bounce
  await eventually(async () =>
    expect(errorText('en', (await show(campaignId)).newestError)).toBe(
      'The mail server refused it: 535 5.7.8.',
    ),
  )
  expect(await show(campaignId)).toMatchObject({ queued: 17, dead: 0, delivered: 0 })
  await deliveries.stop()

  refusal = (to, at) =>
    to.startsWith('m0001') && at === 'RCPT'
      ? { code: 550, words: '5.1.1 m0001@example.com is unknown' }
      : to.startsWith('m0002') && at === 'RCPT'
        ? { code: 450, words: '4.2.0 Later' }
        : to.startsWith('m0003') && at === 'DATA'
          ? { code: 554, words: '5.7.1 Looks like spam' }
          : null
  expect(await setUp()).toEqual({ kind: 'saved' })
  shop.clock.instant = new Date(shop.clock.instant.getTime() + 3_600_000)
  deliveries = startDeliveries(shop.platform)
  await eventually(async () =>
    expect(await show(campaignId)).toMatchObject({ delivered: 14, queued: 1, dead: 2 }),
  )
  const letters = await deadLettersOf(shop.platform.store, shop.workspace.id, campaignId, 10)
  expect(letters.map(({ memberId, error }) => [memberId, errorText('en', error)]).toSorted()).toEqual([
    ['M0001', 'There is no such mailbox: 550 5.1.1.'],
    ['M0003', 'The mail server refused it: 554 5.7.1.'],
  ])
  expect(
    await shop.platform.store.selectFrom('suppressions').select(['reason', 'member_id']).execute(),
  ).toEqual([{ reason: 'bounced', member_id: 'M0001' }])
  refusal = () => null
  shop.clock.instant = new Date(shop.clock.instant.getTime() + 3_600_000)
  await eventually(async () => expect(await show(campaignId)).toMatchObject({ delivered: 15, queued: 0 }))
  expect(received).toHaveLength(15)
  await shop.platform.store.updateTable('campaigns').set({ state: 'cancelled' }).execute()
  expect((await previewed(await made())).excluded).toContainEqual({ reason: 'bounced', members: 1 })

  // to another server or user no kept password goes
  expect(await setUp(null, { port: 2525 })).toEqual({ kind: 'saved' })
  expect(await setUp(null, { host: 'localhost' })).toEqual({ kind: 'secret-needed' })
  expect(await setUp(null, { user: 'other' })).toEqual({ kind: 'secret-needed' })
  expect(JSON.stringify(said)).not.toMatch(/wrong|correct horse|example\.com/)
  for (const one of listen) one.mockRestore()
})
