-- some members
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
    from (select *, case when local_day >= cast($8 as date) then cast($9 as date) else cast($10 as date) end as period_from from (select * from (select asked_row.* from member_day as asked_row
        join (select unnest(from_json($11, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as any_day where local_day >= cast($12 as date) and local_day <= cast($13 as date)) as any_day) as dated_day
  ) as classed_day
  group by period_from, class) as window_sales union all select 'step', period_from, class, orders, net_minor, buyers from (
  select period_from, class, coalesce(cast(sum(orders) as bigint), 0) as orders, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor,
    count(*) filter (where orders > 0) - count(*) filter (where previous_day >= period_from) as buyers
  from (
    select period_from, orders, net_minor, previous_day,
      case
        when first_day < period_from then $14
        when first_day <= (period_from + cast($15 as integer)) then case when first_seen then $16 else $17 end
        else $18
      end as class
    from (select *, (local_day - cast((isodow(local_day) - cast($19 as bigint) + 7) % 7 as integer)) as period_from from (select * from (select asked_row.* from member_day as asked_row
        join (select unnest(from_json($20, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as any_day where local_day >= cast($21 as date) and local_day <= cast($22 as date)) as any_day) as dated_day
  ) as classed_day
  group by period_from, class) as step_sales
