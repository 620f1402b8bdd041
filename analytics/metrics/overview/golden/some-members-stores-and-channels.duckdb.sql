-- some members, stores and channels
select 'window' as kind, period_from, class, orders, net_minor, buyers from (
  select period_from, class, coalesce(cast(sum(orders) as bigint), 0) as orders, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor,
    count(*) filter (where orders > 0) - count(*) filter (where previous_day >= period_from) as buyers
  from (
    select period_from, orders, net_minor, previous_day,
      case
        when first_day < period_from then $1
        when first_day <= case when period_from = cast($2 as date) then cast($3 as date) else cast($4 as date) end then case when first_seen then $5 else $6 end
        else $7
      end as class
    from (select *, case when local_day >= cast($8 as date) then cast($9 as date) else cast($10 as date) end as period_from from (
        with counted as (
          select member_key, local_day, count(*) as orders
          from (select * from (select asked_row.* from orders_by_month as asked_row
        join (select unnest(from_json($11, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as member_order where local_day >= cast($12 as date) and local_day <= cast($13 as date) and coalesce(store in ($14, $15), false) and coalesce(channel in ($16), false)) as counted_order
          group by member_key, local_day
        ),
        preceded as (
          select *, lag(local_day) over (partition by member_key order by local_day) as previous_day from counted
        ),
        event as (
          select member_key, local_day, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor
          from (
  select member_key, local_day, store, channel, order_key, net_minor
  from orders
  where member_key is not null and state = 'paid' and local_day <= cast($17 as date)
  union all
  select member_key, local_day, store, channel, order_key, -amount_minor as net_minor
  from refunds
  where member_key is not null and counts and local_day <= cast($18 as date)) as any_event
          where local_day >= cast($19 as date) and local_day <= cast($20 as date) and coalesce(store in ($21, $22), false) and coalesce(channel in ($23), false) and member_key in (select member_key from (select unnest(from_json($24, '["INTEGER"]')) as member_key) as audience)
          group by member_key, local_day
        )
        select coalesce(preceded.local_day, event.local_day) as local_day, coalesce(preceded.orders, 0) as orders,
          coalesce(event.net_minor, 0) as net_minor, previous_day, member.first_day, coalesce(member.first_seen, false) as first_seen
        from preceded
        full join event on event.member_key = preceded.member_key and event.local_day = preceded.local_day
        left join member_facts as member on member.member_key = coalesce(preceded.member_key, event.member_key)) as any_day) as dated_day
  ) as classed_day
  group by period_from, class) as window_sales union all select 'step', period_from, class, orders, net_minor, buyers from (
  select period_from, class, coalesce(cast(sum(orders) as bigint), 0) as orders, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor,
    count(*) filter (where orders > 0) - count(*) filter (where previous_day >= period_from) as buyers
  from (
    select period_from, orders, net_minor, previous_day,
      case
        when first_day < period_from then $25
        when first_day <= (period_from + cast($26 as integer)) then case when first_seen then $27 else $28 end
        else $29
      end as class
    from (select *, (local_day - cast((isodow(local_day) - cast($30 as bigint) + 7) % 7 as integer)) as period_from from (
        with counted as (
          select member_key, local_day, count(*) as orders
          from (select * from (select asked_row.* from orders_by_month as asked_row
        join (select unnest(from_json($31, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as member_order where local_day >= cast($32 as date) and local_day <= cast($33 as date) and coalesce(store in ($34, $35), false) and coalesce(channel in ($36), false)) as counted_order
          group by member_key, local_day
        ),
        preceded as (
          select *, lag(local_day) over (partition by member_key order by local_day) as previous_day from counted
        ),
        event as (
          select member_key, local_day, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor
          from (
  select member_key, local_day, store, channel, order_key, net_minor
  from orders
  where member_key is not null and state = 'paid' and local_day <= cast($37 as date)
  union all
  select member_key, local_day, store, channel, order_key, -amount_minor as net_minor
  from refunds
  where member_key is not null and counts and local_day <= cast($38 as date)) as any_event
          where local_day >= cast($39 as date) and local_day <= cast($40 as date) and coalesce(store in ($41, $42), false) and coalesce(channel in ($43), false) and member_key in (select member_key from (select unnest(from_json($44, '["INTEGER"]')) as member_key) as audience)
          group by member_key, local_day
        )
        select coalesce(preceded.local_day, event.local_day) as local_day, coalesce(preceded.orders, 0) as orders,
          coalesce(event.net_minor, 0) as net_minor, previous_day, member.first_day, coalesce(member.first_seen, false) as first_seen
        from preceded
        full join event on event.member_key = preceded.member_key and event.local_day = preceded.local_day
        left join member_facts as member on member.member_key = coalesce(preceded.member_key, event.member_key)) as any_day) as dated_day
  ) as classed_day
  group by period_from, class) as step_sales
