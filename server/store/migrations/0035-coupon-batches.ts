import { type Kysely, sql } from 'kysely'

/**
 * What coupons that are issued together share is kept once, and the audience of a campaign in one order: a million coupons
 * of a launch are half as much to write. Who reads `coupons` finds them as before.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table coupon_batches (
    id integer primary key,
    workspace_id text not null references workspaces (id),
    campaign_id text not null,
    launch_id text not null,
    offer text not null,
    min_spend_minor integer not null,
    terms text not null,
    valid_from text not null,
    valid_to text not null,
    uses_allowed integer not null check (uses_allowed > 0),
    created_at text not null
  )`.execute(db)
  await sql`insert into coupon_batches (workspace_id, campaign_id, launch_id, offer, min_spend_minor, terms, valid_from,
      valid_to, uses_allowed, created_at)
    select workspace_id, campaign_id, launch_id, offer, min_spend_minor, terms, valid_from, valid_to, uses_allowed,
      created_at
    from coupons group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 order by min(rowid)`.execute(db)
  await sql`create index coupon_batches_by_launch on coupon_batches (launch_id, created_at)`.execute(db)
  await sql`create table coupons_after (
    id text primary key not null,
    code text not null unique,
    batch_id integer not null references coupon_batches (id),
    member_id text,
    given_code text,
    given_key text,
    given_in text
  )`.execute(db)
  // By that index alone: a shop has as many batches as it issued thousands of coupons, of one launch and moment hardly two.
  await sql`insert into coupons_after (id, code, batch_id, member_id, given_code, given_key, given_in)
    select coupons.id, coupons.code, coupon_batches.id, coupons.member_id, coupons.given_code,
      coupons.given_key, case when coupons.given_key is not null then coupons.workspace_id end
    from coupons cross join coupon_batches indexed by coupon_batches_by_launch
    where coupon_batches.launch_id = coupons.launch_id
      and coupon_batches.created_at = coupons.created_at and coupon_batches.workspace_id = coupons.workspace_id
      and coupon_batches.campaign_id = coupons.campaign_id and coupon_batches.offer = coupons.offer
      and coupon_batches.min_spend_minor = coupons.min_spend_minor and coupon_batches.terms = coupons.terms
      and coupon_batches.valid_from = coupons.valid_from and coupon_batches.valid_to = coupons.valid_to
      and coupon_batches.uses_allowed = coupons.uses_allowed
    order by coupons.rowid`.execute(db)
  await sql`drop table coupons`.execute(db)
  // The ledger refers to coupons by the name of their table, and goes along with the second name alone.
  await sql`alter table coupons_after rename to coupons`.execute(db)
  await sql`alter table coupons rename to issued_coupons`.execute(db)
  await sql`create index coupon_batches_by_campaign on coupon_batches (campaign_id)`.execute(db)
  await sql`create index coupon_batches_by_workspace on coupon_batches (workspace_id)`.execute(db)
  await sql`create index issued_coupons_by_batch on issued_coupons (batch_id)`.execute(db)
  await sql`create index issued_coupons_by_member on issued_coupons (member_id) where member_id is not null`.execute(
    db,
  )
  await sql`create unique index issued_coupons_by_given_key on issued_coupons (given_key, given_in)
    where given_key is not null`.execute(db)
  await sql`create view coupons as
    select issued_coupons.id, coupon_batches.workspace_id, issued_coupons.code, coupon_batches.campaign_id,
      coupon_batches.launch_id, issued_coupons.batch_id, issued_coupons.member_id, coupon_batches.offer,
      coupon_batches.min_spend_minor, coupon_batches.terms, coupon_batches.valid_from, coupon_batches.valid_to,
      coupon_batches.uses_allowed, coupon_batches.created_at, issued_coupons.given_code, issued_coupons.given_key
    from issued_coupons join coupon_batches on coupon_batches.id = issued_coupons.batch_id`.execute(db)

  await sql`alter table campaign_members rename to campaign_members_before`.execute(db)
  await sql`create table campaign_members (
    workspace_id text not null,
    campaign_id text not null,
    launch_id text not null,
    member_id text not null,
    arm text not null,
    coupon_id text,
    constraint one_arm_a_member primary key (campaign_id, member_id)
  ) without rowid`.execute(db)
  await sql`insert into campaign_members (workspace_id, campaign_id, launch_id, member_id, arm, coupon_id)
    select workspace_id, campaign_id, launch_id, member_id, arm, coupon_id
    from campaign_members_before order by campaign_id, member_id`.execute(db)
  await sql`drop table campaign_members_before`.execute(db)

  const { rows: astray } = await sql`pragma foreign_key_check`.execute(db)
  if (astray.length > 0) throw new Error(`${astray.length} rows refer to what is not there any more.`)
}
