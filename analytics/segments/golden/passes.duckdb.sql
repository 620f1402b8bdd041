select facts.member_key from member_facts as facts
        left join (select entry.member_key, count(distinct case when coalesce(entry.category = $1, false) and entry.local_day >= (cast($2 as date) + cast($3 as integer)) then entry.order_key end) as a0, coalesce(cast(sum(entry.net_minor) filter (where coalesce(entry.category in ($4, $5), false) and coalesce(entry.store = $6, false)) as bigint), 0) as a1
            from order_items as entry where (coalesce(entry.category = $7, false) and entry.local_day >= (cast($8 as date) + cast($9 as integer))) or (coalesce(entry.category in ($10, $11), false) and coalesce(entry.store = $12, false)) group by entry.member_key) as by_item
            on by_item.member_key = facts.member_key
        left join (select entry.member_key, count(*) filter (where coalesce(entry.local_day between cast($13 as date) and cast($14 as date), false)) as a0
            from member_orders as entry where (coalesce(entry.local_day between cast($15 as date) and cast($16 as date), false)) group by entry.member_key) as by_order
            on by_order.member_key = facts.member_key where (coalesce(coalesce(by_item.a0, 0) >= $17, false) or coalesce(coalesce(by_item.a1, 0) > $18, false) or coalesce(coalesce(by_order.a0, 0) = $19, false) or coalesce(facts.net_minor between $20 * facts.orders and $21 * facts.orders and facts.orders > 0, false))
-- ["Tea","2024-12-31",-180,"Tea","Cake","A","Tea","2024-12-31",-180,"Tea","Cake","A","2024-01-01","2024-01-31","2024-01-01","2024-01-31",2,10050,0,1000,2000]
