-- all members, everywhere
select local_day, coalesce(cast(sum(orders) as bigint), 0) as orders from (select * from order_cube as sold where local_day > cast($1 as date) and true and true) as sold
          group by local_day order by local_day
