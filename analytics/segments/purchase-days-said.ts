import type { Test } from './ast.ts'

type OfNumbers = Extract<Test, { kind: 'compare' | 'between' | 'in' }>

/**
 * A test of a purchase day's number (1 is a member's first day with an order) as people say it: "from purchase day 3
 * on", 「在第 3 个购买日及之后」. `number` writes a number as the reader does, `any` lists several.
 */
export function purchaseDaysSaid(
  test: OfNumbers,
  language: 'en' | 'zh-CN',
  { number, any }: { number: (value: number) => string; any: (values: readonly string[]) => string },
): string {
  const english = language === 'en'
  const day = (value: unknown) =>
    english ? `purchase day ${number(Number(value))}` : `第 ${number(Number(value))} 个购买日`
  if (test.kind === 'in') {
    const numbers = any(test.values.map((value) => number(Number(value))))
    return english ? `on purchase day ${numbers}` : `在第 ${numbers} 个购买日`
  }
  if (test.kind === 'between')
    return english
      ? `from ${day(test.from)} to ${number(Number(test.to))}`
      : `在第 ${number(Number(test.from))} 至第 ${number(Number(test.to))} 个购买日`
  const own = day(test.value)
  switch (test.operator) {
    case '=':
      return english ? `on ${own}` : `在${own}`
    case '!=':
      return english ? `on any day but ${own}` : `在${own}以外的购买日`
    case '<':
      return english ? `before ${own}` : `在${own}之前`
    case '<=':
      return english ? `up to ${own}` : `在${own}及之前`
    case '>':
      return english ? `after ${own}` : `在${own}之后`
    case '>=':
      return english ? `from ${own} on` : `在${own}及之后`
  }
}
