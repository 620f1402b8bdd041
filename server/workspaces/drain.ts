import type { Row, Session } from '../../analytics/engine/engine.ts'
import { noteChange } from '../../analytics/schema/member-changes.ts'
import { memberNames } from '../../analytics/relations/member-names.ts'
import { type Sql, sql } from '../../analytics/sql/sql.ts'
import { followMerges, setMergesInEngine } from '../identity/follow-merges.ts'
import { resolveMembers } from '../identity/resolve.ts'
import { beginChange, endChange } from '../import/orders/figure-changes.ts'
import { foldConsent } from '../import/members/fold.ts'
import { regroupTags } from '../tags/exclusive.ts'
import { mergeTagsIn } from '../tags/merge-in.ts'
import { eventsAfter, type StoreEvent } from '../store/events.ts'
import type { Store } from '../store/store.ts'
import { couponChangesAfter, takeCouponChanges, takeIssuedCoupons } from './coupon-facts.ts'
import type { Workspace } from './workspaces.ts'

const batch = 200

/**
 * Takes the Store's new events into the engine. The watermark moves in the same engine transaction,
 * so that a replay after a crash changes nothing. Every evaluation drains first.
 */
export async function drainEvents(store: Store, workspace: Workspace): Promise<void> {
  await drainedState(store, workspace)
}

/**
 * Drains what the Store knew when this was called, and answers the row of `workspace_state` with nothing of that left
 * to take in. What comes meanwhile waits for the next: tills that redeem all day would never let it end.
 */
export async function drainedState(store: Store, workspace: Workspace, signal?: AbortSignal): Promise<Row> {
  const newest = await newestRows(store)
  for (;;) {
    const [state] = await workspace.engine.rows(
      sql`select watermark, ledger_watermark, as_of, data_version, orders_version, data_start, opened_at_start,
          clv_discount_percent
        from workspace_state`,
      { signal },
    )
    const watermark = Number(state!.watermark)
    const events = await eventsAfter(store, workspace.id, watermark, batch)
    const ledgerWatermark = Number(state!.ledgerWatermark)
    const changes = await couponChangesAfter(store, workspace.id, ledgerWatermark)
    if ((events[0]?.seq ?? Infinity) > newest.event && (changes[0]?.seq ?? Infinity) > newest.ledger)
      return state!
    await workspace.engine.transaction(async (session) => {
      const [now] = await session.rows(sql`select watermark, ledger_watermark from workspace_state`)
      // another drain was faster
      if (Number(now!.watermark) !== watermark || Number(now!.ledgerWatermark) !== ledgerWatermark) return
      for (const { event, at } of events)
        if (event.kind === 'coupons-issued') await takeIssuedCoupons(session, store, workspace, event)
        else await apply(session, event, at)
      await takeCouponChanges(session, changes, workspace.calendar.timeZone)
      const merge = events.findLast(({ event }) => merging.has(event.kind))
      if (merge) {
        const begun = await beginChange(session, { cause: 'merged', at: merge.at })
        if (await resolveMembers(session)) {
          await followMerges(session, workspace.calendar.timeZone, workspace.today())
          await endChange(session, begun)
        }
      }
      await session.run(
        sql`update workspace_state set watermark = ${events.at(-1)?.seq ?? watermark},
          ledger_watermark = ${changes.at(-1)?.seq ?? ledgerWatermark},
          -- what became of coupons changes no table: sets of members are kept under the ledger's watermark too
          data_version = data_version + ${events.length > 0 ? 1 : 0}`,
      )
    })
  }
}

async function newestRows(store: Store): Promise<{ event: number; ledger: number }> {
  const newest = async (table: 'events' | 'ledger') =>
    (await store.selectFrom(table).select('seq').orderBy('seq', 'desc').limit(1).executeTakeFirst())?.seq ?? 0
  return { event: await newest('events'), ledger: await newest('ledger') }
}

const merging: ReadonlySet<string> = new Set(['members-merged', 'pairs-merged', 'member-separated'])

const listed = (memberIds: readonly string[]) =>
  sql`(select unnest(from_json(${JSON.stringify(memberIds)}, '["VARCHAR"]')))`

/** The keys of the identities that are named, whosever they are now: what is set of one stays with it. */
const keysOf = (memberIds: readonly string[]) =>
  sql`select identity_key as member_key from ${memberNames} as names where named in ${listed(memberIds)}`

/**
 * Applies one event. Telling an event that was taken in before, in the order of all of them, leaves the
 * same state: when members come anew (another import, a restored file) the watermark may be set back.
 */
async function apply(
  session: Session,
  event: Exclude<StoreEvent, { kind: 'coupons-issued' }>,
  at: string,
): Promise<void> {
  switch (event.kind) {
    case 'tag-added': {
      const keys = keysOf(event.memberIds)
      // what people set overrides what was imported, and a rule never takes over a manual tag
      if (event.source === 'manual') {
        await decide(session, event.tag, event.memberIds, true)
        await session.run(
          sql`update member_tags set source = 'manual' where tag = ${event.tag} and member_key in (${keys})`,
        )
      }
      return session.run(sql`insert into member_tags (member_key, tag, source, added_day)
        select member_key, ${event.tag}, ${event.source}, cast(${event.day} as date)
        from (${keys}) as tagged
        where member_key not in (select member_key from member_tags where tag = ${event.tag})`)
    }
    case 'tag-removed':
      await decide(session, event.tag, event.memberIds, false)
      return removeTag(
        session,
        sql`tag = ${event.tag} and member_key in (${keysOf(event.memberIds)})`,
        event.day,
      )
    case 'tag-retired':
      await session.run(sql`insert into tags_set
        select distinct names.named, tag, false
        from member_tags join ${memberNames} as names on names.identity_key = member_tags.member_key
        where tag = ${event.tag} and names.named not in (select member_id from tags_set where tag = ${event.tag})`)
      await session.run(sql`update tags_set set carries = false where tag = ${event.tag}`)
      return removeTag(session, sql`tag = ${event.tag}`, event.day)
    case 'tag-renamed':
      await session.run(sql`update tag_groups_set set tag = ${event.to} where tag = ${event.from}
        and ${event.to} not in (select tag from tag_groups_set)`)
      return mergeTagsIn(session, event.from, event.to)
    case 'tag-merged':
      return mergeTagsIn(session, event.from, event.into)
    case 'tag-grouped':
      await session.run(sql`delete from tag_groups_set where tag = ${event.tag}`)
      await session.run(sql`insert into tag_groups_set values (${event.tag}, ${event.group})`)
      return regroupTags(session)
    case 'tag-group-set':
      await session.run(sql`delete from exclusive_groups where tag_group = ${event.group}`)
      if (event.exclusive) await session.run(sql`insert into exclusive_groups values (${event.group})`)
      return regroupTags(session)
    case 'consent-set': {
      // kept apart from what imports say, also for members who come later
      await session.run(sql`insert or replace into consents_set (member_id, consent, set_at)
        select distinct unnest(from_json(${JSON.stringify(event.memberIds)}, '["VARCHAR"]')), ${event.consent}, cast(${at} as timestamp)`)
      await session.run(sql`create or replace temp table touched_members as
        select distinct member_key from ${memberNames} as names where named in ${listed(event.memberIds)}`)
      await foldConsent(session)
      await session.run(sql`update member_facts set consent = members.consent from members
        where members.member_key = member_facts.member_key and members.consent <> member_facts.consent
          and members.member_key in (select member_key from touched_members)`)
      return noteChange(session, sql`select member_key from touched_members`)
    }
    case 'members-merged':
      return session.run(sql`insert or replace into merges_set values (${event.from}, ${event.into})`)
    case 'pairs-merged':
      return setMergesInEngine(session, event.merges)
    case 'member-separated':
      return session.run(sql`insert or replace into merges_set values (${event.from}, null)`)
    case 'campaign-arms':
      for (const [arm, memberIds] of [
        ['treated', event.treated],
        ['held-out', event.heldOut],
      ] as const)
        await session.run(sql`insert into campaign_arms (campaign_id, member_key, arm, launched_day, entered_at)
          select ${event.campaignId}, member_key, ${arm}, cast(${event.day} as date), cast(${at} as timestamp)
          from (${keysOf(memberIds)}) as member
          where member_key not in (select member_key from campaign_arms where campaign_id = ${event.campaignId})`)
  }
}

/** Keeps what people decided of a tag apart from what imports say, also for members who come later. */
async function decide(
  session: Session,
  tag: string,
  memberIds: readonly string[],
  carries: boolean,
): Promise<void> {
  const ids = sql`select distinct unnest(from_json(${JSON.stringify(memberIds)}, '["VARCHAR"]')) as member_id`
  await session.run(sql`delete from tags_set where tag = ${tag} and member_id in (${ids})`)
  await session.run(sql`insert into tags_set select member_id, ${tag}, ${carries} from (${ids}) as decided`)
}

/** Takes tags off, a rule's too, and keeps when they stood: a tag put on and off on one day was on none. */
async function removeTag(session: Session, which: Sql, day: string): Promise<void> {
  for (const table of [sql`member_tags`, sql`automatic_tags`]) {
    await session.run(sql`insert into removed_tags (member_key, tag, added_day, removed_day)
      select member_key, tag, added_day, cast(${day} as date) from ${table}
      where ${which} and added_day < cast(${day} as date)
      except select member_key, tag, added_day, removed_day from removed_tags`)
    await session.run(sql`delete from ${table} where ${which}`)
  }
}
