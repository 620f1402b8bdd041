-- some members
with placed as (select * from (select *, store as place from (select member_key, first_day, first_seen, store, channel from (select * from (select asked_row.* from member_orders as asked_row
        join (select unnest(from_json($1, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as member_order where true and true) as counted where local_day >= cast($2 as date) and local_day <= cast($3 as date)) as placed) as placed_order)
      select 'sums' as what, $4 as period, guest, place, coalesce(cast(sum(orders) as bigint), 0) as orders, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor,
        coalesce(cast(sum(charged_minor) as bigint), 0) as charged_minor, coalesce(cast(sum(gross_minor) as bigint), 0) as gross_minor,
        coalesce(cast(sum(discount_minor) as bigint), 0) as discount_minor, coalesce(cast(sum(refunded_minor) as bigint), 0) as refunded_minor,
        0 as buyers, 0 as new_buyers, 0 as repeated_buyers
      from (select *, member_key is null as guest, store as place from (
        select local_day, member_key, store, channel, case when local_day <= cast($5 as date) and state = 'paid' and net_minor > 0 and (void_day is null or void_day > cast($6 as date)) then 1 else 0 end as orders,
          net_minor, net_minor as charged_minor, gross_minor, discount_minor, 0 as refunded_minor
        from orders where state = 'paid' and local_day <= cast($7 as date) and (local_day >= cast($8 as date) and local_day <= cast($9 as date)) and true and true and member_key in (select member_key from (select unnest(from_json($10, '["INTEGER"]')) as member_key) as audience)
        union all
        select local_day, member_key, store, channel, 0, -amount_minor, 0, null, null, amount_minor
        from refunds where counts and local_day <= cast($11 as date) and (local_day >= cast($12 as date) and local_day <= cast($13 as date)) and true and true and member_key in (select member_key from (select unnest(from_json($14, '["INTEGER"]')) as member_key) as audience)
      ) as event) as sold group by guest, place
      union all 
      select 'sums' as what, $15 as period, guest, place, coalesce(cast(sum(orders) as bigint), 0) as orders, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor,
        coalesce(cast(sum(charged_minor) as bigint), 0) as charged_minor, coalesce(cast(sum(gross_minor) as bigint), 0) as gross_minor,
        coalesce(cast(sum(discount_minor) as bigint), 0) as discount_minor, coalesce(cast(sum(refunded_minor) as bigint), 0) as refunded_minor,
        0 as buyers, 0 as new_buyers, 0 as repeated_buyers
      from (select *, member_key is null as guest, store as place from (
        select local_day, member_key, store, channel, case when local_day <= cast($16 as date) and state = 'paid' and net_minor > 0 and (void_day is null or void_day > cast($17 as date)) then 1 else 0 end as orders,
          net_minor, net_minor as charged_minor, gross_minor, discount_minor, 0 as refunded_minor
        from orders where state = 'paid' and local_day <= cast($18 as date) and (local_day >= cast($19 as date) and local_day <= cast($20 as date)) and true and true and member_key in (select member_key from (select unnest(from_json($21, '["INTEGER"]')) as member_key) as audience)
        union all
        select local_day, member_key, store, channel, 0, -amount_minor, 0, null, null, amount_minor
        from refunds where counts and local_day <= cast($22 as date) and (local_day >= cast($23 as date) and local_day <= cast($24 as date)) and true and true and member_key in (select member_key from (select unnest(from_json($25, '["INTEGER"]')) as member_key) as audience)
      ) as event) as sold_before group by guest, place
      union all 
      select $26, null, null, place, 0, 0, 0, 0, 0, 0, count(*), count(*) filter (where new), count(*) filter (where orders >= 2)
      from (
        select member_key, place, count(*) as orders, max(first_day) >= cast($27 as date) and not bool_or(first_seen) as new
        from (select member_key, first_day, first_seen, place as place from placed) as placed_there
        group by member_key, place
      ) as member group by place
      union all 
      select $28, null, null, place, 0, 0, 0, 0, 0, 0, count(*), count(*) filter (where new), count(*) filter (where orders >= 2)
      from (
        select member_key, place, count(*) as orders, max(first_day) >= cast($29 as date) and not bool_or(first_seen) as new
        from (select member_key, first_day, first_seen, cast(null as varchar) as place from placed) as placed_there
        group by member_key, place
      ) as member group by place
