import { dayOrMonthFirst } from './dates.ts'
import { placeIn } from '../reading/file-begins.ts'
import type { Readable } from '../inspect.ts'
import { Originals } from '../reading/originals.ts'
import { type Refusal, refusal } from '../refusal.ts'
import { refusedRows } from '../refused/refused.ts'
import type { Staged } from '../reading/staging.ts'

/**
 * A beginning that decides whether day or month comes first speaks for the whole column only while no later value
 * says otherwise: then nobody knows what 3/4 is, in either part, and the file is refused with the first such line. Null
 * where no value does. The file is read again only where rows were refused for such a date.
 */
export async function mixedDates(
  staged: Staged,
  { opening, inspection, mapping }: Readable,
  signal: AbortSignal,
): Promise<Refusal | null> {
  const open = Object.entries(mapping.dates).flatMap(([field, order]) =>
    order === 'day-first' || order === 'month-first'
      ? [{ field, order, position: mapping.columns[field as keyof typeof mapping.columns]! }]
      : [],
  )
  if (open.length === 0) return null
  const lines = new Originals(inspection.fileName, { opening, inspection })
  try {
    for await (const rows of refusedRows(staged, signal))
      for (const { line, reason, field } of rows) {
        const column = reason === 'bad-date' ? open.find((one) => one.field === field) : undefined
        if (!column) continue
        const sample = (await lines.at(line))[column.position]?.trim() ?? ''
        const says = dayOrMonthFirst([sample])
        const place = placeIn(staged.files, line)
        if (says !== 'undecided' && says !== column.order)
          return refusal('mixed-dates', {
            file: place.file ?? inspection.fileName,
            header: inspection.headers[column.position]!,
            line: place.line,
            sample,
            order: column.order === 'day-first' ? 'day' : 'month',
          })
      }
    return null
  } finally {
    await lines.close()
  }
}
