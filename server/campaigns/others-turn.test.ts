import { expect, test } from 'vitest'
import { othersTurn, pauseAfter } from './others-turn.ts'

const busy = (ms: number) => {
  for (const until = performance.now() + ms; performance.now() < until;);
}

test('who has work between two batches gets on with it for longer than one turn', async () => {
  const began = performance.now()
  busy(200)
  let turns = 0
  const work = () => {
    busy(3)
    if (++turns < 5) setImmediate(work)
  }
  setImmediate(work)
  await othersTurn(began)
  expect(turns).toBe(5)
})

test('a work waits twice as long as its batch took, and not at all where nobody had work', () => {
  expect(pauseAfter(40, 3)).toBe(80)
  expect(pauseAfter(40, 0.2)).toBe(0)
})
