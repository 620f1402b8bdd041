with possible as materialized (select member_key from (select facts.member_key from member_facts as facts
    where ((facts.orders >= $1) and (case when facts.last_day is null then 'never bought'
        when date_diff('day', facts.last_day, cast($2 as date)) <= $3 then 'active'
        when date_diff('day', facts.last_day, cast($4 as date)) <= $5 then 'cooling'
        when date_diff('day', facts.last_day, cast($6 as date)) <= $7 then 'dormant' else 'lost' end = $8) and not coalesce((facts.region = $9), false))) as left_open)
    select facts.member_key from member_facts as facts
        left join (select entry.member_key, count(*) filter (where entry.tag in ($10, $11)) as a0
            from tags_of_members as entry where ((entry.tag in ($12, $13))) and entry.member_key in (select member_key from possible) group by entry.member_key) as of_tag
            on of_tag.member_key = facts.member_key
    where facts.member_key in (select member_key from possible) and ((facts.orders >= $14) and (case when facts.last_day is null then 'never bought'
        when date_diff('day', facts.last_day, cast($15 as date)) <= $16 then 'active'
        when date_diff('day', facts.last_day, cast($17 as date)) <= $18 then 'cooling'
        when date_diff('day', facts.last_day, cast($19 as date)) <= $20 then 'dormant' else 'lost' end = $21) and not coalesce(((facts.region = $22) or coalesce(of_tag.a0, 0) > 0), false))
-- [2,"2024-12-31",30,"2024-12-31",90,"2024-12-31",180,"dormant","North","vip","quiet","vip","quiet",2,"2024-12-31",30,"2024-12-31",90,"2024-12-31",180,"dormant","North"]
