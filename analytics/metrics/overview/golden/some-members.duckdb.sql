-- some members
with period(kind, from_day, to_day) as (
        values ($1, cast($2 as date), cast($3 as date)), ($4, cast($5 as date), cast($6 as date)), ($7, cast($8 as date), cast($9 as date)), ($10, cast($11 as date), cast($12 as date)), ($13, cast($14 as date), cast($15 as date)), ($16, cast($17 as date), cast($18 as date)), ($19, cast($20 as date), cast($21 as date)), ($22, cast($23 as date), cast($24 as date)), ($25, cast($26 as date), cast($27 as date)), ($28, cast($29 as date), cast($30 as date)), ($31, cast($32 as date), cast($33 as date)), ($34, cast($35 as date), cast($36 as date)), ($37, cast($38 as date), cast($39 as date)), ($40, cast($41 as date), cast($42 as date)), ($43, cast($44 as date), cast($45 as date))
      ),
      -- a day lies in at most one of the two windows and in one step; who is new depends on where these begin
      calendar_day as (
        select reached.local_day, shown.from_day as shown_from, shown.to_day as shown_to,
          step.from_day as step_from, step.to_day as step_to
        from (select (cast($46 as date) + cast(n as integer)) as local_day from (select range as n from range(cast($47 as bigint))) as day_number) as reached
        left join period as shown
          on shown.kind <> 'step' and reached.local_day >= shown.from_day and reached.local_day <= shown.to_day
        left join period as step
          on step.kind = 'step' and reached.local_day >= step.from_day and reached.local_day <= step.to_day
      ),
      purchase as (
        select local_day, previous_day, first_day, first_seen from member_orders
        where opens_day and local_day >= cast($48 as date) and local_day <= cast($49 as date) and member_key in (select member_key from (select unnest(from_json($50, '["INTEGER"]')) as member_key) as audience)),
      buyer_day as (
        select local_day, 
          count(*) filter (where (previous_day is null or previous_day < shown_from) and first_day >= shown_from and first_day <= shown_to and not first_seen) as shown_new_buyers,
          count(*) filter (where (previous_day is null or previous_day < shown_from) and first_day >= shown_from and first_day <= shown_to and first_seen) as shown_first_seen_buyers,
          count(*) filter (where (previous_day is null or previous_day < shown_from) and first_day < shown_from) as shown_returning_buyers, 
          count(*) filter (where (previous_day is null or previous_day < step_from) and first_day >= step_from and first_day <= step_to and not first_seen) as step_new_buyers,
          count(*) filter (where (previous_day is null or previous_day < step_from) and first_day >= step_from and first_day <= step_to and first_seen) as step_first_seen_buyers,
          count(*) filter (where (previous_day is null or previous_day < step_from) and first_day < step_from) as step_returning_buyers
        from purchase join calendar_day using (local_day) group by local_day
      ),
      member_net as (
        select event.local_day, event.net_minor, member.first_day, member.first_seen
        from (
          select * from (
  select member_key, local_day, store, channel, net_minor
  from orders
  where member_key is not null and state = 'paid' and local_day <= cast($51 as date) and true
  union all
  select member_key, local_day, store, channel, -amount_minor as net_minor
  from refunds
  where member_key is not null and counts and local_day <= cast($52 as date) and true) as any_event
          where local_day >= cast($53 as date) and local_day <= cast($54 as date) and true and true and member_key in (select member_key from (select unnest(from_json($55, '["INTEGER"]')) as member_key) as audience)
        ) as event
        join member_facts as member on member.member_key = event.member_key
      ),
      net_day as (
        select local_day, 
          coalesce(cast(sum(net_minor) filter (where first_day >= shown_from and first_day <= shown_to and not first_seen) as bigint), 0) as shown_new_net,
          coalesce(cast(sum(net_minor) filter (where first_day >= shown_from and first_day <= shown_to and first_seen) as bigint), 0) as shown_first_seen_net,
          coalesce(cast(sum(net_minor) filter (where first_day < shown_from) as bigint), 0) as shown_returning_net, 
          coalesce(cast(sum(net_minor) filter (where first_day >= step_from and first_day <= step_to and not first_seen) as bigint), 0) as step_new_net,
          coalesce(cast(sum(net_minor) filter (where first_day >= step_from and first_day <= step_to and first_seen) as bigint), 0) as step_first_seen_net,
          coalesce(cast(sum(net_minor) filter (where first_day < step_from) as bigint), 0) as step_returning_net, coalesce(cast(sum(net_minor) as bigint), 0) as member_net
        from member_net join calendar_day using (local_day) group by local_day
      ),
      order_day as (
        select local_day, count(*) as orders, 0 as guest_orders, 0 as guest_net
        from (select * from member_orders where true and true and member_key in (select member_key from (select unnest(from_json($56, '["INTEGER"]')) as member_key) as audience)) as counted where local_day >= cast($57 as date) and local_day <= cast($58 as date) group by local_day),
      measured as (
        select *
        from calendar_day
        left join order_day using (local_day)
        left join net_day using (local_day)
        left join buyer_day using (local_day)
      )
      select kind, from_day, to_day,
        coalesce(cast(sum(orders) as bigint), 0) as orders, coalesce(cast(sum(guest_orders) as bigint), 0) as guest_orders,
        coalesce(cast(sum(guest_net) as bigint), 0) as guest_net_minor, coalesce(cast(sum(member_net) as bigint), 0) as member_net_minor,
        coalesce(cast(sum(case when kind = 'step' then step_new_buyers else shown_new_buyers end) as bigint), 0) as new_buyers, coalesce(cast(sum(case when kind = 'step' then step_first_seen_buyers else shown_first_seen_buyers end) as bigint), 0) as first_seen_buyers,
        coalesce(cast(sum(case when kind = 'step' then step_returning_buyers else shown_returning_buyers end) as bigint), 0) as returning_buyers,
        coalesce(cast(sum(case when kind = 'step' then step_new_net else shown_new_net end) as bigint), 0) as new_net_minor, coalesce(cast(sum(case when kind = 'step' then step_first_seen_net else shown_first_seen_net end) as bigint), 0) as first_seen_net_minor,
        coalesce(cast(sum(case when kind = 'step' then step_returning_net else shown_returning_net end) as bigint), 0) as returning_net_minor
      from period left join measured on local_day >= from_day and local_day <= to_day
      group by kind, from_day, to_day
      order by case kind when 'current' then 0 when 'previous' then 1 else 2 end, from_day
