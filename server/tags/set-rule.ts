import { duckdb } from '../../analytics/sql/duckdb.ts'
import { mergedIdentities } from '../../analytics/schema/member-views.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { sampleOf, type SampledMember } from '../segments/members.ts'
import { type Evaluation, evaluateSegment, type SegmentError } from '../segments/evaluation.ts'
import { savedRules } from '../segments/saved-rules.ts'
import { recordAudit } from '../settings/audit.ts'
import type { Store } from '../store/store.ts'
import { drainEvents } from '../workspaces/drain.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { keptOff } from './apply-rules.ts'
import { recordChange } from './changes.ts'
import { circleWith, rulesOf } from './rules.ts'
import { type Doing, tagId } from './tags.ts'

/** What switching a rule on would do now. */
export interface RulePreview {
  /** Canonical text. */
  readonly expression: string
  readonly asOf: string
  readonly dataVersion: number
  /** Whom the rule selects. */
  readonly members: number
  /** Of those, who do not carry the tag yet and get it. */
  readonly gains: number
  /** Who carry it by the rule of now and lose it. */
  readonly losses: number
  /** Whom the rule selects, and who stay without it because people took it off them. */
  readonly keptOff: number
  /** Who carry it by hand or from files, whatever the rule says. */
  readonly untouched: number
  /** Of those who get it, on whom it does not show: another tag of its exclusive group goes before it. */
  readonly covered: number
  /** Of those who get it, on whom it takes the place of another tag of its exclusive group. */
  readonly replaces: number
  readonly gaining: readonly SampledMember[]
  readonly losing: readonly SampledMember[]
}

export type RuleOutcome<T> =
  | { kind: 'done'; value: T }
  | { kind: 'refused'; errors: readonly SegmentError[] }
  /** The rule asks for its own tag, by way of these. */
  | { kind: 'circle'; tags: readonly string[] }
  | { kind: 'no-such-tag' }

const sampled = 8

/** What a rule would do to a tag, without doing it: who would get it and who would lose it. */
export async function previewRule(
  store: Store,
  workspace: Workspace,
  { tag, expression }: { tag: string; expression: string },
  signal?: AbortSignal,
): Promise<RuleOutcome<RulePreview>> {
  const read = await readRule(store, workspace, tag, expression, signal)
  if (read.kind !== 'done') return read
  const evaluation = read.value
  const { memberKeys } = evaluation
  const gaining = sql`(select member_key from ${memberKeys} as selected
    where member_key not in (${keptOff(tag)})
      and member_key not in (select member_key from every_tag_of_members where tag = ${tag}))`
  const losing = sql`(select member_key from automatic_tags where tag = ${tag}
    and member_key in (select member_key from every_tag_of_members where tag = ${tag} and source = 'automatic')
    and (member_key not in (select member_key from ${memberKeys} as selected) or member_key in (${keptOff(tag)})))`
  // of what was not set by hand the newest shows; of the same day what a file says, then the first by name
  const today = duckdb.date(workspace.today())
  const shown = sql`(select carried.member_key, carried.source = 'manual' or coalesce(said.newest_day, carried.added_day) > ${today}
      or (coalesce(said.newest_day, carried.added_day) = ${today} and (said.newest_day is not null or carried.tag < ${tag})) as stays
    from tags_of_members as carried
    join exclusive_tags as other on other.tag = carried.tag and other.tag <> ${tag}
    join exclusive_tags as own on own.tag_group = other.tag_group and own.tag = ${tag}
    left join (
      select coalesce(merged.member_key, tags_said.member_key) as member_key, tag, max(newest_day) as newest_day
      from tags_said left join ${mergedIdentities} as merged on merged.identity_key = tags_said.member_key group by all
    ) as said on said.member_key = carried.member_key and said.tag = carried.tag and carried.source = 'imported'
    where carried.member_key in (select member_key from ${gaining} as gaining))`
  const [counts] = await workspace.engine.rows(
    sql`select (select count(*) from ${shown} as shown where stays) as covered,
      (select count(*) from ${shown} as shown where not stays) as replaces, (select count(*) from ${gaining} as gaining) as gains, (select count(*) from ${losing} as losing) as losses,
      (select count(*) from ${memberKeys} as selected where member_key in (${keptOff(tag)})) as kept_off,
      (select count(*) from every_tag_of_members where tag = ${tag} and source <> 'automatic') as untouched`,
    { signal },
  )
  const sample = (keys: typeof gaining) =>
    sampleOf(store, workspace, { ...evaluation, memberKeys: keys }, sampled, signal)
  return {
    kind: 'done',
    value: {
      expression: evaluation.expression,
      asOf: evaluation.asOf,
      dataVersion: evaluation.dataVersion,
      members: evaluation.members,
      gains: Number(counts!.gains),
      losses: Number(counts!.losses),
      keptOff: Number(counts!.keptOff),
      untouched: Number(counts!.untouched),
      covered: Number(counts!.covered),
      replaces: Number(counts!.replaces),
      gaining: await sample(gaining),
      losing: await sample(losing),
    },
  }
}

async function readRule(
  store: Store,
  workspace: Workspace,
  tag: string,
  expression: string,
  signal: AbortSignal | undefined,
): Promise<RuleOutcome<Evaluation>> {
  const outcome = await evaluateSegment(store, workspace, { expression }, signal)
  if (outcome.kind === 'refused') return outcome
  const { evaluation } = outcome
  const rule = { tag, expression: evaluation.expression }
  const circle = circleWith(
    workspace,
    await savedRules(store, workspace),
    await rulesOf(store, workspace.id),
    rule,
  )
  return circle ? { kind: 'circle', tags: circle } : { kind: 'done', value: evaluation }
}

/**
 * Switches a tag's rule on, in place of the one that it has; the tag comes to be where there is none. Whom the rule
 * selects carry the tag once the rules are applied, which the caller sees to. Refused when it is no rule, or asks for
 * its own tag.
 */
export async function setRule(
  store: Store,
  workspace: Workspace,
  { tag, expression, proposal }: { tag: string; expression: string; proposal?: string | undefined },
  { by, at, reason }: Doing,
  signal?: AbortSignal,
): Promise<RuleOutcome<{ expression: string }>> {
  const read = await readRule(store, workspace, tag, expression, signal)
  if (read.kind !== 'done') return read
  const text = read.value.expression
  const circle = await store.transaction().execute(async (tx) => {
    // another rule may have been switched on meanwhile
    const closed = circleWith(workspace, await savedRules(tx, workspace), await rulesOf(tx, workspace.id), {
      tag,
      expression: text,
    })
    if (closed) return closed
    const id = await tagId(tx, workspace.id, tag, at)
    const values = {
      expression: text,
      proposal: proposal ?? null,
      set_by: by,
      set_at: at.toISOString(),
    }
    await tx
      .insertInto('tag_rules')
      .values({ tag_id: id, workspace_id: workspace.id, ...values })
      .onConflict((conflict) => conflict.column('tag_id').doUpdateSet(values))
      .execute()
    await recordChange(tx, workspace.id, { tagId: id, action: 'rule-on', detail: text, reason, by, at })
    await recordAudit(tx, { workspaceId: workspace.id, actor: by, action: 'tag-rule-on', subject: id, at })
    return null
  })
  return circle ? { kind: 'circle', tags: circle } : { kind: 'done', value: { expression: text } }
}

/** Switches a tag's rule off: once the rules are applied, nobody carries the tag by it. */
export async function dropRule(
  store: Store,
  workspace: Workspace,
  tag: string,
  { by, at, reason }: Doing,
): Promise<RuleOutcome<null>> {
  await drainEvents(store, workspace)
  return store.transaction().execute(async (tx): Promise<RuleOutcome<null>> => {
    const rule = await tx
      .selectFrom('tag_rules')
      .innerJoin('tags', 'tags.id', 'tag_rules.tag_id')
      .select(['tags.id', 'tag_rules.expression'])
      .where('tag_rules.workspace_id', '=', workspace.id)
      .where('tags.name', '=', tag)
      .executeTakeFirst()
    if (!rule) return { kind: 'no-such-tag' }
    await tx.deleteFrom('tag_rules').where('tag_id', '=', rule.id).execute()
    const change = { tagId: rule.id, action: 'rule-off', detail: rule.expression, reason, by, at } as const
    await recordChange(tx, workspace.id, change)
    await recordAudit(tx, {
      workspaceId: workspace.id,
      actor: by,
      action: 'tag-rule-off',
      subject: rule.id,
      at,
    })
    return { kind: 'done', value: null }
  })
}
