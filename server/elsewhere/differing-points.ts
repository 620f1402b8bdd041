import { z } from 'zod'
import type { Engine, QueryOptions } from '../../analytics/engine/engine.ts'
import { ledgerBalances } from '../../analytics/relations/points-balances.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { ofRowPeople } from '../identity/match.ts'

const Differing = z.object({
  memberId: z.string(),
  /** As the newest entries of the points ledger say. */
  ledgerPoints: z.int(),
  /** As the files of members say. */
  points: z.int(),
})

/** The most that are named. */
const mostNamed = 1000

/** Members whose balance in the points ledger is not that of the files of members, the largest difference first. */
export async function differingPoints(
  engine: Engine,
  options: QueryOptions,
): Promise<{ total: number; named: z.output<typeof Differing>[] }> {
  const rows = await engine.rows(
    sql`select members.member_id, ledger.balance as ledger_points, members.points, count(*) over () as total
      from ${ledgerBalances(ofRowPeople)} as ledger
      join members on members.member_key = ledger.member_key
      where members.points <> ledger.balance
      order by abs(ledger.balance - members.points) desc, members.member_id limit ${mostNamed}`,
    options,
  )
  return { total: Number(rows[0]?.total ?? 0), named: z.array(Differing).parse(rows) }
}
