-- some members
with buyers as (
        select count(*) as members,
          count(*) filter (where orders >= 2) as repeated_by_order,
          count(*) filter (where purchase_days >= 2) as repeated_by_day,
          count(*) filter (where first_day >= cast($1 as date) and not first_seen) as new_members,
          count(*) filter (where first_day >= cast($2 as date) and first_seen) as first_seen_members,
          count(*) filter (where first_day < cast($3 as date)) as returning_members
        from (select first_day, first_seen, orders, purchase_days from (select asked_row.* from member_facts as asked_row
        join (select unnest(from_json($4, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as asked where orders > 0) as bought),
      ladder as (
        select purchase_day_number as n, members, coalesce(lead(came_in_time) over (order by purchase_day_number), 0) as repeated
        from (
          select purchase_day_number,
            count(*) filter (where local_day <= cast($5 as date)) as members,
            count(*) filter (where counts and previous_day <= cast($6 as date) and (previous_day + cast($7 as integer)) >= local_day) as came_in_time
          from (select *, true as counts from (
        select * from (select asked_row.* from purchase_steps as asked_row
        join (select unnest(from_json($8, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as purchase_day
        where purchase_day_number <= $9) as opened) as purchase
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
      from ladder where members > 0 and n <= $10
      order by place, n
