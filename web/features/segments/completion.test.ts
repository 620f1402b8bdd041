import { expect, test } from 'vitest'
import { proposals } from './completion.ts'

const known = {
  values: {
    stores: [
      { value: 'West', times: 12 },
      { value: 'East', times: 5 },
    ],
    tags: [{ value: 'vip', times: 3 }],
    categories: [{ value: 'Tea', times: 40 }],
  },
  segments: ['Regulars'],
}
const offered = (before: string) => {
  const { from, options } = proposals(before, known, 'en')
  return { from, labels: options.map(({ label }) => label) }
}

test.each([
  ['', 0, 'orders', 'spend(', 'not'],
  ['ord', 0, 'orders', 'days_since_order'],
  ['orders >= 2 and ', 16, 'net', 'everyone'],
  ['orders >= 2 ', 12, 'and', 'or'],
  ['orders ', 7, '>=', 'between', 'is unknown'],
  ['tag ', 4, '=', 'in ('],
  ['tag = ', 6, '"vip"'],
  ['tag = "v', 6, '"vip"'],
  ['store in ("West", ', 18, '"West"', '"East"'],
  ['status = ', 9, '"dormant"'],
  ['orders(', 7, 'within 90 days', 'category'],
  ['average_order(', 14, 'product', 'weekday'],
  ['orders(weekday = ', 17, '"saturday"'],
  ['orders(category = "Tea", ', 25, 'store', 'within 90 days'],
  ['orders(category = ', 18, '"Tea"'],
  ['orders(store = "West") ', 23, 'and'],
  ['region is ', 10, 'known', 'unknown'],
  ['region ', 7, 'contains', 'starts with'],
  ['birthday ', 9, 'within next 7 days'],
  ['joined >= ', 10, 'today', '-30d'],
  ['segment ', 8, '"Regulars"'],
  ['segment "Regulars" ', 19, 'and', 'on'],
  ['(orders >= 2) ', 14, 'and', 'on'],
] as const)('after %s', (before, from, ...labels) => {
  const found = offered(before)
  expect(found.from).toBe(from)
  expect(found.labels).toEqual(expect.arrayContaining([...labels]))
})

test.each([
  ['', '订单数', '消费额(', '非'],
  ['订单数 >= 2 且 ', '净消费额', '人群'],
  ['订单数 ', '>=', '介于', '未知'],
  ['状态 = ', '"沉睡"'],
  ['订单数(', '近 90 天', '品类'],
  ['订单数(门店 = ', '"West"'],
  ['地区 ', '包含'],
  ['ord', 'orders'],
] as const)('in Chinese after %s', (before, ...labels) => {
  const { options } = proposals(before, known, 'zh-CN')
  expect(options.map(({ label }) => label)).toEqual(expect.arrayContaining([...labels]))
})

test('values come with how often they occur', () => {
  const { options } = proposals('orders(store = ', known, 'en')
  expect(options.map(({ label, times }) => [label, times])).toEqual([
    ['"West"', { n: 12, list: 'stores' }],
    ['"East"', { n: 5, list: 'stores' }],
  ])
})

test('what can not stand there is not offered', () => {
  expect(offered('tag ').labels).not.toContain('>=')
  expect(offered('orders(').labels).not.toContain('tag')
  expect(offered('tag = ').labels).toEqual(['"vip"'])
})
