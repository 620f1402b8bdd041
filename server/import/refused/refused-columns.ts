import { type Language, sentence } from '../../messages/messages.ts'

/**
 * What the columns before a refused row's own say of its place: its line; of several files read as one the file too; of a
 * batch over the API which item it is. Behind it the column that is to blame, and the reason.
 */
const places = { line: ['line'], file: ['file', 'line'], item: ['item'] } as const
export type PlaceColumns = keyof typeof places

const languages = ['en', 'zh-CN'] as const

/** The titles of these columns. Marks stand beside the line (see `markedImports`). */
export const titlesOf = (language: Language, place: PlaceColumns, marks: readonly string[] = []): string[] =>
  [...places[place], 'column', 'reason'].map((title) => {
    const said = sentence(language, `column.${title as 'line' | 'file' | 'item' | 'column' | 'reason'}`)
    return title === 'line' && marks.length > 0 ? `${said} [${marks.join(' ')}]` : said
  })

/** The mark of an import: the beginning of its file's hash. */
export const markOf = (fileHash: string): string => fileHash.slice(0, markLength)
const markLength = 12
const marked = new RegExp(`^(.+) \\[([0-9a-f]{${markLength}}(?: [0-9a-f]{${markLength}})*)\\]$`)

/**
 * Of a file of refused rows: the marks of the imports whose orders they complete, the nearest first: of which they were
 * refused, and where that was a mended file, of which its rows had been. None where no row may belong to an order that
 * came in. They are found wherever a spreadsheet has moved their column to, also without the columns that stood beside it.
 */
export const markedImports = (headers: readonly string[]): readonly string[] => [
  ...new Set(
    headers.flatMap((title) => {
      const [, said, marks] = marked.exec(title) ?? []
      return languages.some((language) => said === sentence(language, 'column.line')) ? marks!.split(' ') : []
    }),
  ),
]

/** The column after them that says what the name of the file did. */
export const fromFile = (language: Language): string => sentence(language, 'column.from-file')

const placeOf = (headers: readonly string[]): PlaceColumns | undefined =>
  (Object.keys(places) as PlaceColumns[]).find((place) =>
    languages.some((language) =>
      titlesOf(language, place).every(
        (title, position) => (headers[position] ?? '').replace(marked, '$1') === title,
      ),
    ),
  )

/** Refused rows of several files that were read as one: their first column names the file of each. */
export const isOfSeveralFiles = (headers: readonly string[]): boolean => placeOf(headers) === 'file'

/** How many columns of a file of refused rows say where a row stood and why it was refused; none: it is no such file. */
export function columnsOfPlace(headers: readonly string[]): number {
  const place = placeOf(headers)
  return place ? places[place].length + 2 : 0
}

/** Of a file of refused rows, in a language: the titles of all columns before the rows' own, and how many there are up to the reason. */
export function titlesBefore(
  language: Language,
  headers: readonly string[],
): { readonly all: string[]; readonly reason: number } {
  const place = placeOf(headers)
  if (!place) return { all: [], reason: 0 }
  const all = titlesOf(language, place, markedImports(headers))
  return {
    all: fromFileColumn(headers) === null ? all : [...all, fromFile(language)],
    reason: all.length,
  }
}

/** How many columns a mended file of refused rows has before those of the file that they came from. */
export const columnsBefore = (headers: readonly string[]): number =>
  columnsOfPlace(headers) + (fromFileColumn(headers) === null ? 0 : 1)

/** Of a mended file: the column that says what the name of the first file did; null where there is none. */
export function fromFileColumn(headers: readonly string[]): number | null {
  const place = columnsOfPlace(headers)
  return place > 0 && languages.some((language) => headers[place] === fromFile(language)) ? place : null
}
