import { expect, test } from 'vitest'
import { problemIds } from '../../../analytics/segments/problems.ts'
import en from '../../messages/en/segments.json' with { type: 'json' }
import zh from '../../messages/zh-CN/segments.json' with { type: 'json' }
import { sourcesByConditions } from './reference-panel.tsx'

const keys = (messages: object, path = ''): string[] =>
  Object.entries(messages).flatMap(([key, value]) =>
    typeof value === 'object' ? keys(value as object, `${path}${key}.`) : [`${path}${key}`],
  )

test('both languages say the same things, and a sentence for every problem and source', () => {
  expect(keys(zh)).toEqual(keys(en))
  expect(Object.keys(en.reference.conditions).toSorted()).toEqual(
    sourcesByConditions.map(({ name }) => name).toSorted(),
  )
  expect(Object.keys(en.problem).toSorted()).toEqual(problemIds.toSorted())
})
