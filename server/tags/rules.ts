import type { Kysely } from 'kysely'
import { type Expression, group, partsOf } from '../../analytics/segments/ast.ts'
import { parse } from '../../analytics/segments/parse.ts'
import { print } from '../../analytics/segments/print.ts'
import { resolveSegments } from '../../analytics/segments/references.ts'
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

/**
 * The tags of the circle that a rule would close, from its own back to its own; null when there is none. A rule that
 * asks whether there is any tag at all asks for each. `saved`: the saved segments, through which rules ask too.
 */
export function circleWith(
  workspace: Workspace,
  saved: ReadonlyMap<string, Expression>,
  others: readonly TagRule[],
  rule: TagRule,
): string[] | null {
  const all = [...others.filter(({ tag }) => tag !== rule.tag), rule]
  const asks = new Map(all.map((one) => [one.tag, asksFor(workspace, saved, one.expression)]))
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

/** Thrown in a transaction that would close such a circle, to take it back. */
export class TagCircle extends Error {
  readonly tags: readonly string[]
  constructor(tags: readonly string[]) {
    super('The rules of tags would ask for each other.')
    this.tags = tags
  }
}

/** The rules in an order in which each comes after those whose tags it asks for; those in a circle come last, apart. */
export function inOrder(
  workspace: Workspace,
  saved: ReadonlyMap<string, Expression>,
  rules: readonly TagRule[],
): { ordered: TagRule[]; circular: TagRule[] } {
  const names = rules.map(({ tag }) => tag)
  let left = rules.map((rule) => {
    const asked = asksFor(workspace, saved, rule.expression)
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

/** The tags that a rule's text asks for by name, itself or through segments and of any day, or that it asks for any. */
function asksFor(
  workspace: Workspace,
  saved: ReadonlyMap<string, Expression>,
  text: string,
): readonly string[] | 'any' {
  const rule = ruleIn(workspace, text)
  const found = rule && resolveSegments(rule, saved)
  if (found?.kind !== 'found') return [] // no rule any more: it is not applied
  const names = new Set<string>()
  let any = false
  const visit = (part: Expression): void => {
    if (part.kind !== 'clause') return partsOf(part).forEach(visit)
    const { subject, test } = part
    if (subject.kind !== 'field' || subject.field !== 'tag') return
    if (test.kind === 'compare') names.add(String(test.value))
    else if (test.kind === 'in') test.values.forEach((value) => names.add(String(value)))
    else any = true
  }
  for (const part of [rule!, ...found.segments.values()]) visit(part)
  return any ? 'any' : [...names]
}

/** The rule of a text; null when it is none any more. */
function ruleIn(workspace: Workspace, text: string): Expression | null {
  const parsed = parse(text, { currencyDecimals: decimalsOf(workspace.currency) })
  return parsed.kind === 'parsed' ? parsed.expression : null
}
