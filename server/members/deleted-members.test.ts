import { expect, test } from 'vitest'
import { openTestShop, receiptOf } from '../import/test-shop.ts'
import { deleteMember } from '../rights/delete-member.ts'
import { setTag } from '../tags/set-tag.ts'
import { listMembers, namedMembers, sorts } from './list.ts'

test('deleted members stand last in every order, and are named and tagged with nobody', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const { platform, workspace } = shop
  receiptOf(
    await shop.import(
      shop.file(
        'o.csv',
        'order_id,customer_id,order_date,amount\nA1,AA,2026-01-01,90\nA2,BB,2026-01-02,20\nA3,CC,2026-01-03,30\n',
      ),
    ),
  )
  expect(await deleteMember(platform, workspace, { memberId: 'AA', actor: 'owner' })).toMatchObject({
    kind: 'deleted',
  })
  for (const sort of sorts)
    for (const descending of [false, true]) {
      const outcome = await listMembers(platform.store, workspace, { sort, descending, limit: 10 })
      if (outcome.kind !== 'listed') throw new Error(outcome.kind)
      const { rows, members, deleted } = outcome.page
      // their orders count, so the member is counted
      expect([members, deleted]).toEqual([3, 1])
      expect(rows.map(({ memberId }) => memberId.replace(/[0-9a-f]{16}/, '…')).at(-1)).toBe('deleted-…')
    }
  expect(await namedMembers(platform.store, workspace, {})).toEqual({
    kind: 'named',
    memberIds: ['BB', 'CC'],
  })
  expect(
    await setTag(
      platform.store,
      workspace,
      'vip',
      true,
      { kind: 'segment', expression: 'everyone' },
      { by: 'owner', at: new Date('2026-01-04T00:00:00Z'), reason: '' },
    ),
  ).toEqual({ kind: 'done', members: 2 })
})
