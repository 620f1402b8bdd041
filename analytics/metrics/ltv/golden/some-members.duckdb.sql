-- some members
with cohort as (
        select cohort_month, count(*) as members from (select asked_row.* from member_facts as asked_row
        join (select unnest(from_json($1, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as asked group by cohort_month
      ),
      spent as (
        select cohort_month, month, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor
        from (select asked_row.* from member_month as asked_row
        join (select unnest(from_json($2, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as spending
        group by cohort_month, month)
      select cohort.cohort_month as cohort, cohort.members as cohort_size,
        ((year(spent.month) - year(cohort.cohort_month)) * 12 + month(spent.month) - month(cohort.cohort_month)) as period, coalesce(cast(sum(spent.net_minor) as bigint), 0) as net_minor
      from cohort left join spent on spent.cohort_month is not distinct from cohort.cohort_month
      group by cohort.cohort_month, cohort.members, period
      order by cohort nulls last, period
