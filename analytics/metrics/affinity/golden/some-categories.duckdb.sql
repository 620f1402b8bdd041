-- some categories
with bought as (select item, member_key from (select category as item, member_key,
          count(*) filter (where opens_category) as orders,
          coalesce(cast(sum(net_minor) as bigint), 0) as net_minor, min(local_day) as first_day, max(local_day) as last_day
        from order_items as order_item
        where category is not null and true and true and coalesce(category in ($1, $2), false)
        group by category, member_key) as known_items),
      biggest as (
        select item, members, row_number() over (order by members desc, item) - 1 as place
        from (select item, count(*) as members from bought group by item) as sized
        order by members desc, item limit $3
      ),
      masks as (
        select bought.member_key, cast(sum(coalesce(1 << cast(place as integer), 0)) as integer) as mask
        from bought left join biggest on biggest.item = bought.item
        group by bought.member_key
      )
      select item, cast(place as integer) as place, null as mask, null as class, members from biggest
      union all
      select null, null, mask, class, count(*) as members
      from (
        select mask, case when orders >= $4 then $5 when orders >= $6 then $7 when orders >= $8 then $9 when orders >= $10 then $11 when orders >= $12 then $13 when orders >= $14 then $15 when orders >= $16 then $17 when orders >= $18 then $19 end as class
        from masks join (select member_key, orders from (select member_key, count(*) as orders, min(local_day) as first_day, max(local_day) as last_day
    from (select * from member_orders as member_order where true and true and coalesce(order_key in (select order_key from order_items as line where category in ($20, $21)), false)) as counted group by member_key) as counted) as orders_of on orders_of.member_key = masks.member_key
      ) as classed
      group by mask, class
