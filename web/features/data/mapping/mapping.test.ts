import { expect, test } from 'vitest'
import { type InspectedFile, withMember } from './mapping.ts'

test('a phone that is chosen for the member tells people instead of the number, with what is asked after it', () => {
  const file = {
    map: { kind: 'orders', columns: {} },
    columns: [
      { position: 0, field: 'memberId' },
      { position: 3, field: 'phone' },
      { position: 4, field: 'email' },
      { position: 5, field: null },
    ],
    identity: [
      { kind: 'id', position: 0 },
      { kind: 'phone', position: 3 },
      { kind: 'email', position: 4 },
    ],
  } as unknown as InspectedFile
  const amount = { columns: { amount: 7 } }
  expect(withMember(amount, file, 'memberId', 3)).toEqual({
    columns: { amount: 7, memberId: null, phone: 4, email: 5 },
  })
  expect(withMember(amount, file, 'memberId', 4)).toEqual({
    columns: { amount: 7, memberId: null, email: 5 },
  })
  // a column that is nothing of the kind is the member's number
  expect(withMember(amount, file, 'memberId', 5)).toEqual({ columns: { amount: 7, memberId: 6 } })
  const members = { ...file, map: { kind: 'members', columns: {} } } as unknown as InspectedFile
  expect(withMember({}, members, 'memberId', 3)).toEqual({ columns: { phone: null, memberId: 4 } })
})
