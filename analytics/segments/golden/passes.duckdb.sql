with undecided as materialized (select facts.member_key from member_facts as facts where not (not coalesce(facts.orders > 0 and facts.last_day >= cast($1 as date) and facts.first_day <= cast($2 as date), false) or (coalesce(facts.net_minor between $3 * facts.orders and $4 * facts.orders and facts.orders > 0, false))))
    select facts.member_key from member_facts as facts
        left join (select entry.member_key, count(distinct entry.order_key) as a0
            from order_items as entry where ((entry.category = $5 and entry.local_day between (cast($6 as date) + cast($7 as integer)) and cast($8 as date))) and entry.member_key in (select member_key from undecided) group by entry.member_key) as by_item_0
            on by_item_0.member_key = facts.member_key
        left join (select entry.member_key, coalesce(cast(sum(entry.net_minor) as bigint), 0) as a0
            from order_items as entry where ((entry.category in ($9, $10) and entry.store = $11)) and entry.member_key in (select member_key from undecided) group by entry.member_key) as by_item_1
            on by_item_1.member_key = facts.member_key
        left join (select entry.member_key, count(*) as a0
            from member_orders as entry where ((entry.local_day between cast($12 as date) and cast($13 as date))) and entry.member_key in (select member_key from undecided) group by entry.member_key) as by_order_2
            on by_order_2.member_key = facts.member_key where ((not coalesce(facts.orders > 0 and facts.last_day >= cast($14 as date) and facts.first_day <= cast($15 as date), false) or (coalesce(facts.net_minor between $16 * facts.orders and $17 * facts.orders and facts.orders > 0, false))) or (coalesce(coalesce(by_item_0.a0, 0) >= $18, false) or coalesce(coalesce(by_item_1.a0, 0) > $19, false) or coalesce(coalesce(by_order_2.a0, 0) = $20, false) or coalesce(facts.net_minor between $21 * facts.orders and $22 * facts.orders and facts.orders > 0, false)))
-- ["2024-01-01","2024-01-31",1000,2000,"Tea","2024-12-31",-180,"2024-12-31","Tea","Cake","A","2024-01-01","2024-01-31","2024-01-01","2024-01-31",1000,2000,2,10050,0,1000,2000]
