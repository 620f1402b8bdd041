select facts.member_key from member_facts as facts
        left join (select entry.member_key, count(*) as a0
            from orders_by_month as entry where ((isodow(entry.local_day) in ($1, $2))) group by entry.member_key) as by_order_0
            on by_order_0.member_key = facts.member_key
        left join (select entry.member_key, coalesce(cast(sum(entry.net_minor) as bigint), 0) as a0
            from place_totals as entry where ((entry.store = $3)) group by entry.member_key) as by_place_1
            on by_place_1.member_key = facts.member_key
        left join (select entry.member_key, coalesce(cast(sum(entry.net_minor) as bigint), 0) as a0
            from place_totals as entry where ((true)) group by entry.member_key) as by_place_2
            on by_place_2.member_key = facts.member_key
        left join (select member_key, (bit_or(word0) & cast($4 as bigint)) <> 0 as t0, (bit_or(word0) & cast($5 as bigint)) <> 0 as t1, (bit_or(word0) & cast($6 as bigint)) <> 0 as t2 from (select entry.member_key, cast(0 as bigint) | case when date_diff('day', max(entry.local_day), cast($7 as date)) > $8 then cast($9 as bigint) else 0 end as word0 from (select member_order.*, item.category, item.product, item.sku, item.quantity,
            item.net_minor as line_net_minor, item.opens_category
          from order_items as item
          join member_orders as member_order on member_order.order_key = item.order_key) as entry
            where (entry.sku in ($10, $11) and entry.net_minor >= $12) group by entry.member_key having (date_diff('day', max(entry.local_day), cast($13 as date)) > $14)
      union all select entry.member_key, cast(0 as bigint) | case when coalesce(cast(sum(entry.net_minor) as bigint), 0) > $15 * count(distinct entry.order_key) and count(distinct entry.order_key) > 0 then cast($16 as bigint) else 0 end as word0 from order_items as entry
            where (entry.product = $17 and entry.local_day between (cast($18 as date) + cast($19 as integer)) and cast($20 as date)) group by entry.member_key having (coalesce(cast(sum(entry.net_minor) as bigint), 0) > $21 * count(distinct entry.order_key) and count(distinct entry.order_key) > 0)
      union all select entry.member_key, cast(0 as bigint) | case when max(entry.local_day) < cast($22 as date) then cast($23 as bigint) else 0 end as word0 from (select member_order.*, item.category, item.product, item.sku, item.quantity,
            item.net_minor as line_net_minor, item.opens_category
          from order_items as item
          join member_orders as member_order on member_order.order_key = item.order_key) as entry
            where (entry.category = $24 and entry.purchase_day_number = $25) group by entry.member_key having (max(entry.local_day) < cast($26 as date))) as answered group by member_key) as tested
            on tested.member_key = facts.member_key where (tested.t0 and tested.t1 and (coalesce(by_order_0.a0, 0) * $27 >= $28 * facts.orders and facts.orders > 0) and tested.t2 and (coalesce(by_place_1.a0, 0) * $29 > $30 * coalesce(by_place_2.a0, 0) and coalesce(by_place_2.a0, 0) > 0))
-- [6,7,"A",1,2,4,"2024-12-31",45,1,"1","2",10000,"2024-12-31",45,8000,2,"奶粉","2024-12-31",-180,"2024-12-31",8000,"2024-06-30",4,"Tea",1,"2024-06-30",10000,6000,10000,1250]
