-- some categories
with sold as (
        select category as item, month, coalesce(cast(sum(orders) as bigint), 0) as orders
        from category_months where category is not null and month >= cast($1 as date) and true and true and coalesce(category in ($2, $3), false)
        group by item, month
      ),
      biggest as (select item from sold group by item order by sum(orders) desc, item limit $4)
      select item, month, orders from sold where item in (select item from biggest)
      union all
      select null, cast(date_trunc('month', local_day) as date), coalesce(cast(sum(orders) as bigint), 0)
      from (select * from (
  select local_day, local_hour, store, channel, guest,
    cast(sum(qualifying) as integer) as orders,
    cast(sum(net_minor) as bigint) as net_minor,
    cast(sum(gross_minor) as bigint) as gross_minor,
    cast(sum(discount_minor) as bigint) as discount_minor,
    cast(sum(refunded_minor) as bigint) as refunded_minor
  from (
    select local_day, local_hour, store, channel, member_key is null as guest,
      case when local_day <= cast($5 as date) and state = 'paid' and net_minor > 0 and (void_day is null or void_day > cast($6 as date)) then 1 else 0 end as qualifying,
      net_minor, gross_minor, discount_minor, 0 as refunded_minor
    from orders where state = 'paid' and local_day <= cast($7 as date) and coalesce(order_key in (select order_key from order_lines as line where category in ($8, $9)), false)
    union all
    select refunds.local_day,
      cast(hour(timezone(state.time_zone, timezone('UTC', refunds.refunded_at))) as utinyint),
      refunds.store, refunds.channel, refunds.member_key is null, 0, -amount_minor, null, null, amount_minor
    from refunds cross join workspace_state as state
    where counts and local_day <= cast($10 as date) and coalesce(order_key in (select order_key from order_lines as line where category in ($11, $12)), false)
  )
  group by all
  order by local_day, local_hour) as sold where not guest and local_day >= cast($13 as date) and true and true) as sold_to_members group by all
