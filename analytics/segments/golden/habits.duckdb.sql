with possible as materialized (select member_key from (select facts.member_key from member_facts as facts
    where ((facts.discounted_orders * $1 >= $2 * facts.discount_known_orders and facts.discount_known_orders > 0) and (facts.daypart = $3) and (facts.orders > 0) and (case when facts.birthday <= cast($4 as date) then ($5 - year(facts.birthday)) - case when cast(facts.birthday + to_years(cast(($6 - year(facts.birthday)) as integer)) as date) <= cast($7 as date) then 0 else 1 end end >= $8))) as left_open)
    select facts.member_key from member_facts as facts
        left join (
    with bought as (
      select member_key, main_store, last_day, purchase_days - 1 as gaps, log_gaps, log_gaps_squared
      from member_facts where purchase_days > 0
    ),
    stores as (
      select main_store, sum(log_gaps) / sum(gaps) as usual from bought
      where main_store is not null group by main_store having sum(gaps) >= $9
    ),
    shop as (
      select sum(log_gaps) / sum(gaps) as usual, sum(gaps - 1) as freedom,
        -- nΣy² − (Σy)² in whole numbers: exactly 0 for who always comes after as many days
        sum(cast(cast(gaps as hugeint) * log_gaps_squared - cast(log_gaps as hugeint) * log_gaps as double) / gaps) as squares
      from bought where gaps > 0
    ),
    expected as (
      select bought.member_key, bought.last_day,
        (bought.log_gaps + $10 * coalesce(stores.usual, shop.usual)) / (bought.gaps + $11) / $12 as mean,
        sqrt(shop.squares / shop.freedom) / $13 as deviation
      from bought cross join shop left join stores on stores.main_store = bought.main_store
      where shop.freedom >= $14
    )
    select member_key, last_day + cast(round(exp(mean)) as integer) as expected_day,
      round(exp(mean + $15 * deviation), 3) as cooling_after, round(exp(mean + $16 * deviation), 3) as dormant_after, round(exp(mean + $17 * deviation), 3) as lost_after
    from expected) as rhythm on rhythm.member_key = facts.member_key
        left join (select member_key, (bit_or(word0) & cast($18 as bigint)) <> 0 as t0 from (select entry.member_key, cast(0 as bigint) | case when count(*) > $19 then cast($20 as bigint) else 0 end as word0 from orders_by_month as entry
            where (case when entry.local_hour >= $21 then $22 when entry.local_hour >= $23 then $24 when entry.local_hour >= $25 then $26 when entry.local_hour >= $27 then $28 when entry.local_hour >= $29 then $30 else $31 end = $32 and entry.local_hour < $33 and entry.discounted = $34) and entry.member_key in (select member_key from possible) group by entry.member_key having (count(*) > $35)) as answered group by member_key) as tested
            on tested.member_key = facts.member_key
    where facts.member_key in (select member_key from possible) and ((case when facts.last_day is null then 'never bought'
        when date_diff('day', facts.last_day, cast($36 as date)) > rhythm.lost_after then 'lost'
        when date_diff('day', facts.last_day, cast($37 as date)) > rhythm.dormant_after then 'dormant'
        when date_diff('day', facts.last_day, cast($38 as date)) > rhythm.cooling_after then 'cooling'
        when rhythm.member_key is not null then 'active' end in ($39, $40)) and (date_diff('day', cast($41 as date), rhythm.expected_day) between $42 and $43) and (facts.discounted_orders * $44 >= $45 * facts.discount_known_orders and facts.discount_known_orders > 0) and (facts.daypart = $46) and tested.t0 and (case when facts.birthday <= cast($47 as date) then ($48 - year(facts.birthday)) - case when cast(facts.birthday + to_years(cast(($49 - year(facts.birthday)) as integer)) as date) <= cast($50 as date) then 0 else 1 end end >= $51))
-- [10000,6000,"evening","2024-12-31",2024,2024,"2024-12-31",18,100,4,4,1000000,1000000,30,0.842,1.645,2.326,1,1,1,22,"night",17,"evening",14,"afternoon",11,"noon",5,"morning","night","noon",13,true,1,"2024-12-31","2024-12-31","2024-12-31","dormant","lost","2024-12-31",-14,0,10000,6000,"evening","2024-12-31",2024,2024,"2024-12-31",18]
