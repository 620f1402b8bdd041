-- all members, everywhere
with buyer as (
        select member_key, place, count(*) as orders, max(first_day) >= cast($1 as date) and not bool_or(first_seen) as new
        from (select *, store as place from (select member_key, first_day, first_seen, store, channel from (select * from orders_by_month as member_order where local_day >= cast($2 as date) and local_day <= cast($3 as date) and true and true) as counted) as placed) as placed_order
        group by member_key, place
      ),
      buyer_anywhere as (
        select member_key, cast(null as varchar) as place, sum(orders) as orders, bool_or(new) as new
        from buyer group by member_key
      )
      select 'sums' as what, $4 as period, guest, place, coalesce(cast(sum(orders) as bigint), 0) as orders, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor,
        coalesce(cast(sum(charged_minor) as bigint), 0) as charged_minor, coalesce(cast(sum(gross_minor) as bigint), 0) as gross_minor,
        coalesce(cast(sum(discount_minor) as bigint), 0) as discount_minor, coalesce(cast(sum(refunded_minor) as bigint), 0) as refunded_minor,
        0 as buyers, 0 as new_buyers, 0 as repeated_buyers
      from (select local_day, guest, store as place, orders, net_minor, net_minor + refunded_minor as charged_minor,
          gross_minor, discount_minor, refunded_minor
        from (select * from order_cube as sold where (local_day >= cast($5 as date) and local_day <= cast($6 as date)) and true and true) as sold) as sold group by guest, place
      union all 
      select 'sums' as what, $7 as period, guest, place, coalesce(cast(sum(orders) as bigint), 0) as orders, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor,
        coalesce(cast(sum(charged_minor) as bigint), 0) as charged_minor, coalesce(cast(sum(gross_minor) as bigint), 0) as gross_minor,
        coalesce(cast(sum(discount_minor) as bigint), 0) as discount_minor, coalesce(cast(sum(refunded_minor) as bigint), 0) as refunded_minor,
        0 as buyers, 0 as new_buyers, 0 as repeated_buyers
      from (select local_day, guest, store as place, orders, net_minor, net_minor + refunded_minor as charged_minor,
          gross_minor, discount_minor, refunded_minor
        from (select * from order_cube as sold where (local_day >= cast($8 as date) and local_day <= cast($9 as date)) and true and true) as sold) as sold_before group by guest, place
      union all 
      select $10, null, null, place, 0, 0, 0, 0, 0, 0, count(*), count(*) filter (where new), count(*) filter (where orders >= 2)
      from buyer as member group by place
      union all 
      select $11, null, null, place, 0, 0, 0, 0, 0, 0, count(*), count(*) filter (where new), count(*) filter (where orders >= 2)
      from buyer_anywhere as member group by place
