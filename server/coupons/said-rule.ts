import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import { addDays, localDay } from '../../analytics/calendar/calendar.ts'
import type { StoreSchema } from '../store/schema.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { Coupon } from './decision.ts'
import type { SaidRule } from './offer-sentence.ts'
import { usesOf } from './terms.ts'

/** A coupon as its sentence says it: until its last local day, with the budget where it is refused once that is spent. */
export async function saidRule(
  workspace: Pick<Workspace, 'id' | 'currency' | 'calendar'>,
  store: Kysely<StoreSchema>,
  coupon: Pick<
    Coupon,
    'campaignId' | 'offer' | 'minSpendMinor' | 'terms' | 'validTo' | 'memberId' | 'usesAllowed'
  >,
): Promise<SaidRule> {
  const { campaignId, offer, minSpendMinor, terms, validTo, memberId, usesAllowed } = coupon
  const budget = terms.refuseWhenSpent
    ? await store
        .selectFrom('campaigns')
        .where('workspace_id', '=', workspace.id)
        .where('id', '=', campaignId)
        .select(sql<number | null>`json_extract(definition, '$.budgetMinor')`.as('minor'))
        .executeTakeFirst()
    : undefined
  return {
    offer,
    minSpendMinor,
    terms,
    currency: workspace.currency,
    good: { kind: 'through', last: lastDayOf(validTo, workspace) },
    ...(memberId === null && usesAllowed > usesOf(terms) ? { sharedUses: usesAllowed } : {}),
    ...(budget?.minor ? { budgetMinor: budget.minor } : {}),
  }
}

/** The last local day on which something is good that is over at an instant. */
export const lastDayOf = (validTo: string, { calendar }: Pick<Workspace, 'calendar'>): string =>
  addDays(localDay(new Date(validTo), calendar), -1)
