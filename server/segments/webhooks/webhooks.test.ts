import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { refreshDerivedTables } from '../../../analytics/schema/refresh.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import { openTestShop, type TestShop } from '../../campaigns/campaign-shop.fixture.ts'
import { showSecret } from '../../delivery/secrets.ts'
import { errorText } from '../../delivery/errors.ts'
import { mostAttempts } from '../../delivery/lease.ts'
import { deleteMember } from '../../rights/delete-member.ts'
import { removeSegment, saveSegment } from '../saved.ts'
import { mostInMessage, SegmentMessage } from './message.ts'
import type { Step } from './moves.ts'
import { addWebhook, listWebhooks, removeWebhook, resendDead } from './webhooks.ts'
import { lookForMoves, type SegmentWebhooks, startSegmentWebhooks } from './worker.ts'

let shop: TestShop
let receiver: Server
let received: { headers: IncomingHttpHeaders; body: string; message: SegmentMessage }[]
let answer: (message: SegmentMessage) => number | 'hang'
let running: SegmentWebhooks | undefined
let url: string

beforeEach(async () => {
  shop = await openTestShop(20)
  received = []
  answer = () => 204
  receiver = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const message = SegmentMessage.parse(JSON.parse(body))
      received.push({ headers: request.headers, body, message })
      const status = answer(message)
      if (status !== 'hang') response.writeHead(status).end()
    })
  })
  await new Promise<void>((ready) => receiver.listen(0, '127.0.0.1', ready))
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/moves`
})
afterEach(async () => {
  await running?.stop()
  running = undefined
  receiver.closeAllConnections()
  receiver.close()
  await shop.close()
})

const doing = () => ({ by: 'test', at: shop.clock.now() })

async function save(name: string, expression: string, id?: string): Promise<string> {
  const saved = await saveSegment(shop.platform.store, shop.workspace, { id, name, expression }, doing())
  if (saved.kind !== 'saved') throw new Error(saved.kind)
  return saved.id
}

async function hook(segmentId: string): Promise<string> {
  const added = await addWebhook(shop.platform.store, shop.workspace, { segmentId, url }, doing())
  if (added.kind !== 'added') throw new Error(added.kind)
  return added.webhookId
}

/** Points are a fact that a change of data sets at once. */
const setPoints = (points: number, memberIds: readonly string[]) =>
  shop.workspace.engine.transaction(async (session) => {
    await session.run(sql`update members set points = ${points}
      where member_id in (select unnest(from_json(${JSON.stringify(memberIds)}, '["VARCHAR"]')))`)
    await session.run(sql`update workspace_state set data_version = data_version + 1`)
    await refreshDerivedTables(session, {}, '2026-11-22')
  })

const look = (step?: Step) => lookForMoves(shop.platform, shop.workspace, new Map(), undefined, step)

/** Every message that was made, in its order. */
async function messages(): Promise<SegmentMessage[]> {
  const rows = await shop.platform.store
    .selectFrom('segment_messages')
    .select('body')
    .where('body', '<>', '')
    .orderBy('seq')
    .execute()
  return rows.map(({ body }) => SegmentMessage.parse(JSON.parse(body)))
}

/** A look whose process ends before a step, if it comes so far. */
const endingAt = (at: Parameters<Step>[0]) =>
  look((step) => {
    if (step === at) throw new Error('ended')
  }).catch((error: unknown) => {
    if (!String(error).includes('ended')) throw error
  })

const told = async () =>
  (await messages()).map(({ data: { cause, entered, left } }) => ({ cause, entered, left }))
const eventually = (check: () => Promise<void> | void) => vi.waitFor(check, { timeout: 20_000, interval: 50 })

test('the first look tells nobody; then who enters and leaves is told by id, signed', async () => {
  const shown = await showSecret(shop.platform.store, shop.workspace.id, shop.clock.now())
  if (shown.kind !== 'shown') throw new Error(shown.kind)
  await shop.workspace.engine.run(sql`update members set phone = '13800000001', name = '王一'`)
  await setPoints(100, ['M0001', 'M0002'])
  const segmentId = await save('Rich', 'points >= 100')
  const webhookId = await hook(segmentId)
  await look()
  expect(await messages()).toEqual([])
  shop.clock.instant = new Date() // the signature's time is checked against the real clock
  await setPoints(100, ['M0003'])
  await setPoints(0, ['M0001'])
  running = startSegmentWebhooks(shop.platform)
  await eventually(() => expect(received).toHaveLength(1))
  const [{ headers, body, message }] = received as [(typeof received)[0]]
  expect(new Webhook(shown.secret).verify(body, headers as Record<string, string>)).toEqual(message)
  expect(headers['webhook-id']).toMatch(/^msg_/)
  expect(message.data).toEqual({
    webhookId,
    segmentId,
    segment: 'Rich',
    version: 1,
    asOf: '2026-11-21',
    dataVersion: expect.any(Number),
    cause: 'data',
    sequence: 1,
    entered: ['M0003'],
    left: ['M0001'],
  })
  expect(body).not.toMatch(/1380000|王一/)
  await eventually(async () =>
    expect(await listWebhooks(shop.platform, shop.workspace, segmentId)).toMatchObject([
      { id: webhookId, segment: 'Rich', queued: 0, delivered: 1, dead: 0, newestError: null },
    ]),
  )
})

test('an edit of the rule, or of a segment that it names, is told as such and after what the data did', async () => {
  await setPoints(100, ['M0001', 'M0002'])
  const base = await save('Base', 'points >= 100')
  const segmentId = await save('Rich', 'segment "Base"')
  await hook(segmentId)
  await look()
  await setPoints(100, ['M0003'])
  await save('Rich', 'segment "Base" and not member in ("M0002")', segmentId)
  await look()
  expect(await told()).toEqual([
    { cause: 'data', entered: ['M0003'], left: [] },
    { cause: 'rule', entered: [], left: ['M0002'] },
  ])
  await save('Base', 'points >= 100 or member in ("M0009")', base)
  await look()
  expect((await told()).at(-1)).toEqual({ cause: 'rule', entered: ['M0009'], left: [] })
  expect((await messages()).map(({ data }) => data.sequence)).toEqual([1, 2, 3])
})

test('whatever breaks off where, each move is told once and in order', { timeout: 120_000 }, async () => {
  const segmentId = await save('Rich', 'points >= 100')
  await hook(segmentId)
  await look()
  const everybody = Array.from({ length: 20 }, (_, i) => `M${String(i + 1).padStart(4, '0')}`)
  const inside = new Set<string>()
  const wanted: string[] = []
  let seed = 7
  const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below
  const breaks = ['moves', 'messages', 'clearing'] as const
  for (let round = 0; round < 9; round++) {
    const [entering, leaving] = [everybody[random(20)]!, everybody[random(20)]!]
    await setPoints(100, [entering])
    if (leaving !== entering) await setPoints(0, [leaving])
    const at = breaks[round % 3]!
    await endingAt(at)
    if (round % 4 === 2) shop = await shop.reopen()
    await look()
    if (!inside.has(entering)) wanted.push(`+${entering}`)
    inside.add(entering)
    if (leaving !== entering && inside.delete(leaving)) wanted.push(`-${leaving}`)
  }
  const moved = (await messages()).flatMap(({ data }) => [
    ...data.entered.map((id) => `+${id}`),
    ...data.left.map((id) => `-${id}`),
  ])
  expect(moved).toEqual(wanted)
  expect(wanted.length).toBeGreaterThan(8)
})

test('many moves are few messages', async () => {
  const newcomers = 2 * mostInMessage + 500
  const segmentId = await save('Rich', 'points >= 100')
  await hook(segmentId)
  await look()
  await shop.workspace.engine.transaction(async (session) => {
    await session.run(sql`insert into members (member_key, member_id, consent, points)
      select cast(range + 1000 as integer), 'N' || cast(range as varchar), 'unknown', 500 from range(${newcomers})`)
    await session.run(sql`update workspace_state set data_version = data_version + 1`)
    await refreshDerivedTables(session, {}, '2026-11-22')
  })
  await look()
  const made = await messages()
  expect(made.map(({ data }) => data.entered.length)).toEqual([mostInMessage, mostInMessage, 500])
  expect(new Set(made.flatMap(({ data }) => data.entered)).size).toBe(newcomers)
})

test('a receiver that fails hears nothing out of order; what is given up is seen and can be sent again', async () => {
  const segmentId = await save('Rich', 'points >= 100')
  const webhookId = await hook(segmentId)
  await look()
  await setPoints(100, ['M0001'])
  await look()
  await setPoints(0, ['M0001'])
  await look()
  answer = ({ data }) => (data.sequence === 1 ? 500 : 204)
  running = startSegmentWebhooks(shop.platform)
  const heardBefore: number[] = []
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    await eventually(() => {
      const heard = received.filter(({ message }) => message.data.sequence === 1)
      // the wait after an attempt begins when it is settled, which is a moment after it was heard
      if (heard.length < attempt) shop.clock.instant = new Date(shop.clock.instant.getTime() + 8 * 3_600_000)
      expect(heard).toHaveLength(attempt)
    })
    heardBefore.push(received.length)
  }
  await eventually(async () =>
    expect((await listWebhooks(shop.platform, shop.workspace))[0]).toMatchObject({
      dead: 1,
      delivered: 1,
      queued: 0,
    }),
  )
  const { newestError } = (await listWebhooks(shop.platform, shop.workspace))[0]!
  expect(errorText('en', newestError)).toBe('The receiver answered 500.')
  // the second waits for the first, until that is given up
  expect(heardBefore.slice(0, -1)).toEqual(Array.from({ length: mostAttempts - 1 }, (_, i) => i + 1))
  expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(2)
  answer = () => 204
  expect(await resendDead(shop.platform.store, shop.workspace, webhookId, doing())).toBe(1)
  await eventually(async () =>
    expect((await listWebhooks(shop.platform, shop.workspace))[0]).toMatchObject({ dead: 0, delivered: 2 }),
  )
  expect(received.at(-1)!.message.data.sequence).toBe(1)
}, 60_000)

test('who is deleted is in no message that waits, and their leaving is told to nobody', async () => {
  const segmentId = await save('Rich', 'points >= 100')
  await hook(segmentId)
  await look()
  await setPoints(100, ['M0001', 'M0002'])
  await look()
  await setPoints(100, ['M0003'])
  // the next batch is found and not yet a message
  await endingAt('messages')
  for (const memberId of ['M0001', 'M0003'])
    await deleteMember(shop.platform, shop.workspace, { memberId, actor: 'owner' })
  await look()
  expect(await told()).toEqual([{ cause: 'data', entered: ['M0002'], left: [] }])
  const kept = await shop.workspace.engine.rows(sql`select member_id from webhook_members`)
  expect(kept).toEqual([{ memberId: 'M0002' }])
})

test('what is removed tells nobody any more, nor is anything kept for it', async () => {
  const [first, second] = [await save('Rich', 'points >= 100'), await save('Poor', 'points < 100')]
  const webhookId = await hook(first)
  await hook(second)
  await look()
  await setPoints(100, ['M0001'])
  await look()
  expect(await removeWebhook(shop.platform.store, shop.workspace, webhookId, doing())).toBe(true)
  await removeSegment(shop.platform.store, shop.workspace, second, doing())
  await look()
  await look()
  running = startSegmentWebhooks(shop.platform)
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  expect(received).toEqual([])
  expect(await listWebhooks(shop.platform, shop.workspace)).toEqual([])
  expect(await shop.workspace.engine.rows(sql`select webhook_id from webhook_states`)).toEqual([])
  const states = await shop.platform.store.selectFrom('segment_messages').select('state').execute()
  expect(new Set(states.map(({ state }) => state))).toEqual(new Set(['dropped']))
})
