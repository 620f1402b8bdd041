-- some members
select date_diff('day', last_day, cast($1 as date)) as silent_days, count(*) as members, coalesce(cast(sum(yearly_net_minor) as bigint), 0) as value_minor
      from (select asked_row.* from member_facts as asked_row
        join (select unnest(from_json($2, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as member
      group by silent_days
      order by silent_days
