-- all members, everywhere
with cohort as (
        select cohort_month, count(*) as members from member_facts as asked group by cohort_month
      ),
      spent as (select cohort_month, month, net_minor from cohort_month)
      select cohort.cohort_month as cohort, cohort.members as cohort_size,
        ((year(spent.month) - year(cohort.cohort_month)) * 12 + month(spent.month) - month(cohort.cohort_month)) as period, coalesce(cast(sum(spent.net_minor) as bigint), 0) as net_minor
      from cohort left join spent on spent.cohort_month is not distinct from cohort.cohort_month
      group by cohort.cohort_month, cohort.members, period
      order by cohort nulls last, period
