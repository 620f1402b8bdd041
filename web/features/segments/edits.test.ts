import { expect, test } from 'vitest'
import { began, edited, redone, undone } from './edits.ts'

test('what is typed at once is undone at once; undone edits come back until something else is done', () => {
  const typed = edited(edited(began('a'), 'ab', 1_000), 'abc', 1_100)
  const later = edited(typed, 'abcd', 5_000)
  expect(undone(later).text).toBe('abc')
  expect(undone(undone(later)).text).toBe('a')
  expect(undone(undone(undone(later))).text).toBe('a')
  expect(redone(undone(later))).toMatchObject({ text: 'abcd', future: [] })
  const other = edited(undone(later), 'x', 5_050)
  expect(redone(other).text).toBe('x')
  expect(undone(other).text).toBe('abc')
})
