import { expect, test } from 'vitest'
import { parse } from '../../analytics/segments/parse.ts'
import { comparedOf, questionOf } from './filters.ts'
import { readFilters } from './search.ts'

test('tiers and regions narrow the segment, because they choose members', () => {
  expect(questionOf({ stores: ['West'], compare: 'year' })).toEqual({ stores: ['West'] })
  expect(questionOf({ segment: 'everyone', tiers: [] })).toEqual({ segment: 'everyone' })
  expect(questionOf({ tiers: ['Gold', 'a "b"\\c'] })).toEqual({
    segment: 'tier in ("Gold", "a \\"b\\"\\\\c")',
  })
  expect(questionOf({ segment: 'orders > 1 or net > 5', tiers: ['Gold'], regions: ['North'] })).toEqual({
    segment: '((orders > 1 or net > 5) AND (tier in ("Gold"))) AND (region in ("North"))',
  })
})

test('what they become is a rule that can be read', () => {
  const { segment } = questionOf({ segment: 'orders > 1', tiers: ['a "b"\\c'], regions: ['x', '北'] })
  expect(parse(segment!, { currencyDecimals: 2 })).toMatchObject({ kind: 'parsed' })
})

test('an address names them once or several times', () => {
  expect(readFilters({ tiers: 'Gold', regions: ['North', ''], compare: 'never' })).toEqual({
    tiers: ['Gold'],
    regions: ['North'],
  })
})

test('what figures are held against stands in the address, with tiers and regions on both sides', () => {
  expect(readFilters({ compare: 'segment', other: 'orders > 1' })).toEqual({
    compare: 'segment',
    other: 'orders > 1',
  })
  expect(comparedOf({ stores: ['West'], compare: 'year' })).toEqual({ stores: ['West'], compare: 'year' })
  expect(comparedOf({ compare: 'segment', other: 'orders > 1', tiers: ['Gold'] })).toEqual({
    segment: 'tier in ("Gold")',
    compare: { segment: '(orders > 1) AND (tier in ("Gold"))' },
  })
  // a link without the other members holds against nothing
  expect(comparedOf({ compare: 'segment', segment: 'net > 1' })).toEqual({ segment: 'net > 1' })
})
