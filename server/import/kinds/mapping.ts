import { type DateOrder, undecidedDates } from '../values/dates.ts'
import { answersDates, type Column, unreadValues } from '../columns/column-guesses.ts'
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
import { farthest, type PersonValue } from '../columns/fields.ts'
import { isNumber } from '../values/numbers.ts'
import type { Refusal } from '../refusal.ts'
import { columnsBefore, fromFileColumn } from '../refused/refused-columns.ts'
import type { AnyKindField, KindName } from './catalogue.ts'
import { aliasesOf, fieldsOf, type Kind, type KindField, plainType, yesAndNo } from './kind.ts'

type Assigned = Map<AnyKindField, { position: number; confidence: number }>

/** Guesses what each column of a file of a kind means, as `guessMapping` does it for orders. */
export function guessKindMapping(
  kind: Kind<KindName>,
  sample: Sample,
  columns: readonly Column[],
  overrides: MapOverrides,
  timeZone: string,
): Guess | Refusal {
  const named = namedColumns(sample, overrides)
  if ('kind' in named) return named
  const fields = fieldsOf(kind) as [AnyKindField, Kind['fields'][string]][]
  const assigned: Assigned = new Map()
  for (const [field] of fields) {
    const position = named.chosen.get(field)
    if (position !== undefined) assigned.set(field, { position, confidence: 1 })
  }
  const before = columnsBefore(sample.headers)
  const saidBefore = fromFileColumn(sample.headers)
  for (const [field, { fromFile }] of fields)
    if (fromFile && saidBefore !== null && !assigned.has(field) && !named.leftOut.has(field))
      assigned.set(field, { position: saidBefore, confidence: 1 })
  const ownColumns = fields.filter(([, { type }]) => type !== 'rest')
  const taken = new Set([...assigned.values()].map(({ position }) => position))
  const candidates = columns
    .flatMap((column) =>
      ownColumns.map(([field, one]) => ({
        field,
        position: column.position,
        confidence: byName(field, one, column.plain) * byType(one, column),
      })),
    )
    .filter(({ confidence }) => confidence > 0)
    .sort((a, b) => b.confidence - a.confidence || a.position - b.position)
  for (const { field, position, confidence } of candidates) {
    if (assigned.has(field) || taken.has(position) || named.leftOut.has(field)) continue
    assigned.set(field, { position, confidence: Math.round(confidence * 1000) / 1000 })
    taken.add(position)
  }

  const questions: Question[] = []
  const dates: Partial<Record<AnyKindField, DateOrder>> = {}
  for (const [field, { position }] of assigned) {
    if (plainType(kind.fields[field]!.type) !== 'date') continue
    const column = columns[position]!
    const order = overrides.dates && answersDates(column) ? overrides.dates : column.dates?.order
    if (order === 'undecided')
      questions.push({
        kind: 'dates',
        field,
        header: column.header,
        ...undecidedDates(column.values),
      })
    else dates[field] = order ?? 'year-first'
  }
  const money = [...assigned].flatMap(([field, { position }]) =>
    kind.fields[field]!.type === 'amount' ? [columns[position]!] : [],
  )
  return {
    preset: null,
    mapping: {
      kind: kind.name,
      columns: Object.fromEntries([...assigned].map(([field, { position }]) => [field, position])),
      dates,
      timeZone: overrides.timeZone ?? timeZone,
      decimalMark: decimalsOf(money, overrides, questions),
      states: {},
      refunds: { said: null, known: null, charged: [], byRow: false },
      knownBy: null,
      rest: fields.some(([, { type }]) => type === 'rest')
        ? columns
            .filter(({ position, header }) => position >= before && !taken.has(position) && header !== '')
            .map(({ position, header }) => ({ position, header }))
        : [],
    },
    columns: columnGuesses(columns, assigned, (field, column): ColumnGuess['unread'] =>
      unreadValues(plainType(kind.fields[field]!.type), {
        ...column,
        // yes and no are numbers of a decimal
        values:
          kind.fields[field]!.type === 'decimal'
            ? column.values.filter((value) => !(value.toLowerCase() in yesAndNo))
            : column.values,
      }),
    ),
    questions,
    leftOut: [...named.leftOut],
  }
}

/** What a value of a kind has, hidden, cut off or not; an openid may be any text. */
const looksLike: Readonly<Partial<Record<PersonValue, RegExp>>> = {
  phone: /(?:[\d*＊•●][^\d*＊•●]{0,2}){7}|\de\+\d/i,
  email: /@/,
}

/** Whole headers say what a column is, of few fields how they end; a field's own name is sure. */
function byName(field: string, one: KindField, plain: string): number {
  const place = aliasesOf(field, one).indexOf(plain)
  if (place < 0) return one.endings?.some((ending) => plain.endsWith(ending)) ? 0.85 : 0
  return place === 0 ? 1 : 0.98 - Math.min(place, farthest) * 0.003
}

/** Whether a header (as `plainHeader` writes it) may name a column of the field. */
export const mayMean = (field: KindField, plain: string): boolean => byName('', field, plain) > 0

function byType({ type: kindType, tells }: KindField, { values, dates, numeric }: Column): number {
  if (values.length === 0) return 1
  // a column of yes and no about phones or e-mails is none of them
  const looks = tells && looksLike[tells]
  if (looks) return values.some((value) => looks.test(value)) ? 1 : 0
  if (kindType === 'decimal')
    return values.filter((value) => isNumber(value) || value.toLowerCase() in yesAndNo).length / values.length
  const type = plainType(kindType)
  return type === 'date' ? (dates?.share ?? 0) : type === 'number' ? numeric : 1
}
