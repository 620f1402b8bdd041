import { z } from 'zod'
import { addDays } from '../../analytics/calendar/calendar.ts'
import { fixedStatus } from '../../analytics/metrics/dormancy/dormancy.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { scopeOf } from '../analytics/scope.ts'
import type { SegmentError } from '../segments/evaluation.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { csvRow } from '../csv/csv.ts'
import { Found, foundMembers, inOrder, type ListRequest } from './list.ts'
import { maskedPhone } from './phone.ts'

const columns = [
  'member_id',
  'name',
  'phone',
  'status',
  'days_since_order',
  'last_order',
  'orders',
  'net_minor',
  'value_at_risk_minor',
  'joined',
  'tier',
  'region',
  'main_store',
  'consent',
]

const exportTimeoutMs = 10 * 60_000

export type ExportOutcome =
  | { kind: 'exported'; asOf: string; csv: AsyncIterable<string> }
  | { kind: 'refused'; errors: readonly SegmentError[] }

/**
 * The members of a list as CSV, in its order and from the same evaluation, in chunks as they come.
 * UTF-8 with a byte order mark, amounts in minor units. Phones are whole only for `unmasked`.
 */
export async function exportMembers(
  store: Store,
  workspace: Workspace,
  request: ListRequest & { unmasked: boolean },
  signal?: AbortSignal,
): Promise<ExportOutcome> {
  const asked = await scopeOf(store, workspace, { segment: request.segment, asOf: request.asOf }, signal)
  if (asked.kind === 'refused') return asked
  const { scope, asOf } = asked
  async function* csv() {
    yield `\uFEFF${csvRow(columns)}`
    const chunks = workspace.engine.stream(
      sql`select * from ${foundMembers(scope, request)} as found order by ${inOrder(request.descending)}`,
      { signal, timeoutMs: exportTimeoutMs },
    )
    for await (const chunk of chunks)
      yield z
        .array(Found)
        .parse(chunk)
        .map((row) =>
          csvRow([
            row.memberId,
            row.name,
            request.unmasked ? row.phone : maskedPhone(row.phone),
            fixedStatus(row.silentDays, workspace.dormancy),
            row.silentDays,
            row.silentDays === null ? null : addDays(asOf, -row.silentDays),
            row.orders,
            row.netMinor,
            row.valueAtRiskMinor,
            row.joinedDay,
            row.tier,
            row.region,
            row.mainStore,
            row.consent,
          ]),
        )
        .join('')
  }
  return { kind: 'exported', asOf, csv: csv() }
}
