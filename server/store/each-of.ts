import { sql, type RawBuilder } from 'kysely'

/** Texts to compare a column with, bound as one: a statement of the same text however many there are. */
export const eachOf = (texts: readonly string[]): RawBuilder<string> =>
  sql`(select value from json_each(${JSON.stringify(texts)}))`
