select facts.member_key from member_facts as facts
        left join (select entry.member_key, max(entry.local_day) as a0
            from (select member_order.*, item.category, item.product, item.sku, item.quantity,
            item.net_minor as line_net_minor, item.opens_category
          from order_items as item
          join member_orders as member_order on member_order.order_key = item.order_key) as entry where ((entry.sku in ($1, $2) and entry.net_minor >= $3)) group by entry.member_key) as by_item_and_order_0
            on by_item_and_order_0.member_key = facts.member_key
        left join (select entry.member_key, coalesce(cast(sum(entry.net_minor) as bigint), 0) as a0, count(distinct entry.order_key) as a1
            from order_items as entry where ((entry.product = $4 and entry.local_day between (cast($5 as date) + cast($6 as integer)) and cast($7 as date))) group by entry.member_key) as by_item_1
            on by_item_1.member_key = facts.member_key
        left join (select entry.member_key, count(*) as a0
            from orders_by_month as entry where ((isodow(entry.local_day) in ($8, $9))) group by entry.member_key) as by_order_2
            on by_order_2.member_key = facts.member_key
        left join (select entry.member_key, max(entry.local_day) as a0
            from (select member_order.*, item.category, item.product, item.sku, item.quantity,
            item.net_minor as line_net_minor, item.opens_category
          from order_items as item
          join member_orders as member_order on member_order.order_key = item.order_key) as entry where ((entry.category = $10 and entry.purchase_day_number = $11)) group by entry.member_key) as by_item_and_order_3
            on by_item_and_order_3.member_key = facts.member_key
        left join (select entry.member_key, coalesce(cast(sum(entry.net_minor) as bigint), 0) as a0
            from place_totals as entry where ((entry.store = $12)) group by entry.member_key) as by_place_4
            on by_place_4.member_key = facts.member_key
        left join (select entry.member_key, coalesce(cast(sum(entry.net_minor) as bigint), 0) as a0
            from place_totals as entry where ((true)) group by entry.member_key) as by_place_5
            on by_place_5.member_key = facts.member_key where ((date_diff('day', by_item_and_order_0.a0, cast($13 as date)) > $14) and (coalesce(by_item_1.a0, 0) > $15 * coalesce(by_item_1.a1, 0) and coalesce(by_item_1.a1, 0) > 0) and (coalesce(by_order_2.a0, 0) * $16 >= $17 * facts.orders and facts.orders > 0) and (by_item_and_order_3.a0 < cast($18 as date)) and (coalesce(by_place_4.a0, 0) * $19 > $20 * coalesce(by_place_5.a0, 0) and coalesce(by_place_5.a0, 0) > 0))
-- ["1","2",10000,"奶粉","2024-12-31",-180,"2024-12-31",6,7,"Tea",1,"A","2024-12-31",45,8000,10000,6000,"2024-06-30",10000,1250]
