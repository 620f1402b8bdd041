-- all members, everywhere
with sold as (
        select category as item, cast(date_trunc('month', local_day) as date) as month, count(*) filter (where opens_category) as orders
        from order_items as order_item
        where category is not null and local_day >= cast($1 as date) and true and true
        group by item, month
      ),
      biggest as (select item from sold group by item order by sum(orders) desc, item limit $2)
      select item, month, orders from sold where item in (select item from biggest)
      union all
      select null, cast(date_trunc('month', local_day) as date), count(*)
      from (select * from member_orders as member_order where true and true) as counted where local_day >= cast($3 as date)
      group by all
