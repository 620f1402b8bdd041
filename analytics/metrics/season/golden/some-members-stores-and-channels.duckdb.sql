-- some members, stores and channels
with sold as (
        select category as item, cast(date_trunc('month', local_day) as date) as month, count(*) filter (where opens_category) as orders
        from (select asked_row.* from order_items as asked_row
        join (select unnest(from_json($1, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as order_item
        where category is not null and local_day >= cast($2 as date) and coalesce(store in ($3, $4), false) and coalesce(channel in ($5), false)
        group by item, month
      ),
      biggest as (select item from sold group by item order by sum(orders) desc, item limit $6)
      select item, month, orders from sold where item in (select item from biggest)
      union all
      select null, cast(date_trunc('month', local_day) as date), count(*)
      from (select * from (select asked_row.* from member_orders as asked_row
        join (select unnest(from_json($7, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as member_order where coalesce(store in ($8, $9), false) and coalesce(channel in ($10), false)) as counted where local_day >= cast($11 as date)
      group by all
