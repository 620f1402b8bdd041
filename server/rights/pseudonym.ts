import { type Sql, sql } from '../../analytics/sql/sql.ts'

/** What stands for the id of a deleted member (`listDeletion` makes it). */
const pattern = 'deleted-[0-9a-f]{16}'
const whole = new RegExp(`^${pattern}$`)

/** Whether an id is what stands for a deleted member's: no shop gives such a number. */
export const isPseudonymous = (id: string): boolean => whole.test(id)

/** SQL: the same of a column of ids. */
export const pseudonymous = (id: Sql): Sql => sql`regexp_full_match(${id}, ${pattern})`
