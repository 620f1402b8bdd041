select facts.member_key from member_facts as facts
        left join (select entry.member_key, count(*) filter (where entry.opens_category) as a0
            from order_items as entry where ((entry.category = $1 and entry.local_day between (cast($2 as date) + cast($3 as integer)) and cast($4 as date))) group by entry.member_key) as by_item_0
            on by_item_0.member_key = facts.member_key
        left join (select entry.member_key, coalesce(cast(sum(entry.net_minor) as bigint), 0) as a0
            from order_items as entry where ((entry.category in ($5, $6) and entry.store = $7)) group by entry.member_key) as by_item_1
            on by_item_1.member_key = facts.member_key
        left join (select entry.member_key, count(*) as a0
            from orders_by_month as entry where ((entry.local_day between cast($8 as date) and cast($9 as date))) group by entry.member_key) as by_order_2
            on by_order_2.member_key = facts.member_key where ((coalesce(by_item_0.a0, 0) >= $10) or (coalesce(by_item_1.a0, 0) > $11) or (coalesce(by_order_2.a0, 0) = $12) or (facts.net_minor between $13 * facts.orders and $14 * facts.orders and facts.orders > 0))
-- ["Tea","2024-12-31",-180,"2024-12-31","Tea","Cake","A","2024-01-01","2024-01-31",2,10050,0,1000,2000]
