-- some members
with holder as (
        select asked.tier, asked.points, asked.stored_value_minor,
          coalesce(buyer.orders, 0) as orders, coalesce(buyer.net_minor, 0) as net_minor,
          coalesce(buyer.silent_days > $1, true) as quiet,
          coalesce(saved.saved_minor, 0) as saved_minor, coalesce(saved.discount_known, 0) as discount_known
        from (select asked_row.* from member_facts as asked_row
        join (select unnest(from_json($2, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as asked
        left join (
    select member_key, date_diff('day', last_day, cast($3 as date)) as silent_days, orders, net_minor
    from member_facts where orders > 0) as buyer on buyer.member_key = asked.member_key
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
      select 'points', null, case when points is not null then cast(points >= $4 as integer) + cast(points >= $5 as integer) + cast(points >= $6 as integer) + cast(points >= $7 as integer) + cast(points >= $8 as integer) + cast(points >= $9 as integer) end as band,
        count(*) as members, count(*) filter (where orders > 0) as buyers, coalesce(cast(sum(orders) as bigint), 0) as orders,
        coalesce(cast(sum(net_minor) as bigint), 0) as net_minor, count(*) filter (where quiet) as quiet_members,
        coalesce(cast(sum(points) as bigint), 0) as held, coalesce(cast(sum(points) filter (where quiet) as bigint), 0) as quiet_held, 0 as saved_minor, 0 as discount_known, 0 as paid_off
      from holder group by band
      union all
      select 'stored value', null, case when stored_value_minor is not null then cast(stored_value_minor >= $10 as integer) + cast(stored_value_minor >= $11 as integer) + cast(stored_value_minor >= $12 as integer) + cast(stored_value_minor >= $13 as integer) + cast(stored_value_minor >= $14 as integer) + cast(stored_value_minor >= $15 as integer) end as band,
        count(*) as members, count(*) filter (where orders > 0) as buyers, coalesce(cast(sum(orders) as bigint), 0) as orders,
        coalesce(cast(sum(net_minor) as bigint), 0) as net_minor, count(*) filter (where quiet) as quiet_members,
        coalesce(cast(sum(stored_value_minor) as bigint), 0) as held, coalesce(cast(sum(stored_value_minor) filter (where quiet) as bigint), 0) as quiet_held, 0 as saved_minor, 0 as discount_known, 0 as paid_off
      from holder group by band
