import { type Sql, sql } from '../../../analytics/sql/sql.ts'
import { type Language, sentence } from '../../messages/messages.ts'
import { type FileBegin, placeIn, saidPlace } from '../reading/file-begins.ts'
import { phoneThatTells } from '../values/person-values.ts'
import type { Staged } from '../reading/staging.ts'
import { isMasked } from './phones.ts'

/**
 * What of an accepted row of members is not as it should be: an e-mail that is none, which is left out, and a phone that
 * is no whole number, which is shown and finds nobody. Phones with digits hidden are counted apart.
 */
export const doubts = ['unread-email', 'unfit-phone'] as const
type Doubt = (typeof doubts)[number]

/** The field of a doubt. */
const fieldOf = { 'unread-email': 'email', 'unfit-phone': 'phone' } as const satisfies Record<Doubt, string>

/** How many rows of a file have a doubt, and the line of the first. */
export interface DoubtfulRows {
  readonly doubt: Doubt
  readonly rows: number
  readonly line: number
}

/** A value that is doubtful, by the line of its row. */
export interface DoubtfulValue {
  readonly line: number
  readonly field: (typeof fieldOf)[Doubt]
  readonly doubt: Doubt
}

/** Relation of the doubts of staged rows: `row_number`, `doubt`. */
const doubtful = (rows: Sql): Sql => sql`(
  select row_number, 'unread-email' as doubt from ${rows} as member where unread_email
  union all
  select row_number, 'unfit-phone' from ${rows} as member
  where phone is not null and not ${isMasked(sql`phone`)} and ${phoneThatTells(sql`phone`)} is null)`

const options = { timeoutMs: 60 * 60 * 1000 }

/** What of the accepted rows of a file is doubtful. */
export async function doubtfulRows({ engine, rows }: Staged): Promise<DoubtfulRows[]> {
  const found = await engine.rows(
    sql`select doubt, count(*) as rows, min(row_number) as line from ${doubtful(rows)} as found group by doubt order by doubt desc`,
    options,
  )
  return found.map((row) => ({ doubt: row.doubt as Doubt, rows: Number(row.rows), line: Number(row.line) }))
}

/** Each doubtful value of the accepted rows, in the order of the file. */
export async function doubtfulValues({ engine, rows }: Staged): Promise<DoubtfulValue[]> {
  const found = await engine.rows(
    sql`select row_number, doubt from ${doubtful(rows)} as found order by row_number, doubt`,
    options,
  )
  return found.map((row) => {
    const doubt = row.doubt as Doubt
    return { line: Number(row.rowNumber), field: fieldOf[doubt], doubt }
  })
}

/** What a receipt says of doubtful values; `files`: those that were read as one. */
export const doubtsInWords = (
  language: Language,
  found: readonly DoubtfulRows[] = [],
  files: readonly FileBegin[] = [],
): string[] =>
  found.map(({ doubt, rows, line }) =>
    sentence(language, `doubts.${doubt}`, { rows, place: saidPlace(placeIn(files, line)) }),
  )
