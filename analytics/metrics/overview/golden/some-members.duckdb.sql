-- some members
with period(kind, from_day, to_day) as (
        values ($1, cast($2 as date), cast($3 as date)), ($4, cast($5 as date), cast($6 as date)), ($7, cast($8 as date), cast($9 as date)), ($10, cast($11 as date), cast($12 as date)), ($13, cast($14 as date), cast($15 as date)), ($16, cast($17 as date), cast($18 as date)), ($19, cast($20 as date), cast($21 as date)), ($22, cast($23 as date), cast($24 as date)), ($25, cast($26 as date), cast($27 as date)), ($28, cast($29 as date), cast($30 as date)), ($31, cast($32 as date), cast($33 as date)), ($34, cast($35 as date), cast($36 as date)), ($37, cast($38 as date), cast($39 as date)), ($40, cast($41 as date), cast($42 as date)), ($43, cast($44 as date), cast($45 as date))
      ),
      -- purchases counted by their day and the one before it, which says whose first they are in a period
      purchase as (
        select local_day, previous_day, coalesce(previous_day, local_day) as first_day,
          previous_day is null and first_seen as first_seen, count(*) as orders, count(*) filter (where opens_day) as buyers
        from member_orders
        where local_day >= cast($46 as date) and local_day <= cast($47 as date) and member_key in (select member_key from (select unnest(from_json($48, '["INTEGER"]')) as member_key) as audience)
        group by all),
      buyer as (
        select kind, from_day,
          coalesce(cast(sum(buyers) filter (where first_day >= from_day and not first_seen) as bigint), 0) as new_buyers,
          coalesce(cast(sum(buyers) filter (where first_day >= from_day and first_seen) as bigint), 0) as first_seen_buyers,
          coalesce(cast(sum(buyers) filter (where first_day < from_day) as bigint), 0) as returning_buyers
        from period join purchase on local_day >= from_day and local_day <= to_day
        where previous_day is null or previous_day < from_day
        group by kind, from_day
      ),
      event as (
        select * from (
  select member_key, local_day, store, channel, net_minor
  from orders
  where member_key is not null and state = 'paid' and local_day <= cast($49 as date) and true
  union all
  select member_key, local_day, store, channel, -amount_minor as net_minor
  from refunds
  where member_key is not null and counts and local_day <= cast($50 as date) and true) as any_event
        where local_day >= cast($51 as date) and local_day <= cast($52 as date) and true and true and member_key in (select member_key from (select unnest(from_json($53, '["INTEGER"]')) as member_key) as audience)
      ),
      -- who had not bought before the earliest day is new, first seen or no buyer in some period; all others are returning
      newcomer_net as (
        select event.local_day, newcomer.first_day, newcomer.first_seen, coalesce(cast(sum(event.net_minor) as bigint), 0) as net_minor
        from event
        join (
          select member_key, first_day, first_seen from member_facts
          where first_day >= cast($54 as date) or first_day is null
        ) as newcomer on newcomer.member_key = event.member_key
        group by event.local_day, newcomer.first_day, newcomer.first_seen
      ),
      newcomer as (
        select kind, from_day,
          coalesce(cast(sum(net_minor) filter (where first_day >= from_day and first_day <= to_day and not first_seen) as bigint), 0) as new_net,
          coalesce(cast(sum(net_minor) filter (where first_day >= from_day and first_day <= to_day and first_seen) as bigint), 0) as first_seen_net,
          coalesce(cast(sum(net_minor) filter (where first_day is null or first_day > to_day) as bigint), 0) as other_net
        from period join newcomer_net on local_day >= from_day and local_day <= to_day
        group by kind, from_day
      ),
      shop_day as (
        select local_day, coalesce(cast(sum(orders) as bigint), 0) as orders, 0 as guest_orders, 0 as guest_net, coalesce(cast(sum(net_minor) as bigint), 0) as member_net
        from (
          select local_day, orders, 0 as net_minor from purchase
          union all
          select local_day, 0 as orders, net_minor from event
        ) as activity
        group by local_day),
      sold as (
        select kind, from_day, to_day, coalesce(cast(sum(orders) as bigint), 0) as orders, coalesce(cast(sum(guest_orders) as bigint), 0) as guest_orders,
          coalesce(cast(sum(guest_net) as bigint), 0) as guest_net, coalesce(cast(sum(member_net) as bigint), 0) as member_net
        from period left join shop_day on local_day >= from_day and local_day <= to_day
        group by kind, from_day, to_day
      )
      select sold.kind, sold.from_day, sold.to_day, sold.orders, sold.guest_orders,
        sold.guest_net as guest_net_minor, sold.member_net as member_net_minor,
        coalesce(new_buyers, 0) as new_buyers, coalesce(first_seen_buyers, 0) as first_seen_buyers,
        coalesce(returning_buyers, 0) as returning_buyers,
        coalesce(new_net, 0) as new_net_minor, coalesce(first_seen_net, 0) as first_seen_net_minor,
        coalesce(other_net, 0) as other_net_minor
      from sold
      left join buyer on buyer.kind = sold.kind and buyer.from_day = sold.from_day
      left join newcomer on newcomer.kind = sold.kind and newcomer.from_day = sold.from_day
      order by case sold.kind when 'current' then 0 when 'previous' then 1 else 2 end, sold.from_day
