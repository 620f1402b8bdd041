-- some members
with cohort as (
        select cohort_month, count(*) as members
        from (select asked_row.* from member_facts as asked_row
        join (select unnest(from_json($1, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as asked
        where cohort_month >= cast(date_trunc('month', cast($2 as date)) as date)
        group by cohort_month
      ),
      bought as (
        select cohort_month, month, count(*) as members
        from (select asked_row.* from member_month as asked_row
        join (select unnest(from_json($3, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as active
        where orders > 0
        group by cohort_month, month)
      select cohort.cohort_month as cohort, later.n as period, cohort.members as cohort_size,
        coalesce(bought.members, 0) as returned
      from cohort
      join (select range as n from range(cast($4 as bigint))) as later
        on later.n <= ((year(cast($5 as date)) - year(cohort.cohort_month)) * 12 + month(cast($6 as date)) - month(cohort.cohort_month))
      left join bought
        on bought.cohort_month = cohort.cohort_month
        and ((year(bought.month) - year(cohort.cohort_month)) * 12 + month(bought.month) - month(cohort.cohort_month)) = later.n
      order by cohort, period
