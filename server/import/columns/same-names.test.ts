import { expect, test } from 'vitest'
import { sameNames } from './same-names.ts'

test('of columns with one name it is told which is taken, with a sample of each and how to take the other', () => {
  const column = (
    position: number,
    header: string,
    field: 'amount' | 'orderId' | 'orderTotal' | null,
    sample?: string,
  ) => ({
    position,
    header,
    field,
    samples: sample === undefined ? [] : [sample, '1'],
  })
  const columns = [
    column(0, '订单号', 'orderId', 'A1'),
    column(1, '实付金额', 'amount', '12.00'),
    column(2, '备注', null, 'x'),
    column(3, '备注', null, 'y'),
    column(4, '实付金额', null, '9.50'),
    column(5, '', null, 'z'),
    column(6, '', null),
    column(7, '', 'orderTotal'),
  ]
  expect(sameNames('en', columns, 'terminal')).toEqual([
    '2 columns are called 实付金额. Taken: column 2 (“12.00”). Not taken: column 5 (“9.50”). To take another, give its number with --map: {"columns":{"amount":5}}',
  ])
  expect(sameNames('zh-CN', columns, 'screen')).toEqual([
    '有 2 列都叫“实付金额”：目前取第 2 列（“12.00”），未取第 5 列（“9.50”）。如需另选，请在下面的列表中选择，其中标有列号。',
  ])
  // both have their meaning, or neither has
  expect(sameNames('en', [columns[1]!, { ...columns[4]!, field: 'orderTotal' }], 'screen')).toEqual([])
})
