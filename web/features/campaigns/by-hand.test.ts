import { expect, test } from 'vitest'
import { goesByHand } from './by-hand.ts'
import type { Result } from './draft.ts'

type Definition = Parameters<typeof goesByHand>[0]
const calls = { kind: 'calls', words: 'Hello', language: 'en' } as const
const webhook = { kind: 'webhook', url: 'https://crm.example' } as const
type Step = NonNullable<Result['definition']['standing']>['steps'][number]
const coupon = (channel?: Definition['channel']) =>
  ({ action: { kind: 'coupon', channel } }) as unknown as Step
const tag = { action: { kind: 'tag', tag: 'lapsed' } } as unknown as Step
const standing = (...steps: Step[]) => ({ steps }) as unknown as Definition['standing']

test('a campaign goes by hand by the channels of all of its steps', () => {
  expect(goesByHand({ channel: webhook })).toBe('none')
  expect(goesByHand({ channel: calls })).toBe('all')
  // a step without a channel of its own goes the campaign's way; a tag goes none
  expect(goesByHand({ channel: calls, standing: standing(coupon(), tag) })).toBe('all')
  expect(goesByHand({ channel: calls, standing: standing(coupon(webhook)) })).toBe('some')
  expect(goesByHand({ channel: webhook, standing: standing(coupon(calls)) })).toBe('some')
})
