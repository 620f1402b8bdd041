-- some members, stores and channels
with first as (
        select * from (select member_key, min(local_day) as local_day, bool_or(discounted) as discounted
          from (select * from (select asked_row.* from member_orders as asked_row
        join (select unnest(from_json($1, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as member_order where coalesce(store in ($2, $3), false) and coalesce(channel in ($4), false)) as counted where purchase_day_number = $5 group by member_key) as first_day
        where discounted is not null and local_day <= cast($6 as date)
      ),
      second as (select member_key, min(local_day) as local_day, bool_or(discounted) as discounted
          from (select * from (select asked_row.* from member_orders as asked_row
        join (select unnest(from_json($7, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as member_order where coalesce(store in ($8, $9), false) and coalesce(channel in ($10), false)) as counted where purchase_day_number = $11 group by member_key)
      select 'habit' as kind,
        case when discounted_orders = 0 then 0 when discounted_orders = discount_known_orders then 4
          when 3 * discounted_orders <= discount_known_orders then 1
          when 3 * discounted_orders <= 2 * discount_known_orders then 2 else 3 end as one,
        0 as other, count(*) as members
      from (select count(*) filter (where discounted) as discounted_orders, count(*) filter (where discounted is not null) as discount_known_orders
          from (select * from (select asked_row.* from member_orders as asked_row
        join (select unnest(from_json($12, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as member_order where coalesce(store in ($13, $14), false) and coalesce(channel in ($15), false)) as counted group by member_key) as known where discount_known_orders >= $16
      group by all
      union all
      select 'after', case when first.discounted then 0 else 1 end,
        case when second.member_key is null or second.local_day > (first.local_day + cast($17 as integer)) then 2
          when second.discounted is null then 3 when second.discounted then 1 else 0 end,
        count(*)
      from first left join second on second.member_key = first.member_key
      group by all
