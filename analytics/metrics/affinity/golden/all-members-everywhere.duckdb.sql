-- all members, everywhere
with bought as (select item, member_key from (select category as item, member_key, orders, net_minor, first_day, last_day
        from category_totals as total where category is not null) as known_items),
      biggest as (
        select item, members, row_number() over (order by members desc, item) - 1 as place
        from (select item, count(*) as members from bought group by item) as sized
        order by members desc, item limit $1
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
        select mask, case when orders >= $2 then $3 when orders >= $4 then $5 when orders >= $6 then $7 when orders >= $8 then $9 when orders >= $10 then $11 when orders >= $12 then $13 when orders >= $14 then $15 when orders >= $16 then $17 end as class
        from masks join (select member_key, orders from member_facts as asked where orders > 0) as orders_of on orders_of.member_key = masks.member_key
      ) as classed
      group by mask, class
