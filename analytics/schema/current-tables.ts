import { type Sql, sql } from '../sql/sql.ts'

/** Members, orders, their lines and refunds as they are now, and the consents that people set. */
export const currentTables: readonly Sql[] = [
  // What people set last, known members or not: it overrides what imports say, whichever comes later.
  sql`create table if not exists consents_set (
    member_id varchar primary key,
    consent varchar not null,              -- 'granted' | 'denied' | 'unknown'
    set_at timestamp                       -- null: set before it was kept, or by a deletion
  )`,

  // Whose lines are an order's current ones: the result of the fold. Credit notes are here too.
  sql`create table if not exists order_versions (
    order_id varchar not null,
    import_seq integer not null
  )`,

  // One row: the highest keys ever given, so that none is given twice.
  sql`create table if not exists keys_given (
    member_key integer not null,
    order_key bigint not null
  )`,

  sql`create table if not exists members (
    member_key integer primary key,
    member_id varchar not null unique,
    name varchar,
    phone varchar,
    gender varchar,                        -- 'female' | 'male'
    birthday date,
    joined_day date,
    region varchar,
    channel varchar,
    tier varchar,
    points bigint,
    stored_value_minor bigint,
    consent varchar not null default 'unknown',  -- 'granted' | 'denied' | 'unknown'
    stub boolean not null default false,   -- kept for the coupons it holds after its imports were undone
    openid varchar,
    email varchar
  )`,

  sql`create table if not exists orders (
    order_key bigint not null,
    order_id varchar not null,
    member_key integer,                    -- null: a guest order
    ordered_at timestamp not null,
    local_day date not null,
    local_hour utinyint not null,
    store varchar,
    channel varchar,
    state varchar not null,                -- 'unpaid' | 'paid' | 'closed'
    gross_minor bigint,
    discount_minor bigint,
    net_minor bigint not null,             -- as charged, before refunds
    void_day date,                         -- first day on which its linked refunds leave nothing, or its own day for an entry of the books; null: never
    identity_key integer                   -- the alias of the member that it names; null: the member's own id
  )`,

  sql`create table if not exists order_lines (
    order_key bigint not null,
    line_number integer not null,
    sku varchar,
    product varchar,
    category varchar,
    quantity decimal(18, 4),
    gross_minor bigint,
    discount_minor bigint,
    net_minor bigint not null,
    category_of_product boolean default false  -- the line has no category of its own
  )`,

  // Dated events of their own. order_key null: unlinked, touches no order.
  sql`create table if not exists refunds (
    refund_id varchar not null,
    order_key bigint,
    member_key integer,
    refunded_at timestamp not null,
    local_day date not null,
    store varchar,
    channel varchar,
    amount_minor bigint not null,          -- positive
    counts boolean not null,               -- false: linked to an unpaid or closed order
    date_assumed boolean not null,
    identity_key integer                   -- as in orders
  )`,
]
