import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openPlatform } from '../../platform.ts'
import { definitionOf, openTestShop } from '../campaign-shop.fixture.ts'
import { createCampaign } from '../campaigns.ts'
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

test('kill -9 at the writes of a look: each member has one coupon a step, and none is left out', async () => {
  const shop = await openTestShop(30)
  const { folder, clock, desk } = shop
  let platform = shop.platform
  const counted = async () => ({
    coupons: (await platform.store.selectFrom('coupons').select('member_id').execute()).map(
      (one) => one.member_id,
    ),
    messages: (await platform.store.selectFrom('outbox').select('id').execute()).length,
    steps: (await platform.store.selectFrom('standing_steps').select('step').execute()).length,
  })
  try {
    const definition = definitionOf({
      segment: 'days_since_order >= 3',
      holdout: 0,
      budgetMinor: 1_000_000,
      channel: { kind: 'webhook', url: 'https://crm.example' },
      standing: {
        coolDownDays: 30,
        mostPerDay: 100,
        alsoUnknownConsent: true,
        steps: [
          {
            afterDays: 1,
            action: { kind: 'coupon', offer: { kind: 'amount', amountMinor: 2000 }, validDays: 3 },
          },
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
    // 23 November: everybody but the three who said no comes in; the day after, all of them get the second coupon
    for (const [instant, all, kills] of [
      ['2026-11-23T02:00:00Z', 27, [2, 3]],
      ['2026-11-24T02:00:00Z', 54, [1, 2, 3]],
    ] as const) {
      for (const write of kills) {
        await platform.close()
        reached.add(await killedAt(folder, instant, write))
        platform = await openPlatform(folder, clock, { threads: 1 })
        const { coupons, messages, steps } = await counted()
        expect([messages, steps]).toEqual([coupons.length, coupons.length])
      }
      clock.instant = new Date(instant)
      await keepStanding(platform, (await platform.workspaces.byName('shop'))!)
      const { coupons, messages } = await counted()
      expect([coupons.length, messages]).toEqual([all, all])
      const perMember = [...Map.groupBy(coupons, (one) => one).values()].map((some) => some.length)
      expect(new Set(perMember)).toEqual(new Set([all / 27]))
    }
    expect(reached).toEqual(new Set(['matching', 'enter', 'act', 'run']))
  } finally {
    await platform.close()
    rmSync(folder, { recursive: true })
  }
}, 120_000)
