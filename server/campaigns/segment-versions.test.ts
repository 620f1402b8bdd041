import { afterAll, expect, test } from 'vitest'
import { refreshDerivedTables } from '../../analytics/schema/refresh.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { appRouter } from '../router.ts'
import { createCallerFactory } from '../trpc.ts'
import { openTestShop } from './campaign-shop.fixture.ts'
import { launchCampaign } from './launch.ts'
import { keepStanding } from './standing/keeper.ts'

const shop = await openTestShop(12)
const { platform, workspace, clock } = shop
const caller = createCallerFactory(appRouter)({
  platform,
  actor: { kind: 'local' },
  workspace,
  role: 'owner',
  language: 'en',
})
afterAll(() => shop.close())

/** Noon of a day, with an order of nobody so that the store sends. */
async function on(day: string) {
  clock.instant = new Date(`${day}T04:00:00Z`)
  await workspace.engine.transaction(async (session) => {
    await session.run(sql`insert into orders values (${2_000_000 + Number(day.slice(8))}, ${day}, null,
      cast(${`${day} 03:00:00`} as timestamp), cast(${day} as date), 11, 'East', 'shop', 'paid', 100, 0, 100, null, null)`)
    await refreshDerivedTables(session, {}, day)
  })
  await keepStanding(platform, workspace)
}

const standing = (segment: string, more: Record<string, unknown> = {}) => ({
  name: `Of ${segment}`,
  segment,
  offer: { kind: 'amount' as const, amountMinor: 1000 },
  validDays: 14,
  holdout: 0,
  budgetMinor: 10_000_000,
  channel: { kind: 'csv' as const },
  standing: {
    coolDownDays: 60,
    mostPerDay: 1000,
    alsoThoseIn: true,
    alsoUnknownConsent: true,
    steps: [{ afterDays: 1, action: { kind: 'tag' as const, tag: 'given' } }],
    ...more,
  },
})

async function live(campaignId: string) {
  const { digest, confirmations } = await caller.standing.preview({ campaignId })
  return caller.standing.goLive({ campaignId, digest, confirm: [...confirmations] })
}
const cameIn = async (campaignId: string) =>
  (await caller.standing.ways({ campaignId, limit: 500 })).map((way) => way.memberId).toSorted()
const save = (name: string, expression: string, id?: string) =>
  caller.segments.save({ ...(id ? { id } : {}), name, expression })

test('a campaign that stands keeps the versions of its launch; renaming follows, deleting is refused by name', async () => {
  await caller.tags.add({ tag: 'vip', whose: { kind: 'members', memberIds: ['M0004'] } })
  const inner = await save('Inner', 'member = "M0002" or tag = "vip"')
  const outer = await save('Outer', 'segment "Inner" or member = "M0005"')
  const copied = await save('Copied', 'member = "M0011"')
  const { campaignId } = await caller.campaigns.create(standing('segment "Outer"'))
  const draft = await caller.campaigns.create(standing('segment "Inner" and orders >= 1'))
  await caller.campaigns.create({ ...standing('member = "M0011"'), name: 'By text' })
  const of = { asksAgain: true, standing: true, changed: false, putsOn: false }
  expect(await caller.segments.uses({ id: inner.id })).toEqual({
    segments: [{ id: outer.id, name: 'Outer' }],
    tags: [],
    campaigns: [
      {
        ...of,
        id: draft.campaignId,
        name: 'Of segment "Inner" and orders >= 1',
        status: 'draft',
        version: null,
      },
    ],
  })
  expect((await caller.segments.uses({ id: copied.id })).campaigns).toMatchObject([
    { name: 'By text', asksAgain: false, version: null },
  ])
  expect((await caller.segments.list()).map(({ name, campaigns }) => [name, campaigns])).toEqual([
    ['Copied', 1],
    ['Inner', 1],
    ['Outer', 1],
  ])
  // what was shown and was edited since does not go live
  const { digest } = await caller.standing.preview({ campaignId })
  await save('Inner', 'member in ("M0002", "M0003") or tag = "vip"', inner.id)
  await expect(caller.standing.goLive({ campaignId, digest, confirm: ['not-simulated'] })).rejects.toThrow(
    /has changed/,
  )
  await save('Inner', 'member = "M0002" or tag = "vip"', inner.id)
  await live(campaignId)
  await on('2026-11-22')
  const first = ['M0002', 'M0004', 'M0005']
  expect(await cameIn(campaignId)).toEqual(first)

  await save('Inner', 'member in ("M0002", "M0003") or tag = "vip"', inner.id)
  await save('Outer', 'segment "Inner" or member in ("M0005", "M0006")', outer.id)
  await on('2026-11-23')
  expect(await cameIn(campaignId)).toEqual(first)
  expect((await caller.standing.runs({ campaignId }))!.runs[0]).toMatchObject({ matching: 3, began: 0 })
  const kept = await caller.campaigns.segmentVersions({ campaignId })
  expect(kept.segments).toMatchObject([
    { name: 'Inner', version: 3, newest: 4, changed: true, removed: false },
    { name: 'Outer', version: 1, newest: 2, changed: true, removed: false },
  ])
  expect(kept.rule).toBe('(member = "M0002" or tag = "vip") or member = "M0005"')
  expect(
    (await caller.segments.uses({ id: inner.id })).campaigns.find(({ id }) => id === campaignId),
  ).toMatchObject({
    version: 3,
    changed: true,
    status: 'running',
    asksAgain: false,
  })
  await expect(caller.segments.remove({ id: outer.id })).rejects.toThrow(/Of segment "Outer"/)

  // names follow, also into the earlier versions and the steps
  expect(await caller.tags.uses({ tag: 'vip' })).toMatchObject({
    segments: [{ name: 'Inner' }],
    campaigns: [{ id: campaignId, putsOn: false }],
  })
  expect(await caller.tags.uses({ tag: 'given' })).toMatchObject({
    segments: [],
    campaigns: [
      { name: 'By text', putsOn: true },
      { name: 'Of segment "Inner" and orders >= 1', putsOn: true },
      { id: campaignId, putsOn: true },
    ],
  })
  await caller.tags.rename({ from: 'vip', to: 'best' })
  await caller.tags.rename({ from: 'given', to: 'came' })
  await caller.segments.rename({ id: outer.id, name: 'Around' })
  expect((await caller.campaigns.segmentVersions({ campaignId })).rule).toBe(
    '(member = "M0002" or tag = "best") or member = "M0005"',
  )
  await caller.tags.add({ tag: 'best', whose: { kind: 'members', memberIds: ['M0008'] } })
  await on('2026-11-24')
  expect(await cameIn(campaignId)).toEqual([...first, 'M0008'])
  // whoever came in today gets the tag tomorrow, under its new name
  await on('2026-11-25')
  expect((await caller.segments.count({ expression: 'tag = "came" and member = "M0008"' })).members).toBe(1)
  expect((await caller.tags.list()).map(({ name }) => name)).toEqual(['best', 'came'])
})

test('a campaign of before goes by the versions of its next evaluation', async () => {
  const { id } = await save('Old', 'member = "M0009"')
  const { campaignId } = await caller.campaigns.create(standing('segment "Old"'))
  await live(campaignId)
  await platform.store.deleteFrom('campaign_segments').where('campaign_id', '=', campaignId).execute()
  await on('2026-11-26')
  await save('Old', 'member in ("M0009", "M0001")', id)
  await on('2026-11-27')
  expect(await cameIn(campaignId)).toEqual(['M0009'])
})

test('a launch says which versions it was made with', async () => {
  const { id } = await save('Once', 'member in ("M0001", "M0002")')
  const { campaignId } = await caller.campaigns.create({
    name: 'Once',
    segment: 'segment "Once"',
    offer: { kind: 'amount', amountMinor: 1000 },
    validDays: 14,
    holdout: 0,
    channel: { kind: 'csv' },
  })
  const { digest, confirmations } = await caller.campaigns.preview({ campaignId })
  await caller.campaigns.launch({
    campaignId,
    digest,
    confirm: [...confirmations],
  })
  await save('Once', 'member = "M0001"', id)
  expect((await caller.campaigns.segmentVersions({ campaignId })).segments).toMatchObject([
    { name: 'Once', version: 1, newest: 2, changed: true },
  ])
  await caller.segments.remove({ id })
  expect((await caller.campaigns.segmentVersions({ campaignId })).segments).toMatchObject([{ removed: true }])
})

test('a launch during which a segment of its rule is edited is shown anew, and keeps no version', async () => {
  const named = await save('Edited meanwhile', 'member = "M0007"')
  const { standing: _, ...once } = standing('segment "Edited meanwhile"')
  const { campaignId } = await caller.campaigns.create({ ...once, name: 'Once' })
  const { digest, confirmations } = await caller.campaigns.preview({ campaignId })
  const request = { campaignId, digest, confirm: [...confirmations] }
  const launched = await launchCampaign(shop.desk, request, (step) => {
    // the Store takes it up before the launch's own transaction
    if (step === 'begin')
      void platform.store
        .insertInto('segment_versions')
        .values({
          workspace_id: workspace.id,
          segment_id: named.id,
          version: 2,
          expression: 'member in ("M0007", "M0010")',
          saved_by: 'test',
          saved_at: '2026-11-22T04:00:00.000Z',
        })
        .execute()
  })
  expect(launched).toMatchObject({ kind: 'moved', preview: { members: 2 } })
  expect((await caller.campaigns.segmentVersions({ campaignId })).segments).toEqual([])
  const again = await caller.campaigns.preview({ campaignId })
  expect(again.digest).not.toBe(digest)
  expect(await launchCampaign(shop.desk, { ...request, digest: again.digest })).toMatchObject({
    kind: 'launched',
  })
  expect((await caller.campaigns.segmentVersions({ campaignId })).segments).toMatchObject([{ version: 2 }])
})
