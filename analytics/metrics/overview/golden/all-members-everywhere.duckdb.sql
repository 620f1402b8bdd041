-- all members, everywhere
select 'window' as kind, period_from, class, orders, net_minor, buyers from (
      select period_from, class, coalesce(cast(sum(orders) as bigint), 0) as orders, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor, coalesce(cast(sum(buyers) as bigint), 0) as buyers
      from (
        select period_from, case
          when first_day < period_from then $1
          when first_day <= case when period_from = cast($2 as date) then cast($3 as date) else cast($4 as date) end then case when first_seen then $5 else $6 end
          else $7
        end as class, orders, net_minor, 0 as buyers
        from (select *, case when local_day >= cast($8 as date) then cast($9 as date) else cast($10 as date) end as period_from from first_day_sales as sold where local_day >= cast($11 as date) and local_day <= cast($12 as date)) as sold_day
        union all
        select period_from, case when from_day is null then case when first_seen then $13 else $14 end else $15 end, 0, 0, members
        from (
          select *, case when local_day >= cast($16 as date) then cast($17 as date) else cast($18 as date) end as period_from
          from (select to_day as local_day, from_day, first_seen, members from purchase_gaps) as gap
          where local_day >= cast($19 as date) and local_day <= cast($20 as date)
        ) as bought_day
        where coalesce(from_day < period_from, true)
      ) as counted
      group by period_from, class) as window_sales union all select 'step', period_from, class, orders, net_minor, buyers from (select * from step_sales
      where step = $21 and period_from >= cast($22 as date) and period_from <= cast($23 as date)) as step_sales union all select 'guests', local_day, null, coalesce(cast(sum(orders) as bigint), 0), coalesce(cast(sum(net_minor) as bigint), 0), 0
            from (select * from order_cube as sold where guest and (local_day >= cast($24 as date) and local_day <= cast($25 as date) or local_day >= cast($26 as date) and local_day <= cast($27 as date)) and true and true) as sold_to_guests
            group by local_day
