-- all members, everywhere
-- a day belongs to one step, and at most to one of the window and the period before it
      with day as (
        select local_day, (local_day - cast((isodow(local_day) - cast($1 as bigint) + 7) % 7 as integer)) as step_from,
          case when local_day >= cast($2 as date) and local_day <= cast($3 as date) then cast($4 as date) when local_day >= cast($5 as date) and local_day <= cast($6 as date) then cast($7 as date) end as window_from
        from (
          select (cast($8 as date) + cast(n as integer)) as local_day
          from (select range as n from range(cast($9 as bigint))) as number
        ) as any_day
      ),
      -- what a member did on a day, and of guests what the shop sold; a first day before all periods is as good as any
      activity as (
        select local_day, orders, net_minor, previous_day,
          case when first_day < cast($10 as date) then cast($11 as date) else first_day end as first_day,
          first_seen, false as guest
        from (select * from member_day as any_day where local_day >= cast($12 as date) and local_day <= cast($13 as date)) as member_day
        union all
        select local_day, orders, net_minor, null, null, false, true
        from order_cube where guest and local_day >= cast($14 as date) and local_day <= cast($15 as date) and true and true
      ),
      by_first_day as (
        select step_from, window_from, first_day, first_seen, guest,
          coalesce(cast(sum(orders) as bigint), 0) as orders, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor,
          count(*) filter (where orders > 0 and (previous_day is null or previous_day < step_from)) as step_buyers,
          count(*) filter (where orders > 0 and (previous_day is null or previous_day < window_from)) as window_buyers
        from activity join day on day.local_day = activity.local_day
        group by all
      ),
      sold as (
        select true as is_step, step_from as from_day, case when guest then $16
            when first_day < step_from then $17
            when first_day <= (step_from + cast($18 as integer)) then case when first_seen then $19 else $20 end
            else $21 end as class,
          orders, net_minor, step_buyers as buyers
        from by_first_day
        union all
        select false, window_from, case when guest then $22
            when first_day < window_from then $23
            when first_day <= case when window_from = cast($24 as date) then cast($25 as date) else cast($26 as date) end then case when first_seen then $27 else $28 end
            else $29 end,
          orders, net_minor, window_buyers
        from by_first_day
      ),
      period(kind, from_day, to_day) as (
        values ($30, cast($31 as date), cast($32 as date)), ($33, cast($34 as date), cast($35 as date)), ($36, cast($37 as date), cast($38 as date)), ($39, cast($40 as date), cast($41 as date)), ($42, cast($43 as date), cast($44 as date)), ($45, cast($46 as date), cast($47 as date)), ($48, cast($49 as date), cast($50 as date)), ($51, cast($52 as date), cast($53 as date)), ($54, cast($55 as date), cast($56 as date)), ($57, cast($58 as date), cast($59 as date)), ($60, cast($61 as date), cast($62 as date)), ($63, cast($64 as date), cast($65 as date)), ($66, cast($67 as date), cast($68 as date)), ($69, cast($70 as date), cast($71 as date)), ($72, cast($73 as date), cast($74 as date))
      )
      select period.kind, period.from_day, period.to_day, coalesce(cast(sum(orders) as bigint), 0) as orders,
        coalesce(cast(sum(orders) filter (where class = $75) as bigint), 0) as guest_orders,
        coalesce(cast(sum(net_minor) filter (where class = $76) as bigint), 0) as guest_net_minor,
        coalesce(cast(sum(net_minor) filter (where class <> $77) as bigint), 0) as member_net_minor,
        coalesce(cast(sum(buyers) filter (where class = $78) as bigint), 0) as new_buyers,
        coalesce(cast(sum(buyers) filter (where class = $79) as bigint), 0) as first_seen_buyers,
        coalesce(cast(sum(buyers) filter (where class = $80) as bigint), 0) as returning_buyers,
        coalesce(cast(sum(net_minor) filter (where class = $81) as bigint), 0) as new_net_minor,
        coalesce(cast(sum(net_minor) filter (where class = $82) as bigint), 0) as first_seen_net_minor,
        coalesce(cast(sum(net_minor) filter (where class = $83) as bigint), 0) as other_net_minor
      from period left join sold on sold.from_day = period.from_day and sold.is_step = (period.kind = 'step')
      group by period.kind, period.from_day, period.to_day
      order by case period.kind when 'current' then 0 when 'previous' then 1 else 2 end, period.from_day
