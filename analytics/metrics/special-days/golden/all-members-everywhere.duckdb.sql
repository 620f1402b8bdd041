-- all members, everywhere
select local_day, coalesce(cast(sum(orders) as bigint), 0) as orders from order_cube
          where local_day > cast($1 as date) and true and true group by local_day order by local_day
