import { afterAll, beforeAll, expect, test } from 'vitest'
import { refreshDerivedTables } from '../../analytics/schema/refresh.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { definitionOf, openTestShop, type TestShop } from './campaign-shop.fixture.ts'
import { campaignById, createCampaign } from './campaigns.ts'
import {
  globalHoldoutOf,
  heldOutOfAll,
  isHeldOutOfAll,
  setGlobalHoldout,
  togetherResult,
} from './global-holdout.ts'
import { launchCampaign } from './launch.ts'
import { previewOf } from './preview.ts'

let shop: TestShop
beforeAll(async () => {
  shop = await openTestShop(2000)
})
afterAll(() => shop.close())

const ids = Array.from({ length: 2000 }, (_, at) => `M${String(at + 1).padStart(4, '0')}`)

test('who is held out of all campaigns is in no launch, named with the reason, and drawn alike in SQL', async () => {
  const { platform, workspace, desk } = shop
  expect(await togetherResult(platform.store, workspace)).toBeNull()
  expect(await setGlobalHoldout(desk, 0.1)).toEqual({ changed: true })
  expect(await setGlobalHoldout(desk, 0.1)).toEqual({ changed: false })
  const holdout = (await globalHoldoutOf(platform.store, workspace.id))!
  expect(holdout).toMatchObject({ share: 0.1, startedDay: '2026-11-22' })
  const drawn = ids.filter((id) => isHeldOutOfAll(holdout, id))
  expect(Math.abs(drawn.length - 200)).toBeLessThan(50)
  const rows = await workspace.engine.rows(
    sql`select member_id from members where ${heldOutOfAll(holdout, sql`member_id`)} order by member_id`,
  )
  expect(rows.map(({ memberId }) => memberId)).toEqual(drawn)

  const { campaignId } = await createCampaign(desk, definitionOf({ holdout: 0.25 }))
  const campaign = (await campaignById(platform.store, workspace.id, campaignId))!
  const outcome = await previewOf(platform, workspace, campaign)
  if (outcome.kind !== 'previewed') throw new Error(outcome.kind)
  const { preview } = outcome
  // every tenth has denied consent, which is named first
  const willing = drawn.filter((id) => Number(id.slice(1)) % 10 !== 0)
  expect(preview.excluded).toEqual([
    { reason: 'consent-denied', members: 200 },
    { reason: 'global-holdout', members: willing.length },
  ])
  expect(preview.members).toBe(200 + willing.length + preview.issued + preview.holdout)

  // a share that changes while somebody looks at the preview is seen by the launch
  await setGlobalHoldout(desk, 0.2)
  const launch = (digest: string) =>
    launchCampaign(desk, { campaignId, digest, confirm: ['unknown-consent'] })
  expect((await launch(preview.digest)).kind).toBe('moved')
  const larger = (await globalHoldoutOf(platform.store, workspace.id))!
  expect(drawn.every((id) => isHeldOutOfAll(larger, id))).toBe(true)
  const again = await previewOf(platform, workspace, campaign)
  if (again.kind !== 'previewed') throw new Error(again.kind)
  expect((await launch(again.preview.digest)).kind).toBe('launched')
  const members = await platform.store.selectFrom('campaign_members').select('member_id').execute()
  expect(members.some(({ member_id }) => isHeldOutOfAll(larger, member_id))).toBe(false)
})

test('all campaigns together: who had bought before it began, since that day, by intervals that stay valid', async () => {
  const { platform, workspace } = shop
  const holdout = (await globalHoldoutOf(platform.store, workspace.id))!
  const held = new Set(ids.filter((id) => isHeldOutOfAll(holdout, id)))
  const before = (await togetherResult(platform.store, workspace))!
  expect(before).toMatchObject({ treated: 0, heldOut: 0, outcomes: [] })
  // afterwards every second of those who may be sent something buys, and every fifth of the others; a newcomer too
  const buys = ids.filter((id) => Number(id.slice(1)) % (held.has(id) ? 5 : 2) === 0)
  await workspace.engine.transaction(async (session) => {
    await session.run(sql`insert into members (member_key, member_id) values (5000, 'NEW')`)
    const list = JSON.stringify([...buys, 'NEW'])
    await session.run(sql`insert into orders
      select 2000000 + member_key, 'L' || member_id, member_key, timestamp '2026-11-25 04:00:00', date '2026-11-25', 12,
        'East', 'shop', 'paid', null, null, 3000, null, null
      from members where list_contains(from_json(${list}, '["VARCHAR"]'), member_id)`)
    await refreshDerivedTables(session, {}, '2026-11-26')
  })
  const found = (await togetherResult(platform.store, workspace))!
  expect(found).toMatchObject({ treated: 2000 - held.size, heldOut: held.size, asOf: '2026-11-25' })
  const [buyers] = found.outcomes
  expect(buyers!.treated.numerator).toBe(buys.filter((id) => !held.has(id)).length)
  expect(buyers!.heldOut.numerator).toBe(buys.filter((id) => held.has(id)).length)
  expect(buyers).toMatchObject({ outcome: 'buyers', verdict: 'works' })

  await setGlobalHoldout(shop.desk, 0)
  expect(await togetherResult(platform.store, workspace)).toBeNull()
})
