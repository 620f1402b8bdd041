-- all members, everywhere
with sold as (
        select category as item, month, coalesce(cast(sum(orders) as bigint), 0) as orders
        from category_months where category is not null and month >= cast($1 as date) and true and true
        group by item, month
      ),
      biggest as (select item from sold group by item order by sum(orders) desc, item limit $2)
      select item, month, orders from sold where item in (select item from biggest)
      union all
      select null, cast(date_trunc('month', local_day) as date), coalesce(cast(sum(orders) as bigint), 0)
      from (select * from order_cube as sold where not guest and local_day >= cast($3 as date) and true and true) as sold_to_members group by all
