import type { Expression } from '../../../analytics/segments/ast.ts'
import type { Row } from '../../../analytics/engine/engine.ts'
import { type ExplainedClause, type Explanation, explain } from '../../../analytics/segments/explain.ts'
import { print } from '../../../analytics/segments/print.ts'
import { type Leaf, leavesOf } from '../../../analytics/segments/references.ts'
import { decimalText } from '../../messages/money.ts'
import type { Language } from '../../messages/messages.ts'
import type { ResolvedRule } from '../prepare.ts'

/** What a reason is told with. */
export interface WhySetting {
  readonly asOf: string
  readonly currencyDecimals: number
  readonly segments: ReadonlyMap<string, Expression>
  readonly language: Language
}

/**
 * Why a rule selects a member, short enough for a cell: the conditions that hold, each with the member's own value in
 * brackets. `row` is the member's of `compileAnswers` for the rule's leaves. Of an "or" the parts that hold are told.
 */
export function whyIn(expression: Expression, row: Row, setting: WhySetting): string {
  const { language } = setting
  const leaves = leavesOf(expression, setting.segments)
  const values = Object.fromEntries(
    leaves.flatMap((leaf, i) => [
      [`v${i}`, (leaf.kind === 'clause' ? row[`v${i}`] : row[`h${i}`]) ?? null],
      [`n${i}`, row[`n${i}`] ?? null],
    ]),
  ) as Record<string, string | number | boolean | null>
  const explanation = explain(expression, values, { ...setting, windows: new Map(), days: new Map() })
  const next = language === 'en' ? '; ' : '；'
  return told(expression, explanation).join(next)

  function told(part: Expression, explained: Explanation): string[] {
    switch (part.kind) {
      case 'everyone':
        return []
      case 'and':
      case 'or':
        return part.parts.flatMap((one, i) => {
          const inside = (explained as { parts: readonly Explanation[] }).parts[i]!
          return inside.holds ? told(one, inside) : []
        })
      case 'segment': {
        const [inside] = (explained as { parts: readonly Explanation[] }).parts
        return [print(part, language), ...(inside ? told(setting.segments.get(part.name)!, inside) : [])]
      }
      case 'clause':
        return [`${print(part, language)}${valueOf(explained as ExplainedClause)}`]
      case 'not': {
        const [inside] = (explained as { parts: readonly Explanation[] }).parts
        return [`${print(part, language)}${inside?.kind === 'clause' ? valueOf(inside) : ''}`]
      }
      default:
        return [print(part, language)]
    }
  }

  function valueOf({ value, valueKind }: ExplainedClause): string {
    if (value === null || valueKind === 'set' || typeof value === 'boolean') return ''
    const text =
      valueKind === 'money' && typeof value === 'number'
        ? decimalText(Math.round(value), setting.currencyDecimals)
        : valueKind === 'percent'
          ? `${value}%`
          : String(value)
    return language === 'en' ? ` (${text})` : `（${text}）`
  }
}

/** The leaves whose answers `whyIn` reads; none where there are too many to ask beside everything else. */
export function askedLeaves({ expression, segments }: ResolvedRule): readonly Leaf[] {
  const leaves = leavesOf(expression, segments)
  return leaves.length > mostLeaves ? [] : leaves
}

const mostLeaves = 40
