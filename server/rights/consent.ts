import { sql as storeSql } from 'kysely'
import { localDay, startOfDay } from '../../analytics/calendar/calendar.ts'
import { memberKeyOf } from '../../analytics/relations/member-names.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { idsOfMember } from '../identity/people.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

/** Whether a member may be contacted, who says so and since when. */
export interface Consent {
  readonly consent: 'granted' | 'denied' | 'unknown'
  /** `set`: by people here; `imported`: with the data; `none`: nobody has said anything. */
  readonly source: 'set' | 'imported' | 'none'
  /** When it was set; of what was imported, when the file says it was given or refused, else when the import came; null: not known. ISO text in UTC. */
  readonly since: string | null
  /** Where a file gives a day without a time: that day, in place of `since`. */
  readonly sinceDay?: string
  /** Of what was imported: the file or batch that says so. */
  readonly file: string | null
}

/**
 * A member's consent: the newest word that was set here, else what came with the data. Of a member with several
 * identities each has its own word, and the strictest holds.
 */
export async function consentOf(store: Store, workspace: Workspace, memberId: string): Promise<Consent> {
  const ids = await idsOfMember(workspace, memberId)
  const words = await Promise.all(
    (ids.length > 0 ? ids : [memberId]).map((id) => wordOf(store, workspace, id)),
  )
  const said = words
    .filter((word) => word !== null)
    .toSorted((a, b) => strictness[a.consent] - strictness[b.consent] || (a.since! < b.since! ? 1 : -1))
  const [strictest] = said
  if (strictest && (strictest.source === 'set' || strictest.consent !== 'unknown')) return strictest
  const [member] = await workspace.engine.rows(
    sql`select consent from members where member_key in ${memberKeyOf(memberId)}`,
  )
  const consent = (member?.consent ?? 'unknown') as Consent['consent']
  return { consent, source: consent === 'unknown' ? 'none' : 'imported', since: null, file: null }
}

const strictness = { denied: 0, granted: 1, unknown: 2 }

/** What was last said of one id; null: nothing. */
async function wordOf(
  store: Store,
  { id, engine, calendar }: Workspace,
  memberId: string,
): Promise<Consent | null> {
  const { rows } = await storeSql<{ payload: string; at: string }>`
    select payload, occurred_at as at from events
    where workspace_id = ${id} and kind = 'consent-set' and instr(payload, ${JSON.stringify(memberId)}) > 0
    order by seq desc`.execute(store)
  for (const { payload, at } of rows) {
    const told = JSON.parse(payload) as { memberIds: string[]; consent: Consent['consent'] }
    if (told.memberIds.includes(memberId))
      return { consent: told.consent, source: 'set', since: at, file: null }
  }
  const [brought] = await engine.rows(
    sql`select import_members.consent, coalesce(import_members.consent_at, imports.imported_at) as at,
        import_members.consent_at is not null as dated, imports.file_name
      from import_members
      join imports on imports.import_seq = import_members.import_seq
      where import_members.member_id = ${memberId} and import_members.consent is not null
      order by import_members.import_seq desc, import_members.row_number desc limit 1`,
  )
  if (!brought) return null
  const since = brought.at as string | null
  // a day alone is kept as its beginning
  const day = brought.dated === true && since !== null ? localDay(new Date(since), calendar) : null
  const isDay = day !== null && startOfDay(day, calendar).getTime() === Date.parse(since!)
  return {
    consent: brought.consent as Consent['consent'],
    source: 'imported',
    since,
    ...(isDay ? { sinceDay: day } : {}),
    file: brought.fileName as string | null,
  }
}
