import { createHash, randomBytes } from 'node:crypto'
import type { Session } from '../engine/engine.ts'
import { name, type Sql, sql } from '../sql/sql.ts'

/**
 * The base tables of a workspace: imported facts with the import that brought each, and what the
 * Store's events say. Money is an integer of minor units. Instants are UTC, `local_day` is the
 * business calendar's day. Members have an integer key inside the engine that is never used again;
 * outside, they are known by `member_id`, as imported.
 *
 * The derived tables (derived.ts) are computed from these and from nothing else.
 */
export const baseTables: readonly Sql[] = [
  // One row: what the workspace's data is now.
  sql`create table if not exists workspace_state (
    schema_version integer not null,
    data_version bigint not null,          -- rises with every change that any figure could see
    watermark bigint not null,             -- newest Store event that has been taken in
    ledger_watermark bigint not null,      -- newest row of the Store's coupon ledger that has been taken in
    time_zone varchar not null,
    first_weekday utinyint not null,
    opened_at_start boolean not null,      -- the shop really opened where its data starts: nobody is "first seen"
    as_of date,                            -- the day the derived tables are built for; null while there is no order
    data_start date                        -- local day of the first order
  )`,

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
    known_by varchar                       -- the kind of value that the platform knows its customers by, where the row has it
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

  // One row: what people are known by, in which order it is asked, and the secret that their opaque ids are made with.
  sql`create table if not exists identity_rule (
    kinds varchar not null,                -- 'id', 'phone', 'openid', 'email' in some order, with commas between
    secret varchar not null
  )`,

  // Whose a phone, openid or e-mail is by the live files of members: of each person the newest value.
  sql`create table if not exists identity_claims (
    kind varchar not null,                 -- 'phone' | 'openid' | 'email'
    value varchar not null,
    person varchar not null                -- the member id that the files name
  )`,

  // Who a row is that its id alone does not tell: each combination of values once, with what it comes to now.
  sql`create table if not exists identities (
    of_lines boolean not null,             -- of order lines; false: of rows of members that have no id
    member_id varchar,
    phone varchar,
    openid varchar,
    email varchar,
    known_by varchar,
    person varchar,                        -- null: nobody can be told
    by_kind varchar,                       -- 'id' | 'phone' | 'openid' | 'email': what told it
    is_new boolean not null,               -- nobody claims any of the values: a person known by the first of them
    conflict varchar                       -- the kind of value that several members claim
  )`,

  // What rows of further kinds name that have no number: an opaque id stands in its place for what tells the person.
  sql`create table if not exists row_people (
    named varchar primary key,
    phone varchar,
    openid varchar,
    email varchar
  )`,

  // Who is who, as imported files say: one id is another id of the member that the second names.
  sql`create table if not exists import_merges (
    import_seq integer not null,
    row_number bigint not null,
    from_id varchar not null,
    into_id varchar not null,
    merged_day date,                       -- null: the file does not say
    merge_reason varchar
  )`,
  // What the newest file says of each id. What is live of it is in member_aliases.
  sql`create table if not exists merges (
    from_id varchar not null,
    into_id varchar not null,
    merged_day date,
    merge_reason varchar
  )`,

  // What people set last of an id, known member or not: it overrides what imports say, whichever comes later.
  sql`create table if not exists merges_set (
    from_id varchar primary key,
    into_id varchar                        -- null: a member of its own
  )`,

  // The ids that name a member beside the member's own: what the live merges and claims come to, chains followed to their end.
  sql`create table if not exists member_aliases (
    alias varchar primary key,
    identity_key integer not null,         -- the id's own key: its member_key before the merge and after
    member_id varchar not null,            -- whose id it is now; no alias itself, and no row of members while nothing names either
    claimed boolean default false          -- the opaque id of a value that the member alone claims, or of values that tell the member; false: merged
  )`,

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

  // What people decided last of a member's tag, whatever imports say.
  sql`create table if not exists tags_set (
    member_id varchar not null,
    tag varchar not null,
    carries boolean not null
  )`,

  // Under which name people keep a tag that imports call otherwise.
  sql`create table if not exists tag_names (
    said varchar not null,
    tag varchar not null
  )`,

  // What people set last, known members or not: it overrides what imports say, whichever comes later.
  sql`create table if not exists consents_set (
    member_id varchar primary key,
    consent varchar not null               -- 'granted' | 'denied' | 'unknown'
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

  // Tags and arms belong to the identity that they were put on: member_key is its own, also where it is merged into
  // another member. Who asks about members reads tags_of_members, removed_tags_of_members and arms_of_members.
  sql`create table if not exists member_tags (
    member_key integer not null,
    tag varchar not null,
    source varchar not null,               -- 'manual' | 'imported'
    added_day date not null
  )`,

  // When a live import last said so of an imported tag, and which import that is.
  sql`create table if not exists tags_said (
    member_key integer not null,
    tag varchar not null,
    newest_day date not null,
    newest_seq integer not null
  )`,

  // Tags that rules put on, of members whatever their identities. Rewritten from the rules, and by nothing else.
  sql`create table if not exists automatic_tags (
    member_key integer not null,
    tag varchar not null,
    added_day date not null
  )`,

  // What the rules of tags changed, once for each time they were applied and a tag that changed.
  sql`create table if not exists tag_rule_runs (
    tag varchar not null,
    ran_at timestamp not null,
    as_of date not null,
    put_on bigint not null,
    taken_off bigint not null
  )`,

  // Of which rules, state of the data and days the automatic tags are; no row: of none.
  sql`create table if not exists tag_rules_applied (
    rules varchar not null,
    data_version bigint not null
  )`,

  // In which group people put a tag; null: in none, whatever files say.
  sql`create table if not exists tag_groups_set (
    tag varchar not null,
    tag_group varchar
  )`,

  // Groups of which a member carries one tag at most.
  sql`create table if not exists exclusive_groups (tag_group varchar not null)`,

  // The tags of those groups, from what people set and files say.
  sql`create table if not exists exclusive_tags (
    tag varchar not null,
    tag_group varchar not null
  )`,

  // Tags that were taken off again: what a past day saw. Nothing imported brings back a tag that stands here.
  sql`create table if not exists removed_tags (
    member_key integer not null,
    tag varchar not null,
    added_day date not null,
    removed_day date not null
  )`,

  // Who was in a saved segment when the data stood at a day: from the first such day on, until the first without.
  sql`create table if not exists segment_memberships (
    segment_id varchar not null,
    member_key integer not null,
    from_day date not null,
    until_day date                         -- null: still in
  )`,

  // The days of the data for which that is known, and when it was last looked at.
  sql`create table if not exists segment_takings (
    segment_id varchar not null,
    taken_day date not null,
    taken_at timestamp not null
  )`,

  // How many members a rule had on days of the past, by a hash of all that it depends on; of one state of the data.
  sql`create table if not exists segment_sizes (
    question varchar not null,
    data_version bigint not null,
    counted_day date not null,
    members bigint not null
  )`,

  // Whom the receiver of a webhook knows to be in a segment, by the ids under which they were told; of which version
  // and meaning of the rule, and the number of the newest batch.
  sql`create table if not exists webhook_states (
    webhook_id varchar not null,
    version integer not null,
    meaning varchar not null,              -- a hash of the rule with those of the segments that it names
    sequence bigint not null
  )`,
  sql`create table if not exists webhook_members (
    webhook_id varchar not null,
    member_id varchar not null
  )`,
  // Entries and exits that are to be told and are not in the Store's messages yet.
  sql`create table if not exists webhook_batches (
    batch_id varchar not null,
    webhook_id varchar not null,
    sequence bigint not null,
    cause varchar not null,                -- 'data' | 'rule'
    version integer not null,
    as_of date not null,
    data_version bigint not null,
    taken_at varchar not null
  )`,
  sql`create table if not exists webhook_moves (
    batch_id varchar not null,
    member_id varchar not null,
    entered boolean not null
  )`,

  // Who was in a launched campaign, and in which arm. Comes through the Store's events.
  sql`create table if not exists campaign_arms (
    campaign_id varchar not null,
    member_key integer not null,
    arm varchar not null,                  -- 'treated' | 'held-out'
    launched_day date not null
  )`,

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
  sql`create table if not exists coupon_changes (
    ledger_seq bigint not null,
    coupon_key bigint not null,
    kind varchar not null,                 -- 'redeemed' | 'cancelled' | 'revoked'
    uses integer not null,
    redeemed_seq bigint not null,          -- of a cancellation: the redemption that it takes back; else its own
    changed_at timestamp not null,
    changed_day date not null
  )`,

  // One row once the workspace was opened: of which structure the file is (structureMark).
  sql`create table if not exists made_by (structure varchar not null)`,

  // Who did what to the data, left by the transaction that did it until the Store's audit has it.
  sql`create table if not exists audit_waiting (
    id varchar not null,
    actor varchar not null,
    action varchar not null,
    subject varchar not null,
    done_at timestamp not null
  )`,
]

/** Every identity of a member who has several, the member's own first one included, by its key. */
export const mergedIdentities = sql`(
  select member_aliases.identity_key, members.member_key, alias as named
  from member_aliases join members on members.member_id = member_aliases.member_id
  union all
  select member_key, member_key, member_id from members where member_id in (select member_id from member_aliases))`

/** Tags and arms of members, over all identities of each. */
const memberViews: readonly Sql[] = [
  // A tag stands when it stands on one identity, since the earliest of them; what people set says so first.
  sql`create or replace view every_tag_of_members as
    with set_or_imported as (
      select member_key, tag, source, added_day from member_tags
      where member_key not in (select identity_key from ${mergedIdentities} as merged)
      union all
      select merged.member_key, tag, case when bool_or(source = 'manual') then 'manual' else 'imported' end,
        min(added_day)
      from member_tags join ${mergedIdentities} as merged on merged.identity_key = member_tags.member_key
      group by merged.member_key, tag
    )
    select member_key, tag, source, added_day from set_or_imported
    union all
    select member_key, tag, 'automatic', added_day from automatic_tags
    where not exists (select 1 from set_or_imported as other
      where other.member_key = automatic_tags.member_key and other.tag = automatic_tags.tag)`,
  // Of an exclusive group a member carries one: what people set, else the newest. Each of the others ended, at the
  // latest, when one that goes before it began.
  sql`create or replace view covered_tags_of_members as
    select member_key, tag, added_day, covered_day from (
      select every_tag.member_key, every_tag.tag, every_tag.added_day, row_number() over own as place,
        min(every_tag.added_day) over (own rows between unbounded preceding and 1 preceding) as covered_day
      from every_tag_of_members as every_tag join exclusive_tags on exclusive_tags.tag = every_tag.tag
      left join (
        select coalesce(merged.member_key, tags_said.member_key) as member_key, tag,
          max(newest_day) as newest_day, arg_max(newest_seq, (newest_day, newest_seq)) as newest_seq
        from tags_said left join ${mergedIdentities} as merged on merged.identity_key = tags_said.member_key
        where tag in (select tag from exclusive_tags) group by all
      ) as said on said.member_key = every_tag.member_key and said.tag = every_tag.tag and every_tag.source = 'imported'
      window own as (partition by every_tag.member_key, exclusive_tags.tag_group
        order by every_tag.source <> 'manual', coalesce(said.newest_day, every_tag.added_day) desc,
          coalesce(said.newest_seq, 0) desc, every_tag.tag)
    ) as ranked where place > 1`,
  sql`create or replace view tags_of_members as
    select member_key, tag, source, added_day from every_tag_of_members as every_tag
    where not exists (select 1 from covered_tags_of_members as covered
      where covered.member_key = every_tag.member_key and covered.tag = every_tag.tag)`,
  sql`create or replace view removed_tags_of_members as
    select coalesce(merged.member_key, removed_tags.member_key) as member_key, tag, added_day, removed_day
    from removed_tags left join ${mergedIdentities} as merged on merged.identity_key = removed_tags.member_key
    union all
    select member_key, tag, added_day, covered_day from covered_tags_of_members where added_day < covered_day`,
  // Once a campaign: the arm of the first entry, of one day's that of the first id.
  sql`create or replace view arms_of_members as
    select campaign_id, member_key, arm, launched_day from campaign_arms
    where member_key not in (select identity_key from ${mergedIdentities} as merged)
    union all
    select campaign_id, merged.member_key, arg_min(arm, (launched_day, named)), min(launched_day)
    from campaign_arms join ${mergedIdentities} as merged on merged.identity_key = campaign_arms.member_key
    group by campaign_id, merged.member_key`,
  // All identities' coupons are the member's: each was issued to one of them.
  sql`create or replace view coupons_of_members as
    select coalesce(merged.member_key, issued_coupons.member_key) as member_key, issued_coupons.* exclude (member_key)
    from issued_coupons left join (
      select identity_key, members.member_key
      from member_aliases join members on members.member_id = member_aliases.member_id
    ) as merged on merged.identity_key = issued_coupons.member_key`,
]

/**
 * 2: where a member's attributes and consent come from is kept. 3: what people decided of tags is kept. 4: refunds
 * come as files of their own. 5: derived tables hold gaps between purchase days, discounts, hours and order lines.
 */
const schemaVersion = 5

/** What files from before a column was there get; a new file has most of them from the start. */
const addedColumns: readonly Sql[] = [
  sql`alter table workspace_state add column if not exists ledger_watermark bigint default 0`,
  sql`alter table orders add column if not exists identity_key integer`,
  sql`alter table refunds add column if not exists identity_key integer`,
  sql`alter table member_aliases add column if not exists claimed boolean default false`,
  sql`alter table order_lines add column if not exists category_of_product boolean default false`,
  sql`alter table import_members add column if not exists consent_at timestamp`,
  // people known by more than an id
  ...['phone', 'openid', 'email', 'known_by'].map(
    (column) => sql`alter table import_lines add column if not exists ${name(column)} varchar`,
  ),
  ...['openid', 'email'].flatMap((column) => [
    sql`alter table import_members add column if not exists ${name(column)} varchar`,
    sql`alter table members add column if not exists ${name(column)} varchar`,
  ]),
]

const structure: readonly Sql[] = [...baseTables, ...addedColumns, ...memberViews]

/** Of two versions of Reveille that make the same tables, columns and views, the same. */
export const structureMark: string = createHash('sha256')
  .update([schemaVersion, ...structure.map(({ chunks }) => chunks.join(''))].join(';\n'))
  .digest('base64url')

/** Creates what is missing. Safe to repeat. */
export async function createBaseTables(
  session: Session,
  calendar: { timeZone: string; firstWeekday: number },
): Promise<void> {
  for (const statement of structure) await session.run(statement)
  await letRowsLackMembers(session)
  await session.run(sql`insert into identity_rule select 'id,phone,openid,email', ${randomBytes(32).toString('base64url')}
    where not exists (select 1 from identity_rule)`)
  await session.run(sql`insert into keys_given select 0, 0 where not exists (select 1 from keys_given)`)
  const [state] = await session.rows(sql`select schema_version from workspace_state`)
  if (state) {
    const before = Number(state.schemaVersion)
    if (before < 3) await keepOrigins(session, before)
    if (before < 4) await takeRefunds(session)
    if (before < 5) await dropDerived(session)
    await session.run(
      sql`update workspace_state set schema_version = ${schemaVersion} where schema_version <> ${schemaVersion}`,
    )
    return
  }
  await session.run(sql`insert into workspace_state
    (schema_version, data_version, watermark, ledger_watermark, time_zone, first_weekday, opened_at_start)
    values (${schemaVersion}, 0, 0, 0, ${calendar.timeZone}, ${calendar.firstWeekday}, false)`)
}

/** In a file from before people were known by more than an id every row of a file of members has one. */
async function letRowsLackMembers(session: Session): Promise<void> {
  const [required] = await session.rows(sql`select 1 as is_so from duckdb_columns()
    where database_name = current_database() and table_name = 'import_members' and column_name = 'member_id' and not is_nullable`)
  if (required) await session.run(sql`alter table import_members alter column member_id drop not null`)
}

/**
 * A workspace from before origins were kept: what a demo says of its members becomes rows of its import, and
 * the Store's events are told again, which changes nothing but keeps the consents and tags that people set.
 */
async function keepOrigins(session: Session, before: number): Promise<void> {
  if (before < 2) await keepMembersOfDemo(session)
  await session.run(sql`update workspace_state set watermark = 0`)
}

/** A workspace from before files of refunds: their lines may lack a date, and may have a reason. */
async function takeRefunds(session: Session): Promise<void> {
  await session.run(sql`alter table import_lines alter column ordered_at drop not null`)
  await session.run(sql`alter table import_lines add column if not exists refund_reason varchar`)
}

/** A workspace whose derived tables lack columns: they are made anew where they are missing. */
async function dropDerived(session: Session): Promise<void> {
  for (const table of ['member_facts', 'member_orders', 'category_orders'])
    await session.run(sql`drop table if exists ${name(table)}`)
}

/** Writes down what the members of a demo are as the rows of its import, so that files on top of it can be undone. */
export async function keepMembersOfDemo(session: Session): Promise<void> {
  await session.run(sql`insert into import_members by name
    select import_seq, member_key as row_number, member_id, name, phone, gender, birthday, joined_day, region, channel, tier,
      points, stored_value_minor, nullif(consent, 'unknown') as consent, openid, email
    from members cross join (select min(import_seq) as import_seq from imports where kind = 'demo') as demo
    where import_seq is not null order by member_key`)
}
