import { type Sql, sql } from '../sql/sql.ts'

/** The imports, what they and others changed of what is drawn, and the rows of orders, refunds and members that each brought. */
export const importedTables: readonly Sql[] = [
  sql`create table if not exists imports (
    import_seq integer primary key,
    import_id varchar not null unique,
    kind varchar not null,                 -- 'orders' | 'refunds' | 'members' | a kind of server/import/kinds | 'demo'
    identity varchar not null,             -- 'order': lines carry an order id, or that of a refund; 'row': each row is an order; 'member': rows are members; 'key': as their kind says
    file_name varchar not null,
    file_hash varchar not null,
    mapping varchar not null,              -- JSON
    report varchar not null,               -- JSON: the receipt as it was printed
    imported_at timestamp not null,
    undone_at timestamp
  )`,

  // What was drawn of periods and first-purchase months, and came to be something else: by what.
  sql`create table if not exists figure_changes (
    change_seq integer primary key,
    step integer not null,                 -- changes of one step, such as those of the parts of an upload, are told as one
    cause varchar not null,                -- 'imported' | 'undone' | 'merged' | 'deleted' | 'matched'
    import_id varchar,                     -- of an import, or of the one that is undone
    together varchar,                      -- what files that were given together have in common
    changed_at timestamp not null,
    known_to date                          -- day of the newest order before the step; null: nothing was known
  )`,

  // Each figure that a change moved, the whole shop's.
  sql`create table if not exists changed_figures (
    change_seq integer not null,
    figure varchar not null,               -- 'day': with guests; 'week' | 'month': what members bought; 'cohort': what a first-purchase month did in a month
    whose varchar,                         -- of weeks and months: 'new' | 'returning'
    cohort date,                           -- the first-purchase month
    period_from date not null,             -- the day, or the first one
    net_before bigint not null,
    count_before bigint not null,          -- orders of a day, else buyers: of a first-purchase month in itself its size
    net_after bigint not null,
    count_after bigint not null
  )`,

  // The normalised rows of every import: the state of orders is their fold (DEFINITIONS, "The order is the unit of version").
  sql`create table if not exists import_lines (
    import_seq integer not null,
    row_number bigint not null,            -- line of the file where the row begins, 1 = header
    order_id varchar not null,
    member_id varchar,
    ordered_at timestamp,                  -- null only on a refund without a date, which takes that of the order it names
    state varchar not null,                -- 'unpaid' | 'paid' | 'closed'; of a refunds file: not yet, given back, never
    store varchar,
    channel varchar,
    region varchar,
    sku varchar,
    product varchar,
    category varchar,
    quantity decimal(18, 4),
    gross_minor bigint,                    -- null: the file has no list price
    discount_minor bigint,
    net_minor bigint not null,             -- negative: a refund
    order_net_minor bigint,                -- the whole order as charged, where the file says it on each or one of its rows
    order_refund_minor bigint,             -- what was given back of the whole order, likewise
    refunds_order_id varchar,              -- the order that a refund belongs to, where the file says so
    refunded_at timestamp,                 -- null for a refund: date assumed
    content_hash ubigint not null,         -- of all normalised fields
    refund_reason varchar,
    phone varchar,                         -- of the buyer: E.164 where the number can be told; never a masked one
    openid varchar,
    email varchar,                         -- in lower case
    known_by varchar,                      -- the kind of value that the platform knows its customers by, where the row has it
    piece integer                          -- place among the lines of a row that names several products; null: the row is one line
  )`,

  // The normalised rows of every import of members. What a member is now is, per attribute, the newest of them that says anything.
  sql`create table if not exists import_members (
    import_seq integer not null,
    row_number bigint not null,
    member_id varchar,                     -- null: the row is known by its phone, openid or e-mail
    name varchar,
    phone varchar,                         -- as in members; masked ones hold asterisks
    gender varchar,
    birthday date,
    joined_day date,
    region varchar,
    channel varchar,
    tier varchar,
    points bigint,
    stored_value_minor bigint,
    consent varchar,                       -- null: the file does not say
    consent_at timestamp,                  -- when it was given or refused, where the file says so
    openid varchar,
    email varchar
  )`,
]
