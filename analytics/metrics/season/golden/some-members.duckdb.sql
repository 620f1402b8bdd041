-- some members
with sold as (
        select item, cast(date_trunc('month', local_day) as date) as month, coalesce(cast(sum(orders) as bigint), 0) as orders
        from (
          select category as item, local_day, count(*) as orders
          from (select asked_row.* from (
            select member_key, category, local_day, order_key from order_items as any_item
            where category is not null and local_day >= cast($1 as date) and opens_category and true and true
          ) as asked_row
        join (select unnest(from_json($2, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as order_item group by item, local_day
        ) as sold_day
        group by item, month
      ),
      biggest as (select item from sold group by item order by sum(orders) desc, item limit $3)
      select item, month, orders from sold where item in (select item from biggest)
      union all
      select null, cast(date_trunc('month', local_day) as date), coalesce(cast(sum(orders) as bigint), 0)
      from (
        select local_day, count(*) as orders
        from (select * from (select asked_row.* from orders_by_month as asked_row
        join (select unnest(from_json($4, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as member_order where local_day >= cast($5 as date) and true and true) as counted group by local_day
      ) as counted_day group by all
