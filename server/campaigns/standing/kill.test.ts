import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { refreshDerivedTables } from '../../../analytics/schema/refresh.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import { openPlatform } from '../../platform.ts'
import { openTestShop } from '../campaign-shop.fixture.ts'
import { createCampaign } from '../campaigns.ts'
import { CampaignDefinition } from '../definition.ts'
import { goLive, previewLive } from './go-live.ts'
import { keepStanding } from './keeper.ts'

const child = fileURLToPath(new URL('keep-until-killed.fixture.ts', import.meta.url))

/** Looks at the campaigns in a process of its own, which kills itself at the n-th write; answers where that was. */
async function killedAt(folder: string, instant: string, write: number): Promise<string | null> {
  const note = join(folder, 'reached')
  rmSync(note, { force: true })
  const looking = spawn(process.execPath, [child, folder, instant, String(write)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await new Promise((resolve) => looking.once('exit', resolve))
  return existsSync(note) ? readFileSync(note, 'utf8') : null
}

test('kill -9 at the writes of a look: each member has one coupon or message a step, and none is left out', async () => {
  const shop = await openTestShop(30)
  const { folder, clock, desk } = shop
  let platform = shop.platform
  const counted = async () => ({
    coupons: (await platform.store.selectFrom('coupons').select('member_id').execute()).map(
      (one) => one.member_id,
    ),
    messages: (await platform.store.selectFrom('outbox').select('member_id').execute()).map(
      (one) => one.member_id,
    ),
    steps: (await platform.store.selectFrom('standing_steps').select('step').execute()).length,
  })
  try {
    const channel = { kind: 'webhook', url: 'https://crm.example' }
    // a message, a day later a coupon, a day later another message
    const definition = CampaignDefinition.parse({
      name: 'Quiet',
      segment: 'days_since_order >= 3',
      holdout: 0,
      budgetMinor: 1_000_000,
      channel,
      standing: {
        coolDownDays: 30,
        mostPerDay: 100,
        alsoUnknownConsent: true,
        steps: [
          {
            afterDays: 1,
            action: { kind: 'coupon', offer: { kind: 'amount', amountMinor: 2000 }, validDays: 3 },
          },
          { afterDays: 1, when: 'coupon-not-used', action: { kind: 'message', channel } },
        ],
      },
    })
    const { campaignId } = await createCampaign(desk, definition)
    await previewLive(platform, shop.workspace, campaignId)
    const shown = await previewLive(platform, shop.workspace, campaignId, 'stop')
    if (shown.kind !== 'done') throw new Error(shown.kind)
    const { digest, confirmations } = shown.value
    expect((await goLive(desk, { campaignId, digest, confirm: confirmations })).kind).toBe('done')
    const reached = new Set<string | null>()
    // 23 November: everybody but the three who said no comes in; the days after, all of them take the other steps
    for (const [instant, all, given, kills] of [
      ['2026-11-23T02:00:00Z', 27, 0, [2, 3]],
      ['2026-11-24T02:00:00Z', 54, 27, [1, 2, 3]],
      ['2026-11-25T02:00:00Z', 81, 27, [1, 2, 3]],
    ] as const) {
      // the store goes on selling, to guests: nothing hides what members do
      const { engine } = (await platform.workspaces.byName('shop'))!
      await engine.transaction(async (session) => {
        await session.run(sql`insert into orders values (${2_000_000 + all}, ${`N${all}`}, null,
          cast(${instant.slice(0, 19)} as timestamp), cast(${instant.slice(0, 10)} as date), 10, 'East', 'shop', 'paid', 100, 0, 100, null, null)`)
        await refreshDerivedTables(session, {}, instant.slice(0, 10))
      })
      for (const write of kills) {
        await platform.close()
        reached.add(await killedAt(folder, instant, write))
        platform = await openPlatform(folder, clock, { threads: 1 })
        const { messages, steps } = await counted()
        expect(steps).toBe(messages.length)
      }
      clock.instant = new Date(instant)
      await keepStanding(platform, (await platform.workspaces.byName('shop'))!)
      const { coupons, messages } = await counted()
      expect([coupons.length, messages.length]).toEqual([given, all])
      expect(new Set(coupons).size).toBe(given)
      const perMember = [...Map.groupBy(messages, (one) => one).values()].map((some) => some.length)
      expect(new Set(perMember)).toEqual(new Set([all / 27]))
    }
    expect(reached).toEqual(new Set(['matching', 'enter', 'act', 'run']))
  } finally {
    await platform.close()
    rmSync(folder, { recursive: true })
  }
})
