import { expect, test } from 'vitest'
import { cards } from '../../analytics/metrics/cards/cards.ts'
import { overview } from '../../analytics/metrics/overview/overview.ts'
import { rfm } from '../../analytics/metrics/rfm/rfm.ts'
import { otherQuestion } from './comparison.ts'

const at = { asOf: '2024-03-31', dataStart: '2023-01-10', settings: {} }

test('a chosen window moves by its length or by a year, and is known as of the same day', () => {
  const asked = (compare: 'previous' | 'year', from: string, to?: string) =>
    otherQuestion(overview, { compare, stores: ['East'], from, to }, at)
  expect(asked('previous', '2024-03-01', '2024-03-10')).toEqual({
    kind: 'asked',
    filters: { stores: ['East'], from: '2024-02-20', to: '2024-02-29' },
  })
  // without an end it ends on the day asked about
  expect(asked('previous', '2024-03-01')).toMatchObject({
    filters: { from: '2024-01-30', to: '2024-02-29' },
  })
  expect(asked('previous', '2024-03-22', '2024-05-01')).toMatchObject({
    filters: { from: '2024-03-12', to: '2024-03-21' },
  })
  expect(asked('year', '2024-02-29', '2024-03-10')).toMatchObject({
    filters: { from: '2023-02-28', to: '2023-03-10' },
  })
  expect(asked('year', '2024-01-09')).toEqual({ kind: 'not-known', because: 'data-begins' })
  expect(asked('year', '2024-01-10')).toMatchObject({ kind: 'asked' })
})

test('figures of a day are those of the day so many days or a year before', () => {
  expect(otherQuestion(rfm, { compare: 'previous' }, at)).toEqual({
    kind: 'asked',
    filters: { asOf: '2024-01-01' },
  })
  // ten days were chosen
  expect(otherQuestion(rfm, { compare: 'previous', from: '2024-03-22', to: '2024-03-31' }, at)).toEqual({
    kind: 'asked',
    filters: { asOf: '2024-03-21' },
  })
  expect(otherQuestion(rfm, { compare: 'year' }, at)).toMatchObject({ filters: { asOf: '2023-03-31' } })
  expect(otherQuestion(rfm, { compare: 'year' }, { ...at, asOf: '2024-01-09' })).toEqual({
    kind: 'not-known',
    because: 'data-begins',
  })
  expect(otherQuestion(rfm, { compare: 'previous' }, { ...at, dataStart: null })).toMatchObject({
    kind: 'not-known',
  })
})

test('another segment stands beside it on the same days, also of what has no past', () => {
  const compare = { segment: 'orders >= 2' }
  expect(otherQuestion(cards, { compare, segment: 'net > 5', channels: ['app'] }, at)).toEqual({
    kind: 'asked',
    filters: { segment: 'orders >= 2', channels: ['app'] },
  })
  expect(otherQuestion(cards, { compare: 'previous' }, at)).toEqual({ kind: 'not-known', because: 'no-past' })
})
