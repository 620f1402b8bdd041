import { expect, test } from 'vitest'
import { carried } from './carried.ts'

const search = {
  segment: 'orders > 1',
  tiers: ['Gold'],
  stores: ['West'],
  channels: ['app'],
  from: '2026-01-01',
}

test('whom and which places go along from one analytic page to the next', () => {
  const { from: _, ...same } = search
  expect(carried('/', '/retention', search)).toEqual(same)
  expect(carried('/value', '/', { stores: 'West' })).toEqual({ stores: ['West'] })
})

test('a page is handed only what it takes, and what the page before took', () => {
  expect(carried('/retention', '/dormant', search)).toEqual({ segment: 'orders > 1', tiers: ['Gold'] })
  expect(carried('/dormant', '/value', search)).toEqual({ segment: 'orders > 1', tiers: ['Gold'] })
})

test('the members of a page of people are no filter of another page', () => {
  expect(carried('/members', '/retention', search)).toEqual({})
  expect(carried('/retention', '/members', search)).toEqual({})
  expect(carried('/toString', '/', search)).toEqual({})
})
