-- some members
with buyer as (
        select member_key, first_day, coalesce(second_day <= (first_day + cast($1 as integer)), false) as again,
          first_day as first_there, last_day as last_there, orders
        from (select asked_row.* from member_facts as asked_row
        join (select unnest(from_json($2, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as asked where orders > 0),
      bought as (select * from (select category as item, member_key, orders, net_minor, first_day, last_day
        from (select asked_row.* from category_totals as asked_row
        join (select unnest(from_json($3, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as total where category is not null) as known_items)
      select null as item, count(*) as members, coalesce(cast(sum(orders) as bigint), 0) as orders,
        (select coalesce(cast(sum(net_minor) as bigint), 0) from bought) as net_minor, count(*) filter (where orders >= 2) as repeated,
        count(*) filter (where buyer.first_day <= cast($4 as date)) as began, count(*) filter (where buyer.first_day <= cast($5 as date) and again) as returned,
        0 as switched_away, 0 as gone, 0 as came_over
      from buyer
      union all
      select * from (
        select item, count(*) as members, coalesce(cast(sum(bought.orders) as bigint), 0) as orders, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor,
          count(*) filter (where bought.orders >= 2) as repeated,
          count(*) filter (where bought.first_day = buyer.first_day and buyer.first_day <= cast($6 as date)) as began, count(*) filter (where bought.first_day = buyer.first_day and buyer.first_day <= cast($7 as date) and again) as returned,
          count(*) filter (where bought.last_day <= cast($8 as date) and bought.last_day > cast($9 as date) and buyer.last_there > cast($10 as date)) as switched_away,
          count(*) filter (where bought.last_day <= cast($11 as date) and bought.last_day > cast($12 as date) and not buyer.last_there > cast($13 as date)) as gone,
          count(*) filter (where bought.first_day > cast($14 as date) and buyer.first_there <= cast($15 as date)) as came_over
        from bought join buyer on buyer.member_key = bought.member_key
        group by item
        order by net_minor desc, item limit $16
      ) as biggest
