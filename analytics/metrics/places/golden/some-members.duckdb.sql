-- some members
with buyer as (
        select member_key, place, count(*) as orders, max(first_day) >= cast($1 as date) and not bool_or(first_seen) as new
        from (select *, store as place from (select member_key, first_day, first_seen, store, channel from (select * from (select asked_row.* from orders_by_month as asked_row
        join (select unnest(from_json($2, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as member_order where local_day >= cast($3 as date) and local_day <= cast($4 as date) and true and true) as counted) as placed) as placed_order
        group by member_key, place
      ),
      buyer_anywhere as (
        select member_key, cast(null as varchar) as place, sum(orders) as orders, bool_or(new) as new
        from buyer group by member_key
      )
      select 'sums' as what, $5 as period, guest, place, coalesce(cast(sum(orders) as bigint), 0) as orders, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor,
        coalesce(cast(sum(charged_minor) as bigint), 0) as charged_minor, coalesce(cast(sum(gross_minor) as bigint), 0) as gross_minor,
        coalesce(cast(sum(discount_minor) as bigint), 0) as discount_minor, coalesce(cast(sum(refunded_minor) as bigint), 0) as refunded_minor,
        0 as buyers, 0 as new_buyers, 0 as repeated_buyers
      from (select *, member_key is null as guest, store as place from (
        select local_day, member_key, store, channel, case when local_day <= cast($6 as date) and state = 'paid' and net_minor > 0 and (void_day is null or void_day > cast($7 as date)) then 1 else 0 end as orders,
          net_minor, net_minor as charged_minor, gross_minor, discount_minor, 0 as refunded_minor
        from orders where state = 'paid' and local_day <= cast($8 as date) and (local_day >= cast($9 as date) and local_day <= cast($10 as date)) and true and true and member_key in (select member_key from (select unnest(from_json($11, '["INTEGER"]')) as member_key) as audience)
        union all
        select local_day, member_key, store, channel, 0, -amount_minor, 0, null, null, amount_minor
        from refunds where counts and local_day <= cast($12 as date) and (local_day >= cast($13 as date) and local_day <= cast($14 as date)) and true and true and member_key in (select member_key from (select unnest(from_json($15, '["INTEGER"]')) as member_key) as audience)
      ) as event) as sold group by guest, place
      union all 
      select 'sums' as what, $16 as period, guest, place, coalesce(cast(sum(orders) as bigint), 0) as orders, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor,
        coalesce(cast(sum(charged_minor) as bigint), 0) as charged_minor, coalesce(cast(sum(gross_minor) as bigint), 0) as gross_minor,
        coalesce(cast(sum(discount_minor) as bigint), 0) as discount_minor, coalesce(cast(sum(refunded_minor) as bigint), 0) as refunded_minor,
        0 as buyers, 0 as new_buyers, 0 as repeated_buyers
      from (select *, member_key is null as guest, store as place from (
        select local_day, member_key, store, channel, case when local_day <= cast($17 as date) and state = 'paid' and net_minor > 0 and (void_day is null or void_day > cast($18 as date)) then 1 else 0 end as orders,
          net_minor, net_minor as charged_minor, gross_minor, discount_minor, 0 as refunded_minor
        from orders where state = 'paid' and local_day <= cast($19 as date) and (local_day >= cast($20 as date) and local_day <= cast($21 as date)) and true and true and member_key in (select member_key from (select unnest(from_json($22, '["INTEGER"]')) as member_key) as audience)
        union all
        select local_day, member_key, store, channel, 0, -amount_minor, 0, null, null, amount_minor
        from refunds where counts and local_day <= cast($23 as date) and (local_day >= cast($24 as date) and local_day <= cast($25 as date)) and true and true and member_key in (select member_key from (select unnest(from_json($26, '["INTEGER"]')) as member_key) as audience)
      ) as event) as sold_before group by guest, place
      union all 
      select $27, null, null, place, 0, 0, 0, 0, 0, 0, count(*), count(*) filter (where new), count(*) filter (where orders >= 2)
      from buyer as member group by place
      union all 
      select $28, null, null, place, 0, 0, 0, 0, 0, 0, count(*), count(*) filter (where new), count(*) filter (where orders >= 2)
      from buyer_anywhere as member group by place
