-- some members, stores and channels
select isodow(local_day) as weekday, local_hour as hour, coalesce(cast(sum(orders) as bigint), 0) as orders
      from (select local_day, local_hour, count(*) as orders from (select * from (select asked_row.* from orders_by_month as asked_row
        join (select unnest(from_json($1, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as member_order where local_day >= cast($2 as date) and local_day <= cast($3 as date) and coalesce(store in ($4, $5), false) and coalesce(channel in ($6), false)) as counted group by local_day, local_hour) as by_hour group by weekday, hour order by weekday, hour
