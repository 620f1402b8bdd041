-- some members, stores and channels
with period(kind, from_day, to_day) as (
        values ($1, cast($2 as date), cast($3 as date)), ($4, cast($5 as date), cast($6 as date)), ($7, cast($8 as date), cast($9 as date)), ($10, cast($11 as date), cast($12 as date)), ($13, cast($14 as date), cast($15 as date)), ($16, cast($17 as date), cast($18 as date)), ($19, cast($20 as date), cast($21 as date)), ($22, cast($23 as date), cast($24 as date)), ($25, cast($26 as date), cast($27 as date)), ($28, cast($29 as date), cast($30 as date)), ($31, cast($32 as date), cast($33 as date)), ($34, cast($35 as date), cast($36 as date)), ($37, cast($38 as date), cast($39 as date)), ($40, cast($41 as date), cast($42 as date)), ($43, cast($44 as date), cast($45 as date))
      ),
      purchase as (
        select local_day, first_day, first_seen,
          lag(local_day) over (partition by member_key order by order_number) as previous_day
        from (select * from member_orders where coalesce(store in ($46, $47), false) and coalesce(channel in ($48), false) and member_key in (select member_key from (select unnest(from_json($49, '["INTEGER"]')) as member_key) as audience)) as counted where local_day >= cast($50 as date) and local_day <= cast($51 as date)),
      buyer_day as (
        select local_day, 
          count(*) filter (where (previous_day is null or previous_day < case when local_day >= cast($52 as date) then cast($53 as date) else cast($54 as date) end) and first_day >= case when local_day >= cast($55 as date) then cast($56 as date) else cast($57 as date) end and first_day <= case when local_day >= cast($58 as date) then cast($59 as date) else cast($60 as date) end and not first_seen) as window_new_buyers,
          count(*) filter (where (previous_day is null or previous_day < case when local_day >= cast($61 as date) then cast($62 as date) else cast($63 as date) end) and first_day >= case when local_day >= cast($64 as date) then cast($65 as date) else cast($66 as date) end and first_day <= case when local_day >= cast($67 as date) then cast($68 as date) else cast($69 as date) end and first_seen) as window_first_seen_buyers,
          count(*) filter (where (previous_day is null or previous_day < case when local_day >= cast($70 as date) then cast($71 as date) else cast($72 as date) end) and first_day < case when local_day >= cast($73 as date) then cast($74 as date) else cast($75 as date) end) as window_returning_buyers, 
          count(*) filter (where (previous_day is null or previous_day < (local_day - cast((isodow(local_day) - cast($76 as bigint) + 7) % 7 as integer))) and (first_day - cast((isodow(first_day) - cast($77 as bigint) + 7) % 7 as integer)) = (local_day - cast((isodow(local_day) - cast($78 as bigint) + 7) % 7 as integer)) and not first_seen) as step_new_buyers,
          count(*) filter (where (previous_day is null or previous_day < (local_day - cast((isodow(local_day) - cast($79 as bigint) + 7) % 7 as integer))) and (first_day - cast((isodow(first_day) - cast($80 as bigint) + 7) % 7 as integer)) = (local_day - cast((isodow(local_day) - cast($81 as bigint) + 7) % 7 as integer)) and first_seen) as step_first_seen_buyers,
          count(*) filter (where (previous_day is null or previous_day < (local_day - cast((isodow(local_day) - cast($82 as bigint) + 7) % 7 as integer))) and first_day < (local_day - cast((isodow(local_day) - cast($83 as bigint) + 7) % 7 as integer))) as step_returning_buyers from purchase group by local_day
      ),
      member_net as (
        select event.local_day, event.net_minor, member.first_day, member.first_seen
        from (
          select * from (
  select member_key, local_day, store, channel, net_minor
  from orders
  where member_key is not null and state = 'paid' and local_day <= cast($84 as date) and true
  union all
  select member_key, local_day, store, channel, -amount_minor as net_minor
  from refunds
  where member_key is not null and counts and local_day <= cast($85 as date) and true) as any_event
          where local_day >= cast($86 as date) and local_day <= cast($87 as date) and coalesce(store in ($88, $89), false) and coalesce(channel in ($90), false) and member_key in (select member_key from (select unnest(from_json($91, '["INTEGER"]')) as member_key) as audience)
        ) as event
        join member_facts as member on member.member_key = event.member_key
      ),
      net_day as (
        select local_day, 
          coalesce(cast(sum(net_minor) filter (where first_day >= case when local_day >= cast($92 as date) then cast($93 as date) else cast($94 as date) end and first_day <= case when local_day >= cast($95 as date) then cast($96 as date) else cast($97 as date) end and not first_seen) as bigint), 0) as window_new_net,
          coalesce(cast(sum(net_minor) filter (where first_day >= case when local_day >= cast($98 as date) then cast($99 as date) else cast($100 as date) end and first_day <= case when local_day >= cast($101 as date) then cast($102 as date) else cast($103 as date) end and first_seen) as bigint), 0) as window_first_seen_net,
          coalesce(cast(sum(net_minor) filter (where first_day < case when local_day >= cast($104 as date) then cast($105 as date) else cast($106 as date) end) as bigint), 0) as window_returning_net, 
          coalesce(cast(sum(net_minor) filter (where (first_day - cast((isodow(first_day) - cast($107 as bigint) + 7) % 7 as integer)) = (local_day - cast((isodow(local_day) - cast($108 as bigint) + 7) % 7 as integer)) and not first_seen) as bigint), 0) as step_new_net,
          coalesce(cast(sum(net_minor) filter (where (first_day - cast((isodow(first_day) - cast($109 as bigint) + 7) % 7 as integer)) = (local_day - cast((isodow(local_day) - cast($110 as bigint) + 7) % 7 as integer)) and first_seen) as bigint), 0) as step_first_seen_net,
          coalesce(cast(sum(net_minor) filter (where first_day < (local_day - cast((isodow(local_day) - cast($111 as bigint) + 7) % 7 as integer))) as bigint), 0) as step_returning_net, coalesce(cast(sum(net_minor) as bigint), 0) as member_net
        from member_net group by local_day
      ),
      order_day as (
        select local_day, count(*) as orders, 0 as guest_orders, 0 as guest_net
        from (select * from member_orders where coalesce(store in ($112, $113), false) and coalesce(channel in ($114), false) and member_key in (select member_key from (select unnest(from_json($115, '["INTEGER"]')) as member_key) as audience)) as counted where local_day >= cast($116 as date) and local_day <= cast($117 as date) group by local_day),
      day as (
        select local_day from order_day union select local_day from net_day union select local_day from buyer_day
      ),
      measured as (
        select day.local_day, orders, guest_orders, guest_net, member_net,
          window_new_buyers, window_new_net, window_first_seen_buyers, window_first_seen_net, window_returning_buyers, window_returning_net, step_new_buyers, step_new_net, step_first_seen_buyers, step_first_seen_net, step_returning_buyers, step_returning_net
        from day
        left join order_day on order_day.local_day = day.local_day
        left join net_day on net_day.local_day = day.local_day
        left join buyer_day on buyer_day.local_day = day.local_day
      )
      select kind, from_day, to_day,
        coalesce(cast(sum(orders) as bigint), 0) as orders, coalesce(cast(sum(guest_orders) as bigint), 0) as guest_orders,
        coalesce(cast(sum(guest_net) as bigint), 0) as guest_net_minor, coalesce(cast(sum(member_net) as bigint), 0) as member_net_minor,
        coalesce(cast(sum(case when kind = 'step' then step_new_buyers else window_new_buyers end) as bigint), 0) as new_buyers, coalesce(cast(sum(case when kind = 'step' then step_first_seen_buyers else window_first_seen_buyers end) as bigint), 0) as first_seen_buyers,
        coalesce(cast(sum(case when kind = 'step' then step_returning_buyers else window_returning_buyers end) as bigint), 0) as returning_buyers,
        coalesce(cast(sum(case when kind = 'step' then step_new_net else window_new_net end) as bigint), 0) as new_net_minor, coalesce(cast(sum(case when kind = 'step' then step_first_seen_net else window_first_seen_net end) as bigint), 0) as first_seen_net_minor,
        coalesce(cast(sum(case when kind = 'step' then step_returning_net else window_returning_net end) as bigint), 0) as returning_net_minor
      from period left join measured on local_day >= from_day and local_day <= to_day
      group by kind, from_day, to_day
      order by case kind when 'current' then 0 when 'previous' then 1 else 2 end, from_day
