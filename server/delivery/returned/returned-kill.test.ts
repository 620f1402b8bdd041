import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { definitionOf, openTestShop } from '../../campaigns/campaign-shop.fixture.ts'
import { campaignById, createCampaign } from '../../campaigns/campaigns.ts'
import { launchCampaign } from '../../campaigns/launch.ts'
import { previewOf } from '../../campaigns/preview.ts'
import { openPlatform } from '../../platform.ts'
import { saveAccount } from '../channel-account.ts'
import { mailAccount } from '../mail-settings.ts'
import { mailboxUser, openMailboxServer } from './mailbox-server.fixture.ts'
import { readReturns } from './reader.ts'
import { shapes } from './returned-mails.fixture.ts'
import { returnsAccount } from './returns-settings.ts'

const child = fileURLToPath(new URL('read-until-killed.fixture.ts', import.meta.url))

test('kill -9 before each write of what came back: no report is lost, none is taken twice', async () => {
  const shop = await openTestShop(6)
  let { platform } = shop
  const mailbox = await openMailboxServer(shop.clock.now())
  try {
    const { store } = platform
    const doing = { actor: 'test', at: shop.clock.now() }
    const account = {
      host: '127.0.0.1',
      port: mailbox.port,
      security: 'none' as const,
      user: mailboxUser.user,
    }
    const sending = {
      ...account,
      user: '',
      sender: mailboxUser.user,
      senderName: 'The shop',
      publicUrl: 'https://shop.example',
    }
    await saveAccount(store, shop.workspace.id, mailAccount, { settings: sending, secret: null }, doing)
    const returns = { settings: { ...account, folder: 'INBOX' }, secret: mailboxUser.secret }
    await saveAccount(store, shop.workspace.id, returnsAccount, returns, doing)
    await shop.workspace.engine.run(sql`update members set email = lower(member_id) || '@example.com'`)
    const channel = { kind: 'mail', subject: 'A coupon', text: '{{ coupon.code }}', language: 'en' }
    const { campaignId } = await createCampaign(shop.desk, definitionOf({ holdout: 0, channel }))
    const campaign = (await campaignById(store, shop.workspace.id, campaignId))!
    const previewed = await previewOf(shop.platform, shop.workspace, campaign)
    if (previewed.kind !== 'previewed') throw new Error(previewed.kind)
    const { digest, confirmations } = previewed.preview
    await launchCampaign(shop.desk, { campaignId, digest, confirm: confirmations })
    await store
      .updateTable('outbox')
      .set(({ ref }) => ({ state: 'delivered', attempts: 1, handed_to: ref('member_id') }))
      .execute()
    const sent = await store.selectFrom('outbox').select(['id', 'member_id']).orderBy('member_id').execute()
    expect(sent.length).toBe(6)
    for (const { id, member_id } of sent)
      mailbox.deliver(shapes.postfixUnknown({ id, to: `${member_id!.toLowerCase()}@example.com` }))

    /** Of each message in order whether it is a dead letter, its address suppressed, its report written down. */
    const told = async () => {
      const { store } = platform
      const [dead, suppressed, taken] = await Promise.all([
        store.selectFrom('outbox').select('member_id').where('state', '=', 'dead').execute(),
        store.selectFrom('suppressions').select('member_id').execute(),
        store
          .selectFrom('returned_mails')
          .innerJoin('outbox', 'outbox.id', 'returned_mails.delivery_id')
          .select('outbox.member_id')
          .execute(),
      ])
      const times = (rows: readonly { member_id: string | null }[]) =>
        sent.map(({ member_id }) => rows.filter((row) => row.member_id === member_id).length)
      return { dead: times(dead), suppressed: times(suppressed), taken: times(taken) }
    }
    const firstOf = (mails: number) => {
      const one = sent.map((_, place) => (place < mails ? 1 : 0))
      return { dead: one, suppressed: one, taken: one }
    }

    // the last one is in the midst of the second mail
    for (const [write, time, read] of [
      ['insert returned_mails', 1, 0],
      ['update outbox', 1, 0],
      ['insert suppressions', 1, 0],
      ['update returns_mailboxes', 1, 0],
      ['update returns_mailboxes', 2, 1],
    ] as const) {
      await platform.close()
      const reading = spawn(
        process.execPath,
        [child, shop.folder, shop.clock.now().toISOString(), write, String(time)],
        { stdio: ['ignore', 'ignore', 'inherit'] },
      )
      const how = await new Promise((ended) => reading.once('exit', (...ending) => ended(ending)))
      expect(how).toEqual([null, 'SIGKILL'])
      platform = await openPlatform(shop.folder, shop.clock, { threads: 1 })
      expect(await told()).toEqual(firstOf(read))
    }
    const rest = await readReturns(platform, shop.workspace.id, new AbortController().signal)
    expect(rest).toMatchObject({
      kind: 'read',
      reading: { looked: sent.length - 1, taken: { gone: sent.length - 1 } },
    })
    expect(await told()).toEqual(firstOf(sent.length))
    // and read from the beginning nothing comes of it again
    await platform.store.updateTable('returns_mailboxes').set({ last_uid: 0 }).execute()
    await readReturns(platform, shop.workspace.id, new AbortController().signal)
    expect(await told()).toEqual(firstOf(sent.length))
  } finally {
    await mailbox.close()
    await platform.close()
    rmSync(shop.folder, { recursive: true })
  }
}, 180_000)
