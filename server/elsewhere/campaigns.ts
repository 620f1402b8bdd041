import { z } from 'zod'
import type { Engine, QueryOptions } from '../../analytics/engine/engine.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { campaignsElsewhere } from '../import/kinds/campaign-figures.ts'

const CampaignElsewhere = z.object({
  campaignId: z.string(),
  name: z.string().nullable(),
  description: z.string().nullable(),
  startsDay: z.string().nullable(),
  endsDay: z.string().nullable(),
  channel: z.string().nullable(),
  costMinor: z.int().nullable(),
  /** A campaigns file names it; else only targets or coupons do. */
  isDescribed: z.boolean(),
  /** Members whom it was meant for, and those who were left out on purpose. */
  targeted: z.int(),
  heldOut: z.int(),
  /** Uses of its coupons, and the members who used one. */
  uses: z.int(),
  redeemers: z.int(),
  /** Of these, those who were targeted. */
  targetedRedeemers: z.int(),
  /** Coupons that were issued; null: files tell uses alone. */
  issued: z.int().nullable(),
  discountMinor: z.int().nullable(),
})
export type CampaignElsewhere = z.infer<typeof CampaignElsewhere>

/** The campaigns of other systems that files tell of, the latest first; those without a day last. */
export async function campaignsOf(engine: Engine, options: QueryOptions): Promise<CampaignElsewhere[]> {
  const rows = await engine.rows(
    sql`select * from ${campaignsElsewhere} as campaign order by starts_day desc nulls last, campaign_id`,
    options,
  )
  return z.array(CampaignElsewhere).parse(rows)
}
