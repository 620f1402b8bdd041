-- some categories
with first as (
        select * from (select member_key, min(local_day) as local_day, bool_or(discounted) as discounted
          from (select * from member_orders as member_order where true and true and coalesce(order_key in (select order_key from order_items as line where category in ($1, $2)), false)) as counted where purchase_day_number = $3 group by member_key) as first_day
        where discounted is not null and local_day <= cast($4 as date)
      ),
      second as (select member_key, min(local_day) as local_day, bool_or(discounted) as discounted
          from (select * from member_orders as member_order where true and true and coalesce(order_key in (select order_key from order_items as line where category in ($5, $6)), false)) as counted where purchase_day_number = $7 group by member_key)
      select 'habit' as kind,
        case when discounted_orders = 0 then 0 when discounted_orders = discount_known_orders then 4
          when 3 * discounted_orders <= discount_known_orders then 1
          when 3 * discounted_orders <= 2 * discount_known_orders then 2 else 3 end as one,
        0 as other, count(*) as members
      from (select count(*) filter (where discounted) as discounted_orders, count(*) filter (where discounted is not null) as discount_known_orders
          from (select * from member_orders as member_order where true and true and coalesce(order_key in (select order_key from order_items as line where category in ($8, $9)), false)) as counted group by member_key) as known where discount_known_orders >= $10
      group by all
      union all
      select 'after', case when first.discounted then 0 else 1 end,
        case when second.member_key is null or second.local_day > (first.local_day + cast($11 as integer)) then 2
          when second.discounted is null then 3 when second.discounted then 1 else 0 end,
        count(*)
      from first left join second on second.member_key = first.member_key
      group by all
