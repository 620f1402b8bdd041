import { SMTPServer, type SMTPServerEnvelope } from 'smtp-server'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { definitionOf, openTestShop, type TestShop } from '../../campaigns/campaign-shop.fixture.ts'
import { campaignById, createCampaign } from '../../campaigns/campaigns.ts'
import { launchCampaign } from '../../campaigns/launch.ts'
import { previewOf } from '../../campaigns/preview.ts'
import { campaignResult } from '../../campaigns/result.ts'
import { saveAccount } from '../channel-account.ts'
import { deadLettersOf, resendDeadLetters } from '../dead-letters.ts'
import { errorText } from '../errors.ts'
import { mailAccount } from '../mail-settings.ts'
import { changeDeliverySettings } from '../settings.ts'
import { startDeliveries } from '../worker.ts'
import { imapDate, type MailboxServer, mailboxUser, openMailboxServer } from './mailbox-server.fixture.ts'
import { readReturns, returnsState } from './reader.ts'
import { envelopeOnly, shapes } from './returned-mails.fixture.ts'
import { returnsAccount } from './returns-settings.ts'

let shop: TestShop
let smtp: SMTPServer
let sent: SMTPServerEnvelope[]
let mailbox: MailboxServer
beforeEach(async () => {
  shop = await openTestShop(9)
  await shop.workspace.engine.run(sql`update members set email = lower(member_id) || '@example.com'`)
  sent = []
  smtp = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    hideDSN: false,
    onData(stream, { envelope }, done) {
      sent.push(envelope)
      stream.resume()
      stream.once('end', () => done())
    },
  })
  await new Promise<void>((ready) => smtp.listen(0, '127.0.0.1', ready))
  mailbox = await openMailboxServer(shop.clock.now())
})
afterEach(async () => {
  await new Promise<void>((closed) => smtp.close(closed))
  await mailbox.close()
  await shop.close()
})

const doing = () => ({ actor: 'test', at: shop.clock.now() })
const returnsTo = (differs: object = {}, secret = mailboxUser.secret) =>
  saveAccount(
    shop.platform.store,
    shop.workspace.id,
    returnsAccount,
    {
      settings: {
        host: '127.0.0.1',
        port: mailbox.port,
        security: 'none',
        user: mailboxUser.user,
        folder: 'INBOX',
        ...differs,
      },
      secret,
    },
    doing(),
  )
const readNow = () => readReturns(shop.platform, shop.workspace.id, new AbortController().signal)
const reading = (looked: number, taken: object = {}) => ({
  kind: 'read',
  reading: { looked, taken: { gone: 0, failed: 0, delayed: 0, answer: 0, ...taken } },
})

async function launched(channel: object) {
  const { campaignId } = await createCampaign(shop.desk, definitionOf({ holdout: 0, channel }))
  const campaign = (await campaignById(shop.platform.store, shop.workspace.id, campaignId))!
  const outcome = await previewOf(shop.platform, shop.workspace, campaign)
  if (outcome.kind !== 'previewed') throw new Error(outcome.kind)
  const { digest, confirmations, excluded } = outcome.preview
  await launchCampaign(shop.desk, { campaignId, digest, confirm: confirmations })
  return { campaignId, excluded }
}

const words = { kind: 'mail', subject: 'A coupon', text: '{{ coupon.code }}', language: 'en' }

/** A campaign whose mails have all gone out, and which delivery is whose. */
async function sentCampaign() {
  const { store } = shop.platform
  const settings = {
    host: '127.0.0.1',
    port: (smtp.server.address() as { port: number }).port,
    security: 'none' as const,
    user: '',
    sender: 'offers@shop.example',
    senderName: 'The shop',
    publicUrl: 'https://shop.example',
  }
  await saveAccount(store, shop.workspace.id, mailAccount, { settings, secret: null }, doing())
  await changeDeliverySettings(store, shop.workspace.id, { quiet: null, cap: null, perMinute: {} }, doing())
  const { campaignId } = await launched(words)
  const deliveries = startDeliveries(shop.platform)
  await vi.waitFor(async () => expect(await show(campaignId)).toMatchObject({ delivered: 9, queued: 0 }), {
    timeout: 20_000,
  })
  await deliveries.stop()
  const rows = await store
    .selectFrom('outbox')
    .select(['id', 'member_id'])
    .where('campaign_id', '=', campaignId)
    .execute()
  const of = (member: number) => {
    const to = `m000${member}@example.com`
    return { id: rows.find(({ member_id }) => member_id === `M000${member}`)!.id, to }
  }
  return { campaignId, of }
}
const show = async (campaignId: string) => (await campaignResult(shop.platform, shop.workspace, campaignId))!
const suppressed = () =>
  shop.platform.store
    .selectFrom('suppressions')
    .select(['reason', 'member_id'])
    .orderBy('member_id')
    .execute()

test('what comes back is taken once: who is gone is written to no more, a full mailbox and an answer are not held against them', async () => {
  const said: unknown[][] = []
  const listen = (['log', 'error', 'warn'] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation((...told: unknown[]) => void said.push(told)),
  )
  const { store } = shop.platform
  const { campaignId, of } = await sentCampaign()
  // what servers know of RFC 3461 names the delivery
  expect(sent.find(({ rcptTo }) => rcptTo[0]!.address === of(1).to)).toMatchObject({
    dsn: { envid: of(1).id, ret: 'HDRS' },
    rcptTo: [{ dsn: { notify: ['FAILURE', 'DELAY'], orcpt: `rfc822;${of(1).to}` } }],
  })
  expect(await readNow()).toEqual({ kind: 'not-set-up' })
  await returnsTo()

  // older than any report that could still be of use
  const old = new Date(shop.clock.now().getTime() - 9 * 86_400_000)
  mailbox.deliver(shapes.postfixUnknown(of(9)), imapDate(old))
  mailbox.deliver(shapes.postfixUnknown(of(1)))
  mailbox.deliver(shapes.exchangeUnknown(of(2)))
  mailbox.deliver(shapes.gmailUnknown(of(3)))
  mailbox.deliver(shapes.qqUnknown(of(4)))
  mailbox.deliver(envelopeOnly(of(5)))
  mailbox.deliver(shapes.neteaseFull(of(6)))
  mailbox.deliver(shapes.postfixDelayed(of(7)))
  mailbox.deliver(shapes.outOfOffice(of(8)))
  mailbox.deliver(shapes.person(of(9)))
  expect(await readNow()).toEqual(reading(9, { gone: 5, failed: 1, delayed: 1, answer: 1 }))
  expect(await show(campaignId)).toMatchObject({ delivered: 3, dead: 6, queued: 0 })
  expect(await suppressed()).toEqual(
    [1, 2, 3, 4, 5].map((n) => ({ reason: 'bounced', member_id: `M000${n}` })),
  )
  const letters = await deadLettersOf(store, shop.workspace.id, campaignId, 10)
  const why = new Map(letters.map(({ memberId, error }) => [memberId, errorText('en', error)]))
  expect(why.get('M0002')).toBe('It came back: there is no such mailbox (550 5.1.10).')
  expect(why.get('M0006')).toBe('It came back: the mailbox is full (552 5.0.0).')
  // nothing is marked, and nothing of the mails is kept but codes
  expect(mailbox.inbox.messages.every(({ flags }) => flags.length === 0)).toBe(true)
  const kept = JSON.stringify(await store.selectFrom('returned_mails').selectAll().execute())
  expect(kept).not.toMatch(/example\.com|mailer-daemon|away|M000/i)

  // read again: from where it ended, from the beginning, and under another numbering
  const before = JSON.stringify(await store.selectFrom('outbox').selectAll().orderBy('id').execute())
  expect(await readNow()).toEqual(reading(0))
  await store.updateTable('returns_mailboxes').set({ last_uid: 0 }).execute()
  expect(await readNow()).toEqual(reading(9))
  mailbox.inbox.uidvalidity = 77
  expect(await readNow()).toEqual(reading(9))
  expect(JSON.stringify(await store.selectFrom('outbox').selectAll().orderBy('id').execute())).toBe(before)

  // sent again, the old report does not kill the new message; the addresses that are gone get none
  await resendDeadLetters(shop.desk, campaignId)
  mailbox.deliver(shapes.postfixExpired(of(6)))
  expect(await readNow()).toEqual(reading(1, { failed: 1 }))
  expect(await show(campaignId)).toMatchObject({ queued: 6, dead: 0 })
  const deliveries = startDeliveries(shop.platform)
  await vi.waitFor(
    async () => expect(await show(campaignId)).toMatchObject({ delivered: 4, dropped: 5, queued: 0 }),
    { timeout: 20_000 },
  )
  await deliveries.stop()
  mailbox.inbox.uidvalidity = 78
  expect(await readNow()).toEqual(reading(10))
  expect(await show(campaignId)).toMatchObject({ delivered: 4, dead: 0, dropped: 5 })
  expect(await returnsState(store, shop.workspace.id, shop.clock.now())).toEqual({
    readAt: shop.clock.now().toISOString(),
    error: null,
    gone: 5,
    failed: 2,
    delayed: 1,
    answer: 1,
  })
  expect(JSON.stringify(said)).not.toMatch(/authorisation|example\.com/)
  for (const one of listen) one.mockRestore()
})

test('only what names a mail of this workspace is believed, and the address is the one that it went to', async () => {
  const { store } = shop.platform
  // a receiver of webhooks knows their delivery ids
  const { campaignId: other } = await launched({ kind: 'webhook', url: 'http://127.0.0.1:9/' })
  await store.updateTable('campaigns').set({ state: 'cancelled' }).execute()
  const { campaignId, of } = await sentCampaign()
  await returnsTo()
  const webhook = await store
    .selectFrom('outbox')
    .select('id')
    .where('campaign_id', '=', other)
    .where('member_id', '=', 'M0001')
    .executeTakeFirstOrThrow()
  await store
    .updateTable('outbox')
    .set({ state: 'delivered', attempts: 1 })
    .where('id', '=', webhook.id)
    .execute()
  mailbox.deliver(shapes.postfixUnknown({ id: 'msg_00000000-0000-4000-8000-000000000000', to: of(1).to }))
  mailbox.deliver(shapes.postfixUnknown({ id: webhook.id, to: of(1).to }))
  mailbox.deliver(
    'Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n\0',
  )
  expect(await readNow()).toEqual(reading(3))
  expect(await suppressed()).toEqual([])
  // somebody forges a report of the own mail against somebody else's address
  mailbox.deliver(shapes.postfixUnknown({ id: of(2).id, to: of(3).to }))
  expect(await readNow()).toEqual(reading(1, { gone: 1 }))
  expect(await suppressed()).toEqual([{ reason: 'bounced', member_id: 'M0002' }])
  await store.updateTable('campaigns').set({ state: 'cancelled' }).execute()
  await shop.workspace.engine.run(
    sql`update members set email = 'm0003@example.com' where member_id = 'M0001'`,
  )
  expect((await launched(words)).excluded).toEqual([{ reason: 'bounced', members: 1 }])
  expect(await show(campaignId)).toMatchObject({ delivered: 8, dead: 1 })
})

test('a report that overtakes the answer of its own message is read again later', async () => {
  const { store } = shop.platform
  const { of } = await sentCampaign()
  await returnsTo()
  const state = (member: number) =>
    store.selectFrom('outbox').select('state').where('id', '=', of(member).id).executeTakeFirstOrThrow()
  const until = new Date(shop.clock.now().getTime() + 60_000)
  await store
    .updateTable('outbox')
    .set({ state: 'queued', lease: 'a lease', due_at: until.toISOString() })
    .where('id', '=', of(2).id)
    .execute()
  for (const member of [1, 2, 3]) mailbox.deliver(shapes.postfixUnknown(of(member)))
  expect(await readNow()).toEqual(reading(1, { gone: 1 }))
  expect(await state(2)).toEqual({ state: 'queued' })
  expect(await readNow()).toEqual(reading(0))
  // the worker ended without a word: it is not sent again
  shop.clock.instant = until
  expect(await readNow()).toEqual(reading(2, { gone: 2 }))
  expect(await state(2)).toEqual({ state: 'dead' })
})

test('a mailbox that cannot be read says why, in words of ours, and is read once it can', async () => {
  const { store } = shop.platform
  const { of } = await sentCampaign()
  const why = async () => {
    const outcome = await readNow()
    const { error } = await returnsState(store, shop.workspace.id, shop.clock.now())
    expect(outcome).toMatchObject({ kind: 'failed', why: JSON.parse(error!) as object })
    return errorText('en', error)
  }
  await returnsTo({}, 'another')
  expect(await why()).toMatch(/^The mail server refuses the user or the password\./)
  await returnsTo({ folder: 'Nowhere' })
  expect(await why()).toMatch(/^There is no such folder/)
  await returnsTo({ security: 'starttls' })
  expect(await why()).toMatch(/^The mailbox could not be reached/)
  await returnsTo({ port: 1 })
  expect(await why()).toBe('The mailbox could not be reached (ECONNREFUSED).')
  const stopping = new AbortController()
  stopping.abort()
  expect(await readReturns(shop.platform, shop.workspace.id, stopping.signal)).toEqual({ kind: 'stopped' })
  // no password goes to another server or user
  expect(
    await saveAccount(
      store,
      shop.workspace.id,
      returnsAccount,
      {
        settings: {
          host: 'localhost',
          port: mailbox.port,
          security: 'none',
          user: mailboxUser.user,
          folder: 'INBOX',
        },
        secret: null,
      },
      doing(),
    ),
  ).toEqual({ kind: 'secret-needed' })
  await returnsTo()
  mailbox.deliver(shapes.postfixUnknown(of(1)))
  expect(await readNow()).toEqual(reading(1, { gone: 1 }))
  expect(await returnsState(store, shop.workspace.id, shop.clock.now())).toMatchObject({
    error: null,
    gone: 1,
  })
})
