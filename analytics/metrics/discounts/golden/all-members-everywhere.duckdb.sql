-- all members, everywhere
with first as (
        select member_key, count(*) filter (where discounted) > 0 as discounted, min(local_day) as first_day
        from (select * from member_orders as member_order where true and true) as counted where purchase_day_number = 1
        group by member_key
        having count(*) filter (where discounted is not null) > 0 and min(local_day) <= cast($1 as date)
      ),
      second as (
        select member_key, count(*) filter (where discounted) > 0 as discounted,
          count(*) filter (where discounted is not null) > 0 as known, min(local_day) as second_day
        from (select * from member_orders as member_order where true and true) as counted where purchase_day_number = 2
        group by member_key
      )
      select 'habit' as kind,
        case when discounted_orders = 0 then 0 when discounted_orders = discount_known_orders then 4
          when 3 * discounted_orders <= discount_known_orders then 1
          when 3 * discounted_orders <= 2 * discount_known_orders then 2 else 3 end as one,
        0 as other, count(*) as members
      from (select discounted_orders, discount_known_orders from member_facts as asked) as known where discount_known_orders >= $2
      group by all
      union all
      select 'after', case when first.discounted then 0 else 1 end,
        case when second.member_key is null or second.second_day > (first.first_day + cast($3 as integer)) then 2
          when not second.known then 3 when second.discounted then 1 else 0 end,
        count(*)
      from first left join second on second.member_key = first.member_key
      group by all
