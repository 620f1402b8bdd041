-- some members, stores and channels
with placed as (select * from (select *, store as place from (select member_key, first_day, first_seen, store, channel from (select * from (select asked_row.* from member_orders as asked_row
        join (select unnest(from_json($1, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as member_order where coalesce(store in ($2, $3), false) and coalesce(channel in ($4), false)) as counted where local_day >= cast($5 as date) and local_day <= cast($6 as date)) as placed) as placed_order)
      select 'sums' as what, $7 as period, guest, place, coalesce(cast(sum(orders) as bigint), 0) as orders, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor,
        coalesce(cast(sum(charged_minor) as bigint), 0) as charged_minor, coalesce(cast(sum(gross_minor) as bigint), 0) as gross_minor,
        coalesce(cast(sum(discount_minor) as bigint), 0) as discount_minor, coalesce(cast(sum(refunded_minor) as bigint), 0) as refunded_minor,
        0 as buyers, 0 as new_buyers, 0 as repeated_buyers
      from (select *, member_key is null as guest, store as place from (
        select local_day, member_key, store, channel, case when local_day <= cast($8 as date) and state = 'paid' and net_minor > 0 and (void_day is null or void_day > cast($9 as date)) then 1 else 0 end as orders,
          net_minor, net_minor as charged_minor, gross_minor, discount_minor, 0 as refunded_minor
        from orders where state = 'paid' and local_day <= cast($10 as date) and (local_day >= cast($11 as date) and local_day <= cast($12 as date)) and coalesce(store in ($13, $14), false) and coalesce(channel in ($15), false) and member_key in (select member_key from (select unnest(from_json($16, '["INTEGER"]')) as member_key) as audience)
        union all
        select local_day, member_key, store, channel, 0, -amount_minor, 0, null, null, amount_minor
        from refunds where counts and local_day <= cast($17 as date) and (local_day >= cast($18 as date) and local_day <= cast($19 as date)) and coalesce(store in ($20, $21), false) and coalesce(channel in ($22), false) and member_key in (select member_key from (select unnest(from_json($23, '["INTEGER"]')) as member_key) as audience)
      ) as event) as sold group by guest, place
      union all 
      select 'sums' as what, $24 as period, guest, place, coalesce(cast(sum(orders) as bigint), 0) as orders, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor,
        coalesce(cast(sum(charged_minor) as bigint), 0) as charged_minor, coalesce(cast(sum(gross_minor) as bigint), 0) as gross_minor,
        coalesce(cast(sum(discount_minor) as bigint), 0) as discount_minor, coalesce(cast(sum(refunded_minor) as bigint), 0) as refunded_minor,
        0 as buyers, 0 as new_buyers, 0 as repeated_buyers
      from (select *, member_key is null as guest, store as place from (
        select local_day, member_key, store, channel, case when local_day <= cast($25 as date) and state = 'paid' and net_minor > 0 and (void_day is null or void_day > cast($26 as date)) then 1 else 0 end as orders,
          net_minor, net_minor as charged_minor, gross_minor, discount_minor, 0 as refunded_minor
        from orders where state = 'paid' and local_day <= cast($27 as date) and (local_day >= cast($28 as date) and local_day <= cast($29 as date)) and coalesce(store in ($30, $31), false) and coalesce(channel in ($32), false) and member_key in (select member_key from (select unnest(from_json($33, '["INTEGER"]')) as member_key) as audience)
        union all
        select local_day, member_key, store, channel, 0, -amount_minor, 0, null, null, amount_minor
        from refunds where counts and local_day <= cast($34 as date) and (local_day >= cast($35 as date) and local_day <= cast($36 as date)) and coalesce(store in ($37, $38), false) and coalesce(channel in ($39), false) and member_key in (select member_key from (select unnest(from_json($40, '["INTEGER"]')) as member_key) as audience)
      ) as event) as sold_before group by guest, place
      union all 
      select $41, null, null, place, 0, 0, 0, 0, 0, 0, count(*), count(*) filter (where new), count(*) filter (where orders >= 2)
      from (
        select member_key, place, count(*) as orders, max(first_day) >= cast($42 as date) and not bool_or(first_seen) as new
        from (select member_key, first_day, first_seen, place as place from placed) as placed_there
        group by member_key, place
      ) as member group by place
      union all 
      select $43, null, null, place, 0, 0, 0, 0, 0, 0, count(*), count(*) filter (where new), count(*) filter (where orders >= 2)
      from (
        select member_key, place, count(*) as orders, max(first_day) >= cast($44 as date) and not bool_or(first_seen) as new
        from (select member_key, first_day, first_seen, cast(null as varchar) as place from placed) as placed_there
        group by member_key, place
      ) as member group by place
