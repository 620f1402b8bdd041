-- some members, stores and channels
with amount as (
        select greatest(net_minor, 0) as net, count(*) as members
        from (select asked_row.* from (
    select bought.member_key, date_diff('day', bought.last_day, cast($1 as date)) as silent_days, bought.orders,
      coalesce(money.net_minor, 0) as net_minor
    from (select member_key, coalesce(cast(sum(orders) as bigint), 0) as orders, min(first_day) as first_day, max(last_day) as last_day
    from place_totals as total where coalesce(store in ($2, $3), false) and coalesce(channel in ($4), false) group by member_key) as bought
    left join (
      select member_key, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor
      from (
  select member_key, local_day, store, channel, order_key, net_minor
  from orders
  where member_key is not null and state = 'paid' and local_day <= cast($5 as date)
  union all
  select member_key, local_day, store, channel, order_key, -amount_minor as net_minor
  from refunds
  where member_key is not null and counts and local_day <= cast($6 as date)) as event where coalesce(store in ($7, $8), false) and coalesce(channel in ($9), false) group by member_key
    ) as money on money.member_key = bought.member_key) as asked_row
        join (select unnest(from_json($10, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as buyer group by all
      ),
      ranked as (
        select net, members, cast(net as hugeint) * members as brought,
          sum(members) over biggest as through, sum(cast(net as hugeint) * members) over biggest as brought_through,
          sum(members) over () as everybody, sum(cast(net as hugeint) * members) over () as everything
        from amount window biggest as (order by net desc)
      ),
      top as (
        select 'top' as kind, percent, n, net, cast(brought_through - (through - n) * net as bigint) as net_minor,
          cast(everything as bigint) as all_minor
        from (
          select percent, (percent * (select max(everybody) from ranked) + 99) // 100 as n
          from (select unnest([$11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32]) as percent)
        ) as asked
        join ranked on n <= through and n > through - members
      ),
      part as (
        select 'part' as kind, percent, through - members + (wanted - 100 * (brought_through - brought) + 100 * net - 1) // (100 * net) as n,
          net, brought_through, brought, through, members, cast(everything as bigint) as all_minor
        from (
          select percent, percent * (select max(everything) from ranked) as wanted
          from (select unnest([$33, $34, $35, $36, $37, $38]) as percent)
        ) as asked
        join ranked on wanted <= 100 * brought_through and wanted > 100 * (brought_through - brought)
      )
      select kind, percent, cast(n as bigint) as members, net_minor, net as at_least_minor, all_minor, cast(null as double) as gini
      from top
      union all
      select kind, percent, cast(n as bigint), cast(brought_through - (through - n) * net as bigint), net, all_minor, null
      from part
      union all
      select 'all', 100, cast(max(everybody) as bigint), cast(max(everything) as bigint), min(net), cast(max(everything) as bigint),
        case when max(everything) > 0 then
          cast(2 * sum(net * (members * (everybody - through) + members * (members + 1) // 2)) as double)
            / (cast(max(everybody) as double) * cast(max(everything) as double))
          - (max(everybody) + 1) / cast(max(everybody) as double) end
      from ranked having count(*) > 0
      order by kind, percent
