import { expect, it } from 'vitest'
import { z } from 'zod'
import { orderedId } from './ordered-id.ts'

it('is a UUID of version 7, each after the one before', () => {
  const ids = Array.from({ length: 20_000 }, orderedId)
  expect(z.uuidv7().safeParse(ids[0]).success && z.uuidv7().safeParse(ids.at(-1)).success).toBe(true)
  expect(ids.toSorted()).toEqual(ids)
  expect(new Set(ids).size).toBe(ids.length)
  expect(Math.abs(Number.parseInt(ids[0]!.replace('-', '').slice(0, 12), 16) - Date.now())).toBeLessThan(
    60_000,
  )
})
