-- all members, everywhere
select isodow(local_day) as weekday, local_hour as hour, coalesce(cast(sum(orders) as bigint), 0) as orders
      from (select local_day, local_hour, orders from (select * from order_cube as sold where local_day >= cast($1 as date) and local_day <= cast($2 as date) and true and true) as sold) as by_hour group by weekday, hour order by weekday, hour
