import type { Kysely, Transaction } from 'kysely'
import { givenKey } from '../coupons/code.ts'
import { issueCoupons, newCode, newCodes } from '../coupons/issue.ts'
import { giveCodes, isCodeTaken, returnCodes } from '../coupons/pools.ts'
import { newDeliveryId, queueMessages } from '../delivery/outbox.ts'
import type { Platform } from '../platform.ts'
import { writtenBehind } from '../store/behind.ts'
import { recordEvent } from '../store/events.ts'
import type { StoreSchema } from '../store/schema.ts'
import { usesOf } from '../coupons/terms.ts'
import { CampaignDefinition, offerOf } from './definition.ts'
import { campaignTurns } from './campaigns.ts'
import { othersTurn } from '../workspaces/others-turn.ts'

/** Told before each write of a launch; may throw, as a crash would. */
export type Step = (name: 'begin' | 'freeze' | 'frozen' | 'issue' | 'publish' | 'tell-arms') => void

/** Written in well below 50 ms: redemptions wait for a batch, and a batch for them. */
export const couponsAtOnce = 1_500
const armsAtOnce = 10_000

/**
 * Brings a launch whose audience is complete to its end: issues the coupons that are missing, publishes
 * it, tells the engine the arms. Each step is done once, however often this is called.
 */
export async function finishLaunch(
  { store, clock }: Platform,
  launchId: string,
  step: Step = () => {},
): Promise<void> {
  const launch = await store
    .selectFrom('launches')
    .innerJoin('campaigns', 'campaigns.id', 'launches.campaign_id')
    .innerJoin('workspaces', 'workspaces.id', 'launches.workspace_id')
    .selectAll('launches')
    .select(['campaigns.definition', 'campaigns.name', 'workspaces.currency'])
    .where('launches.id', '=', launchId)
    .executeTakeFirstOrThrow()
  const definition = CampaignDefinition.parse(JSON.parse(launch.definition))

  if (definition.codes.kind === 'shared') await queueShared({ store, clock }, launch, definition, step)
  for (let after = ''; launch.published_at === null && definition.codes.kind !== 'shared';) {
    const began = performance.now()
    const last = await issueBatch(store, clock, launch, definition, { after, step })
    if (last === null) break
    after = last
    await othersTurn(began)
  }

  if (launch.published_at === null) {
    step('publish')
    await store.transaction().execute(async (tx) => {
      const at = clock.now().toISOString()
      await tx.updateTable('launches').set({ published_at: at }).where('id', '=', launchId).execute()
      await tx
        .updateTable('campaigns')
        .set({ state: 'running', changed_at: at })
        .where('id', '=', launch.campaign_id)
        .execute()
      const { campaign_id: campaignId, workspace_id: workspaceId } = launch
      await recordEvent(tx, workspaceId, { kind: 'coupons-issued', campaignId, launchId, at }, clock.now())
    })
  }
  await tellArms({ store, clock }, launch, step)
}

interface Launched {
  readonly id: string
  readonly workspace_id: string
  readonly campaign_id: string
  readonly name: string
  readonly currency: string
  readonly valid_from: string
  readonly valid_to: string
  readonly published_at: string | null
}

/** What a receiver is told of one member's coupon. */
const bodyFor = (
  launch: Launched,
  definition: CampaignDefinition,
  { memberId, code }: { memberId: string; code: string },
) => ({
  campaignId: launch.campaign_id,
  campaign: launch.name,
  memberId,
  code,
  offer: offerOf(definition),
  minSpendMinor: definition.minSpendMinor,
  currency: launch.currency,
  validFrom: launch.valid_from,
  validTo: launch.valid_to,
})

/** Issues the one code of a launch, in the caller's transaction; false: its chosen code is known already. */
export async function issueShared(
  tx: Transaction<StoreSchema>,
  launchId: string,
  couponId: string,
  at: Date,
): Promise<boolean> {
  const launch = await tx
    .selectFrom('launches')
    .innerJoin('campaigns', 'campaigns.id', 'launches.campaign_id')
    .selectAll('launches')
    .select('campaigns.definition')
    .where('launches.id', '=', launchId)
    .executeTakeFirstOrThrow()
  const definition = CampaignDefinition.parse(JSON.parse(launch.definition))
  const { codes, minSpendMinor, terms } = definition
  if (codes.kind !== 'shared') throw new Error(`${launchId} has no code for all.`)
  const key = codes.code === undefined ? null : givenKey(codes.code)!
  if (key !== null && (await isCodeTaken(tx, launch.workspace_id, key))) return false
  await issueCoupons(tx, {
    workspaceId: launch.workspace_id,
    campaignId: launch.campaign_id,
    launchId,
    coupons: [
      {
        couponId,
        code: newCode(),
        given: key === null ? undefined : { code: codes.code!, key },
        memberId: null,
        offer: offerOf(definition),
        minSpendMinor,
        terms,
        validFrom: launch.valid_from,
        validTo: launch.valid_to,
        usesAllowed: codes.uses,
      },
    ],
    at,
  })
  return true
}

/** Queues the messages that tell each member the one code, in order of member: those after the last that is queued. */
async function queueShared(
  { store, clock }: Pick<Platform, 'store' | 'clock'>,
  launch: Launched,
  definition: CampaignDefinition,
  step: Step,
): Promise<void> {
  if (definition.channel.kind === 'csv' || launch.published_at !== null) return
  const coupon = await store
    .selectFrom('coupons')
    .select(({ fn }) => ['id', fn.coalesce('given_code', 'code').as('code')])
    .where('workspace_id', '=', launch.workspace_id)
    .where('campaign_id', '=', launch.campaign_id)
    .where('launch_id', '=', launch.id)
    .executeTakeFirstOrThrow()
  const { newest } = await store
    .selectFrom('outbox')
    .select(({ fn }) => fn.max('member_id').as('newest'))
    .where('campaign_id', '=', launch.campaign_id)
    .where('launch_id', '=', launch.id)
    .executeTakeFirstOrThrow()
  for (let after: string = newest ?? ''; ;) {
    const members = await store
      .selectFrom('campaign_members')
      .select('member_id')
      .where('campaign_id', '=', launch.campaign_id)
      .where('launch_id', '=', launch.id)
      .where('arm', '=', 'treated')
      .where('member_id', '>', after)
      .orderBy('member_id')
      .limit(couponsAtOnce)
      .execute()
    const last = members.at(-1)
    if (!last) return
    step('issue')
    await store.transaction().execute((tx) =>
      queueMessages(tx, {
        workspaceId: launch.workspace_id,
        campaignId: launch.campaign_id,
        launchId: launch.id,
        at: clock.now(),
        messages: members.map(({ member_id: memberId }) => ({
          id: newDeliveryId(),
          couponId: coupon.id,
          memberId,
          body: bodyFor(launch, definition, { memberId, code: coupon.code }),
        })),
      }),
    )
    after = last.member_id
  }
}

/** Issues the next coupons of a launch in order of member, in one transaction; answers the last member, null: none was left. */
async function issueBatch(
  store: Platform['store'],
  clock: Platform['clock'],
  launch: Launched,
  definition: CampaignDefinition,
  { after, step }: { after: string; step: Step },
): Promise<string | null> {
  const of = { workspaceId: launch.workspace_id, campaignId: launch.campaign_id, launchId: launch.id }
  return writtenBehind(store, async (tx) => {
    const waiting = await tx
      .selectFrom('campaign_members')
      .leftJoin('issued_coupons', 'issued_coupons.id', 'campaign_members.coupon_id')
      .select(['campaign_members.member_id', 'campaign_members.coupon_id'])
      .where('campaign_members.campaign_id', '=', launch.campaign_id)
      .where('campaign_members.launch_id', '=', launch.id)
      .where('campaign_members.arm', '=', 'treated')
      .where('campaign_members.member_id', '>', after)
      .where('issued_coupons.id', 'is', null)
      .orderBy('campaign_members.member_id')
      .limit(couponsAtOnce)
      .execute()
    const last = waiting.at(-1)
    if (!last) return null
    step('issue')
    const ids = waiting.map(({ coupon_id }) => coupon_id!)
    const given = definition.codes.kind === 'pool' ? await giveCodes(tx, launch.id, ids) : null
    const codes = newCodes(waiting.length)
    const coupons = waiting.map(({ member_id, coupon_id }, index) => ({
      couponId: coupon_id!,
      code: codes[index]!,
      given: given?.get(coupon_id!),
      memberId: member_id,
      offer: offerOf(definition),
      minSpendMinor: definition.minSpendMinor,
      terms: definition.terms,
      validFrom: launch.valid_from,
      validTo: launch.valid_to,
      usesAllowed: usesOf(definition.terms),
    }))
    await issueCoupons(tx, { ...of, coupons, at: clock.now() })
    if (definition.channel.kind !== 'csv')
      await queueMessages(tx, {
        ...of,
        at: clock.now(),
        messages: coupons.map(({ couponId, memberId, code, given: made }) => ({
          id: newDeliveryId(),
          couponId,
          memberId,
          body: bodyFor(launch, definition, { memberId, code: made?.code ?? code }),
        })),
      })
    return last.member_id
  })
}

/** Tells the engine the arms of published launches that broke off before they had told them. To be called in the workspace's turn. */
export async function tellWaitingArms(
  platform: Pick<Platform, 'store' | 'clock'>,
  workspaceId: string,
): Promise<void> {
  const waiting = await platform.store
    .selectFrom('launches')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('published_at', 'is not', null)
    .where('arms_told', '=', 0)
    .execute()
  for (const launch of waiting) await tellArms(platform, launch, () => {})
}

/** Tells the engine who is in which arm, through the Store's events; each batch with how far it got. */
async function tellArms(
  { store, clock }: Pick<Platform, 'store' | 'clock'>,
  launch: {
    id: string
    workspace_id: string
    campaign_id: string
    launched_day: string
    arms_told: number
    arms_told_to: string | null
  },
  step: Step,
): Promise<void> {
  let told = launch.arms_told === 1
  let toldTo = launch.arms_told_to
  let began = performance.now()
  while (!told) {
    const members = await store
      .selectFrom('campaign_members')
      .select(['member_id', 'arm'])
      .where('campaign_id', '=', launch.campaign_id)
      .where('launch_id', '=', launch.id)
      .where('member_id', '>', toldTo ?? '')
      .orderBy('member_id')
      .limit(armsAtOnce)
      .execute()
    const inArm = (wanted: string) =>
      members.filter(({ arm }) => arm === wanted).map(({ member_id }) => member_id)
    told = members.length < armsAtOnce
    toldTo = members.at(-1)?.member_id ?? toldTo
    step('tell-arms')
    await othersTurn(began)
    began = performance.now()
    await store.transaction().execute(async (tx) => {
      if (members.length > 0)
        await recordEvent(
          tx,
          launch.workspace_id,
          {
            kind: 'campaign-arms',
            campaignId: launch.campaign_id,
            day: launch.launched_day,
            treated: inArm('treated'),
            heldOut: inArm('held-out'),
          },
          clock.now(),
        )
      await tx
        .updateTable('launches')
        .set({ arms_told_to: toldTo, arms_told: told ? 1 : 0 })
        .where('id', '=', launch.id)
        .execute()
    })
  }
}

/** Takes back a launch whose audience is not complete: it has no coupon yet. */
export async function undoLaunch({ store }: Platform, launchId: string): Promise<void> {
  const { campaign_id: campaignId } = await store
    .selectFrom('launches')
    .select('campaign_id')
    .where('id', '=', launchId)
    .executeTakeFirstOrThrow()
  for (;;) {
    const some = await store
      .selectFrom('campaign_members')
      .select('member_id')
      .where('campaign_id', '=', campaignId)
      .where('launch_id', '=', launchId)
      .limit(5_000)
      .execute()
    if (some.length === 0) break
    await store
      .deleteFrom('campaign_members')
      .where('campaign_id', '=', campaignId)
      .where('launch_id', '=', launchId)
      .where(
        'member_id',
        'in',
        some.map(({ member_id }) => member_id),
      )
      .execute()
  }
  await store.deleteFrom('left_out').where('launch_id', '=', launchId).execute()
  await returnCodes(store, launchId)
  await store.deleteFrom('launches').where('id', '=', launchId).where('frozen_at', 'is', null).execute()
}

/** After a start: finishes every launch that broke off with its audience complete and undoes the others. */
export async function recoverLaunches(platform: Platform): Promise<void> {
  const broken = await platform.store
    .selectFrom('launches')
    .select(['id', 'workspace_id', 'frozen_at'])
    .where((either) => either.or([either('published_at', 'is', null), either('arms_told', '=', 0)]))
    .orderBy('started_at')
    .execute()
  for (const { id, workspace_id, frozen_at } of broken)
    await campaignTurns.take(workspace_id, () =>
      frozen_at === null ? undoLaunch(platform, id) : finishLaunch(platform, id),
    )
}

/** Members whose newest word since `event` is no. */
export async function consentDeniedSince(
  store: Kysely<StoreSchema>,
  workspaceId: string,
  event: number,
): Promise<ReadonlySet<string>> {
  const rows = await store
    .selectFrom('events')
    .select('payload')
    .where('workspace_id', '=', workspaceId)
    .where('kind', '=', 'consent-set')
    .where('seq', '>', event)
    .orderBy('seq')
    .execute()
  const denied = new Set<string>()
  for (const { payload } of rows) {
    const { memberIds, consent } = JSON.parse(payload) as { memberIds: string[]; consent: string }
    for (const memberId of memberIds)
      if (consent === 'denied') denied.add(memberId)
      else denied.delete(memberId)
  }
  return denied
}
