select facts.member_key from member_facts as facts
        left join (select member_key, (bit_or(word0) & cast($1 as bigint)) <> 0 as t0, (bit_or(word0) & cast($2 as bigint)) <> 0 as t1, (bit_or(word0) & cast($3 as bigint)) <> 0 as t2 from (select entry.member_key, cast(0 as bigint) | case when count(*) filter (where entry.opens_category) >= $4 then cast($5 as bigint) else 0 end as word0 from order_items as entry
            where (entry.category = $6 and entry.local_day between (cast($7 as date) + cast($8 as integer)) and cast($9 as date)) group by entry.member_key having (count(*) filter (where entry.opens_category) >= $10)
      union all select entry.member_key, cast(0 as bigint) | case when coalesce(cast(sum(entry.net_minor) as bigint), 0) > $11 then cast($12 as bigint) else 0 end as word0 from order_items as entry
            where (entry.category in ($13, $14) and entry.store = $15) group by entry.member_key having (coalesce(cast(sum(entry.net_minor) as bigint), 0) > $16)
      union all select entry.member_key, cast(0 as bigint) | case when not coalesce(count(*) = $17, false) then cast($18 as bigint) else 0 end as word0 from orders_by_month as entry
            where (entry.local_day between cast($19 as date) and cast($20 as date)) group by entry.member_key having (not coalesce(count(*) = $21, false))) as answered group by member_key) as tested
            on tested.member_key = facts.member_key where (tested.t0 or tested.t1 or not coalesce(tested.t2, false) or (facts.net_minor between $22 * facts.orders and $23 * facts.orders and facts.orders > 0))
-- [1,2,4,2,1,"Tea","2024-12-31",-180,"2024-12-31",2,10050,2,"Tea","Cake","A",10050,0,4,"2024-01-01","2024-01-31",0,1000,2000]
