import type { Session } from '../../analytics/engine/engine.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { eventsAfter, type StoreEvent } from '../store/events.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from './workspaces.ts'

const batch = 200

/**
 * Takes the Store's new events into the engine. The watermark moves in the same engine transaction,
 * so that a replay after a crash changes nothing. Every evaluation drains first.
 */
export async function drainEvents(store: Store, workspace: Workspace): Promise<void> {
  for (;;) {
    const [state] = await workspace.engine.rows(sql`select watermark from workspace_state`)
    const watermark = Number(state!.watermark)
    const events = await eventsAfter(store, workspace.id, watermark, batch)
    const newest = events.at(-1)
    if (!newest) return
    await workspace.engine.transaction(async (session) => {
      const [now] = await session.rows(sql`select watermark from workspace_state`)
      if (Number(now!.watermark) !== watermark) return // another drain was faster
      for (const { event } of events) await apply(session, event)
      await session.run(
        sql`update workspace_state set watermark = ${newest.seq}, data_version = data_version + 1`,
      )
    })
  }
}

const keysOf = (memberIds: readonly string[]) =>
  sql`select member_key from members where member_id in (select unnest(from_json(${JSON.stringify(memberIds)}, '["VARCHAR"]')))`

async function apply(session: Session, event: StoreEvent): Promise<void> {
  switch (event.kind) {
    case 'tag-added':
      return session.run(sql`insert into member_tags
        select member_key, ${event.tag}, ${event.source}, cast(${event.day} as date)
        from (${keysOf(event.memberIds)}) as tagged
        where member_key not in (select member_key from member_tags where tag = ${event.tag})`)
    case 'tag-removed':
      return session.run(
        sql`delete from member_tags where tag = ${event.tag} and member_key in (${keysOf(event.memberIds)})`,
      )
    case 'tag-renamed':
      return session.run(sql`update member_tags set tag = ${event.to} where tag = ${event.from}`)
    case 'consent-set': {
      for (const table of [sql`members`, sql`member_facts`])
        await session.run(
          sql`update ${table} set consent = ${event.consent} where member_key in (${keysOf(event.memberIds)})`,
        )
      return
    }
    case 'campaign-arms':
      for (const [arm, memberIds] of [
        ['treated', event.treated],
        ['held-out', event.heldOut],
      ] as const)
        await session.run(sql`insert into campaign_arms
          select ${event.campaignId}, member_key, ${arm}, cast(${event.day} as date) from (${keysOf(memberIds)}) as member`)
  }
}
