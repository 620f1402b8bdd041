import type { Engine, Session } from '../../analytics/engine/engine.ts'
import { refreshDerivedTables } from '../../analytics/schema/refresh.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { dropMembersWithNothingLeft } from '../import/apply.ts'
import { beginChange, endChange } from '../import/orders/figure-changes.ts'
import { touchedMembers } from '../import/orders/fold.ts'
import type { IdentityKind } from '../import/values/person-values.ts'
import { followChanges, nobody } from './follow.ts'
import { identifyAll, linesOfIdentities } from './match.ts'
import { identityRule } from './rule.ts'

/** What another order of kinds changes. */
export interface OrderEffect {
  /** Orders that are somebody else's, or nobody's, after it. */
  readonly orders: number
  /** Members who gain or lose one of those orders. */
  readonly members: number
  /** Orders without a member because several claim their value, after it. */
  readonly conflictingOrders: number
}

/** Thrown to leave a transaction without a trace. */
class Undone extends Error {
  override name = 'Undone'
  readonly effect: OrderEffect
  constructor(effect: OrderEffect) {
    super('taken back')
    this.effect = effect
  }
}

/**
 * Sets in which order a workspace asks what people are known by, and tells every row anew, in one transaction;
 * with `dryRun` leaves no trace. Answers what changes. The same order changes nothing.
 */
export async function changeIdentityOrder(
  engine: Engine,
  kinds: readonly IdentityKind[],
  settings: {
    timeZone: string
    today: string
    /** Now, as ISO text. */
    at: string
    dryRun: boolean
    signal?: AbortSignal
    /** Called in the transaction when nothing but the commit is left. */
    commits?: (session: Session) => Promise<void>
  },
): Promise<OrderEffect> {
  try {
    return await engine.largeTransaction(async (session) => {
      const before = await identityRule(session)
      const same = before.kinds.join() === kinds.join()
      if (!same) {
        const begun = await beginChange(session, { cause: 'matched', at: settings.at })
        await session.run(sql`create or replace temp table owners_before as
          select order_id, member_key from orders`)
        await session.run(sql`update identity_rule set kinds = ${kinds.join(',')}`)
        const changes = await identifyAll(session, { tuples: 'of-all' })
        await followChanges(session, changes, nobody, settings.timeZone)
        await dropMembersWithNothingLeft(session)
        await refreshDerivedTables(session, { members: touchedMembers }, settings.today)
        await endChange(session, begun)
      }
      const [moved] = same
        ? [{ orders: 0, members: 0 }]
        : await session.rows(sql`
          with moved as (
            select owners_before.member_key as member_before, orders.member_key as member_now
            from owners_before join orders on orders.order_id = owners_before.order_id
            where orders.member_key is distinct from owners_before.member_key
          )
          select (select count(*) from moved) as orders,
            (select count(*) from (select member_before from moved where member_before is not null
              union select member_now from moved where member_now is not null) as member) as members`)
      const [conflicts] = await session.rows(sql`select count(distinct identity.order_id) as orders
        from ${linesOfIdentities(sql`conflict is not null`)} as identity
        join order_versions on order_versions.order_id = identity.order_id
          and order_versions.import_seq = identity.import_seq
        join orders on orders.order_id = identity.order_id and orders.member_key is null`)
      const effect = {
        orders: Number(moved!.orders),
        members: Number(moved!.members),
        conflictingOrders: Number(conflicts!.orders),
      }
      if (settings.dryRun) throw new Undone(effect)
      await settings.commits?.(session)
      return effect
    }, settings)
  } catch (error) {
    if (error instanceof Undone) return error.effect
    throw error
  }
}
