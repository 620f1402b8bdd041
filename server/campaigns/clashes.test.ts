import { afterEach, beforeEach, expect, test } from 'vitest'
import { definitionOf, openTestShop, type TestShop } from './campaign-shop.fixture.ts'
import { campaignById, cancelCampaign, createCampaign } from './campaigns.ts'
import type { Clash } from './clashes.ts'
import { launchCampaign } from './launch.ts'
import { previewOf } from './preview.ts'
import { confirmationSaid } from './sentences.ts'
import { sentence } from '../messages/messages.ts'

let shop: TestShop
beforeEach(async () => {
  shop = await openTestShop(600)
})
afterEach(() => shop.close())

const day = 86_400_000
const forward = (ms: number) => {
  shop.clock.instant = new Date(shop.clock.instant.getTime() + ms)
}

async function drafted(differs: Record<string, unknown>) {
  const { campaignId } = await createCampaign(shop.desk, definitionOf(differs))
  const show = async () => {
    const { platform, workspace } = shop
    const outcome = await previewOf(
      platform,
      workspace,
      (await campaignById(platform.store, workspace.id, campaignId))!,
    )
    if (outcome.kind !== 'previewed') throw new Error(outcome.kind)
    return outcome
  }
  return { campaignId, show }
}

async function launched(differs: Record<string, unknown>) {
  const { campaignId, show } = await drafted(differs)
  const { preview, audience } = await show()
  const { digest, confirmations: confirm } = preview
  expect((await launchCampaign(shop.desk, { campaignId, digest, confirm })).kind).toBe('launched')
  return { campaignId, preview, audience }
}

const clashes = ({
  preview,
}: Awaited<ReturnType<Awaited<ReturnType<typeof drafted>>['show']>>): readonly Clash[] =>
  preview.confirmationDetails.flatMap((one) => (one.topic === 'clash' ? one.campaigns : []))

test('a campaign whose coupons would go to those held out of another names it, and launches only after a yes', async () => {
  const first = await launched({ name: 'A', holdout: 0.25 })
  const { campaignId, show } = await drafted({ name: 'B', holdout: 0 })
  const shown = await show()
  // the treated of A still hold its coupon: who is left of everybody is A's holdout
  expect(shown.preview.issued).toBe(first.preview.holdout)
  expect(clashes(shown)).toEqual([
    {
      campaignId: first.campaignId,
      name: 'A',
      lastDay: first.preview.windowLastDay,
      heldOut: { members: first.preview.holdout, of: first.preview.holdout },
      treated: { members: 0, of: first.preview.issued },
      proof: 'spoilt',
    },
  ])
  const request = { campaignId, digest: shown.preview.digest }
  const before = await launchCampaign(shop.desk, { ...request, confirm: ['unknown-consent'] })
  expect(before).toMatchObject({ kind: 'unconfirmed', confirmations: [{ topic: 'clash' }] })
  expect((await launchCampaign(shop.desk, { ...request, confirm: ['unknown-consent', 'clash'] })).kind).toBe(
    'launched',
  )
})

test('its proof stays fair where both sides get the coupon alike', async () => {
  const first = await launched({ name: 'A', holdout: 0.25, validDays: 1 })
  forward(3 * day) // its coupons are over, its window is not
  const shown = await (await drafted({ name: 'B', holdout: 0 })).show()
  expect(clashes(shown)).toMatchObject([
    {
      heldOut: { members: first.preview.holdout, of: first.preview.holdout },
      treated: { members: first.preview.issued, of: first.preview.issued },
      proof: 'fair',
    },
  ])
})

test('there is no clash with a campaign that holds nobody out, was cancelled, or whose window is over', async () => {
  await launched({ name: 'to everybody', holdout: 0, validDays: 1 })
  forward(3 * day) // its coupons are over, its window is not
  const cancelled = await launched({ name: 'cancelled', holdout: 0.2 })
  await cancelCampaign(shop.desk, cancelled.campaignId)
  const next = await drafted({ name: 'next', holdout: 0 })
  expect(clashes(await next.show())).toEqual([])
  const over = await launched({ name: 'over', holdout: 0.2, validDays: 1 })
  const wouldClash = async () => clashes(await next.show()).map(({ name }) => name)
  expect(await wouldClash()).toEqual(['over'])
  const lastDay = Date.parse(`${over.preview.windowLastDay}T12:00:00+08:00`)
  shop.clock.instant = new Date(lastDay)
  expect(await wouldClash()).toEqual(['over'])
  forward(day)
  expect(await wouldClash()).toEqual([])
})

test('the sentence says who, until when and what it does, in both languages', () => {
  const clash: Clash = {
    campaignId: 'a',
    name: 'A',
    lastDay: '2026-12-12',
    heldOut: { members: 506, of: 506 },
    treated: { members: 0, of: 2498 },
    proof: 'spoilt',
  }
  const said = confirmationSaid({ topic: 'clash', campaigns: [clash] })
  const values = { confirmations: [said] }
  expect(sentence('en', 'campaign-unconfirmed', values)).toContain(
    '“A” (until 2026-12-12): 506 of its 506 held-out members and 0 of its 2,498 members with its coupon. That spoils its proof',
  )
  expect(sentence('en', 'campaign-unconfirmed', values)).toContain('and not held_out_of = "a"')
  expect(sentence('zh-CN', 'campaign-unconfirmed', values)).toContain('对照组 506 人中有 506 人')
})
