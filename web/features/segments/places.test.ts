import fc from 'fast-check'
import { expect, test } from 'vitest'
import { expressions } from '../../../analytics/segments/arbitrary.ts'
import { type Expression, group, partsOf } from '../../../analytics/segments/ast.ts'
import { parse } from '../../../analytics/segments/parse.ts'
import { print } from '../../../analytics/segments/print.ts'
import { topGroup } from './drafts.ts'
import { behind, moved, partAt, type Path, slotsOf } from './places.ts'

const read = (text: string) => {
  const parsed = parse(text, { currencyDecimals: 2 })
  if (parsed.kind === 'refused') throw new Error(text)
  return parsed.expression
}
const after = (text: string, from: Path, to: { group: Path; index: number }) =>
  print(moved(topGroup(read(text)), from, to))

test.each([
  [
    'orders >= 1 and net > 2 and age > 3',
    [2],
    { group: [], index: 0 },
    'age > 3 and orders >= 1 and net > 2',
  ],
  [
    'orders >= 1 and net > 2 and age > 3',
    [0],
    { group: [], index: 3 },
    'net > 2 and age > 3 and orders >= 1',
  ],
  // into a group, and out of it again: a group of one goes
  [
    'age > 3 and (orders >= 1 or net > 2)',
    [0],
    { group: [1], index: 1 },
    'orders >= 1 or age > 3 or net > 2',
  ],
  [
    'age > 3 and (orders >= 1 or net > 2)',
    [1, 0],
    { group: [], index: 0 },
    'orders >= 1 and age > 3 and net > 2',
  ],
  // a group as a whole, with its NOT, into a group under NOT and under another day
  [
    'not (orders >= 1 or net > 2) and not ((age > 3 or age < 1) on -30d)',
    [0],
    { group: [1, 0, 0], index: 2 },
    'not (age > 3 or age < 1 or not (orders >= 1 or net > 2)) on -30d',
  ],
] as const)('%s, %j to %j', (text, from, to, wanted) => {
  expect(after(text, from, to)).toBe(print(read(wanted)))
})

test('slots run from top to bottom, without the part and what is in it; the one behind it is its own place', () => {
  const draft = topGroup(read('age > 3 and (orders >= 1 or net > 2) and points > 1'))
  const slots = slotsOf(draft, [1]).map(({ group: path, index }) => `${path.join('.')}:${index}`)
  expect(slots).toEqual([':0', ':1', ':3'])
  expect(slotsOf(draft, [0]).map(({ group: path, index }) => `${path.join('.')}:${index}`)).toEqual([
    ':0',
    '1:0',
    '1:1',
    '1:2',
    ':2',
    ':3',
  ])
  expect(print(behind(draft, [0], { group: [], index: 0 })!)).toBe('orders >= 1 or net > 2')
  expect(behind(draft, [0], { group: [1], index: 2 })).toBeUndefined()
})

const leaves = (part: Expression): string[] =>
  partsOf(part).length === 0 ? [print(part)] : partsOf(part).flatMap(leaves)
const paths = (part: Expression, path: Path = []): Path[] => [
  ...(path.length > 0 ? [path] : []),
  ...partsOf(part).flatMap((one, i) => paths(one, [...path, i])),
]

test('any part may go to any of its slots: nothing is lost or added, and the text says the same', () => {
  fc.assert(
    fc.property(expressions, fc.nat(), fc.nat(), (rule, a, b) => {
      const draft = topGroup(rule)
      const places = paths(draft).filter((path) => {
        const around = partAt(draft, path.slice(0, -1))
        return around.kind === 'and' || around.kind === 'or'
      })
      if (places.length === 0) return
      const from = places[a % places.length]!
      const slots = slotsOf(draft, from)
      const next = moved(draft, from, slots[b % slots.length]!)
      expect(leaves(next).toSorted()).toEqual(leaves(rule).toSorted())
      expect(read(print(next))).toEqual(next)
      const home = { group: from.slice(0, -1), index: from.at(-1)! }
      expect(moved(draft, from, home)).toEqual(group(draft.kind, draft.parts))
    }),
    { numRuns: 300 },
  )
})
