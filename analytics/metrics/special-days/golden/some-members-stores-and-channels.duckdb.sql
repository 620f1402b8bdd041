-- some members, stores and channels
select local_day, count(*) as orders from (select * from (select asked_row.* from member_orders as asked_row
        join (select unnest(from_json($1, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as member_order where coalesce(store in ($2, $3), false) and coalesce(channel in ($4), false)) as counted where local_day > cast($5 as date) group by local_day order by local_day
