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

test('others have half as long as the batch took, what they had counted in, and a moment in any case; nobody waits for nobody', () => {
  expect(pauseAfter(40, 3)).toBe(17)
  expect(pauseAfter(40, 30)).toBe(1)
  expect(pauseAfter(40, 0.2)).toBe(0)
})
