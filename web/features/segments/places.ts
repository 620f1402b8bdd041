import { everyone, type Expression, group, partsOf, withParts } from '../../../analytics/segments/ast.ts'

/** Where a part stands in the rule that the builder shows: the number of each part in the one around it. */
export type Path = readonly number[]

/** The rule as the builder shows it: always a group. */
export interface Draft {
  readonly kind: 'and' | 'or'
  readonly parts: readonly Expression[]
}

/** Between two parts of a group, before the part with the number; at its end with as many as it has parts. */
export interface Slot {
  readonly group: Path
  readonly index: number
}

export const slotKey = ({ group: path, index }: Slot): string => `${path.join('.')}:${index}`

/** The part at a place; the path is one of the rule. */
export const partAt = (draft: Expression, path: Path): Expression =>
  path.reduce((part, index) => partsOf(part)[index]!, draft)

const isInside = (path: Path, outer: Path): boolean => outer.every((number, i) => path[i] === number)

/** Where a part may be moved, from top to bottom; the slot before it stands for both that leave it where it is. */
export function slotsOf(draft: Draft, from: Path): Slot[] {
  const slots: Slot[] = []
  const visit = (part: Expression, path: Path): void => {
    const parts = partsOf(part)
    const isGroup = part.kind === 'and' || part.kind === 'or'
    for (const [index, one] of parts.entries()) {
      const at = [...path, index]
      if (isGroup && !staysAfter({ group: path, index }, from)) slots.push({ group: path, index })
      if (!isInside(at, from)) visit(one, at)
    }
    if (isGroup && !staysAfter({ group: path, index: parts.length }, from))
      slots.push({ group: path, index: parts.length })
  }
  visit(draft, [])
  return slots
}

/** Whether a slot is the one right behind the part, where it stays where it is. */
function staysAfter({ group: path, index }: Slot, from: Path): boolean {
  return path.length === from.length - 1 && isInside(from, path) && index === from.at(-1)! + 1
}

/** The slot in which the part is now. */
export const homeOf = (from: Path): Slot => ({ group: from.slice(0, -1), index: from.at(-1)! })

/** The part that would stand behind a moved one; undefined at the end of the group. */
export function behind(draft: Draft, from: Path, { group: path, index }: Slot): Expression | undefined {
  const parts = partsOf(partAt(draft, path))
  const isHome = slotKey(homeOf(from)) === slotKey({ group: path, index })
  return parts[isHome ? index + 1 : index]
}

/** The rule with one part in another place; groups that are left with one part or none go. */
export function moved(draft: Draft, from: Path, to: Slot): Expression {
  const part = partAt(draft, from)
  const hole: Expression = { kind: 'and', parts: [] }
  const holed = changedAt(draft, from, () => hole)
  const placed = changedAt(holed, to.group, (around) =>
    around.kind === 'and' || around.kind === 'or'
      ? { ...around, parts: around.parts.toSpliced(to.index, 0, part) }
      : around,
  )
  return withoutHoles(placed, hole) ?? everyone
}

function changedAt(
  draft: Expression,
  [index, ...rest]: Path,
  change: (part: Expression) => Expression,
): Expression {
  if (index === undefined) return change(draft)
  let i = 0
  return withParts(draft, (part) => (i++ === index ? changedAt(part, rest, change) : part))
}

function withoutHoles(part: Expression, hole: Expression): Expression | null {
  if (part === hole) return null
  switch (part.kind) {
    case 'and':
    case 'or': {
      const parts = part.parts.flatMap((one) => withoutHoles(one, hole) ?? [])
      return parts.length === 0 ? null : group(part.kind, parts)
    }
    case 'not':
    case 'on': {
      const inner = withoutHoles(part.part, hole)
      return inner && { ...part, part: inner }
    }
    case 'everyone':
    case 'clause':
    case 'random':
    case 'segment':
      return part
  }
}
