-- some categories
with holder as (
        select asked.tier, asked.points, asked.stored_value_minor,
          coalesce(buyer.orders, 0) as orders, coalesce(buyer.net_minor, 0) as net_minor,
          coalesce(buyer.silent_days > $1, true) as quiet,
          coalesce(saved.saved_minor, 0) as saved_minor, coalesce(saved.discount_known, 0) as discount_known
        from member_facts as asked
        left join (
    select bought.member_key, date_diff('day', bought.last_day, cast($2 as date)) as silent_days, bought.orders,
      coalesce(money.net_minor, 0) as net_minor
    from (select member_key, count(*) as orders, min(local_day) as first_day, max(local_day) as last_day
    from (select * from member_orders as member_order where true and true and coalesce(order_key in (select order_key from order_items as line where category in ($3, $4)), false)) as counted group by member_key) as bought
    left join (
      select member_key, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor
      from (
  select member_key, local_day, store, channel, order_key, net_minor
  from orders
  where member_key is not null and state = 'paid' and local_day <= cast($5 as date)
  union all
  select member_key, local_day, store, channel, order_key, -amount_minor as net_minor
  from refunds
  where member_key is not null and counts and local_day <= cast($6 as date)) as event where true and true and coalesce(order_key in (select order_key from order_lines as line where category in ($7, $8)), false) group by member_key
    ) as money on money.member_key = bought.member_key) as buyer on buyer.member_key = asked.member_key
        left join (select cast(null as integer) as member_key, 0 as saved_minor, 0 as discount_known where false) as saved on saved.member_key = asked.member_key
      )
      select 'tier' as kind, tier, cast(null as integer) as band,
        count(*) as members, count(*) filter (where orders > 0) as buyers, coalesce(cast(sum(orders) as bigint), 0) as orders,
        coalesce(cast(sum(net_minor) as bigint), 0) as net_minor, count(*) filter (where quiet) as quiet_members,
        coalesce(cast(sum(0) as bigint), 0) as held, coalesce(cast(sum(0) filter (where quiet) as bigint), 0) as quiet_held,
        coalesce(cast(sum(saved_minor) as bigint), 0) as saved_minor, coalesce(cast(sum(discount_known) as bigint), 0) as discount_known,
        count(*) filter (where saved_minor >= cast(null as bigint)) as paid_off
      from holder group by tier
      union all
      select 'points', null, case when points is not null then cast(points >= $9 as integer) + cast(points >= $10 as integer) + cast(points >= $11 as integer) + cast(points >= $12 as integer) + cast(points >= $13 as integer) + cast(points >= $14 as integer) end as band,
        count(*) as members, count(*) filter (where orders > 0) as buyers, coalesce(cast(sum(orders) as bigint), 0) as orders,
        coalesce(cast(sum(net_minor) as bigint), 0) as net_minor, count(*) filter (where quiet) as quiet_members,
        coalesce(cast(sum(points) as bigint), 0) as held, coalesce(cast(sum(points) filter (where quiet) as bigint), 0) as quiet_held, 0 as saved_minor, 0 as discount_known, 0 as paid_off
      from holder group by band
      union all
      select 'stored value', null, case when stored_value_minor is not null then cast(stored_value_minor >= $15 as integer) + cast(stored_value_minor >= $16 as integer) + cast(stored_value_minor >= $17 as integer) + cast(stored_value_minor >= $18 as integer) + cast(stored_value_minor >= $19 as integer) + cast(stored_value_minor >= $20 as integer) end as band,
        count(*) as members, count(*) filter (where orders > 0) as buyers, coalesce(cast(sum(orders) as bigint), 0) as orders,
        coalesce(cast(sum(net_minor) as bigint), 0) as net_minor, count(*) filter (where quiet) as quiet_members,
        coalesce(cast(sum(stored_value_minor) as bigint), 0) as held, coalesce(cast(sum(stored_value_minor) filter (where quiet) as bigint), 0) as quiet_held, 0 as saved_minor, 0 as discount_known, 0 as paid_off
      from holder group by band
