-- some members, stores and channels
with bought as (select item, member_key from (select category as item, member_key,
          count(*) filter (where opens_category) as orders,
          coalesce(cast(sum(net_minor) as bigint), 0) as net_minor, min(local_day) as first_day, max(local_day) as last_day
        from (select asked_row.* from order_items as asked_row
        join (select unnest(from_json($1, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as order_item
        where category is not null and coalesce(store in ($2, $3), false) and coalesce(channel in ($4), false)
        group by category, member_key) as known_items),
      biggest as (
        select item, members, row_number() over (order by members desc, item) - 1 as place
        from (select item, count(*) as members from bought group by item) as sized
        order by members desc, item limit $5
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
        select mask, case when orders >= $6 then $7 when orders >= $8 then $9 when orders >= $10 then $11 when orders >= $12 then $13 when orders >= $14 then $15 when orders >= $16 then $17 when orders >= $18 then $19 when orders >= $20 then $21 end as class
        from masks join (select member_key, orders from (select member_key, coalesce(cast(sum(orders) as bigint), 0) as orders, min(first_day) as first_day, max(last_day) as last_day
    from (select asked_row.* from place_totals as asked_row
        join (select unnest(from_json($22, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as total where coalesce(store in ($23, $24), false) and coalesce(channel in ($25), false) group by member_key) as counted) as orders_of on orders_of.member_key = masks.member_key
      ) as classed
      group by mask, class
