-- some categories
with score as (select * from (select * from scratch.main.member_scores as score_row
        where member_key in (select member_key from member_orders as bought where true and true and coalesce(order_key in (select order_key from order_items as line where category in ($1, $2)), false))) as asked_score)
      select 'alive' as kind, cast(least(alive // $3, $4) as integer) as place, count(*) as members,
        cast(sum(clv_minor) as double) as net, cast(sum(clv_if_alive_minor - clv_minor) as double) as more
      from score group by 1, 2
      union all
      select 'forecast', $5, count(*), sum(expected_91), sum(variance_91)
            from score having count(expected_91) > 0 union all select 'forecast', $6, count(*), sum(expected_182), sum(variance_182)
            from score having count(expected_182) > 0 union all select 'forecast', $7, count(*), sum(expected_274), sum(variance_274)
            from score having count(expected_274) > 0 union all select 'forecast', $8, count(*), sum(expected_365), sum(variance_365)
            from score having count(expected_365) > 0
      union all
      select 'observed', within, (select count(*) from score), cast(coalesce(sum(net_minor) filter (where local_day > (cast($9 as date) - within)), 0) as double), null
      from (select unnest([$10, $11, $12, $13]) as within) as asked
      left join (
        select local_day, net_minor from member_day as day
        where local_day > (cast($14 as date) - $15) and member_key in (select member_key from score)
      ) as spent on true
      where exists (select 1 from score)
      group by within
      order by 1, 2
