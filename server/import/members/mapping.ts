import { undecidedDates } from '../values/dates.ts'
import { farthest, plainHeader } from '../columns/fields.ts'
import { answersDates, type Column, unreadValues } from '../columns/column-guesses.ts'
import {
  type ColumnGuess,
  columnGuesses,
  type Guess,
  type MapOverrides,
  type Question,
  type Sample,
  namedColumns,
  decimalsOf,
} from '../columns/mapping.ts'
import type { DateOrder } from '../values/dates.ts'
import { columnNames, type Refusal, refusal } from '../refusal.ts'
import { consentWords, type MemberField, memberFieldNames, memberFields } from './fields.ts'
import {
  memberPresetColumns,
  memberPresetLacks,
  type MemberPresetName,
  memberPresetNames,
  recognisedMembers,
} from './presets.ts'

type Assigned = Map<MemberField, { position: number; confidence: number }>

/** Guesses what each column of a file of members means, as `guessMapping` does it for orders. */
export function guessMemberMapping(
  sample: Sample,
  columns: readonly Column[],
  overrides: MapOverrides,
  timeZone: string,
): Guess | Refusal {
  const said = memberPresetNames.find((name) => name === overrides.preset)
  const lacks = said ? memberPresetLacks(said, sample.headers) : []
  if (lacks.length > 0)
    return refusal('preset-columns', {
      preset: said!,
      lacks: { listed: lacks },
      headers: columnNames(sample.headers),
    })
  const preset = said ?? recognisedMembers(sample.headers)
  const named = namedColumns(sample, overrides)
  if ('kind' in named) return named
  const leftOut = new Set(named.leftOut)
  const assigned: Assigned = new Map()
  for (const field of memberFieldNames) {
    const position = named.chosen.get(field)
    if (position !== undefined) assigned.set(field, { position, confidence: 1 })
  }
  for (const [field, position] of preset ? memberPresetColumns(preset, sample.headers) : []) {
    if (assigned.has(field) || leftOut.has(field)) continue
    if (position === null) leftOut.add(field)
    else if (field === 'phone' || [...assigned.values()].every((other) => other.position !== position))
      assigned.set(field, { position, confidence: 1 })
  }
  guessRest(assigned, columns, leftOut)
  settlePhone(assigned, columns, leftOut)

  const questions: Question[] = []
  const dates: Partial<Record<MemberField, DateOrder>> = {}
  for (const [field, { position }] of assigned) {
    if (memberFields[field].type !== 'date') continue
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
  const money = assigned.get('storedValue')
  return {
    preset,
    mapping: {
      kind: 'members',
      columns: Object.fromEntries([...assigned].map(([field, { position }]) => [field, position])),
      dates,
      timeZone: overrides.timeZone ?? timeZone,
      decimalMark: decimalsOf(money ? [columns[money.position]!] : [], overrides, questions),
      states: {},
      refunds: { said: null, known: null, charged: [], byRow: false },
      knownBy: null,
    },
    columns: columnGuesses(columns, assigned, unreadOf),
    questions,
    leftOut: [...named.leftOut],
  }
}

function guessRest(assigned: Assigned, columns: readonly Column[], leftOut: ReadonlySet<string>): void {
  const taken = new Set([...assigned.values()].map(({ position }) => position))
  const candidates = columns
    .flatMap((column) =>
      memberFieldNames.map((field) => ({
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

/** Of a file of members whole headers alone say what a column is: exports have many columns of counts and sums. */
function byName(field: MemberField, plain: string): number {
  const aliases: readonly string[] = memberFields[field].aliases
  const place = aliases.indexOf(plain)
  return place < 0 ? 0 : 0.98 - Math.min(place, farthest) * 0.003
}

function byType(field: MemberField, { values, dates, numeric }: Column): number {
  switch (memberFields[field].type) {
    // Most members tell no birthday and have no balance: empty columns keep their meaning.
    case 'date':
      return values.length === 0 ? 1 : (dates?.share ?? 0)
    case 'number':
      return values.length === 0 ? 1 : numeric
    default:
      return field === 'memberId' && values.length === 0 ? 0 : 1
  }
}

/** A phone that was said to be the member's number is their phone too. */
function settlePhone(assigned: Assigned, columns: readonly Column[], leftOut: ReadonlySet<string>): void {
  const id = assigned.get('memberId')
  if (!id || assigned.has('phone') || leftOut.has('phone')) return
  const aliases: readonly string[] = memberFields.phone.aliases
  if (aliases.includes(plainHeader(columns[id.position]!.header))) assigned.set('phone', id)
}

function unreadOf(field: MemberField, column: Column): ColumnGuess['unread'] {
  if (field !== 'consent') return unreadValues(memberFields[field].type, column)
  const bad = column.values.filter((value) => !(value.toLowerCase() in consentWords))
  return bad.length === 0 ? null : { values: bad.length, of: column.values.length, sample: bad[0]! }
}

export const isMemberPreset = (name: string): name is MemberPresetName =>
  (memberPresetNames as readonly string[]).includes(name)
