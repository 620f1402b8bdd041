import { columnsBefore } from '../refused/refused-columns.ts'
import { type DateOrder, undecidedDates } from '../values/dates.ts'
import { type Column, unreadValues } from '../columns/column-guesses.ts'
import {
  type ColumnGuess,
  columnGuesses,
  decimalsOf,
  type Guess,
  type MapOverrides,
  namedColumns,
  type Question,
  type Sample,
} from '../columns/mapping.ts'
import type { Refusal } from '../refusal.ts'
import { type RefundField, refundFieldNames, refundFields, refundStateWords } from './fields.ts'

type Assigned = Map<RefundField, { position: number; confidence: number }>

/** Guesses what each column of a file of refunds means, as `guessMapping` does it for orders. */
export function guessRefundMapping(
  sample: Sample,
  columns: readonly Column[],
  overrides: MapOverrides,
  timeZone: string,
): Guess | Refusal {
  const named = namedColumns(sample, {
    ...overrides,
    columns: { ...canonicalColumns(sample.headers), ...overrides.columns },
  })
  if ('kind' in named) return named
  const assigned: Assigned = new Map()
  for (const field of refundFieldNames) {
    const position = named.chosen.get(field)
    if (position !== undefined) assigned.set(field, { position, confidence: 1 })
  }
  guessRest(assigned, columns, named.leftOut)

  const questions: Question[] = []
  const dates: Partial<Record<RefundField, DateOrder>> = {}
  const time = assigned.get('refundedAt')
  if (time) {
    const column = columns[time.position]!
    const order = overrides.dates ?? column.dates?.order
    if (order === 'undecided')
      questions.push({
        kind: 'dates',
        field: 'refundedAt',
        header: column.header,
        ...undecidedDates(column.values),
      })
    else dates.refundedAt = order ?? 'year-first'
  }
  const states = Object.fromEntries(
    Object.entries(overrides.states ?? {}).map(([word, meaning]) => [word.trim().toLowerCase(), meaning]),
  )
  const state = assigned.get('state')
  if (state) {
    const words = [...new Set(columns[state.position]!.values.map((word) => word.toLowerCase()))].filter(
      (word) => !(word in refundStateWords) && !(word in states),
    )
    if (words.length > 0) questions.push({ kind: 'states', words: words.slice(0, 20) })
  }
  const amount = assigned.get('amount')
  return {
    preset: null,
    mapping: {
      kind: 'refunds',
      columns: Object.fromEntries([...assigned].map(([field, { position }]) => [field, position])),
      dates,
      timeZone: overrides.timeZone ?? timeZone,
      decimalMark: decimalsOf(amount ? [columns[amount.position]!] : [], overrides, questions),
      states,
      refunds: { said: null, known: null, charged: [], byRow: false },

      knownBy: null,
    },
    columns: columnGuesses(columns, assigned, unreadOf),
    questions,
    leftOut: [...named.leftOut],
  }
}

/** The columns of a file whose every header is the name of a field, as in the template; null for any other. */
function canonicalColumns(headers: readonly string[]): Record<string, string> | null {
  const named = headers.filter((header) => (refundFieldNames as string[]).includes(header))
  return headers.length > 1 && named.length === headers.length && new Set(named).size === named.length
    ? Object.fromEntries(named.map((field) => [field, field]))
    : null
}

/** Whole headers alone say what a column is: exports of refunds have many other amounts and times. Why a row was refused is no reason of a refund. */
function guessRest(assigned: Assigned, columns: readonly Column[], leftOut: ReadonlySet<string>): void {
  const taken = new Set([...assigned.values()].map(({ position }) => position))
  const before = columnsBefore(columns.map(({ header }) => header))
  const candidates = columns
    .slice(before)
    .flatMap((column) =>
      refundFieldNames.map((field) => ({
        field,
        position: column.position,
        confidence: byName(field, column.plain) * byType(field, column),
      })),
    )
    .filter(({ confidence }) => confidence > 0)
    .sort((a, b) => b.confidence - a.confidence || a.position - b.position)
  for (const { field, position, confidence } of candidates) {
    if (assigned.has(field) || taken.has(position) || leftOut.has(field)) continue
    assigned.set(field, { position, confidence: Math.round(confidence * 1000) / 1000 })
    taken.add(position)
  }
}

function byName(field: RefundField, plain: string): number {
  const place = (refundFields[field].aliases as readonly string[]).indexOf(plain)
  return place < 0 ? 0 : 0.98 - place * 0.001
}

function byType(field: RefundField, { values, dates, numeric }: Column): number {
  switch (refundFields[field].type) {
    case 'date':
      // Without a day on any row each takes that of its order; a column that has days comes first.
      return values.length === 0 ? 0.5 : (dates?.share ?? 0)
    case 'number':
      return values.length === 0 ? 0 : numeric
    case 'id':
      return values.length === 0 ? 0 : 1
    default:
      return 1
  }
}

function unreadOf(field: RefundField, column: Column): ColumnGuess['unread'] {
  return unreadValues(refundFields[field].type, column)
}
