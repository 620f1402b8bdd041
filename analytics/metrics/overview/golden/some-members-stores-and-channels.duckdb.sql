-- some members, stores and channels
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
        from (
        with counted as (
          select member_key, local_day, count(*) as orders
          from (select * from (select asked_row.* from member_orders as asked_row
        join (select unnest(from_json($12, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as member_order where coalesce(store in ($13, $14), false) and coalesce(channel in ($15), false)) as counted_order where local_day >= cast($16 as date) and local_day <= cast($17 as date)
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
  where member_key is not null and state = 'paid' and local_day <= cast($18 as date) and true
  union all
  select member_key, local_day, store, channel, -amount_minor as net_minor
  from refunds
  where member_key is not null and counts and local_day <= cast($19 as date) and true) as any_event
          where local_day >= cast($20 as date) and local_day <= cast($21 as date) and coalesce(store in ($22, $23), false) and coalesce(channel in ($24), false) and member_key in (select member_key from (select unnest(from_json($25, '["INTEGER"]')) as member_key) as audience)
          group by member_key, local_day
        )
        select coalesce(preceded.local_day, event.local_day) as local_day, coalesce(preceded.orders, 0) as orders,
          coalesce(event.net_minor, 0) as net_minor, previous_day, member.first_day, coalesce(member.first_seen, false) as first_seen
        from preceded
        full join event on event.member_key = preceded.member_key and event.local_day = preceded.local_day
        left join member_facts as member on member.member_key = coalesce(preceded.member_key, event.member_key)) as member_day
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
        select true as is_step, step_from as from_day, case when guest then $26
            when first_day < step_from then $27
            when first_day <= (step_from + cast($28 as integer)) then case when first_seen then $29 else $30 end
            else $31 end as class,
          orders, net_minor, step_buyers as buyers
        from by_first_day
        union all
        select false, window_from, case when guest then $32
            when first_day < window_from then $33
            when first_day <= case when window_from = cast($34 as date) then cast($35 as date) else cast($36 as date) end then case when first_seen then $37 else $38 end
            else $39 end,
          orders, net_minor, window_buyers
        from by_first_day
      ),
      period(kind, from_day, to_day) as (
        values ($40, cast($41 as date), cast($42 as date)), ($43, cast($44 as date), cast($45 as date)), ($46, cast($47 as date), cast($48 as date)), ($49, cast($50 as date), cast($51 as date)), ($52, cast($53 as date), cast($54 as date)), ($55, cast($56 as date), cast($57 as date)), ($58, cast($59 as date), cast($60 as date)), ($61, cast($62 as date), cast($63 as date)), ($64, cast($65 as date), cast($66 as date)), ($67, cast($68 as date), cast($69 as date)), ($70, cast($71 as date), cast($72 as date)), ($73, cast($74 as date), cast($75 as date)), ($76, cast($77 as date), cast($78 as date)), ($79, cast($80 as date), cast($81 as date)), ($82, cast($83 as date), cast($84 as date))
      )
      select period.kind, period.from_day, period.to_day, coalesce(cast(sum(orders) as bigint), 0) as orders,
        coalesce(cast(sum(orders) filter (where class = $85) as bigint), 0) as guest_orders,
        coalesce(cast(sum(net_minor) filter (where class = $86) as bigint), 0) as guest_net_minor,
        coalesce(cast(sum(net_minor) filter (where class <> $87) as bigint), 0) as member_net_minor,
        coalesce(cast(sum(buyers) filter (where class = $88) as bigint), 0) as new_buyers,
        coalesce(cast(sum(buyers) filter (where class = $89) as bigint), 0) as first_seen_buyers,
        coalesce(cast(sum(buyers) filter (where class = $90) as bigint), 0) as returning_buyers,
        coalesce(cast(sum(net_minor) filter (where class = $91) as bigint), 0) as new_net_minor,
        coalesce(cast(sum(net_minor) filter (where class = $92) as bigint), 0) as first_seen_net_minor,
        coalesce(cast(sum(net_minor) filter (where class = $93) as bigint), 0) as other_net_minor
      from period left join sold on sold.from_day = period.from_day and sold.is_step = (period.kind = 'step')
      group by period.kind, period.from_day, period.to_day
      order by case period.kind when 'current' then 0 when 'previous' then 1 else 2 end, period.from_day
