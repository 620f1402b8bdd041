-- some members, stores and channels
with score as (select * from (select * from (select asked_row.* from scratch.main.member_scores as asked_row
        join (select unnest(from_json($1, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as score_row
        where member_key in (select member_key from member_orders as bought where coalesce(store in ($2, $3), false) and coalesce(channel in ($4), false))) as asked_score)
      select 'alive' as kind, cast(least(alive // $5, $6) as integer) as place, count(*) as members,
        cast(sum(clv_minor) as double) as net, cast(sum(clv_if_alive_minor - clv_minor) as double) as more
      from score group by 1, 2
      union all
      select 'forecast', $7, count(*), sum(expected_91), sum(variance_91)
            from score having count(expected_91) > 0 union all select 'forecast', $8, count(*), sum(expected_182), sum(variance_182)
            from score having count(expected_182) > 0 union all select 'forecast', $9, count(*), sum(expected_274), sum(variance_274)
            from score having count(expected_274) > 0 union all select 'forecast', $10, count(*), sum(expected_365), sum(variance_365)
            from score having count(expected_365) > 0
      union all
      select 'observed', within, (select count(*) from score), cast(coalesce(sum(net_minor) filter (where local_day > (cast($11 as date) - within)), 0) as double), null
      from (select unnest([$12, $13, $14, $15]) as within) as asked
      left join (
        select local_day, net_minor from member_day as day
        where local_day > (cast($16 as date) - $17) and member_key in (select member_key from score)
      ) as spent on true
      where exists (select 1 from score)
      group by within
      order by 1, 2
