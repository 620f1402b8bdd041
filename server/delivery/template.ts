import { Liquid, type Template } from 'liquidjs'
import type { Listed } from '../messages/messages.ts'

/** What a message may name, each with words for people where they choose. */
export const templateValues = [
  'member.name',
  'member.id',
  'member.tier',
  'member.points',
  'member.region',
  'coupon.code',
  'coupon.offer',
  'coupon.gives',
  'coupon.last_day',
  'campaign.name',
  'shop.name',
  'unsubscribe',
] as const
export type TemplateValue = (typeof templateValues)[number]
/** A value that is not there is unknown of this member. */
export type Values = Partial<Record<TemplateValue, string>>

/** Filters that give back what they get, or part of it: none that could turn the escaping of HTML off. */
const allowedFilters = new Set(['default', 'upcase', 'downcase', 'capitalize', 'truncate'])

/** The engine without any logic: no tag reads a file, loops or decides, and what is unknown is an error. */
function engineFor(outputEscape: 'escape' | undefined): Liquid {
  const engine = new Liquid({
    strictVariables: true,
    strictFilters: true,
    lenientIf: true, // an unknown value is fine where `default` says what stands in its place
    ownPropertyOnly: true,
    templates: {},
    relativeReference: false,
    parseLimit: 200_000,
    renderLimit: 1_000,
    memoryLimit: 10_000_000,
    ...(outputEscape ? { outputEscape } : {}),
  })
  for (const name of Object.keys(engine.tags)) delete engine.tags[name]
  for (const name of Object.keys(engine.filters)) if (!allowedFilters.has(name)) delete engine.filters[name]
  return engine
}

const engines = { text: engineFor(undefined), html: engineFor('escape') }

export type TemplateProblem =
  | { id: 'template-unreadable' | 'template-has-tags' }
  | { id: 'template-unknown-value'; values: { names: Listed; values: Listed } }

/** A text with `{{ names }}` in it, read and checked. */
export interface MessageTemplate {
  /** The names it uses. */
  readonly uses: readonly TemplateValue[]
  /** The text with its values; null when one that it needs is unknown. In HTML values are escaped. */
  render(values: Values): string | null
}

/** Reads a template: `{{ member.name }}`, or `{{ member.name | default: "you" }}` where it may be unknown. */
export function readTemplate(
  text: string,
  form: 'text' | 'html',
): { kind: 'read'; template: MessageTemplate } | { kind: 'refused'; problem: TemplateProblem } {
  const engine = engines[form]
  let parsed: Template[]
  let named: string[]
  try {
    parsed = engine.parse(text)
    named = engine.fullVariablesSync(parsed)
  } catch (error) {
    const hasTags = error instanceof Error && /tag ".*" not found/.test(error.message)
    return { kind: 'refused', problem: { id: hasTags ? 'template-has-tags' : 'template-unreadable' } }
  }
  const uses = templateValues.filter((value) => named.includes(value))
  const unknown = [...new Set(named)].filter((each) => !(templateValues as readonly string[]).includes(each))
  if (unknown.length > 0)
    return {
      kind: 'refused',
      problem: {
        id: 'template-unknown-value',
        values: { names: { listed: unknown }, values: { listed: templateValues } },
      },
    }
  return {
    kind: 'read',
    template: {
      uses,
      render(values) {
        try {
          return String(engine.renderSync(parsed, nested(values)))
        } catch (error) {
          if (error instanceof Error && error.name === 'UndefinedVariableError') return null
          throw error
        }
      },
    },
  }
}

/** Reads a template that was accepted before. */
export function goodTemplate(text: string, form: 'text' | 'html'): MessageTemplate {
  const outcome = readTemplate(text, form)
  if (outcome.kind === 'refused')
    throw new Error(`A template that was accepted is refused: ${outcome.problem.id}`)
  return outcome.template
}

/** `member.name` becomes `{ member: { name } }`. */
function nested(values: Values): Record<string, unknown> {
  const groups: Record<string, unknown> = { member: {}, coupon: {}, campaign: {}, shop: {} }
  for (const [name, value] of Object.entries(values)) {
    const [group, field] = name.split('.') as [string, string | undefined]
    if (field === undefined) groups[group] = value
    else (groups[group] as Record<string, unknown>)[field] = value
  }
  return groups
}

/**
 * The names that are unknown of somebody of whom `known` names are known, and needed: what a template asks for
 * without a `default`. It has no logic, so that what is known decides, and not what it says.
 */
export function missingOf(template: MessageTemplate, known: ReadonlySet<TemplateValue>): TemplateValue[] {
  const filled = (names: readonly TemplateValue[]) => Object.fromEntries(names.map((name) => [name, 'x']))
  if (template.render(filled(template.uses.filter((name) => known.has(name)))) !== null) return []
  return template.uses.filter((name) => {
    if (known.has(name)) return false
    return template.render(filled(template.uses.filter((other) => other !== name))) === null
  })
}
