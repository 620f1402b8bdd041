import fc from 'fast-check'
import { expect, test } from 'vitest'
import { expressions } from './arbitrary.ts'
import { limits } from './ast.ts'
import { fromJson, toJson } from './json.ts'
import { parse } from './parse.ts'
import { print, printOnLines } from './print.ts'

const options = { currencyDecimals: 2 }

function canonical(text: string): string {
  const parsed = parse(text, options)
  if (parsed.kind === 'refused') throw new Error(parsed.problems.map(({ message }) => message).join(' '))
  return print(parsed.expression)
}

/** The first problem, what is underlined and what the text becomes when its suggestion is taken. */
function refusal(text: string) {
  const parsed = parse(text, options)
  if (parsed.kind === 'parsed') throw new Error(`accepted: ${print(parsed.expression)}`)
  const { id, from, to, suggestion } = parsed.problems[0]!
  const mended = suggestion === undefined ? undefined : text.slice(0, from) + suggestion + text.slice(to)
  return { id, at: text.slice(from, to), ...(mended === undefined ? {} : { mended }) }
}

test.each([
  ['everyone', 'everyone'],
  ['  ORDERS  >=2 ', 'orders >= 2'],
  ['net > 1000.50 AND NOT region = "上海"', 'net > 1000.5 and not region = "上海"'],
  ['orders = 1 or orders = 2 and net > 3', 'orders = 1 or (orders = 2 and net > 3)'],
  ['((orders = 1) and (orders = 2 and (net > 3)))', 'orders = 1 and orders = 2 and net > 3'],
  ['not (orders = 1 or tag in ("a","b"))', 'not (orders = 1 or tag in ("a", "b"))'],
  ['status = dormant or status = never bought', 'status = "dormant" or status = "never bought"'],
  ['first_seen and joined is not unknown', 'first_seen = true and joined is known'],
  ['last_order between 2026-01-01 and 2026-01-31', 'last_order between 2026-01-01 and 2026-01-31'],
  [
    'orders( category = "奶粉", store in ("A","B"), within 180 days )>=2',
    'orders(category = "奶粉", store in ("A", "B"), within 180 days) >= 2',
  ],
  [
    'spend(day between 2026-01-01 and 2026-01-31, within 1 day) < 5',
    'spend(between 2026-01-01 and 2026-01-31, within 1 days) < 5',
  ],
  ['order_share(store = "A")>=60 % ', 'order_share(store = "A") >= 60%'],
  ['spend_share(net >= 100.50) between 12.50% and 50％', 'spend_share(net >= 100.5) between 12.5% and 50%'],
  [
    'days_since_order(category = "奶粉") > 45 and first_order(weekday = Sunday) is known',
    'days_since_order(category = "奶粉") > 45 and first_order(weekday = "sunday") is known',
  ],
  ['tag contains "vip" and not tag not contains "x"', 'tag = "vip" and not not tag = "x"'],
  ['region NOT  CONTAINS "a" or store starts with "西"', 'region not contains "a" or store starts with "西"'],
  ['joined is null or joined is not null', 'joined is unknown or joined is known'],
  // texts in the quotes of other keyboards
  ["tag = 'vip' or tag = ‘v\"i’", 'tag = "vip" or tag = "v\\"i"'],
  [
    "tag in (“a b”, 「c’d」, 『e』, ＂f\"＂, ＇g＇, 'h\\'i')",
    'tag in ("a b", "c’d", "e", "f\\"", "g", "h\'i")',
  ],
  // full-width signs, letters and digits
  [
    'ｏｒｄｅｒｓ（ｓｔｏｒｅ　＝　「Ａ店」，近１８０天）＞＝２ 且 ｎｅｔ！＝１．５',
    'orders(store = "Ａ店", within 180 days) >= 2 and net != 1.5',
  ],
  [
    '标签 属于（"甲"、"乙"）且 消费占比（品类＝"茶"）≥６０％',
    'tag in ("甲", "乙") and spend_share(category = "茶") >= 60%',
  ],
  [
    'joined = ２０２６－０１－３１ and joined >= －３０ｄ and random １０％ (seed ‘x’)',
    'joined = 2026-01-31 and joined >= -30d and random 10% (seed "x")',
  ],
  // as Shopify writes it
  [
    "last_order BETWEEN -14d AND 7_days_ago AND tag CONTAINS 'vip' AND region IS NOT NULL",
    'last_order between -14d and -7d and tag = "vip" and region is known',
  ],
  [
    "number_of_orders BETWEEN 2 AND 5 AND amount_spent > 100.5 AND customer_tags NOT CONTAINS 'vip'",
    'orders between 2 and 5 and net > 100.5 and not tag = "vip"',
  ],
  [
    'last_order_date >= -30d AND first_order_date IS NOT NULL OR customer_added_date < -1y',
    '(last_order >= -30d and first_order is known) or joined < -1y',
  ],
  ['items(category = "奶粉", within 180 days) >= 6', 'items(category = "奶粉", within 180 days) >= 6'],
  ['joined >= -030D and joined < today', 'joined >= -30d and joined < today'],
  ['joined between -2m and +0w', 'joined between -2m and today'],
  ['joined within 30 days or joined last 7 days', 'joined within last 30 days or joined within last 7 days'],
  [
    'orders(within last 30 days, channel ends with "app") = 0',
    'orders(within 30 days, channel ends with "app") = 0',
  ],
  ['orders(day within last 30 days) = 0', 'orders(day within last 30 days) = 0'],
  ['birthday within next 7 days', 'birthday within next 7 days'],
  ['cohort in (2026-01, 2026-02)', 'cohort in (2026-01, 2026-02)'],
  ['random 12.50 % (seed "春 🌸") or random 5%', 'random 12.5% (seed "春 🌸") or random 5%'],
  ['segment "say \\"hi\\"" and segment "then" on -1Y', 'segment "say \\"hi\\"" and segment "then" on -1y'],
  ['((orders >= 2)) on 2026-01-31', '(orders >= 2) on 2026-01-31'],
  [
    '(everyone) on yesterday or not ((net > 1 or net < 0) on -4w)',
    '(everyone) on yesterday or not (net > 1 or net < 0) on -4w',
  ],
  ['（region ＝ “上海”） and orders ≥ 2', 'region = "上海" and orders >= 2'],
  ['tag = "say \\"hi\\" \\\\ “ok”\\n"', 'tag = "say \\"hi\\" \\\\ “ok”\\n"'],
])('%s', (text, expected) => {
  expect(canonical(text)).toBe(expected)
})

test.each([
  ['everyone', '全部会员'],
  [
    'orders >= 2 and not (status = "dormant" or tag in ("a", "b"))',
    '订单数 >= 2 且 非 (状态 = "沉睡" 或 标签 属于 ("a", "b"))',
  ],
  ['net between 10 and 20.5 and region is unknown', '净消费额 介于 10 和 20.5 且 地区 未知'],
  ['first_seen = true and joined is known', '首次出现 = 是 且 入会日期 已知'],
  ['joined within last 30 days or birthday within next 7 days', '入会日期 近 30 天 或 生日 未来 7 天'],
  ['joined >= -2m and joined < today', '入会日期 >= -2个月 且 入会日期 < 今天'],
  [
    'spend(category = "奶粉", within 180 days, weekday = "sunday") > 100',
    '消费额(品类 = "奶粉", 近 180 天, 星期 = "周日") > 100',
  ],
  [
    'orders(between 2026-01-01 and 2026-01-31, store not contains "西") = 0',
    '订单数(介于 2026-01-01 和 2026-01-31, 门店 不包含 "西") = 0',
  ],
  ['order_share(product starts with "a") >= 60%', '订单占比(商品 开头是 "a") >= 60%'],
  [
    'random 10% (seed "x") and segment "熟客" on 2026-01-31',
    '随机 10% (种子 "x") 且 人群 "熟客" 于 2026-01-31',
  ],
  ['(cohort = 2026-01) on yesterday', '(首购月份 = 2026-01) 于 昨天'],
])('%s in Chinese', (english, chinese) => {
  const parsed = parse(english, options)
  if (parsed.kind !== 'parsed') throw new Error(parsed.problems[0]!.message)
  expect(print(parsed.expression, 'zh-CN')).toBe(chinese)
  expect(canonical(chinese)).toBe(english)
})

test.each([
  ['订单数>=2且沉默天数>90', 'orders >= 2 and days_since_order > 90'],
  ['订单数(近90天)=0或非标签="vip"', 'orders(within 90 days) = 0 or not tag = "vip"'],
  [
    '订单数 >= 2 and 状态 = dormant 或 status = 沉睡',
    '(orders >= 2 and status = "dormant") or status = "dormant"',
  ],
  ['订单数 = 1且非非标签 = "a"', 'orders = 1 and not not tag = "a"'],
  ['入会日期未来7天', 'joined within next 7 days'],
  [
    '订单数（品类＝“奶粉”，门店属于（“A”、“B”），近180天）≥2且沉默天数＞45',
    'orders(category = "奶粉", store in ("A", "B"), within 180 days) >= 2 and days_since_order > 45',
  ],
  [
    '本月生日且授权="同意联系"且非标签包含「勿扰」',
    'birthday_this_month = true and consent = "granted" and not tag = "勿扰"',
  ],
  ['等级未知或地区为空或积分介于1和5', 'tier is unknown or region is unknown or points between 1 and 5'],
  ['订单数(商品不包含"x")=0', 'orders(product not contains "x") = 0'],
  ['订单数量 >= 2', null],
])('Chinese without spaces, and both languages in one rule: %s', (text, expected) => {
  const parsed = parse(text, options)
  expect(parsed.kind === 'parsed' ? print(parsed.expression) : null).toBe(expected)
})

test.each([
  ['', { id: 'empty', at: '', mended: 'everyone' }],
  ['odrers > 2', { id: 'unknown-field', at: 'odrers', mended: 'orders > 2' }],
  ['zebra > 2', { id: 'unknown-field', at: 'zebra' }],
  [
    'region = Shanghai Pudong',
    { id: 'wants-text', at: 'Shanghai Pudong', mended: 'region = "Shanghai Pudong"' },
  ],
  ['region = "Shanghai', { id: 'open-quote', at: '"Shanghai', mended: 'region = "Shanghai"' }],
  ['orders > "2"', { id: 'wants-number', at: '"2"', mended: 'orders > 2' }],
  ['orders > 2.5', { id: 'wants-whole-number', at: '2.5', mended: 'orders > 2' }],
  ['net > 1.005', { id: 'too-many-decimals', at: '1.005', mended: 'net > 1.00' }],
  ['net > 100000000000', { id: 'too-large', at: '100000000000' }],
  ['joined > "2026-01-31"', { id: 'wants-day', at: '"2026-01-31"', mended: 'joined > 2026-01-31' }],
  ['joined > 2026/1/5', { id: 'no-such-day', at: '2026/1/5', mended: 'joined > 2026-01-05' }],
  ['joined > 2026-02-30', { id: 'no-such-day', at: '2026-02-30' }],
  ['status = "dorment"', { id: 'unknown-choice', at: '"dorment"', mended: 'status = "dormant"' }],
  ['consent = "unknown"', { id: 'is-unknown', at: '= "unknown"', mended: 'consent is unknown' }],
  ['region != unknown', { id: 'is-unknown', at: '!= unknown', mended: 'region is known' }],
  ['tag != "vip"', { id: 'set-not', at: 'tag !=', mended: 'not tag = "vip"' }],
  ['region not in ("A")', { id: 'not-before', at: 'region not in', mended: 'not region in ("A")' }],
  ['region > "A"', { id: 'wrong-operator', at: '>', mended: 'region = "A"' }],
  ['orders >= 2 net > 3', { id: 'missing-connective', at: 'net', mended: 'orders >= 2 and net > 3' }],
  ['(orders >= 2', { id: 'open-parenthesis', at: '(' }],
  ['orders >= 2)', { id: 'stray-parenthesis', at: ')', mended: 'orders >= 2' }],
  ['orders >= 2 and', { id: 'expected-clause', at: '' }],
  ['orders', { id: 'expected-operator', at: '' }],
  ['net(within 3 days) > 2', { id: 'not-a-measure', at: 'net' }],
  ['spend > 2', { id: 'needs-conditions', at: 'spend', mended: 'spend(within 180 days) > 2' }],
  [
    'points_expiring > 2',
    {
      id: 'needs-conditions',
      at: 'points_expiring',
      mended: 'points_expiring(expires_in between 0 and 30) > 2',
    },
  ],
  ['优惠券数 > 0', { id: 'needs-conditions', at: '优惠券数', mended: '优惠券数(券状态 = "未使用") > 0' }],
  [
    'category = "x" and net > 1',
    { id: 'inside-only', at: 'category = "x"', mended: 'orders(category = "x") >= 1 and net > 1' },
  ],
  [
    '门店 属于 ("A", "B")',
    { id: 'inside-only', at: '门店 属于 ("A", "B")', mended: '订单数(门店 属于 ("A", "B")) >= 1' },
  ],
  ['age > 30 years', { id: 'missing-connective', at: 'years' }],
  [
    '订单数 = 1 净消费额 > 3',
    { id: 'missing-connective', at: '净消费额', mended: '订单数 = 1 且 净消费额 > 3' },
  ],
  ['orders() > 2', { id: 'empty-conditions', at: 'orders()', mended: 'orders(within 180 days) > 2' }],
  [
    'orders(categry = "x") > 2',
    { id: 'unknown-condition', at: 'categry', mended: 'orders(category = "x") > 2' },
  ],
  [
    'order_share(store = "A") > 60',
    { id: 'wants-percent', at: '60', mended: 'order_share(store = "A") > 60%' },
  ],
  [
    'order_share(store = "A") > 33.333%',
    { id: 'too-precise-percent', at: '33.333%', mended: 'order_share(store = "A") > 33.33%' },
  ],
  ['order_share(store = "A") > 1001%', { id: 'too-large-percent', at: '1001%' }],
  ['orders = 60%', { id: 'wants-number', at: '60%', mended: 'orders = 60' }],
  ['orders contains "a"', { id: 'wrong-operator', at: 'contains' }],
  ['birthday = 2026-01-01', { id: 'wants-within', at: 'birthday =' }],
  ['birthday in (2026-01-01)', { id: 'wants-within', at: '2026-01-01' }],
  ['region within 3 days', { id: 'wrong-operator', at: 'within' }],
  ['joined > -40000d', { id: 'too-far', at: '-40000d' }],
  [
    'joined between today and -3d',
    { id: 'reversed-range', at: 'today and -3d', mended: 'joined between -3d and today' },
  ],
  ['cohort = 2026-01-15', { id: 'wants-month', at: '2026-01-15', mended: 'cohort = 2026-01' }],
  ['cohort = 2026-13', { id: 'no-such-month', at: '2026-13' }],
  ['random (seed "x")', { id: 'expected-percent', at: '(' }],
  ['random 10', { id: 'expected-percent', at: '10', mended: 'random 10%' }],
  ['random -1%', { id: 'expected-percent', at: '-1%' }],
  ['random 101%', { id: 'too-large-percent', at: '101%' }],
  ['random 10% (seed x)', { id: 'expected-seed', at: 'x' }],
  ['segment Regulars', { id: 'expected-segment', at: 'Regulars' }],
  ['segment "a" on soon', { id: 'expected-day', at: 'soon' }],
  [
    'segment "a" on "2026-01-31"',
    { id: 'expected-day', at: '"2026-01-31"', mended: 'segment "a" on 2026-01-31' },
  ],
  ['(orders = 1) on 2026-02-30', { id: 'no-such-day', at: '2026-02-30' }],
  ['orders = 1 on 2026-01-31', { id: 'bare-day', at: 'on' }],
  ['orders(within x days) > 2', { id: 'expected-days', at: 'x' }],
  ['orders between 5 and 2', { id: 'reversed-range', at: '5 and 2', mended: 'orders between 2 and 5' }],
  ['orders >= 2 && net > 3', { id: 'bad-character', at: '&&', mended: 'orders >= 2 and net > 3' }],
  ['status is dormant', { id: 'expected-known', at: 'is', mended: 'status = dormant' }],
])('%s is refused at its place', (text, expected) => {
  expect(refusal(text)).toEqual(expected)
})

test('several mistakes are told at once', () => {
  const parsed = parse('odrers > 2 and region = Shanghai and net > 1.001', options)
  expect(parsed.kind === 'refused' && parsed.problems.map(({ id }) => id)).toEqual([
    'unknown-field',
    'wants-text',
    'too-many-decimals',
  ])
})

test('a currency without decimals takes none', () => {
  expect(parse('net > 10.5', { currencyDecimals: 0 }).kind).toBe('refused')
  expect(parse('net > 10', { currencyDecimals: 0 }).kind).toBe('parsed')
})

test('what is too deep, too long or too much is refused with a sentence', () => {
  const id = (text: string) => {
    const parsed = parse(text, options)
    return parsed.kind === 'refused' ? parsed.problems[0]!.id : 'parsed'
  }
  expect(id('not '.repeat(limits.depth) + 'orders = 1')).toBe('parsed')
  expect(id('not '.repeat(limits.depth + 1) + 'orders = 1')).toBe('too-deep')
  expect(id('('.repeat(100_000))).toBe('too-deep')
  expect(id('not '.repeat(40_000))).toBe('too-deep')
  expect(id('orders = 1 or '.repeat(10_000))).toBe('too-many-clauses')
  expect(id(`tag in (${'"a",'.repeat(20_000)}"b")`)).toBe('too-many-values')
  expect(id('x'.repeat(1_000_000))).toBe('too-long')
  expect(id('且非或'.repeat(60_000))).toBe('unknown-field')
})

test('any rule survives text and JSON', () => {
  fc.assert(
    fc.property(expressions, (expression) => {
      const text = print(expression)
      expect(parse(text, options)).toEqual({ kind: 'parsed', expression })
      const chinese = print(expression, 'zh-CN')
      expect({ chinese, read: parse(chinese, options) }).toEqual({
        chinese,
        read: { kind: 'parsed', expression },
      })
      expect(parse(printOnLines(expression, 'zh-CN'), options)).toEqual({ kind: 'parsed', expression })
      for (const line of printOnLines(expression).split('\n')) expect(line).not.toBe('')
      expect(fromJson(toJson(expression), options)).toEqual({ kind: 'parsed', expression })
    }),
    { numRuns: 500 },
  )
})

test('no text throws; every problem lies inside it and has a sentence', () => {
  const words =
    'orders net tag spend order_share weekday not and in between within days is unknown 2026-13-40 2026-13 -30d -99999d 近 3天 且标签 人群 于 on segment random seed contains starts null today 1e9 .5 60% % ( ) , = ! - 上海'
  const fragments = fc.constantFrom(...words.split(' '), '"', '“', "'", '\\', '\n', '\u0000', '\ud800', '😀')
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(fragments, { maxLength: 30 }).map((parts) => parts.join(' ')),
        fc.array(fragments, { maxLength: 30 }).map((parts) => parts.join('')),
        fc.tuple(expressions.map(print), fc.nat(), fc.nat()).map(([text, a, b]) => {
          const [from, to] = [a % (text.length + 1), b % (text.length + 1)].toSorted((x, y) => x - y)
          return text.slice(0, from) + text.slice(to)
        }),
      ),
      (text) => {
        const parsed = parse(text, options)
        if (parsed.kind === 'parsed') return canonical(print(parsed.expression)) === print(parsed.expression)
        expect(parsed.problems.length).toBeGreaterThan(0)
        for (const { from, to, message } of parsed.problems) {
          expect(from >= 0 && from <= to && to <= text.length).toBe(true)
          expect(message).toMatch(/^.+\.$/su)
          expect(message).not.toMatch(/undefined/)
        }
        return true
      },
    ),
    { numRuns: 2000 },
  )
})

test.each([
  [{ kind: 'compare', operator: '>=', value: '2026-01-01 or orders = 1' }],
  [{ kind: 'in', values: ['2026-01-01) or orders in (1'] }],
])('a value in JSON stays one value', (value) => {
  const subject = { kind: 'field', field: 'joined' }
  const read = fromJson(JSON.stringify({ kind: 'clause', subject, test: value }), options)
  expect(read.kind === 'refused' && read.problems[0]!.id).toBe('wants-day')
})

test.each([
  ['{', 'json-broken'],
  ['[]', 'json-shape'],
  ['{"kind":"and","parts":[]}', 'json-shape'],
  [
    '{"kind":"clause","subject":{"kind":"field","field":"orders"},"test":{"kind":"compare","operator":"~","value":1}}',
    'json-shape',
  ],
  ['{"kind":"clause","subject":{"kind":"field","field":"x; drop"},"test":{"kind":"known"}}', 'json-shape'],
  ['{"kind":"clause","subject":{"kind":"field","field":"zebra"},"test":{"kind":"known"}}', 'unknown-field'],
  [
    '{"kind":"clause","subject":{"kind":"field","field":"orders"},"test":{"kind":"compare","operator":"=","value":1e30}}',
    'bad-character',
  ],
  ['{"kind":"not","part":'.repeat(50_000), 'too-long'],
  ['{"kind":"not","part":'.repeat(5000) + '{"kind":"everyone"}' + '}'.repeat(5000), 'json-shape'],
])('JSON %s is refused', (json, id) => {
  const parsed = fromJson(json, options)
  expect(parsed.kind === 'refused' && parsed.problems[0]!.id).toBe(id)
})

test('any JSON is read or refused', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (json) => {
      expect(fromJson(json, options).kind).toBe('refused')
    }),
  )
})
