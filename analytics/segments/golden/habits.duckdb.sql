select facts.member_key from member_facts as facts
        left join (
    with bought as (
      select member_key, main_store, last_day, purchase_days - 1 as gaps, log_gaps, log_gaps_squared
      from member_facts where purchase_days > 0
    ),
    stores as (
      select main_store, sum(log_gaps) / sum(gaps) as usual from bought
      where main_store is not null group by main_store having sum(gaps) >= $1
    ),
    shop as (
      select sum(log_gaps) / sum(gaps) as usual, sum(gaps - 1) as freedom,
        -- nΣy² − (Σy)² in whole numbers: exactly 0 for who always comes after as many days
        sum(cast(cast(gaps as hugeint) * log_gaps_squared - cast(log_gaps as hugeint) * log_gaps as double) / gaps) as squares
      from bought where gaps > 0
    ),
    expected as (
      select bought.member_key, bought.last_day,
        (bought.log_gaps + $2 * coalesce(stores.usual, shop.usual)) / (bought.gaps + $3) / $4 as mean,
        sqrt(shop.squares / shop.freedom) / $5 as deviation
      from bought cross join shop left join stores on stores.main_store = bought.main_store
      where shop.freedom >= $6
    )
    select member_key, last_day + cast(round(exp(mean)) as integer) as expected_day,
      round(exp(mean + $7 * deviation), 3) as cooling_after, round(exp(mean + $8 * deviation), 3) as dormant_after, round(exp(mean + $9 * deviation), 3) as lost_after
    from expected) as rhythm on rhythm.member_key = facts.member_key
        left join (select entry.member_key, count(*) filter (where coalesce(case when entry.local_hour >= $10 then $11 when entry.local_hour >= $12 then $13 when entry.local_hour >= $14 then $15 when entry.local_hour >= $16 then $17 when entry.local_hour >= $18 then $19 else $20 end = $21, false) and coalesce(entry.local_hour < $22, false) and coalesce(entry.discounted = $23, false)) as a0
            from member_orders as entry where (coalesce(case when entry.local_hour >= $24 then $25 when entry.local_hour >= $26 then $27 when entry.local_hour >= $28 then $29 when entry.local_hour >= $30 then $31 when entry.local_hour >= $32 then $33 else $34 end = $35, false) and coalesce(entry.local_hour < $36, false) and coalesce(entry.discounted = $37, false)) group by entry.member_key) as by_order
            on by_order.member_key = facts.member_key where (coalesce(case when facts.last_day is null then 'never bought'
        when date_diff('day', facts.last_day, cast($38 as date)) > rhythm.lost_after then 'lost'
        when date_diff('day', facts.last_day, cast($39 as date)) > rhythm.dormant_after then 'dormant'
        when date_diff('day', facts.last_day, cast($40 as date)) > rhythm.cooling_after then 'cooling'
        when rhythm.member_key is not null then 'active' end in ($41, $42), false) and coalesce(date_diff('day', cast($43 as date), rhythm.expected_day) between $44 and $45, false) and coalesce(facts.discounted_orders * $46 >= $47 * facts.discount_known_orders and facts.discount_known_orders > 0, false) and coalesce(facts.daypart = $48, false) and coalesce(coalesce(by_order.a0, 0) > $49, false) and coalesce(case when facts.birthday <= cast($50 as date) then ($51 - year(facts.birthday)) - case when cast(facts.birthday + to_years(cast(($52 - year(facts.birthday)) as integer)) as date) <= cast($53 as date) then 0 else 1 end end >= $54, false))
-- [100,4,4,1000000,1000000,30,0.842,1.645,2.326,22,"night",17,"evening",14,"afternoon",11,"noon",5,"morning","night","noon",13,true,22,"night",17,"evening",14,"afternoon",11,"noon",5,"morning","night","noon",13,true,"2024-12-31","2024-12-31","2024-12-31","dormant","lost","2024-12-31",-14,0,10000,6000,"evening",1,"2024-12-31",2024,2024,"2024-12-31",18]
