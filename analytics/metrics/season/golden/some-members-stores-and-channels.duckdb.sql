-- some members, stores and channels
with sold as (
        select category as item, cast(date_trunc('month', local_day) as date) as month, count(*) as orders
        from (select asked_row.* from order_items as asked_row
        join (select unnest(from_json($1, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as order_item
        where category is not null and local_day >= cast($2 as date) and opens_category and coalesce(store in ($3, $4), false) and coalesce(channel in ($5), false)
        group by item, month
      ),
      biggest as (select item from sold group by item order by sum(orders) desc, item limit $6)
      select item, month, orders from sold where item in (select item from biggest)
      union all
      select null, cast(date_trunc('month', local_day) as date), count(*)
      from (select * from (select asked_row.* from orders_by_month as asked_row
        join (select unnest(from_json($7, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as member_order where local_day >= cast($8 as date) and coalesce(store in ($9, $10), false) and coalesce(channel in ($11), false)) as counted group by all
