import { expect, test } from 'vitest'
import retention from '../messages/en/retention.json' with { type: 'json' }
import { findingKey } from './finding.ts'

const has = (key: string) =>
  typeof key.split('.').reduce<unknown>((at, part) => (at as Record<string, unknown>)?.[part], retention) ===
  'string'

test('a finding is its own message; without one, or without words, the panel keeps its own name', () => {
  const ladder = 'finding.repurchase.neutral'
  const finding = (id: string) => [{ id, values: {} }]
  expect(findingKey(finding('retention.fell'), has)).toBe('finding.fell')
  expect(findingKey([], has)).toBe('finding.neutral')
  expect(findingKey(finding('retention.repurchase.rate'), has, ladder)).toBe('finding.repurchase.rate')
  for (const none of [[], finding('retention.repurchase.unheard'), finding('retention')])
    expect(findingKey(none, has, ladder)).toBe(ladder)
  expect(has(ladder)).toBe(true)
})
