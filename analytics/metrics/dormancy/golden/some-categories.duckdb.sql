-- some categories
select date_diff('day', last_day, cast($1 as date)) as silent_days, count(*) as members, coalesce(cast(sum(yearly_net_minor) as bigint), 0) as value_minor
      from (
        select asked.member_key, latest.last_day, greatest(coalesce(yearly.net_minor, 0), 0) as yearly_net_minor
        from member_facts as asked
        left join (select member_key, count(*) as orders, min(local_day) as first_day, max(local_day) as last_day
    from (select * from member_orders as member_order where true and true and coalesce(order_key in (select order_key from order_items as line where category in ($2, $3)), false)) as counted group by member_key) as latest on latest.member_key = asked.member_key
        left join (
          select event.member_key, coalesce(cast(sum(event.net_minor) as bigint), 0) as net_minor
          from (select * from (
  select member_key, local_day, store, channel, order_key, net_minor
  from orders
  where member_key is not null and state = 'paid' and local_day <= cast($4 as date)
  union all
  select member_key, local_day, store, channel, order_key, -amount_minor as net_minor
  from refunds
  where member_key is not null and counts and local_day <= cast($5 as date)) as any_event where true and true and coalesce(order_key in (select order_key from order_lines as line where category in ($6, $7)), false)) as event
          join (select member_key, count(*) as orders, min(local_day) as first_day, max(local_day) as last_day
    from (select * from member_orders as member_order where true and true and coalesce(order_key in (select order_key from order_items as line where category in ($8, $9)), false)) as counted group by member_key) as until
            on until.member_key = event.member_key and event.local_day >= (until.last_day + cast($10 as integer))
          group by event.member_key
        ) as yearly on yearly.member_key = asked.member_key) as member
      group by silent_days
      order by silent_days
