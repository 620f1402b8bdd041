import { type Sql, sql } from '../sql/sql.ts'

/** Tables of the further kinds of file, which other systems fill: coupons, campaigns, tags and points held there, and more. */
export const kindTables: readonly Sql[] = [
  // Of each further kind of file (server/import/kinds): the normalised rows of every import, and the current rows that they fold to.
  sql`create table if not exists import_products (
    import_seq integer not null,
    row_number bigint not null,
    sku varchar not null,
    name varchar,
    category varchar,
    cost_minor bigint,
    list_price_minor bigint
  )`,
  sql`create table if not exists products (
    sku varchar not null,
    name varchar,
    category varchar,
    cost_minor bigint,
    list_price_minor bigint
  )`,
  sql`create table if not exists import_coupons (
    import_seq integer not null,
    row_number bigint not null,
    code varchar,
    coupon_name varchar,
    campaign_id varchar,
    campaign_name varchar,
    member_id varchar,
    issued_at timestamp,
    valid_from date,
    valid_until date,
    used_at timestamp,
    order_id varchar,
    discount_minor bigint,
    state varchar
  )`,
  sql`create table if not exists coupons_elsewhere (
    code varchar,
    coupon_name varchar,
    campaign_id varchar,
    campaign_name varchar,
    member_id varchar,
    issued_at timestamp,
    valid_from date,
    valid_until date,
    used_at timestamp,
    order_id varchar,
    discount_minor bigint,
    state varchar
  )`,
  sql`create table if not exists import_campaigns (
    import_seq integer not null,
    row_number bigint not null,
    campaign_id varchar not null,
    name varchar,
    description varchar,
    starts_day date,
    ends_day date,
    channel varchar,
    cost_minor bigint
  )`,
  sql`create table if not exists campaigns_elsewhere (
    campaign_id varchar not null,
    name varchar,
    description varchar,
    starts_day date,
    ends_day date,
    channel varchar,
    cost_minor bigint
  )`,
  sql`create table if not exists import_targets (
    import_seq integer not null,
    row_number bigint not null,
    campaign_id varchar not null,
    member_id varchar not null,
    arm varchar,
    targeted_day date
  )`,
  sql`create table if not exists campaign_targets (
    campaign_id varchar not null,
    member_id varchar not null,
    arm varchar,
    targeted_day date
  )`,
  sql`create table if not exists import_experiments (
    import_seq integer not null,
    row_number bigint not null,
    experiment varchar not null,
    subject_id varchar,
    member_id varchar,
    arm varchar not null,
    visit decimal(24, 6),
    conversion decimal(24, 6),
    spend decimal(24, 6),
    observed_day date,
    others varchar
  )`,
  sql`create table if not exists experiment_subjects (
    experiment varchar not null,
    subject_id varchar,
    member_id varchar,
    arm varchar not null,
    visit decimal(24, 6),
    conversion decimal(24, 6),
    spend decimal(24, 6),
    observed_day date,
    others varchar
  )`,

  sql`create table if not exists import_tags (
    import_seq integer not null,
    row_number bigint not null,
    member_id varchar not null,
    tag varchar not null,
    added_day date,
    tag_group varchar
  )`,
  sql`create table if not exists imported_tags (
    member_id varchar not null,
    tag varchar not null,
    added_day date,                        -- null: the file does not say
    tag_group varchar
  )`,
  sql`create table if not exists import_points (
    import_seq integer not null,
    row_number bigint not null,
    entry_id varchar,
    member_id varchar not null,
    changed_at timestamp not null,
    change bigint not null,
    balance_after bigint,
    change_reason varchar,
    order_id varchar,
    expires_day date
  )`,
  sql`create table if not exists points_entries (
    entry_id varchar,
    member_id varchar not null,
    changed_at timestamp not null,
    change bigint not null,
    balance_after bigint,
    change_reason varchar,
    order_id varchar,
    expires_day date
  )`,
]
