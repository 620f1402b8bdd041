import { expect, test } from 'vitest'
import { toldApart } from './shows.ts'

const say = (size: number, digits: number) => (size * 100).toFixed(digits)

test('two sizes are never written alike: one more decimal, or the first alone', () => {
  expect(toldApart(say, [0.06, 0.05])).toEqual(['6.0', '5.0'])
  expect(toldApart(say, [0.0504, 0.05])).toEqual(['5.04', '5.00'])
  expect(toldApart(say, [0.050004, 0.05])).toEqual(['5.0', null])
})
