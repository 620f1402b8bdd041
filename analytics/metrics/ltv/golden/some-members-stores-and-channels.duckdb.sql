-- some members, stores and channels
with cohort as (
        select cohort_month, count(*) as members from (select asked_row.* from member_facts as asked_row
        join (select unnest(from_json($1, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as asked group by cohort_month
      ),
      spent as (
        select cohort_month, month, coalesce(cast(sum(spending.net_minor) as bigint), 0) as net_minor
        from (
          select member_key, cast(date_trunc('month', local_day) as date) as month, net_minor
          from (
  select member_key, local_day, store, channel, order_key, net_minor
  from orders
  where member_key is not null and state = 'paid' and local_day <= cast($2 as date)
  union all
  select member_key, local_day, store, channel, order_key, -amount_minor as net_minor
  from refunds
  where member_key is not null and counts and local_day <= cast($3 as date)) as event where coalesce(store in ($4, $5), false) and coalesce(channel in ($6), false)
        ) as spending
        join (select asked_row.* from member_facts as asked_row
        join (select unnest(from_json($7, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as member on member.member_key = spending.member_key
        group by cohort_month, month)
      select cohort.cohort_month as cohort, cohort.members as cohort_size,
        ((year(spent.month) - year(cohort.cohort_month)) * 12 + month(spent.month) - month(cohort.cohort_month)) as period, coalesce(cast(sum(spent.net_minor) as bigint), 0) as net_minor
      from cohort left join spent on spent.cohort_month is not distinct from cohort.cohort_month
      group by cohort.cohort_month, cohort.members, period
      order by cohort nulls last, period
