import { sql } from '../../../analytics/sql/sql.ts'
import type { Receipt } from '../receipts/receipt.ts'
import { refusedReasons } from '../refused/refused.ts'
import type { Staged } from '../reading/staging.ts'
import type { AppliedMembers } from './apply.ts'
import { doubtfulRows, type DoubtfulRows } from './doubts.ts'
import { isMasked } from './phones.ts'

/** What an import of members did, as it is printed. `read = imported + unchanged + refused`. */
export interface MembersReceipt
  extends
    Pick<
      Receipt,
      | 'importId'
      | 'fileName'
      | 'tables'
      | 'files'
      | 'read'
      | 'refused'
      | 'duplicates'
      | 'refusedFile'
      | 'reasons'
      | 'alreadyThere'
      | 'dryRun'
      | 'milliseconds'
      | 'readingMilliseconds'
    >,
    Omit<AppliedMembers, 'sameAs'> {
  /** Distinct members on accepted rows: new, changed and unchanged ones. */
  readonly members: number
  /** Accepted rows of a member whom another row of the file names; the later one fills what it has. */
  readonly repeatedRows: number
  /** Accepted rows whose phone has digits hidden; it is shown, and nobody is found by it. */
  readonly maskedPhones: number
  /** Members of the file who share a phone with another one of it. */
  readonly sharedPhones: number
  /** Accepted rows with an e-mail or a phone that is none. Receipts of before have nothing. */
  readonly doubts?: readonly DoubtfulRows[]
}

/** The part of the receipt that the file alone decides. */
export type MemberFacts = Pick<
  MembersReceipt,
  'read' | 'refused' | 'duplicates' | 'reasons' | 'maskedPhones' | 'sharedPhones' | 'doubts'
>

/** Counts what was staged of a file of members. */
export async function memberFacts(staged: Staged): Promise<MemberFacts> {
  const { engine, refused, files, lines, read } = staged
  const options = { timeoutMs: 60 * 60 * 1000 }
  const [facts] = await engine.rows(
    sql`select count(*) filter (where ${isMasked(sql`phone`)}) as masked
      from ${lines} as member`,
    options,
  )
  const [shared] = await engine.rows(
    sql`select coalesce(cast(sum(members) as bigint), 0) as members from (
      select count(distinct member_id) as members from ${lines} as member
      where phone is not null and not ${isMasked(sql`phone`)} group by phone having count(distinct member_id) > 1)`,
    options,
  )
  const [repeated] = await engine.rows(
    sql`select (select count(*) from ${lines} as member) - count(*) as rows
      from (select distinct * exclude (row_number) from ${lines} as member)`,
    options,
  )
  const reasons = await refusedReasons({ engine, refused, files })
  return {
    read,
    refused: reasons.reduce((sum, { rows }) => sum + rows, 0),
    duplicates: Number(repeated!.rows),
    reasons,
    maskedPhones: Number(facts!.masked),
    sharedPhones: Number(shared!.members),
    doubts: await doubtfulRows(staged),
  }
}
