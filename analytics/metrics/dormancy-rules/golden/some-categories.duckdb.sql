-- some categories
select case when facts.last_day is null then 'never bought'
        when date_diff('day', facts.last_day, cast($1 as date)) <= $2 then 'active'
        when date_diff('day', facts.last_day, cast($3 as date)) <= $4 then 'cooling'
        when date_diff('day', facts.last_day, cast($5 as date)) <= $6 then 'dormant' else 'lost' end as fixed, case when facts.last_day is null then 'never bought'
        when date_diff('day', facts.last_day, cast($7 as date)) > rhythm.lost_after then 'lost'
        when date_diff('day', facts.last_day, cast($8 as date)) > rhythm.dormant_after then 'dormant'
        when date_diff('day', facts.last_day, cast($9 as date)) > rhythm.cooling_after then 'cooling'
        when rhythm.member_key is not null then 'active' end as rhythm,
        case when facts.last_day is null then 'never bought'
        when scores.alive < $10 then 'lost'
        when scores.alive < $11 then 'dormant'
        when scores.alive < $12 then 'cooling'
        when scores.alive is not null then 'active' end as model, count(*) as members, coalesce(cast(sum(facts.yearly_net_minor) as bigint), 0) as yearly_minor,
        coalesce(cast(sum(scores.clv_if_alive_minor - scores.clv_minor) as bigint), 0) as at_risk_minor
      from member_facts as facts
      left join (
    with bought as (
      select member_key, main_store, last_day, purchase_days - 1 as gaps, log_gaps, log_gaps_squared
      from member_facts where purchase_days > 0
    ),
    stores as (
      select main_store, sum(log_gaps) / sum(gaps) as usual from bought
      where main_store is not null group by main_store having sum(gaps) >= $13
    ),
    shop as (
      select sum(log_gaps) / sum(gaps) as usual, sum(gaps - 1) as freedom,
        -- nΣy² − (Σy)² in whole numbers: exactly 0 for who always comes after as many days
        sum(cast(cast(gaps as hugeint) * log_gaps_squared - cast(log_gaps as hugeint) * log_gaps as double) / gaps) as squares
      from bought where gaps > 0
    ),
    expected as (
      select bought.member_key, bought.last_day,
        (bought.log_gaps + $14 * coalesce(stores.usual, shop.usual)) / (bought.gaps + $15) / $16 as mean,
        sqrt(shop.squares / shop.freedom) / $17 as deviation
      from bought cross join shop left join stores on stores.main_store = bought.main_store
      where shop.freedom >= $18
    )
    select member_key, last_day + cast(round(exp(mean)) as integer) as expected_day,
      round(exp(mean + $19 * deviation), 3) as cooling_after, round(exp(mean + $20 * deviation), 3) as dormant_after, round(exp(mean + $21 * deviation), 3) as lost_after
    from expected) as rhythm on rhythm.member_key = facts.member_key
      left join scratch.main.member_scores as scores on scores.member_key = facts.member_key
      where facts.member_key in (select member_key from member_orders as bought where true and true and coalesce(order_key in (select order_key from order_items as line where category in ($22, $23)), false))
      group by 1, 2, 3
