-- some categories
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
    from (select *, case when local_day >= cast($8 as date) then cast($9 as date) else cast($10 as date) end as period_from from (
        with counted as (
          select member_key, local_day, count(*) as orders
          from (select * from orders_by_month as member_order where local_day >= cast($11 as date) and local_day <= cast($12 as date) and true and true and coalesce(order_key in (select order_key from order_items as line where category in ($13, $14)), false)) as counted_order
          group by member_key, local_day
        ),
        preceded as (
          select *, lag(local_day) over (partition by member_key order by local_day) as previous_day from counted
        ),
        event as (
          select member_key, local_day, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor
          from (
  select member_key, local_day, store, channel, order_key, net_minor
  from orders
  where member_key is not null and state = 'paid' and local_day <= cast($15 as date)
  union all
  select member_key, local_day, store, channel, order_key, -amount_minor as net_minor
  from refunds
  where member_key is not null and counts and local_day <= cast($16 as date)) as any_event
          where local_day >= cast($17 as date) and local_day <= cast($18 as date) and true and true and coalesce(order_key in (select order_key from order_lines as line where category in ($19, $20)), false) and true
          group by member_key, local_day
        )
        select coalesce(preceded.local_day, event.local_day) as local_day, coalesce(preceded.orders, 0) as orders,
          coalesce(event.net_minor, 0) as net_minor, previous_day, member.first_day, coalesce(member.first_seen, false) as first_seen
        from preceded
        full join event on event.member_key = preceded.member_key and event.local_day = preceded.local_day
        left join member_facts as member on member.member_key = coalesce(preceded.member_key, event.member_key)) as any_day) as dated_day
  ) as classed_day
  group by period_from, class) as window_sales union all select 'step', period_from, class, orders, net_minor, buyers from (
  select period_from, class, coalesce(cast(sum(orders) as bigint), 0) as orders, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor,
    count(*) filter (where orders > 0) - count(*) filter (where previous_day >= period_from) as buyers
  from (
    select period_from, orders, net_minor, previous_day,
      case
        when first_day < period_from then $21
        when first_day <= (period_from + cast($22 as integer)) then case when first_seen then $23 else $24 end
        else $25
      end as class
    from (select *, (local_day - cast((isodow(local_day) - cast($26 as bigint) + 7) % 7 as integer)) as period_from from (
        with counted as (
          select member_key, local_day, count(*) as orders
          from (select * from orders_by_month as member_order where local_day >= cast($27 as date) and local_day <= cast($28 as date) and true and true and coalesce(order_key in (select order_key from order_items as line where category in ($29, $30)), false)) as counted_order
          group by member_key, local_day
        ),
        preceded as (
          select *, lag(local_day) over (partition by member_key order by local_day) as previous_day from counted
        ),
        event as (
          select member_key, local_day, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor
          from (
  select member_key, local_day, store, channel, order_key, net_minor
  from orders
  where member_key is not null and state = 'paid' and local_day <= cast($31 as date)
  union all
  select member_key, local_day, store, channel, order_key, -amount_minor as net_minor
  from refunds
  where member_key is not null and counts and local_day <= cast($32 as date)) as any_event
          where local_day >= cast($33 as date) and local_day <= cast($34 as date) and true and true and coalesce(order_key in (select order_key from order_lines as line where category in ($35, $36)), false) and true
          group by member_key, local_day
        )
        select coalesce(preceded.local_day, event.local_day) as local_day, coalesce(preceded.orders, 0) as orders,
          coalesce(event.net_minor, 0) as net_minor, previous_day, member.first_day, coalesce(member.first_seen, false) as first_seen
        from preceded
        full join event on event.member_key = preceded.member_key and event.local_day = preceded.local_day
        left join member_facts as member on member.member_key = coalesce(preceded.member_key, event.member_key)) as any_day) as dated_day
  ) as classed_day
  group by period_from, class) as step_sales union all select 'guests', local_day, null, coalesce(cast(sum(orders) as bigint), 0), coalesce(cast(sum(net_minor) as bigint), 0), 0
            from (select * from (
  select local_day, local_hour, store, channel, guest,
    cast(sum(qualifying) as integer) as orders,
    cast(sum(net_minor) as bigint) as net_minor,
    cast(sum(gross_minor) as bigint) as gross_minor,
    cast(sum(discount_minor) as bigint) as discount_minor,
    cast(sum(refunded_minor) as bigint) as refunded_minor
  from (
    select local_day, local_hour, store, channel, member_key is null as guest,
      case when local_day <= cast($37 as date) and state = 'paid' and net_minor > 0 and (void_day is null or void_day > cast($38 as date)) then 1 else 0 end as qualifying,
      net_minor, gross_minor, discount_minor, 0 as refunded_minor
    from orders where state = 'paid' and local_day <= cast($39 as date) and coalesce(order_key in (select order_key from order_lines as line where category in ($40, $41)), false)
    union all
    select refunds.local_day,
      cast(hour(timezone(state.time_zone, timezone('UTC', refunds.refunded_at))) as utinyint),
      refunds.store, refunds.channel, refunds.member_key is null, 0, -amount_minor, null, null, amount_minor
    from refunds cross join workspace_state as state
    where counts and local_day <= cast($42 as date) and coalesce(order_key in (select order_key from order_lines as line where category in ($43, $44)), false)
  )
  group by all
  order by local_day, local_hour) as sold where guest and (local_day >= cast($45 as date) and local_day <= cast($46 as date) or local_day >= cast($47 as date) and local_day <= cast($48 as date)) and true and true) as sold_to_guests
            group by local_day
