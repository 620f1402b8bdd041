import type { Test } from './ast.ts'

type OfHours = Extract<Test, { kind: 'compare' | 'between' }>

/**
 * A test of the hour of day (0 to 23, each from :00 to :59) as people say times: "between 09:00 and 12:59", "before
 * 09:00", 「在 18:00 及之后」. Tests that accept the same hours may read the same.
 */
export function hoursSaid(test: OfHours, language: 'en' | 'zh-CN'): string {
  const english = language === 'en'
  const at = (hour: number, minutes = '00') => `${english ? String(hour).padStart(2, '0') : hour}:${minutes}`
  const before = (hour: number) => (english ? `before ${at(hour)}` : `在 ${at(hour)} 之前`)
  const from = (hour: number) => (english ? `from ${at(hour)} on` : `在 ${at(hour)} 及之后`)
  const span = (first: number, last: number) =>
    english ? `${at(first)} and ${at(last, '59')}` : `${at(first)} 至 ${at(last, '59')} 之间`
  if (test.kind === 'between')
    return `${english ? 'between' : '在'} ${span(Number(test.from), Number(test.to))}`
  const hour = Number(test.value)
  switch (test.operator) {
    case '=':
      return `${english ? 'between' : '在'} ${span(hour, hour)}`
    case '!=':
      return english
        ? `at a time other than ${at(hour)} to ${at(hour, '59')}`
        : `在 ${at(hour)} 至 ${at(hour, '59')} 以外`
    case '<':
      return before(hour)
    case '<=':
      return before(hour + 1)
    case '>':
      return from(hour + 1)
    case '>=':
      return from(hour)
  }
}
