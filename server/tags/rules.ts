import type { Kysely, Transaction } from 'kysely'
import { clausesOf, type Expression, group } from '../../analytics/segments/ast.ts'
import { parse } from '../../analytics/segments/parse.ts'
import { print } from '../../analytics/segments/print.ts'
import { renamed } from '../../analytics/segments/rename.ts'
import { decimalsOf } from '../messages/money.ts'
import type { StoreSchema } from '../store/schema.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

/** A tag with the rule that puts it on and takes it off. */
export interface TagRule {
  readonly tag: string
  /** Canonical text. */
  readonly expression: string
}

/** The rules that are switched on, by tag. */
export async function rulesOf(tx: Kysely<StoreSchema>, workspaceId: string): Promise<TagRule[]> {
  return tx
    .selectFrom('tag_rules')
    .innerJoin('tags', 'tags.id', 'tag_rules.tag_id')
    .select(['tags.name as tag', 'tag_rules.expression'])
    .where('tag_rules.workspace_id', '=', workspaceId)
    .orderBy('tags.name')
    .execute()
}

/** One rule that holds where any of the texts does; null of none. */
export function eitherRule(workspace: Workspace, texts: readonly string[]): string | null {
  const parts = texts.map((text) => ruleIn(workspace, text)).filter((part) => part !== null)
  return parts.length === 0 ? null : print(group('or', parts))
}

/** Writes a tag's new name into the rules of tags, in the transaction that renames it. */
export async function rewriteTagRules(
  tx: Transaction<StoreSchema>,
  workspace: Workspace,
  { from, to }: { from: string; to: string },
): Promise<void> {
  const rules = await tx
    .selectFrom('tag_rules')
    .select(['tag_id', 'expression'])
    .where('workspace_id', '=', workspace.id)
    .execute()
  for (const { tag_id, expression } of rules) {
    const rule = ruleIn(workspace, expression)
    const next = rule === null ? expression : print(renamed(rule, 'tag', from, to))
    if (next !== expression)
      await tx.updateTable('tag_rules').set({ expression: next }).where('tag_id', '=', tag_id).execute()
  }
}

/**
 * The tags of the circle that a rule would close, from its own back to its own; null when there is none. A rule that
 * asks whether there is any tag at all asks for each.
 */
export function circleWith(workspace: Workspace, others: readonly TagRule[], rule: TagRule): string[] | null {
  const all = [...others.filter(({ tag }) => tag !== rule.tag), rule]
  const asks = new Map(all.map((one) => [one.tag, asksFor(workspace, one.expression)]))
  const next = (tag: string) => {
    const asked = asks.get(tag)
    return asked === undefined
      ? []
      : asked === 'any'
        ? [...asks.keys()]
        : asked.filter((one) => asks.has(one))
  }
  const path = [{ tag: rule.tag, before: null as number | null }]
  const seen = new Set<string>()
  for (let at = 0; at < path.length; at++) {
    for (const tag of next(path[at]!.tag)) {
      if (tag === rule.tag) {
        const circle = [tag]
        for (let step: number | null = at; step !== null; step = path[step]!.before)
          circle.unshift(path[step]!.tag)
        return circle
      }
      if (seen.has(tag)) continue
      seen.add(tag)
      path.push({ tag, before: at })
    }
  }
  return null
}

/** The rules in an order in which each comes after those whose tags it asks for; those in a circle come last, apart. */
export function inOrder(
  workspace: Workspace,
  rules: readonly TagRule[],
): { ordered: TagRule[]; circular: TagRule[] } {
  const names = rules.map(({ tag }) => tag)
  let left = rules.map((rule) => {
    const asked = asksFor(workspace, rule.expression)
    return { rule, asked: asked === 'any' ? names : asked }
  })
  const ordered: TagRule[] = []
  for (;;) {
    const waiting = new Set(left.map(({ rule }) => rule.tag))
    const ready = left.filter(({ asked }) => asked.every((tag) => !waiting.has(tag)))
    if (ready.length === 0) return { ordered, circular: left.map(({ rule }) => rule) }
    ordered.push(...ready.map(({ rule }) => rule))
    left = left.filter((one) => !ready.includes(one))
  }
}

/** The tags that a rule's text asks for by name, or that it asks for any. */
function asksFor(workspace: Workspace, text: string): readonly string[] | 'any' {
  const rule = ruleIn(workspace, text)
  if (rule === null) return []
  const names: string[] = []
  for (const { subject, test } of clausesOf(rule)) {
    if (subject.kind !== 'field' || subject.field !== 'tag') continue
    if (test.kind === 'compare') names.push(String(test.value))
    else if (test.kind === 'in') names.push(...test.values.map(String))
    else return 'any'
  }
  return names
}

/** The rule of a text; null when it is none any more. */
function ruleIn(workspace: Workspace, text: string): Expression | null {
  const parsed = parse(text, { currencyDecimals: decimalsOf(workspace.currency) })
  return parsed.kind === 'parsed' ? parsed.expression : null
}
