import { expect, test } from 'vitest'
import { everyRowRefused, type InspectedFile, neededRows, withMember } from './mapping.ts'

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

test('it is said before the import that every row would be refused, and by which column', () => {
  const column = (field: string, unread: object | null = null) => ({
    field,
    header: field,
    position: 0,
    unread,
  })
  const file = (more: object) =>
    ({
      map: { kind: 'orders', columns: {} },
      columns: [column('orderedAt'), column('amount')],
      identity: [{ kind: 'id', position: 0, header: 'member', values: 60, hidden: 60 }],
      otherCurrency: null,
      questions: [],
      lacking: [],
      ...more,
    }) as unknown as InspectedFile
  expect(everyRowRefused(file({}))).toEqual({ why: 'masked', header: 'member' })
  // others are told by the phone beside it
  const phone = { kind: 'phone', position: 1, header: 'phone', values: 3, hidden: 0 }
  const identity = [{ kind: 'id', position: 0, header: 'member', values: 60, hidden: 60 }, phone]
  expect(everyRowRefused(file({ identity }))).toBeNull()
  const otherCurrency = { header: 'amount', said: 'values' }
  expect(everyRowRefused(file({ identity, otherCurrency }))).toEqual({ why: 'currency', header: 'amount' })
  expect(everyRowRefused(file({ identity, otherCurrency: { ...otherCurrency, said: 'some' } }))).toBeNull()
  const unreadIn = (values: number) => [
    column('orderedAt'),
    column('amount', { values, of: 60, sample: 'x' }),
  ]
  expect(everyRowRefused(file({ identity, columns: unreadIn(60) }))).toEqual({
    why: 'unread',
    header: 'amount',
  })
  expect(everyRowRefused(file({ identity, columns: unreadIn(59) }))).toBeNull()
})

test('a column that the file has no value of is not shown as what members are told by', () => {
  const column = (position: number, field: string, header: string) => ({
    position,
    field,
    header,
    samples: [],
  })
  const identity = [
    { kind: 'phone', position: 1, header: 'Phone', values: 0, hidden: 0 },
    { kind: 'email', position: 2, header: 'Email', values: 40, hidden: 0 },
  ]
  const file = (told: typeof identity) =>
    ({
      map: { kind: 'orders', columns: {} },
      columns: [column(1, 'phone', 'Phone'), column(2, 'email', 'Email')],
      identity: told,
    }) as unknown as InspectedFile
  const memberOf = (told: typeof identity) =>
    neededRows(file(told), undefined).find(({ row }) => row === 'member')
  expect(memberOf(identity)).toMatchObject({ field: 'email', column: { header: 'Email' } })
  expect(memberOf(identity.slice(0, 1))).toMatchObject({ field: 'phone', column: { header: 'Phone' } })
})
