with undecided as materialized (select facts.member_key from member_facts as facts where ((coalesce(facts.orders >= $1, false)) and (coalesce(case when facts.last_day is null then 'never bought'
        when date_diff('day', facts.last_day, cast($2 as date)) <= $3 then 'active'
        when date_diff('day', facts.last_day, cast($4 as date)) <= $5 then 'cooling'
        when date_diff('day', facts.last_day, cast($6 as date)) <= $7 then 'dormant' else 'lost' end = $8, false)) and not (coalesce(facts.region = $9, false))))
    select facts.member_key from member_facts as facts
        left join (select entry.member_key, count(*) filter (where entry.tag in ($10, $11)) as a0
            from tags_of_members as entry where ((entry.tag in ($12, $13))) and entry.member_key in (select member_key from undecided) group by entry.member_key) as of_tag
            on of_tag.member_key = facts.member_key where (((coalesce(facts.orders >= $14, false)) and (coalesce(case when facts.last_day is null then 'never bought'
        when date_diff('day', facts.last_day, cast($15 as date)) <= $16 then 'active'
        when date_diff('day', facts.last_day, cast($17 as date)) <= $18 then 'cooling'
        when date_diff('day', facts.last_day, cast($19 as date)) <= $20 then 'dormant' else 'lost' end = $21, false)) and not (coalesce(facts.region = $22, false))) and (coalesce(facts.orders >= $23, false) and coalesce(case when facts.last_day is null then 'never bought'
        when date_diff('day', facts.last_day, cast($24 as date)) <= $25 then 'active'
        when date_diff('day', facts.last_day, cast($26 as date)) <= $27 then 'cooling'
        when date_diff('day', facts.last_day, cast($28 as date)) <= $29 then 'dormant' else 'lost' end = $30, false) and not (coalesce(facts.region = $31, false) or coalesce(of_tag.a0, 0) > 0)))
-- [2,"2024-12-31",30,"2024-12-31",90,"2024-12-31",180,"dormant","North","vip","quiet","vip","quiet",2,"2024-12-31",30,"2024-12-31",90,"2024-12-31",180,"dormant","North",2,"2024-12-31",30,"2024-12-31",90,"2024-12-31",180,"dormant","North"]
