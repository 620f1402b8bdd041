import { afterEach, expect, test, vi } from 'vitest'
import { saidRule } from './said-rule.ts'

afterEach(() => vi.unstubAllEnvs())

const rule =
  'orders(category = "面包", within 90 days) >= 2 and (region = "西湖区" or not tag = "a") and net > 1.5'

test('a rule is said in the language of who asks at the terminal', () => {
  vi.stubEnv('LC_ALL', 'zh_CN.UTF-8')
  expect(saidRule(rule)).toBe(
    '订单数(品类 = "面包", 近 90 天) >= 2 且 (地区 = "西湖区" 或 非 标签 = "a") 且 净消费额 > 1.5',
  )
  vi.stubEnv('LC_ALL', 'en_US.UTF-8')
  expect(saidRule(rule)).toBe(rule)
  expect(saidRule('no rule')).toBe('no rule')
})
