-- some categories
with buyers as (
        select count(*) as members,
          count(*) filter (where orders >= 2) as repeated_by_order,
          count(*) filter (where purchase_days >= 2) as repeated_by_day,
          count(*) filter (where first_day >= cast($1 as date) and not first_seen) as new_members,
          count(*) filter (where first_day >= cast($2 as date) and first_seen) as first_seen_members,
          count(*) filter (where first_day < cast($3 as date)) as returning_members
        from (select any_value(first_day) as first_day, any_value(first_seen) as first_seen,
          count(*) as orders, count(distinct local_day) as purchase_days
        from (select * from orders_by_month as member_order where local_day >= cast($4 as date) and local_day <= cast($5 as date) and true and true and coalesce(order_key in (select order_key from order_items as line where category in ($6, $7)), false)) as counted
        group by member_key) as bought),
      ladder as (
        select purchase_day_number as n, members, coalesce(lead(came_in_time) over (order by purchase_day_number), 0) as repeated
        from (
          select purchase_day_number,
            count(*) filter (where local_day <= cast($8 as date)) as members,
            count(*) filter (where counts and previous_day <= cast($9 as date) and (previous_day + cast($10 as integer)) >= local_day) as came_in_time
          from (select opened.*, counted.member_key is not null as counts
        from (
        select * from purchase_steps as purchase_day
        where purchase_day_number <= $11) as opened
        left join (
          select distinct member_key, purchase_day_number
          from (select * from member_orders as member_order where true and true and coalesce(order_key in (select order_key from order_items as line where category in ($12, $13)), false)) as counted where purchase_day_number <= $14
        ) as counted
          on counted.member_key = opened.member_key and counted.purchase_day_number = opened.purchase_day_number) as purchase
          group by purchase_day_number
        ) as observed)
      select 0 as place, 'orders' as measure, null as n, members, repeated_by_order as repeated,
        new_members, first_seen_members, returning_members
      from buyers
      union all
      select 1, 'purchase-days', null, members, repeated_by_day, new_members, first_seen_members, returning_members
      from buyers
      union all
      select 2, 'ladder', n, members, repeated, null, null, null
      from ladder where members > 0 and n <= $15
      order by place, n
