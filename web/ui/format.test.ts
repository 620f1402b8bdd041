import { describe, expect, test } from 'vitest'
import { decimalOf, decimalsApart, makeFormat } from './format.ts'

const en = makeFormat('en', 'CNY', 'Asia/Shanghai', { ofTotal: (part, total) => `${part} of ${total}` })
const zh = makeFormat('zh-CN', 'CNY', 'Asia/Shanghai', { ofTotal: (part, total) => `${part}/${total}` })
const yen = makeFormat('en', 'JPY', 'Asia/Tokyo', { ofTotal: (part, total) => `${part} of ${total}` })
const pounds = makeFormat('en', 'GBP', 'Europe/London', { ofTotal: (part, total) => `${part} of ${total}` })

describe('money', () => {
  test('minor units become an exact decimal text', () => {
    expect(decimalOf(128_450_50, 2)).toBe('128450.50')
    expect(decimalOf(5, 2)).toBe('0.05')
    expect(decimalOf(-1_041_124, 2)).toBe('-10411.24')
    expect(decimalOf(500, 0)).toBe('500')
    expect(decimalOf(9_007_199_254_740_991, 2)).toBe('90071992547409.91')
    expect(() => decimalOf(0.5, 2)).toThrow(RangeError)
  })
  test('in full, with the narrow symbol', () => {
    expect(en.money(128_450_50)).toBe('¥128,450.50')
    expect(zh.money(128_450_50)).toBe('¥128,450.50')
    expect(pounds.money(8_300_065_81)).toBe('£8,300,065.81')
    expect(yen.money(128_450)).toBe('¥128,450')
    expect(en.money(9_007_199_254_740_991)).toBe('¥90,071,992,547,409.91')
  })
  test('short: three digits, K M B or 万 亿, a plain zero', () => {
    expect([12_845_050, 128_000_000_000, 12_34, 842_50, 0].map(en.moneyShort)).toEqual([
      '¥128K',
      '¥1.28B',
      '¥12.3',
      '¥843',
      '¥0',
    ])
    expect([12_845_050, 128_000_000_000, 9_812_00, 0].map(zh.moneyShort)).toEqual([
      '¥12.8万',
      '¥12.8亿',
      '¥9,812',
      '¥0',
    ])
  })
  test('negative amounts carry a true minus, gains a plus, unknown a dash', () => {
    expect(en.money(-1_041_124)).toBe('−¥10,411.24')
    expect(zh.moneyChange(3_800_000)).toBe('+¥3.8万')
    expect(zh.moneyChange(-3_800_000)).toBe('−¥3.8万')
    expect(en.money(null)).toBe('–')
    expect(en.moneyWhole(-128_450)).toBe('−¥1,285')
    expect(en.times(8.694)).toBe('8.7')
  })
  test('what a person types becomes minor units, or nothing', () => {
    expect(['12.5', '1,000', '0', '12.345', '12.300', 'ten', '-3', ''].map(en.minorOf)).toEqual([
      1250,
      100_000,
      0,
      null,
      1230,
      null,
      null,
      null,
    ])
    expect(yen.minorOf('300')).toBe(300)
    expect(yen.minorOf('300.5')).toBe(null)
  })
})

describe('shares and differences', () => {
  test('one decimal of many, counts of fewer than thirty, a dash of none', () => {
    expect(en.share(314, 1000)).toBe('31.4%')
    expect(en.share(6, 21)).toBe('6 of 21')
    expect(zh.share(6, 21)).toBe('6/21')
    expect(en.share(6, 29)).toBe('6 of 29')
    expect(en.share(6, 30)).toBe('20.0%')
    expect(en.share(0, 0)).toBe('–')
    expect(en.shareShort(314, 1000)).toBe('31%')
    expect(en.shareShort(6, 21)).toBe('6/21')
  })
  test('ratios, heat cells, changes, points', () => {
    expect(en.percent(0.314)).toBe('31.4%')
    expect(en.percentShort(0.314)).toBe('31%')
    expect(en.change(0.042)).toBe('+4.2%')
    expect(en.change(-0.042)).toBe('−4.2%')
    expect(en.points(-0.018)).toBe('−1.8 pp')
    expect(zh.points(-0.018)).toBe('−1.8 个百分点')
    expect(zh.points(0.047)).toBe('+4.7 个百分点')
    expect(en.percent(null)).toBe('–')
  })
})

describe('counts', () => {
  test('grouped in full, three digits when short', () => {
    expect(en.count(1126)).toBe('1,126')
    expect(en.countShort(41_905)).toBe('41.9K')
    expect(zh.countShort(41_905)).toBe('4.19万')
    expect(zh.countShort(9_905)).toBe('9,905')
    expect(en.countChange(612)).toBe('+612')
    expect(en.countChange(-612)).toBe('−612')
    expect(en.average(1.456)).toBe('1.46')
    expect(en.average(-0.004, 3)).toBe('−0.004')
    expect(en.points(0.00043, 2)).toBe('+0.04 pp')
  })
})

describe('days', () => {
  test('a day, with and without its weekday', () => {
    expect(en.day('2026-11-15')).toBe('15 Nov 2026')
    expect(zh.day('2026-11-15')).toBe('2026年11月15日')
    expect(en.day('2026-09-05')).toBe('5 Sep 2026')
    expect(en.weekday('2026-11-15')).toBe('Sun 15 Nov 2026')
    expect(zh.weekday('2026-11-15')).toBe('2026年11月15日 周日')
    expect(en.shortDay('2026-11-15')).toBe('15 Nov')
    expect(zh.shortDay('2026-11-15')).toBe('11月15日')
  })
  test('a month', () => {
    expect(en.month('2026-11-01')).toBe('Nov 2026')
    expect(zh.month('2026-11-01')).toBe('2026年11月')
    expect(en.shortMonth('2026-09-01')).toBe('Sep ’26')
    expect(zh.shortMonth('2026-09-01')).toBe('26年9月')
  })
  test('ranges share what they have in common', () => {
    expect(en.dayRange('2026-11-09', '2026-11-15')).toBe('9–15 Nov 2026')
    expect(zh.dayRange('2026-11-09', '2026-11-15')).toBe('2026年11月9–15日')
    expect(en.dayRange('2026-10-28', '2026-11-03')).toBe('28 Oct – 3 Nov 2026')
    expect(zh.dayRange('2026-10-28', '2026-11-03')).toBe('2026年10月28日–11月3日')
    expect(en.dayRange('2025-12-28', '2026-01-03')).toBe('28 Dec 2025 – 3 Jan 2026')
    expect(zh.dayRange('2025-12-28', '2026-01-03')).toBe('2025年12月28日–2026年1月3日')
    expect(en.dayRange('2026-11-09', '2026-11-09')).toBe('9 Nov 2026')
  })
  test("an instant in the workspace's zone", () => {
    expect(en.instant('2026-11-15T16:05:00Z')).toBe('16 Nov 2026, 00:05')
    expect(zh.instant('2026-11-15T16:05:00Z')).toBe('2026年11月16日 00:05')
  })
})

test('a bound that is not zero never reads as zero', () => {
  expect(decimalsApart([0.1, -0.05, 0.25], 2)).toBe(2)
  expect(decimalsApart([0.1, -0.0049, 0.25], 2)).toBe(3)
  expect(decimalsApart([0.02, 0.005, null], 2)).toBe(2)
  expect(decimalsApart([0, 0.00002], 2)).toBe(5)
  expect(decimalsApart([0, 1e-12], 2)).toBe(6)
})
