import { describe, expect, it, test } from 'vitest'
import { makeFormat } from '../../ui/format.ts'
import { emptyDraft, expectedOf, holdoutOf, problemsOf } from './draft.ts'

describe('the holdout of a draft', () => {
  const proving = { share: 0.32, proves: true }
  const hopeless = { share: 0.5, proves: false }
  it('follows the recommendation until somebody picks one', () => {
    expect(holdoutOf({ holdout: 0.1, holdoutPicked: false }, proving)).toBe(0.32)
    expect(holdoutOf({ holdout: 0.25, holdoutPicked: true }, proving)).toBe(0.25)
    expect(holdoutOf({ holdout: 0, holdoutPicked: true }, proving)).toBe(0)
  })
  it('does not take half of an audience that proves nothing anyhow', () => {
    expect(holdoutOf({ holdout: 0.32, holdoutPicked: false }, hopeless)).toBe(0.1)
  })
})

test('before the draw of the campaign, what is expected stands for what a trial would draw', () => {
  const drawn = { issued: 423, holdout: 137, worstCostMinor: 423 * 2000 }
  expect(expectedOf({ ...drawn, plan: { planned: { members: 140 } } })).toEqual({
    isDrawn: true,
    issued: 420,
    worstCostMinor: 420 * 2000,
  })
  expect(expectedOf({ ...drawn, worstCostMinor: 'unbounded', plan: { planned: null } })).toEqual({
    isDrawn: false,
    issued: 423,
    worstCostMinor: 'unbounded',
  })
})

test('a percentage with more than two decimals is told so, not that it is out of range', () => {
  const format = makeFormat('en', 'CNY', 'Asia/Shanghai', { ofTotal: (part, total) => `${part}/${total}` })
  const wrong = (percent: string) =>
    problemsOf('offer', { ...emptyDraft, offerKind: 'percent', percent }, format)
  expect(wrong('12.345')).toEqual(['percentDecimals'])
  expect(wrong('100.01')).toEqual(['percent'])
  expect(wrong('12.34')).toEqual([])
})
