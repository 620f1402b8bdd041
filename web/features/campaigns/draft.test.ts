import { describe, expect, it } from 'vitest'
import { holdoutOf } from './draft.ts'

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
