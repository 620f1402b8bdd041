-- some members, stores and channels
with owned as (
        select member_key, cast(date_diff('day', cast($1 as date), expires_day) > $2 as integer) + cast(date_diff('day', cast($3 as date), expires_day) > $4 as integer) + cast(date_diff('day', cast($5 as date), expires_day) > $6 as integer) + cast(date_diff('day', cast($7 as date), expires_day) > $8 as integer) + cast(date_diff('day', cast($9 as date), expires_day) > $10 as integer) as goes_in, cast(sum(points) as bigint) as points
        from (select asked_row.* from (
  select names.member_key, lots.expires_day, sum(lots.left_over) as points
  from (
    select member_id, expires_day, least(given, greatest(given_by_then - gone, 0)) as left_over
    from (
      select given.member_id, given.expires_day, given.given, coalesce(spent.gone, 0) as gone,
        sum(given.given) over (partition by given.member_id order by given.expires_day) as given_by_then
      from (
        select member_id, expires_day, sum(change) as given from (
  select points_entries.* from points_entries cross join workspace_state as state
  where cast(timezone(state.time_zone, make_timestamptz(epoch_us(changed_at))) as date) <= cast($11 as date)) as entry
        where change > 0 and expires_day is not null group by member_id, expires_day
      ) as given
      left join (
        select member_id, -sum(change) as gone from (
  select points_entries.* from points_entries cross join workspace_state as state
  where cast(timezone(state.time_zone, make_timestamptz(epoch_us(changed_at))) as date) <= cast($12 as date)) as entry
        where change < 0 group by member_id
      ) as spent on spent.member_id = given.member_id
    ) as running
  ) as lots
  join (
  select member_id as named, member_key, member_key as identity_key from members
  union all
  select alias, members.member_key, member_aliases.identity_key
  from member_aliases join members on members.member_id = member_aliases.member_id) as names on names.named = lots.member_id
  where lots.expires_day >= cast($13 as date) and lots.left_over > 0
  group by names.member_key, lots.expires_day) as asked_row
        join (select unnest(from_json($14, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as lot group by member_key, goes_in
      ),
      reasoned as (
        select change_reason as reason,
          case when change >= 0 then 'given'
            when contains(lower(coalesce(change_reason, '')), lower($15)) or contains(lower(coalesce(change_reason, '')), lower($16)) or contains(lower(coalesce(change_reason, '')), lower($17)) or contains(lower(coalesce(change_reason, '')), lower($18)) or contains(lower(coalesce(change_reason, '')), lower($19)) or contains(lower(coalesce(change_reason, '')), lower($20)) then 'expired' else 'redeemed' end as use,
          count(*) as entries, coalesce(cast(sum(abs(change)) as bigint), 0) as points
        from (select asked_row.* from (
  select names.member_key, cast(timezone(state.time_zone, make_timestamptz(epoch_us(changed_at))) as date) as local_day, change, change_reason
  from points_entries cross join workspace_state as state
  join (
  select member_id as named, member_key, member_key as identity_key from members
  union all
  select alias, members.member_key, member_aliases.identity_key
  from member_aliases join members on members.member_id = member_aliases.member_id) as names on names.named = points_entries.member_id) as asked_row
        join (select unnest(from_json($21, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as entry
        where local_day <= cast($22 as date) and change <> 0
        group by all
      )
      select 'expiring' as kind, owned.goes_in as "window", cast(null as varchar) as reason, cast(null as varchar) as use,
        0 as entries, coalesce(cast(sum(owned.points) as bigint), 0) as points, count(*) as members,
        count(*) filter (where coalesce(buyer.silent_days > $23, true)) as quiet_members,
        coalesce(cast(sum(owned.points) filter (where coalesce(buyer.silent_days > $24, true)) as bigint), 0) as quiet_points
      from owned left join (
    select bought.member_key, date_diff('day', bought.last_day, cast($25 as date)) as silent_days, bought.orders,
      coalesce(money.net_minor, 0) as net_minor
    from (select member_key, coalesce(cast(sum(orders) as bigint), 0) as orders, min(first_day) as first_day, max(last_day) as last_day
    from place_totals as total where coalesce(store in ($26, $27), false) and coalesce(channel in ($28), false) group by member_key) as bought
    left join (
      select member_key, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor
      from (
  select member_key, local_day, store, channel, order_key, net_minor
  from orders
  where member_key is not null and state = 'paid' and local_day <= cast($29 as date)
  union all
  select member_key, local_day, store, channel, order_key, -amount_minor as net_minor
  from refunds
  where member_key is not null and counts and local_day <= cast($30 as date)) as event where coalesce(store in ($31, $32), false) and coalesce(channel in ($33), false) group by member_key
    ) as money on money.member_key = bought.member_key) as buyer on buyer.member_key = owned.member_key
      group by owned.goes_in
      union all
      select 'reason', null, reason, use, entries, points, 0, 0, 0 from reasoned
