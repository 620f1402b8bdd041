-- some categories
with cohort as (
        select cohort_month, count(*) as members
        from member_facts as asked
        where cohort_month >= cast(date_trunc('month', cast($1 as date)) as date)
        group by cohort_month
      ),
      bought as (
        select cohort_month, month, count(*) as members
        from (
          select distinct member_key, cast(date_trunc('month', first_day) as date) as cohort_month,
            cast(date_trunc('month', local_day) as date) as month
          from (select * from member_orders as member_order where true and true and coalesce(order_key in (select order_key from order_items as line where category in ($2, $3)), false)) as counted
        ) as active
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
