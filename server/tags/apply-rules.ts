import type { TransactionSession } from '../../analytics/engine/engine.ts'
import { memberNames } from '../../analytics/relations/member-names.ts'
import { compile } from '../../analytics/segments/compile.ts'
import { duckdb } from '../../analytics/sql/duckdb.ts'
import { type Sql, sql } from '../../analytics/sql/sql.ts'
import { type PreparedSegment, prepareSegment, resolveRule } from '../segments/prepare.ts'
import { savedRules } from '../segments/saved-rules.ts'
import type { Store } from '../store/store.ts'
import { drainedState } from '../workspaces/drain.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { inOrder, rulesOf, type TagRule } from './rules.ts'

/** What an application of the rules did. */
export interface Applied {
  /** Rules that were applied. */
  readonly rules: number
  readonly putOn: number
  readonly takenOff: number
  /** Rules that select nobody now, because they are no rule any more or ask for each other; what they put on stays. */
  readonly refused: readonly string[]
}

/** How far an application is. */
export interface RuleProgress {
  readonly done: number
  readonly of: number
}

type Prepared = Extract<PreparedSegment, { kind: 'prepared' }>

/**
 * Brings the automatic tags in line with their rules, the data and the day, in one engine transaction, so that a
 * process which ends half way has changed nothing and the next one does it all. Each rule comes after those whose tags
 * it asks for. Who was decided by hand to be without a tag is left alone. Null when nothing has changed since.
 */
export async function applyTagRules(
  store: Store,
  workspace: Workspace,
  now: Date,
  { signal, progress }: { signal?: AbortSignal; progress?: (progress: RuleProgress) => void } = {},
): Promise<Applied | null> {
  for (;;) {
    signal?.throwIfAborted()
    const state = await drainedState(store, workspace, signal)
    const version = Number(state.dataVersion)
    const rules = await rulesOf(store, workspace.id)
    const day = workspace.today()
    const meanings = await Promise.all(
      rules.map(async ({ tag, expression }) => {
        const read = await resolveRule(store, workspace, expression)
        return [tag, read.kind === 'resolved' ? read.rule.meaning : null]
      }),
    )
    const key = JSON.stringify([meanings, state.asOf ?? day, day, workspace.dormancy, workspace.rfm])
    const [last] = await workspace.engine.rows(sql`select rules, data_version from tag_rules_applied`, {
      signal,
    })
    if (last ? last.rules === key && Number(last.dataVersion) === version : rules.length === 0) return null
    const { ordered, circular } = inOrder(workspace, await savedRules(store, workspace), rules)
    const prepared: { rule: TagRule; ready: Prepared }[] = []
    const refused = circular.map(({ tag }) => tag)
    for (const rule of ordered) {
      const ready = await prepareSegment(store, workspace, { expression: rule.expression }, signal)
      if (ready.kind === 'prepared') prepared.push({ rule, ready })
      else refused.push(rule.tag)
    }
    const applied = await workspace.engine.largeTransaction(
      async (session) => {
        const [at] = await session.rows(sql`select data_version from workspace_state`)
        if (Number(at!.dataVersion) !== version) return null // the data moved in between
        let putOn = 0
        let takenOff = 0
        const change = async (tag: string, wanted: Sql) => {
          const done = await bringInLine(session, tag, wanted, {
            day,
            now,
            asOf: asOfOf(prepared, day),
            signal,
          })
          putOn += done.putOn
          takenOff += done.takenOff
        }
        const ruled = new Set(rules.map(({ tag }) => tag))
        const standing = await session.rows(sql`select distinct tag from automatic_tags order by tag`)
        for (const { tag } of standing)
          if (!ruled.has(String(tag))) await change(String(tag), sql`select 0 as member_key where false`)
        for (const [done, { rule, ready }] of prepared.entries()) {
          progress?.({ done, of: prepared.length })
          await change(rule.tag, compile(ready.rule.expression, ready.setting, duckdb))
        }
        const changed = putOn + takenOff > 0
        if (changed) await session.run(sql`update workspace_state set data_version = data_version + 1`)
        await session.run(sql`delete from tag_rules_applied`)
        await session.run(sql`insert into tag_rules_applied select ${key}, data_version from workspace_state`)
        return { rules: prepared.length, putOn, takenOff, refused }
      },
      { signal },
    )
    if (applied) return applied
  }
}

const asOfOf = (prepared: readonly { ready: Prepared }[], day: string) => prepared[0]?.ready.at.asOf ?? day

interface When {
  readonly day: string
  readonly now: Date
  readonly asOf: string
  readonly signal: AbortSignal | undefined
}

/** Puts a tag on those of `wanted` (`member_key`) who lack it, takes it off those who are not wanted, and notes how many. */
async function bringInLine(
  session: TransactionSession,
  tag: string,
  wanted: Sql,
  { day, now, asOf, signal }: When,
): Promise<{ putOn: number; takenOff: number }> {
  const today = duckdb.date(day)
  await session.run(
    sql`create or replace temp table rule_wants as select member_key from (${wanted}) as selected
    where member_key not in (${keptOff(tag)})`,
    { signal },
  )
  await session.run(sql`create or replace temp table rule_drops as select member_key, added_day from automatic_tags
    where tag = ${tag} and member_key not in (select member_key from rule_wants)`)
  await session.run(sql`delete from rule_wants
    where member_key in (select member_key from automatic_tags where tag = ${tag})`)
  const [counts] = await session.rows(sql`select (select count(*) from rule_wants) as put_on,
    (select count(*) from rule_drops) as taken_off`)
  const putOn = Number(counts!.putOn)
  const takenOff = Number(counts!.takenOff)
  if (putOn + takenOff === 0) return { putOn, takenOff }
  await session.run(sql`insert into removed_tags (member_key, tag, added_day, removed_day)
    select member_key, ${tag}, added_day, ${today} from rule_drops where added_day < ${today}`)
  await session.run(sql`delete from automatic_tags
    where tag = ${tag} and member_key in (select member_key from rule_drops)`)
  await session.run(sql`insert into automatic_tags (member_key, tag, added_day)
    select member_key, ${tag}, ${today} from rule_wants order by member_key`)
  await session.run(sql`insert into tag_rule_runs (tag, ran_at, as_of, put_on, taken_off)
    values (${tag}, cast(${now.toISOString().slice(0, 19)} as timestamp), ${duckdb.date(asOf)}, ${putOn}, ${takenOff})`)
  return { putOn, takenOff }
}

/** Members of whom people said that they do not carry the tag, by any of their ids. */
export const keptOff = (tag: string): Sql => sql`select members.member_key from tags_set
  join ${memberNames} as names on names.named = tags_set.member_id
  join members on members.member_key = names.member_key
  where tags_set.tag = ${tag} and not tags_set.carries`
