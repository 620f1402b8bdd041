import { rfmByFifths } from '../relations/rfm.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defaultDormancy } from '../relations/scope.ts'
import { asOf, expressions, people, savedSegments, start } from './arbitrary.ts'
import type { Expression } from './ast.ts'
import { evaluate } from './evaluate.ts'
import { parse } from './parse.ts'
import { print } from './print.ts'
import { ruleSentence } from './sentence.ts'

const said = (text: string, language: 'en' | 'zh-CN', currency = 'CNY') => {
  const parsed = parse(text, { currencyDecimals: 2 })
  if (parsed.kind !== 'parsed') throw new Error(JSON.stringify(parsed))
  return ruleSentence(parsed.expression, { language, currency })
}

test.each([
  ['everyone', 'All members', '全部会员'],
  ['orders >= 2', 'Members who placed at least 2 orders', '累计下过至少 2 笔订单的会员'],
  ['orders = 1', 'Members who placed exactly 1 order', '累计下过正好 1 笔订单的会员'],
  ['orders = 0', 'Members who never ordered', '从未下单的会员'],
  ['orders < 3', 'Members who placed fewer than 3 orders', '累计下过不到 3 笔订单的会员'],
  [
    'orders(purchase_day >= 3) >= 1',
    'Members who placed at least 1 order from purchase day 3 on',
    '在第 3 个购买日及之后下过至少 1 笔订单的会员',
  ],
  [
    'spend(purchase_day < 3) > 100',
    'Members who spent more than ¥100 before purchase day 3',
    '在第 3 个购买日之前消费超过 ¥100 的会员',
  ],
  [
    'orders(purchase_day <= 2) >= 1 or orders(purchase_day > 9) >= 1',
    'Members who placed at least 1 order up to purchase day 2 or placed at least 1 order after purchase day 9',
    '在第 2 个购买日及之前下过至少 1 笔订单，或在第 9 个购买日之后下过至少 1 笔订单的会员',
  ],
  [
    'orders(purchase_day between 2 and 4) = 0 and orders(purchase_day in (5, 6)) >= 1',
    'Members who placed no orders from purchase day 2 to 4 and placed at least 1 order on purchase day 5 or 6',
    '在第 2 至第 4 个购买日没有下过订单，且在第 5 或 6 个购买日下过至少 1 笔订单的会员',
  ],
  [
    'orders(purchase_day != 1) = 0 and orders(purchase_day = 1) >= 1',
    'Members who placed no orders on any day but purchase day 1 and placed at least 1 order on purchase day 1',
    '在第 1 个购买日以外的购买日没有下过订单，且在第 1 个购买日下过至少 1 笔订单的会员',
  ],
  ['purchase_days between 2 and 5', 'Members who bought on 2 to 5 days', '购买过 2 至 5 天的会员'],
  ['net > 1000.50', 'Members who spent more than ¥1,000.50 in all', '累计消费超过 ¥1,000.50 的会员'],
  ['average_order <= 50', 'Members who spend at most ¥50 per order', '笔单价至多 ¥50 的会员'],
  [
    'value_at_risk >= 500',
    'Members who spent at least ¥500 in the year before they went quiet',
    '沉默前一年消费至少 ¥500 的会员',
  ],
  [
    'first_order between 2026-01-01 and 2026-01-31',
    'Members who first ordered from 1 Jan 2026 to 31 Jan 2026',
    '首单在 2026年1月1日至 2026年1月31日之间的会员',
  ],
  ['second_order is unknown', 'Members who never came back on another day', '没有换一天再次购买过的会员'],
  [
    'last_order < 2026-02-01',
    'Members who last ordered before 1 Feb 2026',
    '最近一单在 2026年2月1日之前的会员',
  ],
  ['days_since_order > 90', 'Members who last ordered more than 90 days ago', '最近一单距今超过 90 天的会员'],
  ['status = "dormant"', 'Members who are dormant', '状态为沉睡的会员'],
  ['status in ("dormant", "lost")', 'Members who are dormant or lost', '状态为沉睡或流失的会员'],
  ['status = "never bought"', 'Members who have never bought', '从未购买的会员'],
  [
    'first_seen = true',
    'Members who were first seen near the start of the data',
    '首单落在数据起始阶段的会员',
  ],
  [
    'first_seen != true',
    'Members who were not first seen near the start of the data',
    '首单不在数据起始阶段的会员',
  ],
  ['store = "西湖店"', 'Members who shop mostly at “西湖店”', '主要门店为“西湖店”的会员'],
  [
    'joined >= 2026-01-31',
    'Members who joined on or after 31 Jan 2026',
    '入会时间在 2026年1月31日或之后的会员',
  ],
  ['days_since_joined <= 30', 'Members who joined at most 30 days ago', '入会至多 30 天的会员'],
  ['channel = "app"', 'Members who joined through “app”', '通过“app”入会的会员'],
  ['region != "浙江"', 'Members who live somewhere other than “浙江”', '所在地区不是“浙江”的会员'],
  ['region is unknown', 'Members who have no known region', '地区未知的会员'],
  ['tier in ("金卡", "银卡")', 'Members who have the tier “金卡” or “银卡”', '等级为“金卡”或“银卡”的会员'],
  ['points >= 1000', 'Members who have at least 1,000 points', '积分至少 1,000 的会员'],
  ['gender = "female"', 'Members who are female', '性别为女的会员'],
  ['birthday_in <= 7', 'Members who have a birthday in at most 7 days', '距生日至多 7 天的会员'],
  ['consent = "granted"', 'Members who agreed to be contacted', '同意联系的会员'],
  [
    'consent is unknown',
    'Members who were never asked whether they may be contacted',
    '是否可联系未知的会员',
  ],
  ['consent = "denied"', 'Members who declined contact', '拒绝联系的会员'],
  ['not consent = "denied"', 'Members who have not declined contact', '未拒绝联系的会员'],
  ['not consent = "granted"', 'Members who have not agreed to be contacted', '未同意联系的会员'],
  ['tag = "vip"', 'Members who carry the tag “vip”', '带有标签“vip”的会员'],
  ['not tag = "vip"', 'Members who don’t carry the tag “vip”', '不带标签“vip”的会员'],
  [
    'tag in ("a", "b", "c", "d", "e", "f")',
    'Members who carry one of the tags “a”, “b”, “c” or 3 others',
    '带有标签“a”或“b”或“c”等 6 个之一的会员',
  ],
  ['treated_in = "c1"', 'Members who were sent a coupon by the campaign “c1”', '在活动“c1”中收到过券的会员'],
  [
    'not held_out_of = "c1"',
    'Members who were not held out of the campaign “c1”',
    '不在活动“c1”的对照组中的会员',
  ],
  ['member = "1001"', 'Members who have the member id “1001”', '会员编号为“1001”的会员'],
  [
    'orders(category = "Tea", store = "西湖店", within 180 days) >= 2',
    'Members who placed at least 2 orders with “Tea” at “西湖店” in the last 180 days',
    '近 180 天在“西湖店”下过至少 2 笔含“Tea”的订单的会员',
  ],
  [
    'orders(within 90 days) = 0',
    'Members who placed no orders in the last 90 days',
    '近 90 天没有下过订单的会员',
  ],
  [
    'spend(category in ("Tea", "Cake"), within 1 days) > 99.9',
    'Members who spent more than ¥99.90 on orders with “Tea” or “Cake” in the last day',
    '近 1 天在含“Tea”或“Cake”的订单上消费超过 ¥99.90 的会员',
  ],
  [
    'orders(channel != "app", day >= 2026-01-31) = 1',
    'Members who placed exactly 1 order through a channel other than “app” on or after 31 Jan 2026',
    '在 2026年1月31日或之后通过“app”以外的渠道下过正好 1 笔订单的会员',
  ],
  [
    'average_order(product = "牛奶", weekday = "sunday", within 30 days) >= 50',
    'Members who spent at least ¥50 per order with the product “牛奶” on a Sunday in the last 30 days',
    '在周日近 30 天含商品“牛奶”的订单的笔单价至少 ¥50 的会员',
  ],
  [
    'average_order(within 30 days) >= 50',
    'Members who spent at least ¥50 per order in the last 30 days',
    '近 30 天的订单的笔单价至少 ¥50 的会员',
  ],
  [
    'orders(product contains "五月", store starts with "杭州", hour >= 18) >= 1',
    'Members who placed at least 1 order with a product whose name contains “五月” at a store whose name starts with “杭州” from 18:00 on',
    '在 18:00 及之后在名称以“杭州”开头的门店下过至少 1 笔商品名称包含“五月”的订单的会员',
  ],
  [
    'orders(hour between 9 and 12) = 0',
    'Members who placed no orders between 09:00 and 12:59',
    '在 9:00 至 12:59 之间没有下过订单的会员',
  ],
  [
    'spend(hour in (7, 12)) > 10',
    'Members who spent more than ¥10 between 07:00 and 07:59 or between 12:00 and 12:59',
    '在 7:00 至 7:59 之间或在 12:00 至 12:59 之间消费超过 ¥10 的会员',
  ],
  [
    'orders(hour != 1) >= 1',
    'Members who placed at least 1 order at a time other than 01:00 to 01:59',
    '在 1:00 至 1:59 以外下过至少 1 笔订单的会员',
  ],
  [
    'channel not contains "x"',
    'Members who joined through a channel whose name does not contain “x”',
    '通过名称不包含“x”的渠道入会的会员',
  ],
  [
    'days_since_order(category = "奶粉") > 45',
    'Members who last ordered more than 45 days ago, counting only orders with “奶粉”',
    '最近一笔含“奶粉”的订单距今超过 45 天的会员',
  ],
  [
    'first_order(store = "西湖店", net >= 100) >= 2026-01-31',
    'Members who first ordered on or after 31 Jan 2026, counting only orders worth at least ¥100 at “西湖店”',
    '在“西湖店”首笔金额至少 ¥100 的订单在 2026年1月31日或之后的会员',
  ],
  [
    'last_order(sku = "A1") is unknown',
    'Members who never placed an order with the product number “A1”',
    '没有下过含编码“A1”的商品的订单的会员',
  ],
  [
    'order_share(store = "西湖店") >= 80%',
    'Members who placed at least 80% of their orders at “西湖店”',
    '在“西湖店”的订单占全部订单至少 80% 的会员',
  ],
  [
    'spend_share(category = "Tea") > 12.5%',
    'Members who spent more than 12.5% of all their spend on orders with “Tea”',
    '在含“Tea”的订单上消费占全部消费超过 12.5% 的会员',
  ],
  [
    'orders >= 2 and days_since_order > 90 and tag = "vip"',
    'Members who placed at least 2 orders, last ordered more than 90 days ago and carry the tag “vip”',
    '累计下过至少 2 笔订单，最近一单距今超过 90 天，且带有标签“vip”的会员',
  ],
  [
    'orders >= 2 and (tag = "vip" or net > 500)',
    'Members who placed at least 2 orders and (carry the tag “vip” or spent more than ¥500 in all)',
    '累计下过至少 2 笔订单，且（带有标签“vip”，或累计消费超过 ¥500）的会员',
  ],
  [
    'not (orders >= 2 and net > 500)',
    'Members who don’t fit (placed at least 2 orders and spent more than ¥500 in all)',
    '不符合（累计下过至少 2 笔订单，且累计消费超过 ¥500）的会员',
  ],
  ['orders > 0', 'Members who placed at least 1 order', '累计下过至少 1 笔订单的会员'],
  ['orders < 1', 'Members who never ordered', '从未下单的会员'],
  ['days_since_order = 0', 'Members who last ordered on the day', '最近一单就在当天的会员'],
  [
    'days_since_order(category = "Tea") <= 0',
    'Members who last ordered on the day, counting only orders with “Tea”',
    '最近一笔含“Tea”的订单就在当天的会员',
  ],
  ['days_since_joined < 1', 'Members who joined on the day', '当天入会的会员'],
  ['birthday_month = 2', 'Members who have a birthday in February', '生日在 2 月的会员'],
  ['age >= 1', 'Members who are at least 1 year old', '年龄至少 1 岁的会员'],
  ['age < 18', 'Members who are less than 18 years old', '年龄不到 18 岁的会员'],
  [
    'next_order_in between 0 and 1',
    'Members who are expected to order in 0 to 1 days',
    '距预计下一单 0 至 1 天的会员',
  ],
  ['random 0% (seed "x")', 'Members who are in a random 0% drawn with “x”', '在以“x”随机抽取的 0% 中的会员'],
  ['orders between 1 and 1', 'Members who placed exactly 1 order', '累计下过正好 1 笔订单的会员'],
  ['orders in (1, 2)', 'Members who placed 1 or 2 orders', '累计下过 1 或 2 笔订单的会员'],
  ['net between 1 and 5', 'Members who spent ¥1 to ¥5 in all', '累计消费 ¥1 至 ¥5 的会员'],
  [
    'coupons(state = unused, expires_in between 0 and 3) > 0',
    'Members who were issued at least 1 coupon now unused with 0 to 3 days left to the last day',
    '领过至少 1 张未使用且距到期 0 至 3 天的优惠券的会员',
  ],
  [
    'points_expiring(expires_in between 0 and 30) > 0',
    'Members who lose at least 1 point in at most 30 days',
    '距今至多 30 天到期的积分至少 1 的会员',
  ],
  [
    'last_order in (2026-01-01, 2026-01-02)',
    'Members who last ordered on 1 Jan 2026 or 2 Jan 2026',
    '最近一单在 2026年1月1日或 2026年1月2日的会员',
  ],
  [
    'items(category = "Tea") > 0',
    'Members who bought any items in orders with “Tea”',
    '在含“Tea”的订单中买过任意数量的商品的会员',
  ],
  ['daypart = "noon"', 'Members who shop mostly at noon', '多在中午购买的会员'],
  ['orders is known', 'Members who have a known number of orders', '订单数已知的会员'],
  [
    'next_order_in > 0',
    'Members who are expected to order in more than 0 days',
    '距预计下一单超过 0 天的会员',
  ],
])('%s', (text, english, chinese) => {
  expect(said(text, 'en')).toBe(english)
  expect(said(text, 'zh-CN')).toBe(chinese)
})

test('money is in the workspace’s currency', () => {
  expect(said('net > 10', 'en', 'GBP')).toBe('Members who spent more than £10 in all')
})

test('an id is called by its name where it has one', () => {
  const parsed = parse('treated_in = "c1" and tag = "c1"', { currencyDecimals: 2 })
  if (parsed.kind !== 'parsed') throw new Error('no rule')
  const nameOf = (field: string, value: string) =>
    field === 'treated_in' && value === 'c1' ? 'Wake up' : undefined
  expect(ruleSentence(parsed.expression, { language: 'en', currency: 'CNY', nameOf })).toBe(
    'Members who were sent a coupon by the campaign “Wake up” and carry the tag “c1”',
  )
})

test('rules that read the same select the same members', () => {
  const readers = (['en', 'zh-CN'] as const).map((language) => ({ language, currency: 'CNY' }))
  const shops = fc.sample(fc.tuple(people, asOf), { numRuns: 30, seed: 5 })
  const rules = fc.sample(expressions, { numRuns: 4_000, seed: 5 })
  for (const reader of readers) {
    const bySentence = Map.groupBy(rules, (rule) => ruleSentence(rule, reader))
    let collisions = 0
    for (const [sentence, alike] of bySentence) {
      expect(sentence).not.toMatch(/undefined|\{(?:when|what|whose|where)?\}/)
      const different = [...new Map(alike.map((rule) => [print(rule), rule])).values()]
      if (different.length > 1) collisions++
      for (const [shop, day] of shops) {
        const moment = {
          asOf: day,
          dormancy: defaultDormancy,
          rfm: rfmByFifths,
          foretold: () => new Map(),
          dataStart: start,
          openedAtStart: false,
          newest: true,
          people: shop,
        }
        const chosen = (rule: Expression) =>
          shop.map((person) =>
            evaluate(rule, person, moment, { currencyDecimals: 2, segments: savedSegments }),
          )
        for (const other of different.slice(1))
          expect({ sentence, rule: print(other), chosen: chosen(other) }).toEqual({
            sentence,
            rule: print(other),
            chosen: chosen(different[0]!),
          })
      }
    }
    expect(collisions).toBeGreaterThan(0)
  }
})
