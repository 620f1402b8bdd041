-- some members
with bought as (select item, member_key from (select category as item, member_key, orders, net_minor, first_day, last_day
        from (select asked_row.* from category_totals as asked_row
        join (select unnest(from_json($1, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as total where category is not null) as known_items),
      biggest as (
        select item, members, row_number() over (order by members desc, item) - 1 as place
        from (select item, count(*) as members from bought group by item) as sized
        order by members desc, item limit $2
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
        select mask, case when orders >= $3 then $4 when orders >= $5 then $6 when orders >= $7 then $8 when orders >= $9 then $10 when orders >= $11 then $12 when orders >= $13 then $14 when orders >= $15 then $16 when orders >= $17 then $18 end as class
        from masks join (select member_key, orders from (select asked_row.* from member_facts as asked_row
        join (select unnest(from_json($19, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as asked where orders > 0) as orders_of on orders_of.member_key = masks.member_key
      ) as classed
      group by mask, class
