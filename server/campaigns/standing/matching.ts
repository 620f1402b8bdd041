import { sql } from 'kysely'
import type { Store } from '../../store/store.ts'
import { addDays } from '../../../analytics/calendar/calendar.ts'
import type { Day } from './advance.ts'

/** Members that are written in one transaction. */
const atOnce = 2_500

/** What was written down of a campaign's day; undefined: nothing yet. */
export const runOf = (store: Store, campaignId: string, day: string) =>
  store
    .selectFrom('standing_runs')
    .selectAll()
    .where('campaign_id', '=', campaignId)
    .where('day', '=', day)
    .executeTakeFirst()

/**
 * On the first day: writes down who meets the rule already. They come in only when the campaign says so, or has
 * member days; otherwise when they begin to meet it anew. Begun again after a crash.
 */
export async function rememberMatching(day: Day, matching: ReadonlySet<string>): Promise<void> {
  const { store, campaign, view, step } = day
  const { standing } = campaign.definition
  const alsoThoseIn = standing.alsoThoseIn || standing.memberDays !== undefined
  await store.deleteFrom('standing_matching').where('campaign_id', '=', campaign.id).execute()
  const members = [...matching].toSorted()
  for (let from = 0; from < members.length; from += atOnce) {
    step('matching')
    const some = members.slice(from, from + atOnce)
    await store.transaction().execute(async (tx) => {
      await insertMembers(day, tx, 'standing_matching', some)
      if (alsoThoseIn) await insertMembers(day, tx, 'standing_waiting', some)
    })
  }
  step('matching')
  await store.transaction().execute(async (tx) => {
    await addToRun(day, tx, { matching: matching.size, began: alsoThoseIn ? matching.size : 0 })
    await tx
      .updateTable('standing_campaigns')
      .set({ first_known_day: view.day })
      .where('campaign_id', '=', campaign.id)
      .execute()
  })
}

/**
 * Brings who is known to meet the rule in line with who does. Who began to waits to come in, but for those who came in
 * within the cool-down; who does not meet it any more waits no longer.
 */
export async function bringMatchingInLine(
  day: Day,
  matching: ReadonlySet<string>,
  missed: { days: number; members: number | null } | undefined,
): Promise<void> {
  const { store, campaign, view, step } = day
  const { coolDownDays } = campaign.definition.standing
  await followMerges(day)
  const rows = await store
    .selectFrom('standing_matching')
    .select('member_id')
    .where('campaign_id', '=', campaign.id)
    .execute()
  const known = new Set(rows.map(({ member_id }) => member_id))
  const began = [...matching].filter((id) => !known.has(id)).toSorted()
  const left = [...known].filter((id) => !matching.has(id))
  const cooling = new Set(
    began.length === 0
      ? []
      : (
          await store
            .selectFrom('standing_paths')
            .select('member_id')
            .where('campaign_id', '=', campaign.id)
            .where(({ or, eb }) =>
              or([eb('entered_day', '>', addDays(view.day, -coolDownDays)), eb('next_step', 'is not', null)]),
            )
            .execute()
        ).map(({ member_id }) => view.memberOf(member_id)),
  )
  step('matching')
  await addToRun(day, store, { matching: matching.size, ...(missed ? { missed } : {}) })
  for (let from = 0; from < left.length; from += atOnce) {
    step('matching')
    const some = JSON.stringify(left.slice(from, from + atOnce))
    await store.transaction().execute(async (tx) => {
      for (const table of ['standing_matching', 'standing_waiting'] as const) {
        const { numAffectedRows } =
          await sql`delete from ${sql.table(table)} where campaign_id = ${campaign.id}
          and member_id in (select value from json_each(${some}))`.execute(tx)
        if (table === 'standing_waiting') await addToRun(day, tx, { gone: Number(numAffectedRows ?? 0) })
      }
    })
  }
  for (let from = 0; from < began.length; from += atOnce) {
    step('matching')
    const some = began.slice(from, from + atOnce)
    const coming = some.filter((id) => !cooling.has(id))
    await store.transaction().execute(async (tx) => {
      await insertMembers(day, tx, 'standing_matching', some)
      await insertMembers(day, tx, 'standing_waiting', coming)
      await addToRun(day, tx, { began: some.length, cooling: some.length - coming.length })
    })
  }
}

/** What is kept under an id that is another member's now goes on under that member's. */
async function followMerges({ store, campaign, view, step }: Day): Promise<void> {
  for (const table of ['standing_matching', 'standing_waiting'] as const) {
    const rows = await store
      .selectFrom(table)
      .select('member_id')
      .where('campaign_id', '=', campaign.id)
      .execute()
    const merged = rows.filter(({ member_id }) => view.memberOf(member_id) !== member_id)
    if (merged.length === 0) continue
    step('matching')
    await store.transaction().execute(async (tx) => {
      for (const { member_id } of merged)
        await sql`update or replace ${sql.table(table)} set member_id = ${view.memberOf(member_id)}
          where campaign_id = ${campaign.id} and member_id = ${member_id}`.execute(tx)
    })
  }
}

async function insertMembers(
  { campaign, view }: Day,
  tx: Store,
  table: 'standing_matching' | 'standing_waiting',
  memberIds: readonly string[],
): Promise<void> {
  if (memberIds.length === 0) return
  const since = table === 'standing_waiting'
  await sql`insert or ignore into ${sql.table(table)} (campaign_id, workspace_id, member_id${since ? sql`, since_day` : sql``})
    select ${campaign.id}, ${campaign.workspaceId}, value${since ? sql`, ${view.day}` : sql``}
    from json_each(${JSON.stringify(memberIds)})`.execute(tx)
}

/** Adds to what is written down of the day, in the transaction that does it. */
async function addToRun(
  { campaign, view }: Day,
  tx: Store,
  what: {
    matching?: number
    began?: number
    cooling?: number
    gone?: number
    missed?: { days: number; members: number | null }
  },
): Promise<void> {
  const { matching, began = 0, cooling = 0, gone = 0, missed } = what
  await tx
    .insertInto('standing_runs')
    .values({
      campaign_id: campaign.id,
      workspace_id: campaign.workspaceId,
      day: view.day,
      evaluated_at: view.now.toISOString(),
      matching: matching ?? 0,
      began,
      cooling,
      gone,
      missed_days: missed?.days ?? 0,
      missed_members: missed ? missed.members : 0,
    })
    .onConflict((same) =>
      same.columns(['campaign_id', 'day']).doUpdateSet(({ eb, ref }) => ({
        ...(matching === undefined ? {} : { matching }),
        evaluated_at: view.now.toISOString(),
        began: eb(ref('standing_runs.began'), '+', began),
        cooling: eb(ref('standing_runs.cooling'), '+', cooling),
        gone: eb(ref('standing_runs.gone'), '+', gone),
      })),
    )
    .execute()
}
