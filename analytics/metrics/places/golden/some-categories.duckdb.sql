-- some categories
with buyer as (
        select member_key, place, count(*) as orders, max(first_day) >= cast($1 as date) and not bool_or(first_seen) as new
        from (select *, store as place from (select member_key, first_day, first_seen, store, channel from (select * from orders_by_month as member_order where local_day >= cast($2 as date) and local_day <= cast($3 as date) and true and true and coalesce(order_key in (select order_key from order_items as line where category in ($4, $5)), false)) as counted) as placed) as placed_order
        group by member_key, place
      ),
      buyer_anywhere as (
        select member_key, cast(null as varchar) as place, sum(orders) as orders, bool_or(new) as new
        from buyer group by member_key
      )
      select 'sums' as what, $6 as period, guest, place, coalesce(cast(sum(orders) as bigint), 0) as orders, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor,
        coalesce(cast(sum(charged_minor) as bigint), 0) as charged_minor, coalesce(cast(sum(gross_minor) as bigint), 0) as gross_minor,
        coalesce(cast(sum(discount_minor) as bigint), 0) as discount_minor, coalesce(cast(sum(refunded_minor) as bigint), 0) as refunded_minor,
        0 as buyers, 0 as new_buyers, 0 as repeated_buyers
      from (select local_day, guest, store as place, orders, net_minor, net_minor + refunded_minor as charged_minor,
          gross_minor, discount_minor, refunded_minor
        from (select * from (
  select local_day, local_hour, store, channel, guest,
    cast(sum(qualifying) as integer) as orders,
    cast(sum(net_minor) as bigint) as net_minor,
    cast(sum(gross_minor) as bigint) as gross_minor,
    cast(sum(discount_minor) as bigint) as discount_minor,
    cast(sum(refunded_minor) as bigint) as refunded_minor
  from (
    select local_day, local_hour, store, channel, member_key is null as guest,
      case when local_day <= cast($7 as date) and state = 'paid' and net_minor > 0 and (void_day is null or void_day > cast($8 as date)) then 1 else 0 end as qualifying,
      net_minor, gross_minor, discount_minor, 0 as refunded_minor
    from orders where state = 'paid' and local_day <= cast($9 as date) and coalesce(order_key in (select order_key from order_lines as line where category in ($10, $11)), false)
    union all
    select refunds.local_day,
      cast(hour(timezone(state.time_zone, timezone('UTC', refunds.refunded_at))) as utinyint),
      refunds.store, refunds.channel, refunds.member_key is null, 0, -amount_minor, null, null, amount_minor
    from refunds cross join workspace_state as state
    where counts and local_day <= cast($12 as date) and coalesce(order_key in (select order_key from order_lines as line where category in ($13, $14)), false)
  )
  group by all
  order by local_day, local_hour) as sold where (local_day >= cast($15 as date) and local_day <= cast($16 as date)) and true and true) as sold) as sold group by guest, place
      union all 
      select 'sums' as what, $17 as period, guest, place, coalesce(cast(sum(orders) as bigint), 0) as orders, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor,
        coalesce(cast(sum(charged_minor) as bigint), 0) as charged_minor, coalesce(cast(sum(gross_minor) as bigint), 0) as gross_minor,
        coalesce(cast(sum(discount_minor) as bigint), 0) as discount_minor, coalesce(cast(sum(refunded_minor) as bigint), 0) as refunded_minor,
        0 as buyers, 0 as new_buyers, 0 as repeated_buyers
      from (select local_day, guest, store as place, orders, net_minor, net_minor + refunded_minor as charged_minor,
          gross_minor, discount_minor, refunded_minor
        from (select * from (
  select local_day, local_hour, store, channel, guest,
    cast(sum(qualifying) as integer) as orders,
    cast(sum(net_minor) as bigint) as net_minor,
    cast(sum(gross_minor) as bigint) as gross_minor,
    cast(sum(discount_minor) as bigint) as discount_minor,
    cast(sum(refunded_minor) as bigint) as refunded_minor
  from (
    select local_day, local_hour, store, channel, member_key is null as guest,
      case when local_day <= cast($18 as date) and state = 'paid' and net_minor > 0 and (void_day is null or void_day > cast($19 as date)) then 1 else 0 end as qualifying,
      net_minor, gross_minor, discount_minor, 0 as refunded_minor
    from orders where state = 'paid' and local_day <= cast($20 as date) and coalesce(order_key in (select order_key from order_lines as line where category in ($21, $22)), false)
    union all
    select refunds.local_day,
      cast(hour(timezone(state.time_zone, timezone('UTC', refunds.refunded_at))) as utinyint),
      refunds.store, refunds.channel, refunds.member_key is null, 0, -amount_minor, null, null, amount_minor
    from refunds cross join workspace_state as state
    where counts and local_day <= cast($23 as date) and coalesce(order_key in (select order_key from order_lines as line where category in ($24, $25)), false)
  )
  group by all
  order by local_day, local_hour) as sold where (local_day >= cast($26 as date) and local_day <= cast($27 as date)) and true and true) as sold) as sold_before group by guest, place
      union all 
      select $28, null, null, place, 0, 0, 0, 0, 0, 0, count(*), count(*) filter (where new), count(*) filter (where orders >= 2)
      from buyer as member group by place
      union all 
      select $29, null, null, place, 0, 0, 0, 0, 0, 0, count(*), count(*) filter (where new), count(*) filter (where orders >= 2)
      from buyer_anywhere as member group by place
