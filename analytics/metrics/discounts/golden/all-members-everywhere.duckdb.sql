-- all members, everywhere
with first as (
        select * from (select member_key, local_day, discounted
          from purchase_steps as purchase_day where purchase_day_number = $1) as first_day
        where discounted is not null and local_day <= cast($2 as date)
      ),
      second as (select member_key, local_day, discounted
          from purchase_steps as purchase_day where purchase_day_number = $3)
      select 'habit' as kind,
        case when discounted_orders = 0 then 0 when discounted_orders = discount_known_orders then 4
          when 3 * discounted_orders <= discount_known_orders then 1
          when 3 * discounted_orders <= 2 * discount_known_orders then 2 else 3 end as one,
        0 as other, count(*) as members
      from (select discounted_orders, discount_known_orders from member_facts as asked) as known where discount_known_orders >= $4
      group by all
      union all
      select 'after', case when first.discounted then 0 else 1 end,
        case when second.member_key is null or second.local_day > (first.local_day + cast($5 as integer)) then 2
          when second.discounted is null then 3 when second.discounted then 1 else 0 end,
        count(*)
      from first left join second on second.member_key = first.member_key
      group by all
