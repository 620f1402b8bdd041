-- some members, stores and channels
with buyers as (
        select count(*) as members,
          count(*) filter (where orders >= 2) as repeated_by_order,
          count(*) filter (where purchase_days >= 2) as repeated_by_day,
          count(*) filter (where first_day >= cast($1 as date) and not first_seen) as new_members,
          count(*) filter (where first_day >= cast($2 as date) and first_seen) as first_seen_members,
          count(*) filter (where first_day < cast($3 as date)) as returning_members
        from (select any_value(first_day) as first_day, any_value(first_seen) as first_seen,
          count(*) as orders, count(distinct local_day) as purchase_days
        from (select * from (select asked_row.* from orders_by_month as asked_row
        join (select unnest(from_json($4, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as member_order where local_day >= cast($5 as date) and local_day <= cast($6 as date) and coalesce(store in ($7, $8), false) and coalesce(channel in ($9), false)) as counted
        group by member_key) as bought),
      ladder as (
        select purchase_day_number as n, members, coalesce(lead(came_in_time) over (order by purchase_day_number), 0) as repeated
        from (
          select purchase_day_number,
            count(*) filter (where local_day <= cast($10 as date)) as members,
            count(*) filter (where counts and previous_day <= cast($11 as date) and (previous_day + cast($12 as integer)) >= local_day) as came_in_time
          from (select opened.*, counted.member_key is not null as counts
        from (
        select * from (select asked_row.* from purchase_steps as asked_row
        join (select unnest(from_json($13, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as purchase_day
        where purchase_day_number <= $14) as opened
        left join (
          select distinct member_key, purchase_day_number
          from (select * from (select asked_row.* from member_orders as asked_row
        join (select unnest(from_json($15, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as member_order where coalesce(store in ($16, $17), false) and coalesce(channel in ($18), false)) as counted where purchase_day_number <= $19
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
      from ladder where members > 0 and n <= $20
      order by place, n
