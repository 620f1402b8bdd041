import { sql as storeSql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { campaignLedger } from '../coupons/counts.ts'
import { recordEvent } from '../store/events.ts'
import { drainEvents } from '../workspaces/drain.ts'
import { definitionOf, openTestShop, type TestShop } from './campaign-shop.fixture.ts'
import { campaignById, cancelCampaign, createCampaign, editCampaign, pauseCampaign } from './campaigns.ts'
import { takeCodes } from './codes.ts'
import { type CampaignDefinition, NewCampaign } from './definition.ts'
import { launchCampaign, membersAtOnce } from './launch.ts'
import { couponsAtOnce, recoverLaunches } from './launch-steps.ts'
import { previewOf } from './preview.ts'
import { campaignResult } from './result.ts'

let shop: TestShop
beforeEach(async () => {
  shop = await openTestShop(1200)
})
afterEach(() => shop.close())

async function draft(definition: CampaignDefinition = definitionOf()) {
  const { campaignId } = await createCampaign(shop.desk, definition)
  return campaignId
}

async function preview(campaignId: string) {
  const { platform, workspace } = shop
  const campaign = (await campaignById(platform.store, workspace.id, campaignId))!
  const outcome = await previewOf(platform, workspace, campaign)
  if (outcome.kind !== 'previewed') throw new Error(outcome.kind)
  return outcome.preview
}

const launch = async (
  campaignId: string,
  step?: Parameters<typeof launchCampaign>[2],
  confirm = ['unknown-consent'],
) => {
  const { digest } = await preview(campaignId)
  return launchCampaign(shop.desk, { campaignId, digest, confirm }, step)
}

const show = async (campaignId: string) => (await campaignResult(shop.platform, shop.workspace, campaignId))!

const count = async (
  table: 'coupons' | 'campaign_members' | 'launches' | 'outbox' | 'ledger',
  campaignId?: string,
) => {
  const rows = shop.platform.store.selectFrom(table).select((all) => all.fn.countAll<number>().as('n'))
  const counted = await (
    campaignId === undefined ? rows : rows.where('campaign_id', '=', campaignId)
  ).executeTakeFirstOrThrow()
  return counted.n
}

const armsInEngine = async (campaignId: string) => {
  await drainEvents(shop.platform.store, shop.workspace)
  return shop.workspace.engine.rows(
    sql`select arm, count(*) as members, count(distinct member_key) as different from campaign_arms
      where campaign_id = ${campaignId} group by arm order by arm`,
  )
}

describe('preview', () => {
  test('has one number and one verdict for the holdout that was asked for', async () => {
    const shown = await preview(await draft(definitionOf({ holdout: 0.17 })))
    const { planned, options, recommended } = shown.plan
    const eligible = shown.issued + shown.holdout
    expect(planned).toMatchObject({ share: 0.17, members: Math.round(eligible * 0.17) })
    expect(options).toContainEqual(planned)
    expect(shown.plan).toMatchObject({ eligible, effect: 0.05 })
    expect(shown.plan.needed).toBeGreaterThan(eligible)
    // nothing was launched before from which to expect how coupons are used
    expect(shown.expectedCost).toBeNull()
    // Where no holdout would show so small an effect, none that was not offered anyhow is put forward.
    const tiny = await preview(await draft(definitionOf({ effect: 0.001 })))
    expect(tiny.plan.recommended.proves).toBe(false)
    expect(tiny.plan.options.map(({ share, proves }) => [share, proves])).toEqual([
      [0.1, false],
      [0.25, false],
      [0.5, false],
    ])
    expect(recommended.proves || options.every(({ proves }) => !proves)).toBe(true)
    expect((await preview(await draft(definitionOf({ holdout: 0 })))).plan.planned).toBeNull()
  })

  test('says who gets it, who does not and why, and adds up', async () => {
    await shop.platform.store.transaction().execute(async (tx) => {
      const tag = { kind: 'tag-added' as const, source: 'manual' as const, day: '2026-11-21' }
      await recordEvent(
        tx,
        shop.workspace.id,
        { ...tag, tag: 'Staff', memberIds: ['M0001', 'M0010'] },
        new Date(),
      )
      await recordEvent(
        tx,
        shop.workspace.id,
        { ...tag, tag: 'abuse hold', memberIds: ['M0001', 'M0002'] },
        new Date(),
      )
    })
    const shown = await preview(await draft())
    // 1,200 members: every tenth denied (M0010 among them); of M0001, M0002 the hold goes before the staff tag.
    expect(shown.excluded).toEqual([
      { reason: 'consent-denied', members: 120 },
      { reason: 'abuse-hold', members: 2 },
    ])
    expect(shown.members).toBe(1200)
    expect(shown.issued + shown.holdout).toBe(1200 - 122)
    expect(shown.holdout).toBeGreaterThan(70)
    expect(shown.holdout).toBeLessThan(150)
    expect(shown.worstCostMinor).toBe(shown.issued * 1000)
    // Every seventh that is not a tenth: 171 − 17 of unknown consent.
    expect(shown.confirmationDetails).toEqual([{ topic: 'unknown-consent', members: 154 }])
    expect(shown.asOf).toBe('2026-11-21')
    expect(shown.lastDay).toBe('2026-12-06')
    expect(shown.windowLastDay).toBe('2026-12-13')
  })

  test('data that ends before yesterday is named with both days', async () => {
    const campaignId = await draft()
    shop.clock.instant = new Date('2026-11-22T15:59:00Z') // still the 22nd in Shanghai
    expect((await preview(campaignId)).confirmations).not.toContain('old-data')
    shop.clock.instant = new Date('2026-11-22T16:00:00Z')
    expect((await preview(campaignId)).confirmationDetails).toContainEqual({
      topic: 'old-data',
      asOf: '2026-11-21',
      today: '2026-11-23',
    })
  })

  test('a percentage without a cap has no worst cost and is not launched; a budget is kept', async () => {
    const unbounded = await draft(definitionOf({ offer: { kind: 'percent', percent: 20 } }))
    expect(await preview(unbounded)).toMatchObject({
      worstCostMinor: 'unbounded',
      blockers: [{ kind: 'unbounded-cost' }],
    })
    expect(await launch(unbounded)).toMatchObject({ kind: 'blocked' })
    const capped = { offer: { kind: 'percent', percent: 20, capMinor: 500 } }
    const { worstCostMinor, issued } = await preview(await draft(definitionOf(capped)))
    expect(worstCostMinor).toBe(issued * 500)
    const poor = await draft(definitionOf({ ...capped, budgetMinor: 1000 }))
    expect(await launch(poor)).toMatchObject({ kind: 'blocked', blockers: [{ kind: 'over-budget' }] })
    expect(await count('launches')).toBe(0)
  })

  test('a cost that cannot be counted exactly is not launched', async () => {
    const offer = { kind: 'amount', amountMinor: Number.MAX_SAFE_INTEGER }
    const priceless = await draft(definitionOf({ offer }))
    expect(await preview(priceless)).toMatchObject({
      worstCostMinor: 'uncountable',
      blockers: [{ kind: 'cost-too-high' }],
    })
    expect(await launch(priceless)).toMatchObject({ kind: 'blocked' })
    expect(await count('launches')).toBe(0)
  })

  test('amounts beyond any price and addresses with a password are refused when it is handed in', () => {
    const refusedAt = (differs: Record<string, unknown>) =>
      NewCampaign.safeParse({ ...definitionOf(), ...differs }).error?.issues.map(
        ({ path, message }) => `${path.join('.')} ${message}`,
      )
    const high = 1_000_000_000_001
    expect(refusedAt({ budgetMinor: high - 1, minSpendMinor: high - 1 })).toBeUndefined()
    expect(refusedAt({ budgetMinor: high })).toEqual(['budgetMinor amount-too-high'])
    expect(refusedAt({ minSpendMinor: high })).toEqual(['minSpendMinor amount-too-high'])
    expect(refusedAt({ offer: { kind: 'amount', amountMinor: high } })).toEqual([
      'offer.amountMinor amount-too-high',
    ])
    expect(refusedAt({ offer: { kind: 'percent', percent: 5, capMinor: high } })).toEqual([
      'offer.capMinor amount-too-high',
    ])
    for (const user of ['name:word@', 'name@', ':word@'])
      expect(refusedAt({ channel: { kind: 'webhook', url: `https://${user}shop.example/in` } })).toEqual([
        'channel.url address-with-credentials',
      ])
    expect(refusedAt({ channel: { kind: 'webhook', url: 'https://shop.example/in' } })).toBeUndefined()
  })

  test('an edit of a draft that was edited meanwhile changes nothing', async () => {
    const campaignId = await draft()
    const [before, other, mine] = [
      definitionOf(),
      definitionOf({ minSpendMinor: 7000 }),
      definitionOf({ minSpendMinor: 8000 }),
    ]
    expect(await editCampaign(shop.desk, campaignId, { before, definition: other })).toEqual({
      kind: 'changed',
    })
    expect(await editCampaign(shop.desk, campaignId, { before, definition: mine })).toEqual({
      kind: 'edited-elsewhere',
    })
    const kept = await campaignById(shop.platform.store, shop.workspace.id, campaignId)
    expect(kept?.definition).toEqual(other)
    expect(await editCampaign(shop.desk, campaignId, { before: other, definition: mine })).toEqual({
      kind: 'changed',
    })
  })

  test('the digest changes with the offer, the audience and the data, and with nothing else', async () => {
    const campaignId = await draft()
    const first = await preview(campaignId)
    expect((await preview(campaignId)).digest).toBe(first.digest)
    expect(
      await editCampaign(shop.desk, campaignId, {
        before: definitionOf(),
        definition: definitionOf({ minSpendMinor: 6000 }),
      }),
    ).toEqual({ kind: 'changed' })
    const second = await preview(campaignId)
    expect(second.digest).not.toBe(first.digest)
    expect(second.holdout).toBe(first.holdout)
    await shop.platform.store
      .transaction()
      .execute((tx) =>
        recordEvent(
          tx,
          shop.workspace.id,
          { kind: 'consent-set', memberIds: ['M0001'], consent: 'denied' },
          new Date(),
        ),
      )
    expect((await preview(campaignId)).digest).not.toBe(second.digest)
    expect(await launchCampaign(shop.desk, { campaignId, digest: second.digest, confirm: [] })).toMatchObject(
      {
        kind: 'moved',
      },
    )
  })
})

describe('launch', () => {
  test('gives every treated member one code, tells the engine the arms, and reports what the preview showed', async () => {
    const campaignId = await draft()
    const shown = await preview(campaignId)
    const outcome = await launch(campaignId)
    expect(outcome).toMatchObject({
      kind: 'launched',
      report: { status: 'running', issued: shown.issued, holdout: shown.holdout, now: true },
    })
    const taken = await takeCodes(shop.platform, shop.workspace, campaignId, {
      unmasked: true,
      language: 'en',
    })
    if (taken.kind !== 'codes') throw new Error(taken.kind)
    expect(new Set(taken.codes.map(({ memberId }) => memberId)).size).toBe(shown.issued)
    expect(new Set(taken.codes.map(({ code }) => code)).size).toBe(shown.issued)
    expect(taken.codes.every(({ memberId }) => !memberId.endsWith('0'))).toBe(true)
    expect(await armsInEngine(campaignId)).toEqual([
      { arm: 'held-out', members: shown.holdout, different: shown.holdout },
      { arm: 'treated', members: shown.issued, different: shown.issued },
    ])
    expect(await show(campaignId)).toMatchObject({
      status: 'running',
      issued: shown.issued,
      delivered: shown.issued,
      treated: shown.issued,
      heldOut: shown.holdout,
      ledger: { issued: shown.issued, open: shown.issued },
    })
  })

  test('needs its confirmations', async () => {
    const campaignId = await draft()
    expect(await launch(campaignId, undefined, [])).toMatchObject({
      kind: 'unconfirmed',
      confirmations: [{ topic: 'unknown-consent' }],
    })
    expect(await count('launches')).toBe(0)
  })

  test('a second launch and two at once change nothing and report the first', async () => {
    const campaignId = await draft()
    const { digest, issued } = await preview(campaignId)
    const request = { campaignId, digest, confirm: ['unknown-consent'] }
    const [one, two] = await Promise.all([
      launchCampaign(shop.desk, request),
      launchCampaign(shop.desk, request),
    ])
    expect(one).toMatchObject({ kind: 'launched', report: { issued, now: true } })
    expect(two).toMatchObject({ kind: 'launched', report: { issued, now: false } })
    expect(await launchCampaign(shop.desk, { campaignId, digest: 'any', confirm: [] })).toMatchObject({
      kind: 'launched',
      report: { issued, now: false },
    })
    expect(await count('coupons')).toBe(issued)
    const versions = { before: definitionOf(), definition: definitionOf() }
    expect(await editCampaign(shop.desk, campaignId, versions)).toEqual({
      kind: 'wrong-state',
      status: 'running',
    })
  })

  test('both arms of a large launch are counted whole', async () => {
    const campaignId = await draft(definitionOf({ holdout: 0.17 }))
    const { issued, holdout } = await preview(campaignId)
    expect(await launch(campaignId)).toMatchObject({ kind: 'launched', report: { issued, holdout } })
    const { platform } = shop
    const launched = await platform.store.selectFrom('launches').selectAll().executeTakeFirstOrThrow()
    await storeSql`with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 60000)
      insert into campaign_members (workspace_id, campaign_id, launch_id, member_id, arm)
      select ${launched.workspace_id}, ${campaignId}, ${launched.id}, printf('more %d', n),
        case n % 3 when 0 then 'held-out' else 'treated' end from numbers`.execute(platform.store)
    expect(await launchCampaign(shop.desk, { campaignId, digest: 'any', confirm: [] })).toMatchObject({
      report: { issued: issued + 40_000, holdout: holdout + 20_000, now: false },
    })
  })

  test('two campaigns at once give nobody two coupons', async () => {
    const [first, second] = [await draft(), await draft()]
    const [a, b] = [await preview(first), await preview(second)]
    const confirm = ['unknown-consent']
    const outcomes = await Promise.all([
      launchCampaign(shop.desk, { campaignId: first, digest: a.digest, confirm }),
      launchCampaign(shop.desk, { campaignId: second, digest: b.digest, confirm }),
    ])
    expect(outcomes.map(({ kind }) => kind)).toEqual(['launched', 'moved'])
    expect((await preview(second)).excluded).toContainEqual({ reason: 'holds-coupon', members: a.issued })
    await cancelCampaign(shop.desk, first)
    expect((await preview(second)).excluded).toEqual([{ reason: 'consent-denied', members: 120 }])
  })

  test('a no that comes while the audience is written is heard', async () => {
    const campaignId = await draft()
    const { digest } = await preview(campaignId)
    let said: Promise<void> | undefined
    const outcome = await launchCampaign(
      shop.desk,
      { campaignId, digest, confirm: ['unknown-consent'] },
      (name) => {
        if (name === 'frozen')
          said ??= shop.platform.store
            .transaction()
            .execute((tx) =>
              recordEvent(
                tx,
                shop.workspace.id,
                { kind: 'consent-set', memberIds: ['M0003'], consent: 'denied' },
                new Date(),
              ),
            )
      },
    )
    expect(outcome).toMatchObject({ kind: 'moved' })
    expect([await count('launches'), await count('campaign_members'), await count('coupons')]).toEqual([
      0, 0, 0,
    ])
    expect(await launch(campaignId)).toMatchObject({ kind: 'launched' })
  })

  test('a crash between any two steps leaves all or nothing, and the next start brings it to its end', async () => {
    const steps: string[] = []
    const first = await draft(definitionOf({ channel: { kind: 'webhook', url: 'http://127.0.0.1:9/' } }))
    const { issued, holdout } = await preview(first)
    await launch(first, (name) => steps.push(name))
    await cancelCampaign(shop.desk, first)
    expect(steps).toEqual([
      'begin',
      ...Array(Math.ceil((issued + holdout) / membersAtOnce)).fill('freeze'),
      'freeze', // whom it leaves out
      'frozen',
      ...Array(Math.ceil(issued / couponsAtOnce)).fill('issue'),
      'publish',
      'tell-arms',
    ])
    for (let crashAt = 0; crashAt < steps.length; crashAt++) {
      const campaignId = await draft(
        definitionOf({ channel: { kind: 'webhook', url: 'http://127.0.0.1:9/' } }),
      )
      const before = await preview(campaignId)
      let reached = 0
      const crashing = launch(campaignId, () => {
        if (reached++ === crashAt) throw new Error('crash')
      })
      await expect(crashing).rejects.toThrow('crash')
      const published = steps.indexOf('publish') < crashAt
      const seen = await show(campaignId)
      expect([seen.status, seen.issued]).toEqual(published ? ['running', before.issued] : ['draft', 0])
      expect(
        await campaignLedger(shop.platform.store, shop.workspace.id, campaignId, shop.clock.now()),
      ).toMatchObject({
        issued: published ? before.issued : 0,
      })

      shop = await shop.reopen()
      await recoverLaunches(shop.platform)
      const finished = steps.indexOf('frozen') < crashAt
      expect(await show(campaignId)).toMatchObject(
        finished
          ? { status: 'running', issued: before.issued, queued: before.issued, heldOut: before.holdout }
          : { status: 'draft', issued: 0, queued: 0, treated: 0, heldOut: 0 },
      )
      expect(await count('launches', campaignId)).toBe(finished ? 1 : 0)
      const again = await launch(campaignId)
      expect(again).toMatchObject({ kind: 'launched', report: { issued: before.issued, now: !finished } })
      for (const table of ['coupons', 'ledger', 'outbox'] as const)
        expect(await count(table, campaignId)).toBe(before.issued)
      expect((await armsInEngine(campaignId)).map(({ members }) => members)).toEqual([
        before.holdout,
        before.issued,
      ])
      await cancelCampaign(shop.desk, campaignId) // so that its coupons exclude nobody from the next
    }
  }, 180_000)
})

test('states: what can be done when', async () => {
  const campaignId = await draft()
  expect(await pauseCampaign(shop.desk, campaignId)).toEqual({ kind: 'wrong-state', status: 'draft' })
  await launch(campaignId)
  expect(await pauseCampaign(shop.desk, campaignId)).toEqual({ kind: 'changed' })
  expect((await show(campaignId)).status).toBe('paused')
  shop.clock.instant = new Date('2026-12-13T16:00:00Z') // the first instant after 13 December in Shanghai
  expect((await show(campaignId)).status).toBe('finished')
  expect(await cancelCampaign(shop.desk, campaignId)).toEqual({ kind: 'wrong-state', status: 'finished' })
  expect(await pauseCampaign(shop.desk, 'nothing')).toEqual({ kind: 'not-found' })
})

test('cancelling keeps the codes that are out, or takes the unused ones back, and can be asked again', async () => {
  const { store, redemptions } = shop.platform
  const keeping = await draft(definitionOf({ segment: 'member = "M0001"', holdout: 0 }))
  await launch(keeping, undefined, [])
  expect(await cancelCampaign(shop.desk, keeping)).toEqual({ kind: 'cancelled', revoked: 0 })
  expect((await show(keeping)).ledger).toMatchObject({ issued: 1, open: 1, revoked: 0 })

  const taking = await draft(definitionOf({ segment: 'everyone' }))
  await launch(taking)
  const { issued } = await show(taking)
  const [coupon] = await store
    .selectFrom('coupons')
    .select(['code', 'member_id'])
    .where('campaign_id', '=', taking)
    .limit(1)
    .execute()
  const at = (code: string, memberId: string, orderId: string) =>
    redemptions.redeem({
      workspaceId: shop.workspace.id,
      idempotencyKey: orderId,
      code,
      orderId,
      storeId: null,
      presented: { kind: 'member', memberId },
      amountMinor: 8000,
      body: orderId,
      actor: 'test',
    })
  expect(await at(coupon!.code, coupon!.member_id!, 'o1')).toMatchObject({ kind: 'redeemed' })
  const revoking = { revokeCoupons: true }
  expect(await cancelCampaign(shop.desk, taking, revoking)).toEqual({
    kind: 'cancelled',
    revoked: issued - 1,
  })
  expect((await show(taking)).ledger).toMatchObject({ issued, open: 0, redeemed: 1, revoked: issued - 1 })
  const other = await store
    .selectFrom('coupons')
    .select(['code', 'member_id'])
    .where('campaign_id', '=', taking)
    .where('member_id', '!=', coupon!.member_id)
    .executeTakeFirstOrThrow()
  expect(await at(other.code, other.member_id!, 'o2')).toEqual({ kind: 'refused', code: 'revoked' })

  // what a crash between the two had left is done by asking again
  expect(await cancelCampaign(shop.desk, keeping, revoking)).toEqual({ kind: 'cancelled', revoked: 1 })
  expect(await cancelCampaign(shop.desk, keeping, revoking)).toEqual({ kind: 'cancelled', revoked: 0 })
  expect(await cancelCampaign(shop.desk, keeping)).toMatchObject({ kind: 'wrong-state' })
  expect(await cancelCampaign(shop.desk, 'nobody', revoking)).toEqual({ kind: 'not-found' })
})
