-- some categories
with buyer as (
        select member_key, min(first_day) as first_day,
          count(*) filter (where purchase_day_number = 2 and local_day <= (first_day + cast($1 as integer))) > 0 as again,
          min(local_day) as first_there, max(local_day) as last_there, count(*) as orders
        from (select * from member_orders as member_order where true and true and coalesce(order_key in (select order_key from order_items as line where category in ($2, $3)), false)) as counted group by member_key),
      bought as (select * from (select category as item, member_key,
          count(*) filter (where opens_category) as orders,
          coalesce(cast(sum(net_minor) as bigint), 0) as net_minor, min(local_day) as first_day, max(local_day) as last_day
        from order_items as order_item
        where category is not null and true and true and coalesce(category in ($4, $5), false)
        group by category, member_key) as known_items)
      select null as item, count(*) as members, coalesce(cast(sum(orders) as bigint), 0) as orders,
        (select coalesce(cast(sum(net_minor) as bigint), 0) from bought) as net_minor, count(*) filter (where orders >= 2) as repeated,
        count(*) filter (where buyer.first_day <= cast($6 as date)) as began, count(*) filter (where buyer.first_day <= cast($7 as date) and again) as returned,
        0 as switched_away, 0 as gone, 0 as came_over
      from buyer
      union all
      select * from (
        select item, count(*) as members, coalesce(cast(sum(bought.orders) as bigint), 0) as orders, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor,
          count(*) filter (where bought.orders >= 2) as repeated,
          count(*) filter (where bought.first_day = buyer.first_day and buyer.first_day <= cast($8 as date)) as began, count(*) filter (where bought.first_day = buyer.first_day and buyer.first_day <= cast($9 as date) and again) as returned,
          count(*) filter (where bought.last_day <= cast($10 as date) and bought.last_day > cast($11 as date) and buyer.last_there > cast($12 as date)) as switched_away,
          count(*) filter (where bought.last_day <= cast($13 as date) and bought.last_day > cast($14 as date) and not buyer.last_there > cast($15 as date)) as gone,
          count(*) filter (where bought.first_day > cast($16 as date) and buyer.first_there <= cast($17 as date)) as came_over
        from bought join buyer on buyer.member_key = bought.member_key
        group by item
        order by net_minor desc, item limit $18
      ) as biggest
