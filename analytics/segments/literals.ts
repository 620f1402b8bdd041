import type { Value } from './ast.ts'
import { calendarDay, readRelativeDay } from './days.ts'
import type { Asked } from './fields/catalogue.ts'
import { quote } from './print.ts'
import { nearest, type Problem, type ProblemId } from './problems.ts'
import type { Token } from './tokens.ts'
import { wordOf } from './words.ts'

export type ReadValue =
  | { readonly value: Value }
  | {
      readonly refused: ProblemId
      readonly suggestion?: string | undefined
      readonly values?: Problem['values']
    }

const maxNumber = 99_999_999_999
const maxPercent = 1000
const refused = (id: ProblemId, suggestion?: string, values?: Problem['values']): ReadValue => ({
  refused: id,
  suggestion,
  ...(values ? { values } : {}),
})

/**
 * A value as the field takes it, or why it is none. `token` is its first piece and `written` all of it, a text
 * without its quotes.
 */
export function readValue(asked: Asked, token: Token, written: string, currencyDecimals: number): ReadValue {
  switch (asked.kind) {
    case 'count': {
      const number = readNumber(token, written)
      if (typeof number !== 'number') return number
      return Number.isInteger(number)
        ? { value: number }
        : refused('wants-whole-number', String(Math.trunc(number)))
    }
    case 'money': {
      const number = readNumber(token, written)
      if (typeof number !== 'number') return number
      const decimals = (written.split('.')[1] ?? '').replace(/0+$/, '').length
      return decimals <= currencyDecimals
        ? { value: number }
        : refused('too-many-decimals', number.toFixed(currencyDecimals), { limit: currencyDecimals })
    }
    case 'percent':
      return readPercent(token, written, maxPercent)
    case 'day':
      return readDay(token, written)
    case 'month':
      return readMonth(token, written)
    case 'flag': {
      const meant = wordOf(written.toLowerCase()) ?? { yes: 'true', no: 'false' }[written.toLowerCase()]
      return meant === 'true' || meant === 'false' ? { value: meant === 'true' } : refused('wants-flag')
    }
    case 'choice': {
      const choices = asked.choices!
      const value = written.toLowerCase()
      const found = choices.find((one) => one.value === value || one.title['zh-CN'] === value)
      if (found) return { value: found.value }
      const chinese = choices.map(({ title }) => title['zh-CN'])
      const meant = nearest(value, [...choices.map((one) => one.value), ...chinese])
      return refused('unknown-choice', meant && quote(meant), {
        choices: choices.map((one) => one.value).join(' / '),
      })
    }
    case 'text':
    case 'set':
      return token.kind === 'text' ? { value: token.value } : refused('wants-text', quote(written))
    case 'anniversary':
      return refused('wants-within')
  }
}

function readNumber(token: Token, written: string): number | ReadValue {
  if (token.kind !== 'number' || !/\d$/.test(written))
    return refused('wants-number', /^-?\d+(\.\d+)?(?=\s*[%％]?$)/u.exec(written)?.[0])
  const number = Number(written)
  return Math.abs(number) > maxNumber ? refused('too-large') : number + 0
}

/** A percentage, in percent, with at most two decimals. */
export function readPercent(token: Token, written: string, most: number): ReadValue {
  const number = Number(written.replace(/\s*[%％]$/u, ''))
  if (token.kind !== 'number' || !/[%％]$/u.test(written))
    return refused('wants-percent', written !== '' && Number.isFinite(number) ? `${number}%` : undefined)
  if (Math.abs(number) > most) return refused('too-large-percent', undefined, { limit: most })
  const rounded = Math.round(number * 100) / 100
  return rounded === number ? { value: number + 0 } : refused('too-precise-percent', `${rounded}%`)
}

/** A day of the calendar, or one relative to the day that is asked about. */
export function readDay(token: Token, written: string): ReadValue {
  const word = token.kind === 'word' ? wordOf(written.toLowerCase()) : undefined
  if (word === 'today' || word === 'yesterday') return { value: word }
  if (token.kind === 'relative') {
    const relative = readRelativeDay(written)
    return relative === null ? refused('too-far') : { value: relative }
  }
  const day = calendarDay(written)
  if (token.kind !== 'day') return refused('wants-day', day ?? undefined)
  return day === written ? { value: day } : refused('no-such-day', day ?? undefined)
}

function readMonth(token: Token, written: string): ReadValue {
  const month = /^(\d{4}-\d{2})(?:-\d{2})?$/.exec(written)?.[1]
  const exists = month !== undefined && calendarDay(`${month}-01`) !== null
  if (token.kind === 'month') return exists ? { value: written } : refused('no-such-month')
  return refused('wants-month', exists ? month : undefined)
}
