-- some members, stores and channels
select date_diff('day', last_day, cast($1 as date)) as silent_days, count(*) as members, coalesce(cast(sum(yearly_net_minor) as bigint), 0) as value_minor
      from (
        select asked.member_key, any_value(latest.last_day) as last_day,
          greatest(coalesce(cast(sum(event.net_minor) filter (where event.local_day >= (latest.last_day + cast($2 as integer))) as bigint), 0), 0) as yearly_net_minor
        from (select asked_row.* from member_facts as asked_row
        join (select unnest(from_json($3, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as asked
        left join (
          select member_key, max(local_day) as last_day from (select * from (select asked_row.* from member_orders as asked_row
        join (select unnest(from_json($4, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as member_order where coalesce(store in ($5, $6), false) and coalesce(channel in ($7), false)) as counted group by member_key
        ) as latest on latest.member_key = asked.member_key
        left join (
          select * from (
  select member_key, local_day, store, channel, net_minor
  from orders
  where member_key is not null and state = 'paid' and local_day <= cast($8 as date) and true
  union all
  select member_key, local_day, store, channel, -amount_minor as net_minor
  from refunds
  where member_key is not null and counts and local_day <= cast($9 as date) and true) as any_event
          where coalesce(store in ($10, $11), false) and coalesce(channel in ($12), false) and member_key in (select member_key from (select unnest(from_json($13, '["INTEGER"]')) as member_key) as audience)
        ) as event on event.member_key = asked.member_key
        group by asked.member_key) as member
      group by silent_days
      order by silent_days
