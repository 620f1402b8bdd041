import { type Sql, sql } from '../sql/sql.ts'

/** Arms and coupons of our own launched campaigns. */
export const campaignTables: readonly Sql[] = [
  // Who was in a launched campaign, and in which arm. Comes through the Store's events.
  sql`create table if not exists campaign_arms (
    campaign_id varchar not null,
    member_key integer not null,
    arm varchar not null,                  -- 'treated' | 'held-out'
    launched_day date not null             -- of a campaign that stands: the day of coming in
  )`,
  sql`alter table campaign_arms add column if not exists entered_at timestamp`,

  // Our own coupons that were issued to somebody, and what became of their uses: told by the Store's ledger, of
  // published launches. member_key is the identity's that it was issued to. Who asks about members reads
  // coupons_of_members.
  sql`create table if not exists issued_coupons (
    coupon_key bigint not null,            -- the ledger row that issued it
    member_key integer not null,
    campaign_id varchar not null,
    issued_at timestamp not null,
    issued_day date not null,
    valid_to timestamp not null,
    last_day date not null,                -- the last local day on which it is good
    uses integer not null,
    code_hash uhugeint not null            -- tells whether a code in a file is this one
  )`,
  // Its code was made elsewhere and has any length.
  sql`alter table issued_coupons add column if not exists is_given boolean default false`,
  sql`create table if not exists coupon_changes (
    ledger_seq bigint not null,
    coupon_key bigint not null,
    kind varchar not null,                 -- 'redeemed' | 'cancelled' | 'revoked'
    uses integer not null,
    redeemed_seq bigint not null,          -- of a cancellation: the redemption that it takes back; else its own
    changed_at timestamp not null,
    changed_day date not null
  )`,
]
