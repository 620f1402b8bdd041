select facts.member_key from member_facts as facts
        left join (select entry.member_key, count(*) filter (where entry.tag in ($1, $2)) as a0
            from tags_of_members as entry where (entry.tag in ($3, $4)) group by entry.member_key) as of_tag
            on of_tag.member_key = facts.member_key where (coalesce(facts.orders >= $5, false) and coalesce(case when facts.last_day is null then 'never bought'
        when date_diff('day', facts.last_day, cast($6 as date)) <= $7 then 'active'
        when date_diff('day', facts.last_day, cast($8 as date)) <= $9 then 'cooling'
        when date_diff('day', facts.last_day, cast($10 as date)) <= $11 then 'dormant' else 'lost' end = $12, false) and not (coalesce(facts.region = $13, false) or coalesce(of_tag.a0, 0) > 0))
-- ["vip","quiet","vip","quiet",2,"2024-12-31",30,"2024-12-31",90,"2024-12-31",180,"dormant","North"]
