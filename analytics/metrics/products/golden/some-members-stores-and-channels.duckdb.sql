-- some members, stores and channels
with buyer as (
        select member_key, min(first_day) as first_day,
          count(*) filter (where purchase_day_number = 2 and local_day <= (first_day + cast($1 as integer))) > 0 as again,
          min(local_day) as first_there, max(local_day) as last_there, count(*) as orders
        from (select * from (select asked_row.* from member_orders as asked_row
        join (select unnest(from_json($2, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as member_order where coalesce(store in ($3, $4), false) and coalesce(channel in ($5), false)) as counted group by member_key),
      bought as (select * from (select category as item, member_key,
          count(*) filter (where opens_category) as orders,
          coalesce(cast(sum(net_minor) as bigint), 0) as net_minor, min(local_day) as first_day, max(local_day) as last_day
        from (select asked_row.* from order_items as asked_row
        join (select unnest(from_json($6, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as order_item
        where category is not null and coalesce(store in ($7, $8), false) and coalesce(channel in ($9), false)
        group by category, member_key) as known_items)
      select null as item, count(*) as members, coalesce(cast(sum(orders) as bigint), 0) as orders,
        (select coalesce(cast(sum(net_minor) as bigint), 0) from bought) as net_minor, count(*) filter (where orders >= 2) as repeated,
        count(*) filter (where buyer.first_day <= cast($10 as date)) as began, count(*) filter (where buyer.first_day <= cast($11 as date) and again) as returned,
        0 as switched_away, 0 as gone, 0 as came_over
      from buyer
      union all
      select * from (
        select item, count(*) as members, coalesce(cast(sum(bought.orders) as bigint), 0) as orders, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor,
          count(*) filter (where bought.orders >= 2) as repeated,
          count(*) filter (where bought.first_day = buyer.first_day and buyer.first_day <= cast($12 as date)) as began, count(*) filter (where bought.first_day = buyer.first_day and buyer.first_day <= cast($13 as date) and again) as returned,
          count(*) filter (where bought.last_day <= cast($14 as date) and bought.last_day > cast($15 as date) and buyer.last_there > cast($16 as date)) as switched_away,
          count(*) filter (where bought.last_day <= cast($17 as date) and bought.last_day > cast($18 as date) and not buyer.last_there > cast($19 as date)) as gone,
          count(*) filter (where bought.first_day > cast($20 as date) and buyer.first_there <= cast($21 as date)) as came_over
        from bought join buyer on buyer.member_key = bought.member_key
        group by item
        order by net_minor desc, item limit $22
      ) as biggest
