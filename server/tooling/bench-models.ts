import { sql } from '../../analytics/sql/sql.ts'
import { gathered } from '../../analytics/models/histories.ts'
import { candidates } from '../../analytics/models/selection.ts'
import { historiesOfMembers, type MemberHistories } from '../../analytics/scores/histories-of-members.ts'
import { makeScores } from '../../analytics/scores/scoring.ts'
import { derivedTables } from '../../analytics/schema/derived.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

interface Taken {
  readonly wall: number
  readonly cpu: number
}

/** What fitting the models to all members takes; milliseconds, megabytes. */
export interface ModelFigures {
  readonly buyers: number
  readonly histories: number
  readonly read: Taken
  /** Each model fitted to everybody by whole weeks, from where every twentieth member says that its maximum is near. */
  readonly fits: readonly (Taken & { readonly model: string })[]
  /** All that a rule or a page waits for: read, fitted, tried, foretold, written. */
  readonly whole: Taken
  /** How much more memory the process had at most meanwhile than before. */
  readonly memory: number
}

const patienceMs = 60 * 60_000
const sampledOf = 20

async function taken(work: () => Promise<unknown>): Promise<Taken> {
  const [began, before] = [performance.now(), process.cpuUsage()]
  await work()
  const { user, system } = process.cpuUsage(before)
  return { wall: performance.now() - began, cpu: (user + system) / 1000 }
}

export async function measureModels({ engine }: Workspace): Promise<ModelFigures> {
  const [state] = await engine.rows(sql`select as_of from workspace_state`)
  const asOf = String(state!.asOf)
  const tables = derivedTables()
  await engine.rows(sql`select sum(net_minor) as net from ${tables.memberDay}`, { timeoutMs: patienceMs })
  const [held] = [process.memoryUsage().rss]
  let most = held
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20)
  const whole = await taken(() =>
    engine.scratch((session) => makeScores(session, tables, asOf), { timeoutMs: patienceMs }),
  )
  clearInterval(watch)
  let histories: MemberHistories | undefined
  const read = await taken(() =>
    engine.scratch(
      async (session) => {
        histories = await historiesOfMembers(session, tables, asOf)
      },
      { timeoutMs: patienceMs },
    ),
  )
  const { frequency, recencyDays, ageDays } = histories!
  const weeks = (days: Int32Array) => Float64Array.from(days, (day) => Math.round(day / 7))
  const some = <Column extends Int32Array>(column: Column) => column.filter((_, at) => at % sampledOf === 0)
  const everybody = gathered(frequency, weeks(recencyDays), weeks(ageDays))
  const sample = gathered(some(frequency), weeks(some(recencyDays)), weeks(some(ageDays)))
  const fits = []
  for (const model of candidates)
    fits.push({
      model: model.name,
      ...(await taken(async () => model.fit(everybody, 0, model.fit(sample, 0).parameters))),
    })
  return {
    buyers: frequency.length,
    histories: everybody.members.length,
    read,
    fits,
    whole,
    memory: (most - held) / 2 ** 20,
  }
}
