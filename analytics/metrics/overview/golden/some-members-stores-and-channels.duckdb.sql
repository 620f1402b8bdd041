-- some members, stores and channels
-- a day belongs to one step, and at most to one of the window and the period before it
      with day as (
        select local_day, step_from, (step_from + cast($1 as integer)) as step_to,
          case when local_day >= cast($2 as date) and local_day <= cast($3 as date) then cast($4 as date) when local_day >= cast($5 as date) and local_day <= cast($6 as date) then cast($7 as date) end as window_from,
          case when local_day >= cast($8 as date) and local_day <= cast($9 as date) then cast($10 as date) when local_day >= cast($11 as date) and local_day <= cast($12 as date) then cast($13 as date) end as window_to
        from (
          select local_day, (local_day - cast((isodow(local_day) - cast($14 as bigint) + 7) % 7 as integer)) as step_from
          from (
            select (cast($15 as date) + cast(n as integer)) as local_day
            from (select range as n from range(cast($16 as bigint))) as number
          ) as any_day
        ) as stepped
      ),
      -- what a member did on a day, and of guests what the shop sold
      activity as (
        select local_day, orders, net_minor, previous_day, first_day, first_seen, false as guest
        from (
        with counted as (
          select member_key, local_day, count(*) as orders
          from (select * from (select asked_row.* from member_orders as asked_row
        join (select unnest(from_json($17, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as member_order where coalesce(store in ($18, $19), false) and coalesce(channel in ($20), false)) as counted_order where local_day >= cast($21 as date) and local_day <= cast($22 as date)
          group by member_key, local_day
        ),
        preceded as (
          select *, lag(local_day) over (partition by member_key order by local_day) as previous_day from counted
        ),
        event as (
          select member_key, local_day, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor
          from (
  select member_key, local_day, store, channel, net_minor
  from orders
  where member_key is not null and state = 'paid' and local_day <= cast($23 as date) and true
  union all
  select member_key, local_day, store, channel, -amount_minor as net_minor
  from refunds
  where member_key is not null and counts and local_day <= cast($24 as date) and true) as any_event
          where local_day >= cast($25 as date) and local_day <= cast($26 as date) and coalesce(store in ($27, $28), false) and coalesce(channel in ($29), false) and member_key in (select member_key from (select unnest(from_json($30, '["INTEGER"]')) as member_key) as audience)
          group by member_key, local_day
        )
        select coalesce(preceded.local_day, event.local_day) as local_day, coalesce(preceded.orders, 0) as orders,
          coalesce(event.net_minor, 0) as net_minor, previous_day, member.first_day, coalesce(member.first_seen, false) as first_seen
        from preceded
        full join event on event.member_key = preceded.member_key and event.local_day = preceded.local_day
        left join member_facts as member on member.member_key = coalesce(preceded.member_key, event.member_key)) as member_day
      ),
      classed as (
        select step_from, case when guest then $31
            when first_day < step_from then $32
            when first_day <= step_to then case when first_seen then $33 else $34 end
            else $35 end as step_class,
          window_from, case when guest then $36
            when first_day < window_from then $37
            when first_day <= window_to then case when first_seen then $38 else $39 end
            else $40 end as window_class,
          coalesce(cast(sum(orders) as bigint), 0) as orders, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor,
          count(*) filter (where not guest and orders > 0 and (previous_day is null or previous_day < step_from)) as step_buyers,
          count(*) filter (where not guest and orders > 0 and (previous_day is null or previous_day < window_from)) as window_buyers
        from activity join day on day.local_day = activity.local_day
        group by all
      ),
      sold as (
        select true as is_step, step_from as from_day, step_class as class, orders, net_minor, step_buyers as buyers from classed
        union all
        select false, window_from, window_class, orders, net_minor, window_buyers from classed
      ),
      period(kind, from_day, to_day) as (
        values ($41, cast($42 as date), cast($43 as date)), ($44, cast($45 as date), cast($46 as date)), ($47, cast($48 as date), cast($49 as date)), ($50, cast($51 as date), cast($52 as date)), ($53, cast($54 as date), cast($55 as date)), ($56, cast($57 as date), cast($58 as date)), ($59, cast($60 as date), cast($61 as date)), ($62, cast($63 as date), cast($64 as date)), ($65, cast($66 as date), cast($67 as date)), ($68, cast($69 as date), cast($70 as date)), ($71, cast($72 as date), cast($73 as date)), ($74, cast($75 as date), cast($76 as date)), ($77, cast($78 as date), cast($79 as date)), ($80, cast($81 as date), cast($82 as date)), ($83, cast($84 as date), cast($85 as date))
      )
      select period.kind, period.from_day, period.to_day, coalesce(cast(sum(orders) as bigint), 0) as orders,
        coalesce(cast(sum(orders) filter (where class = $86) as bigint), 0) as guest_orders,
        coalesce(cast(sum(net_minor) filter (where class = $87) as bigint), 0) as guest_net_minor,
        coalesce(cast(sum(net_minor) filter (where class <> $88) as bigint), 0) as member_net_minor,
        coalesce(cast(sum(buyers) filter (where class = $89) as bigint), 0) as new_buyers,
        coalesce(cast(sum(buyers) filter (where class = $90) as bigint), 0) as first_seen_buyers,
        coalesce(cast(sum(buyers) filter (where class = $91) as bigint), 0) as returning_buyers,
        coalesce(cast(sum(net_minor) filter (where class = $92) as bigint), 0) as new_net_minor,
        coalesce(cast(sum(net_minor) filter (where class = $93) as bigint), 0) as first_seen_net_minor,
        coalesce(cast(sum(net_minor) filter (where class = $94) as bigint), 0) as other_net_minor
      from period left join sold on sold.from_day = period.from_day and sold.is_step = (period.kind = 'step')
      group by period.kind, period.from_day, period.to_day
      order by case period.kind when 'current' then 0 when 'previous' then 1 else 2 end, period.from_day
