select facts.member_key from member_facts as facts
        left join (select entry.member_key, max(entry.local_day) as a0
            from (select member_order.*, item.category, item.product, item.sku, item.quantity,
            item.net_minor as line_net_minor
          from order_items as item
          join member_orders as member_order on member_order.order_key = item.order_key) as entry where ((entry.sku in ($1, $2) and entry.net_minor >= $3)) group by entry.member_key) as by_item_and_order_0
            on by_item_and_order_0.member_key = facts.member_key
        left join (select entry.member_key, coalesce(cast(sum(entry.net_minor) as bigint), 0) as a0, count(distinct entry.order_key) as a1
            from order_items as entry where ((entry.product = $4 and entry.local_day between (cast($5 as date) + cast($6 as integer)) and cast($7 as date))) group by entry.member_key) as by_item_1
            on by_item_1.member_key = facts.member_key
        left join (select entry.member_key, count(*) as a0
            from member_orders as entry where ((case isodow(entry.local_day) when 1 then 'monday' when 2 then 'tuesday' when 3 then 'wednesday'
        when 4 then 'thursday' when 5 then 'friday' when 6 then 'saturday' else 'sunday' end in ($8, $9))) group by entry.member_key) as by_order_2
            on by_order_2.member_key = facts.member_key
        left join (select entry.member_key, max(entry.local_day) as a0
            from (select member_order.*, item.category, item.product, item.sku, item.quantity,
            item.net_minor as line_net_minor
          from order_items as item
          join member_orders as member_order on member_order.order_key = item.order_key) as entry where ((entry.category = $10 and entry.purchase_day_number = $11)) group by entry.member_key) as by_item_and_order_3
            on by_item_and_order_3.member_key = facts.member_key
        left join (select entry.member_key, coalesce(cast(sum(entry.net_minor) as bigint), 0) as a0
            from member_orders as entry where ((entry.store = $12)) group by entry.member_key) as by_order_4
            on by_order_4.member_key = facts.member_key
        left join (select entry.member_key, coalesce(cast(sum(entry.net_minor) as bigint), 0) as a0
            from member_orders as entry where ((true)) group by entry.member_key) as by_order_5
            on by_order_5.member_key = facts.member_key where (coalesce(date_diff('day', by_item_and_order_0.a0, cast($13 as date)) > $14, false) and coalesce(coalesce(by_item_1.a0, 0) > $15 * coalesce(by_item_1.a1, 0) and coalesce(by_item_1.a1, 0) > 0, false) and coalesce(coalesce(by_order_2.a0, 0) * $16 >= $17 * facts.orders and facts.orders > 0, false) and coalesce(by_item_and_order_3.a0 < cast($18 as date), false) and coalesce(coalesce(by_order_4.a0, 0) * $19 > $20 * coalesce(by_order_5.a0, 0) and coalesce(by_order_5.a0, 0) > 0, false))
-- ["1","2",10000,"奶粉","2024-12-31",-180,"2024-12-31","saturday","sunday","Tea",1,"A","2024-12-31",45,8000,10000,6000,"2024-06-30",10000,1250]
