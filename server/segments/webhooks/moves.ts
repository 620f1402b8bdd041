import { createHash, randomUUID } from 'node:crypto'
import type { Session } from '../../../analytics/engine/engine.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import type { Platform } from '../../platform.ts'
import { deletedAmong, deletionsOf } from '../../rights/deletions.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import { type Evaluation, evaluateSegment, type SegmentError } from '../evaluation.ts'
import { readSegment } from '../saved.ts'
import { mostInMessage, type SegmentMessage } from './message.ts'

export interface Webhook {
  readonly id: string
  readonly segmentId: string
}

export type TakenOutcome =
  /** `moves`: how many entries and exits were found; null on the first time, which tells nobody. */
  | { kind: 'taken'; moves: number | null }
  | { kind: 'no-such-segment' }
  | { kind: 'refused'; errors: readonly SegmentError[] }

/** Told before each write; may throw, as the end of the process would. */
export type Step = (name: 'moves' | 'messages' | 'clearing') => void

/** Whom one evaluation moves, and why. */
interface Turn {
  readonly evaluation: Evaluation
  readonly version: number
  readonly cause: SegmentMessage['data']['cause']
}

const hashOf = (evaluation: Evaluation): string =>
  createHash('sha256').update(evaluation.rule.meaning).digest('hex')

/**
 * Compares who is in a segment with whom its webhook told last, and writes down who entered and who left, in the
 * transaction that changes what it told: a move is found once, however a process ends. The first time only writes down
 * who is in. When the rule was edited, what the data did is told first, by the rule of before, and the edit's moves
 * after it as such; where the rule of before can't be asked any more, all of them are the edit's.
 */
export async function takeMoves(
  platform: Platform,
  workspace: Workspace,
  webhook: Webhook,
  signal?: AbortSignal,
  step: Step = () => {},
): Promise<TakenOutcome> {
  const { store, clock } = platform
  for (;;) {
    const segment = await readSegment(store, workspace, webhook.segmentId)
    const newest = segment?.versions[0]
    if (!newest) return { kind: 'no-such-segment' }
    const [state] = await workspace.engine.rows(
      sql`select version, meaning from webhook_states where webhook_id = ${webhook.id}`,
      { signal },
    )
    const now = await evaluateSegment(store, workspace, { expression: newest.expression }, signal)
    if (now.kind === 'refused') return now
    const edited = state !== undefined && state.meaning !== hashOf(now.evaluation)
    const turns: Turn[] = [
      { evaluation: now.evaluation, version: newest.version, cause: edited ? 'rule' : 'data' },
    ]
    const before = edited && segment.versions.find(({ version }) => version === Number(state.version))
    if (before) {
      const then = await evaluateSegment(store, workspace, { expression: before.expression }, signal)
      if (then.kind === 'evaluated' && hashOf(then.evaluation) === state.meaning)
        turns.unshift({ evaluation: then.evaluation, version: before.version, cause: 'data' })
    }
    const pseudonyms = (await deletionsOf(store, workspace.id)).map(({ pseudonym }) => pseudonym)
    step('moves')
    const moves = await workspace.engine.transaction(async (session) => {
      const [data] = await session.rows(sql`select data_version from workspace_state`)
      for (const { evaluation } of turns)
        if (evaluation.dataVersion !== Number(data!.dataVersion)) return undefined // the data moved in between
      return take(session, webhook.id, turns, pseudonyms, clock.now())
    })
    if (moves !== undefined) return { kind: 'taken', moves }
  }
}

async function take(
  session: Session,
  webhookId: string,
  turns: readonly Turn[],
  pseudonyms: readonly string[],
  at: Date,
): Promise<number | null> {
  const own = sql`webhook_id = ${webhookId}`
  const [state] = await session.rows(sql`select sequence from webhook_states where ${own}`)
  let sequence = Number(state?.sequence ?? 0)
  let moves = 0
  for (const { evaluation, version, cause } of turns) {
    await session.run(sql`create or replace temp table webhook_current as
      select members.member_id from ${evaluation.memberKeys} as chosen
      join members on members.member_key = chosen.member_key
      where members.member_id not in (select unnest(from_json(${JSON.stringify(pseudonyms)}, '["VARCHAR"]')))`)
    if (!state) continue
    await session.run(sql`create or replace temp table webhook_moved as
      select member_id, entered, row_number() over (order by not entered, member_id) - 1 as place from (
        select member_id, true as entered from webhook_current
        where member_id not in (select member_id from webhook_members where ${own})
        union all
        select member_id, false from webhook_members
        where ${own} and member_id not in (select member_id from webhook_current)
      ) as moved`)
    const [row] = await session.rows(sql`select count(*) as n from webhook_moved`)
    const n = Number(row!.n)
    if (n === 0) continue
    moves += n
    const { asOf, dataVersion } = evaluation
    for (let first = 0; first < n; first += mostInMessage) {
      sequence++
      const batchId = `msg_${randomUUID()}`
      await session.run(sql`insert into webhook_batches values
        (${batchId}, ${webhookId}, ${sequence}, ${cause}, ${version}, cast(${asOf} as date), ${dataVersion}, ${at.toISOString()})`)
      await session.run(sql`insert into webhook_moves select ${batchId}, member_id, entered from webhook_moved
        where place >= ${first} and place < ${first + mostInMessage}`)
    }
    await session.run(sql`delete from webhook_members where ${own}
      and member_id in (select member_id from webhook_moved where not entered)`)
    await session.run(
      sql`insert into webhook_members select ${webhookId}, member_id from webhook_moved where entered`,
    )
  }
  const last = turns.at(-1)!
  if (!state)
    await session.run(sql`insert into webhook_members select ${webhookId}, member_id from webhook_current`)
  await session.run(sql`delete from webhook_states where ${own}`)
  await session.run(sql`insert into webhook_states values
    (${webhookId}, ${last.version}, ${hashOf(last.evaluation)}, ${sequence})`)
  return state ? moves : null
}

/**
 * Makes messages of the moves that were found: each batch under its own id, in their order, so that doing it again
 * adds none. Who was deleted meanwhile is in none of them.
 */
export async function queueMoves(
  platform: Platform,
  workspace: Workspace,
  webhook: Webhook,
  step: Step = () => {},
): Promise<void> {
  const { store, clock } = platform
  const { engine } = workspace
  for (;;) {
    const [batch] =
      await engine.rows(sql`select batch_id, sequence, cause, version, as_of, data_version, taken_at
      from webhook_batches where webhook_id = ${webhook.id} order by sequence limit 1`)
    if (!batch) return
    const id = String(batch.batchId)
    const moved = (entered: boolean) =>
      engine.rows(sql`select member_id from webhook_moves
        where batch_id = ${id} and entered = ${entered} order by member_id`)
    const found = { entered: await moved(true), left: await moved(false) }
    const name = (await readSegment(store, workspace, webhook.segmentId))?.name
    step('messages')
    await store.transaction().execute(async (tx) => {
      const ids = { entered: found.entered.map(idOf), left: found.left.map(idOf) }
      const list = await deletionsOf(tx, workspace.id)
      const deleted = deletedAmong(list, [...ids.entered, ...ids.left])
      const pseudonyms = new Set(list.map(({ pseudonym }) => pseudonym))
      const there = (one: string) => !deleted.has(one) && !pseudonyms.has(one)
      const entered = ids.entered.filter(there)
      const left = ids.left.filter(there)
      if (name === undefined || entered.length + left.length === 0) return
      const body: SegmentMessage = {
        type: 'segment.members_changed',
        timestamp: String(batch.takenAt),
        data: {
          webhookId: webhook.id,
          segmentId: webhook.segmentId,
          segment: name,
          version: Number(batch.version),
          asOf: String(batch.asOf),
          dataVersion: Number(batch.dataVersion),
          cause: batch.cause as 'data' | 'rule',
          sequence: Number(batch.sequence),
          entered,
          left,
        },
      }
      const at = clock.now().toISOString()
      await tx
        .insertInto('segment_messages')
        .values({
          id,
          workspace_id: workspace.id,
          webhook_id: webhook.id,
          body: JSON.stringify(body),
          members: entered.length + left.length,
          state: 'queued',
          attempts: 0,
          due_at: at,
          last_error: null,
          created_at: at,
          delivered_at: null,
        })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute()
    })
    step('clearing')
    await engine.transaction(async (session) => {
      await session.run(sql`delete from webhook_moves where batch_id = ${id}`)
      await session.run(sql`delete from webhook_batches where batch_id = ${id}`)
    })
  }
}

const idOf = (row: Readonly<Record<string, unknown>>): string => String(row.memberId)
