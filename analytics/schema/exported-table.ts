import { type Sql, sql } from '../sql/sql.ts'
import { both, type DescribedColumn, type DescribedTable } from './described.ts'

/** A column with the expression that reads it from the table's relation. */
export interface ExportedColumn extends DescribedColumn {
  readonly from: Sql
}

/** A base table as it is handed out: with ids that outsiders know in place of the engine's keys. */
export interface ExportedTable extends DescribedTable<ExportedColumn> {
  /** The base table. */
  readonly base: string
  /** What the columns are read from; the base table in it is called `base`. */
  readonly relation: Sql
  /** Columns of the base table that stay inside, or come out under another name. */
  readonly inside: readonly string[]
}

export const ofMember = sql`left join members as member on member.member_key = base.member_key`

/** Of rows that belong to an identity: whose that is now. */
export const ofIdentity = sql`left join (
    select member_key, member_id from members
    union all
    select identity_key, member_id from member_aliases
  ) as member on member.member_key = base.member_key`

export const memberId = (from: Sql): ExportedColumn => ({
  name: 'member_id',
  type: 'text',
  origin: 'file',
  past: 'full',
  from,
  meaning: both('The member’s id, as imported.', '会员编号，以导入为准。'),
})
