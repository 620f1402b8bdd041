import { type Sql, sql } from '../sql/sql.ts'
import { memberNames } from './member-names.ts'

/**
 * Relation: a row per member of whom the points ledger states a balance: `member_key`, and `balance`, the newest one, of
 * several cards the sum. `people` is a relation of `named` and `person`: whose number a name of the ledger tells, since a
 * phone is no card of its own. `some`: only members with an entry for which it holds, over `entry`.
 */
export const ledgerBalances = (people: Sql, some: Sql = sql`true`): Sql => sql`(
    select names.member_key, cast(sum(newest.balance) as bigint) as balance
    from (
      select coalesce(told.person, entry.member_id) as member_id, bool_or(${some}) as among,
        arg_max(balance_after, (changed_at, coalesce(entry_id, ''))) as balance
      from points_entries as entry left join ${people} as told on told.named = entry.member_id
      where balance_after is not null group by all
    ) as newest
    join ${memberNames} as names on names.named = newest.member_id
    group by names.member_key
    having bool_or(newest.among))`
