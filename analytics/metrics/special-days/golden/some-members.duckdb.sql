-- some members
select local_day, count(*) as orders from (select * from (select asked_row.* from orders_by_month as asked_row
        join (select unnest(from_json($1, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as member_order where local_day > cast($2 as date) and true and true) as counted group by local_day order by local_day
