import { Worker } from 'node:worker_threads'
import type { ScratchSession } from '../engine/engine.ts'
import { fewest } from '../models/quality.ts'
import type { DerivedTables } from '../schema/derived.ts'
import { join, name, type Sql, sql } from '../sql/sql.ts'
import { historiesOfMembers, type MemberHistories } from './histories-of-members.ts'
import {
  horizons,
  type ModelOutcome,
  type Scored,
  scored,
  type ScoreSettings,
  type ScoringStep,
  scoringSteps,
} from './scores.ts'

export interface ToScore {
  readonly histories: MemberHistories
  readonly settings: ScoreSettings
}

export type WorkerReply = { readonly step: ScoringStep } | { readonly scored: Scored }

export interface ScoringOptions {
  readonly signal?: AbortSignal | undefined
  /** Told which share of the work is done. */
  readonly onShare?: (share: number) => void
}

/** Reading the members is a step, and writing what is foretold of them. */
const steps = scoringSteps.length + 2
const patienceMs = 10 * 60_000

/** The columns of net within each horizon, and of its variance. */
export const expectedWithin = (days: number): Sql => name(`expected_${days}`)
export const varianceWithin = (days: number): Sql => name(`variance_${days}`)

/**
 * Makes the table of scores of a day's tables, which is not there yet: fits the models to all members of that day in a
 * thread of its own and writes what they foretell, money discounted as the workspace has it. The table has no row where P(alive) is refused, and no amounts where
 * these are. An abort ends the thread and rejects with the signal's reason.
 */
export async function makeScores(
  session: ScratchSession,
  tables: DerivedTables,
  asOf: string,
  { signal, onShare }: ScoringOptions = {},
): Promise<ModelOutcome> {
  const done = (of: number) => onShare?.(of / steps)
  const histories = await historiesOfMembers(session, tables, asOf, signal)
  done(1)
  const [state] = await session.rows(sql`select clv_discount_percent from workspace_state`)
  const settings = { discountRate: Number(state!.clvDiscountPercent) / 100 }
  const { outcome, scores } = await scoredAside({ histories, settings }, signal, (step) =>
    done(2 + scoringSteps.indexOf(step)),
  )
  await session.run(sql`create table ${tables.memberScores} (member_key integer, alive integer, clv_minor bigint,
    clv_if_alive_minor bigint, ${join(horizons.map((days) => sql`${expectedWithin(days)} double, ${varianceWithin(days)} double`))})`)
  if (scores) {
    const { alive, clv, clvIfAlive, expected, variance } = scores
    const amounts = clv && clvIfAlive && expected && variance
    const columns = [
      sql`member_key integer, alive integer`,
      ...(amounts
        ? [
            sql`clv double, clv_if_alive double`,
            ...horizons.map((days) => sql`${expectedWithin(days)} double, ${varianceWithin(days)} double`),
          ]
        : []),
    ]
    const written = name(`${String(tables.memberScores.chunks[0])}_written`)
    await session.run(sql`create table ${written} (${join(columns)})`)
    await session.append(String(written.chunks[0]), [
      histories.memberKey,
      alive,
      ...(amounts ? [clv, clvIfAlive, ...horizons.flatMap((_, i) => [expected[i]!, variance[i]!])] : []),
    ])
    const foretold = amounts
      ? sql`cast(round(clv) as bigint), cast(round(clv_if_alive) as bigint),
        ${join(horizons.map((days) => sql`${expectedWithin(days)}, ${varianceWithin(days)}`))}`
      : join(Array.from({ length: 2 + 2 * horizons.length }, () => sql`null`))
    await session.run(
      sql`insert into ${tables.memberScores} select member_key, alive, ${foretold} from ${written} order by member_key`,
      { signal, timeoutMs: patienceMs },
    )
    await session.run(sql`drop table ${written}`)
  }
  done(steps)
  return outcome
}

/** In a quiet thread of its own, unless there is nothing to fit. */
async function scoredAside(
  what: ToScore,
  signal: AbortSignal | undefined,
  onStep: (step: ScoringStep) => void,
): Promise<Scored> {
  const { histories, settings } = what
  if (histories.frequency.length < fewest.members) return scored(histories, settings, onStep)
  signal?.throwIfAborted()
  const worker = new Worker(new URL('./score-worker.ts', import.meta.url), {
    workerData: what,
    transferList: columnsOf(histories).map(({ buffer }) => buffer as ArrayBuffer),
  })
  const { promise, resolve, reject } = Promise.withResolvers<Scored>()
  const failed = (cause?: unknown) => reject(new Error('The thread that fits the models ended.', { cause }))
  const stop = () => reject(signal!.reason)
  worker.on('message', (reply: WorkerReply) => ('step' in reply ? onStep(reply.step) : resolve(reply.scored)))
  worker.once('error', failed)
  worker.once('exit', () => failed())
  signal?.addEventListener('abort', stop, { once: true })
  try {
    return await promise
  } finally {
    signal?.removeEventListener('abort', stop)
    await worker.terminate()
  }
}

/** Those that the thread takes with it; who is who stays here. */
const columnsOf = (histories: MemberHistories) =>
  Object.values({ ...histories, memberKey: null }).filter((column) => ArrayBuffer.isView(column))
