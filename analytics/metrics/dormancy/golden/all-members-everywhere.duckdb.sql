-- all members, everywhere
select date_diff('day', last_day, cast($1 as date)) as silent_days, count(*) as members, coalesce(cast(sum(yearly_net_minor) as bigint), 0) as value_minor
      from member_facts as member
      group by silent_days
      order by silent_days
