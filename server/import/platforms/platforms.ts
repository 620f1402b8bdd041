import { type FieldName, plainHeader } from '../columns/fields.ts'
import { type PresetName, presetNames, presets } from './presets.ts'

/** Where a header stands, written in any case and with any blanks and punctuation. */
const positionOf = (headers: readonly string[], wanted: string): number => {
  const exact = headers.indexOf(wanted)
  if (exact >= 0) return exact
  const plain = plainHeader(wanted)
  return headers.findIndex((header) => plainHeader(header) === plain)
}

/** The headers that a file lacks to be this platform's. */
export const presetLacks = (name: PresetName, headers: readonly string[]): string[] =>
  presets[name].needs.filter((header) => positionOf(headers, header) < 0)

/**
 * The preset whose export this is: it has what the preset needs and the most of the headers that tell it
 * from others. Of the WooCommerce analytics, whose headers are translated, the places and the values decide.
 */
export function recognised(
  headers: readonly string[],
  records: readonly (readonly string[])[],
): PresetName | null {
  let best: { name: PresetName; marks: number } | null = null
  for (const name of presetNames) {
    const { marks, marksNeeded } = presets[name]
    if (presetLacks(name, headers).length > 0) continue
    const found = marks.filter((mark) => positionOf(headers, mark) >= 0).length
    if (found >= marksNeeded && found > (best?.marks ?? 0)) best = { name, marks: found }
  }
  if (best) return best.name
  return isTranslatedAnalytics(headers, records) ? 'woocommerce-analytics' : null
}

/** Places of the columns of the WooCommerce analytics, which keep their order in every language. */
const analyticsPlaces = [
  'Date',
  'Order #',
  'N. Revenue (formatted)',
  'Status',
  'Customer',
  'Customer type',
  'Product(s)',
  'Items sold',
  'Coupon(s)',
  'Net Sales',
  'Attribution',
]

function isTranslatedAnalytics(headers: readonly string[], records: readonly (readonly string[])[]): boolean {
  if (headers.length < 10 || headers.length > 11) return false
  const named = records.map((record) => record[6] ?? '').filter((value) => value !== '')
  return (
    named.length > 0 &&
    named.every((value) => /^\d+× ./.test(value)) &&
    records.every((record) => /^\d{4}-\d\d-\d\d/.test(record[0] ?? ''))
  )
}

/** What a preset says of a file: its columns that the file has by position, null for fields that are to be left out. */
export interface PresetColumns {
  readonly columns: Readonly<Partial<Record<FieldName, number | null>>>
  readonly charged: readonly (readonly number[])[]
  readonly emailElse?: number
}

export function presetColumns(name: PresetName, headers: readonly string[]): PresetColumns {
  const { columns, charged = [], needs, emailElse } = presets[name]
  const translated = name === 'woocommerce-analytics' && needs.every((one) => positionOf(headers, one) < 0)
  const place = (header: string) =>
    translated ? analyticsPlaces.indexOf(header) : positionOf(headers, header)
  const found: Partial<Record<FieldName, number | null>> = {}
  for (const [field, wanted] of Object.entries(columns) as [FieldName, string | readonly string[] | null][]) {
    if (wanted === null) {
      found[field] = null
      continue
    }
    const at = [wanted].flat().map(place)
    const position = at.find((one) => one >= 0 && one < headers.length)
    if (position !== undefined) found[field] = position
  }
  const otherEmail = emailElse === undefined ? -1 : place(emailElse)
  return {
    columns: found,
    ...(otherEmail >= 0 && otherEmail !== found.email ? { emailElse: otherEmail } : {}),
    charged: charged.map((sum) => sum.map(place)).filter((sum) => sum.every((position) => position >= 0)),
  }
}
