-- all members, everywhere
select 'window' as kind, period_from, class, orders, net_minor, buyers from (
  select period_from, class, coalesce(cast(sum(orders) as bigint), 0) as orders, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor,
    count(*) filter (where orders > 0) - count(*) filter (where previous_day >= period_from) as buyers
  from (
    select period_from, orders, net_minor, previous_day,
      case
        when first_day < period_from then $1
        when first_day <= case when period_from = cast($2 as date) then cast($3 as date) else cast($4 as date) end then case when first_seen then $5 else $6 end
        else $7
      end as class
    from (select *, case when local_day >= cast($8 as date) then cast($9 as date) else cast($10 as date) end as period_from from (select * from member_day as any_day where local_day >= cast($11 as date) and local_day <= cast($12 as date)) as any_day) as dated_day
  ) as classed_day
  group by period_from, class) as window_sales union all select 'step', period_from, class, orders, net_minor, buyers from (select * from step_sales
      where step = $13 and period_from >= cast($14 as date) and period_from <= cast($15 as date)) as step_sales union all select 'guests', local_day, null, coalesce(cast(sum(orders) as bigint), 0), coalesce(cast(sum(net_minor) as bigint), 0), 0
            from order_cube where guest and (local_day >= cast($16 as date) and local_day <= cast($17 as date) or local_day >= cast($18 as date) and local_day <= cast($19 as date)) and true and true
            group by local_day
