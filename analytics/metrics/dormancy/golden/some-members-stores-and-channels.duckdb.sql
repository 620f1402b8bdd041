-- some members, stores and channels
select date_diff('day', last_day, cast($1 as date)) as silent_days, count(*) as members, coalesce(cast(sum(yearly_net_minor) as bigint), 0) as value_minor
      from (
        select asked.member_key, latest.last_day, greatest(coalesce(yearly.net_minor, 0), 0) as yearly_net_minor
        from (select asked_row.* from member_facts as asked_row
        join (select unnest(from_json($2, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as asked
        left join (select member_key, coalesce(cast(sum(orders) as bigint), 0) as orders, min(first_day) as first_day, max(last_day) as last_day
    from (select asked_row.* from place_totals as asked_row
        join (select unnest(from_json($3, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as total where coalesce(store in ($4, $5), false) and coalesce(channel in ($6), false) group by member_key) as latest on latest.member_key = asked.member_key
        left join (
          select event.member_key, coalesce(cast(sum(event.net_minor) as bigint), 0) as net_minor
          from (select * from (
  select member_key, local_day, store, channel, order_key, net_minor
  from orders
  where member_key is not null and state = 'paid' and local_day <= cast($7 as date)
  union all
  select member_key, local_day, store, channel, order_key, -amount_minor as net_minor
  from refunds
  where member_key is not null and counts and local_day <= cast($8 as date)) as any_event where coalesce(store in ($9, $10), false) and coalesce(channel in ($11), false)) as event
          join (select member_key, coalesce(cast(sum(orders) as bigint), 0) as orders, min(first_day) as first_day, max(last_day) as last_day
    from (select asked_row.* from place_totals as asked_row
        join (select unnest(from_json($12, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as total where coalesce(store in ($13, $14), false) and coalesce(channel in ($15), false) group by member_key) as until
            on until.member_key = event.member_key and event.local_day >= (until.last_day + cast($16 as integer))
          group by event.member_key
        ) as yearly on yearly.member_key = asked.member_key) as member
      group by silent_days
      order by silent_days
