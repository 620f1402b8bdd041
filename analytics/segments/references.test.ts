import { expect, test } from 'vitest'
import type { Expression } from './ast.ts'
import { parse } from './parse.ts'
import { askedOn, clausesWithSegments, resolveSegments } from './references.ts'

const rule = (text: string): Expression => {
  const parsed = parse(text, { currencyDecimals: 2 })
  if (parsed.kind !== 'parsed') throw new Error(parsed.problems[0]!.message)
  return parsed.expression
}
const saved = (rules: Record<string, string>) =>
  new Map(Object.entries(rules).map(([name, text]) => [name, rule(text)]))

test('a rule is made of all segments that it reaches', () => {
  const shop = saved({
    a: 'orders >= 2',
    b: 'segment "a" and net > 1',
    c: 'segment "b" or segment "a"',
    d: 'everyone',
  })
  const found = resolveSegments(rule('not segment "c"'), shop)
  expect(found.kind === 'found' && [...found.segments.keys()].toSorted()).toEqual(['a', 'b', 'c'])
})

test('a circle is told by its names, and what is not there by its own', () => {
  const shop = saved({ a: 'segment "b"', b: 'segment "c" on -1d', c: 'not segment "a"' })
  expect(resolveSegments(rule('segment "a"'), shop)).toEqual({ kind: 'circle', names: ['a', 'b', 'c', 'a'] })
  expect(resolveSegments(rule('segment "b"'), saved({ b: 'segment "own"' }), ['own'])).toEqual({
    kind: 'circle',
    names: ['own', 'b', 'own'],
  })
  expect(resolveSegments(rule('segment "z"'), shop)).toEqual({ kind: 'missing', name: 'z' })
})

test('conditions of segments count each time; doubling is counted without walking it', () => {
  const names = Array.from({ length: 60 }, (_, i) => `s${i}`)
  const rules = names.map((name, i) => [
    name,
    i === 0 ? 'orders = 1' : `segment "s${i - 1}" or segment "s${i - 1}"`,
  ])
  const shop = saved(Object.fromEntries(rules) as Record<string, string>)
  expect(clausesWithSegments(rule('segment "s3" and net > 1'), shop)).toBe(9)
  expect(clausesWithSegments(rule('segment "s59"'), shop)).toBe(2 ** 59)
})

test('days inside a day count from it', () => {
  const shop = saved({ a: '(net > 1) on -1m' })
  const asked = askedOn(
    rule('orders = 1 and (segment "a" on -1d or joined = today) on 2024-03-31'),
    '2026-01-01',
    shop,
  )
  expect(asked.map(({ day }) => day)).toEqual(['2026-01-01', '2024-03-31', '2024-03-30', '2024-02-29'])
})
