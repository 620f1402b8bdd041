-- all members, everywhere
with voided as (
        select member_key, local_day, void_day from orders
        where member_key is not null and state = 'paid' and net_minor > 0 and local_day <= cast($1 as date)
          and void_day > cast($2 as date) and void_day <= cast($3 as date))
      select place, count(*) filter (where local_day <= opened and coalesce(next_day > opened, true) and local_day >= (opened + cast($4 as integer))) as at_start, 0 as restated,
        count(*) filter (where local_day <= opened and coalesce(next_day > opened, true) and local_day >= (opened + cast($5 as integer)) and (local_day >= (closed + cast($6 as integer)) or coalesce(next_day <= closed, false))) as kept,
        count(*) filter (where local_day <= closed and coalesce(next_day > closed, true) and local_day >= (closed + cast($7 as integer))) as at_end,
        count(*) filter (where local_day <= closed and coalesce(next_day > closed, true) and local_day >= (closed + cast($8 as integer)) and first_day > opened and not first_seen) as new,
        count(*) filter (where local_day <= closed and coalesce(next_day > closed, true) and local_day >= (closed + cast($9 as integer)) and first_day > opened and first_seen) as first_seen
      from (
        select * from member_day as any_day
        where orders > 0 and member_key not in (select member_key from voided)
      ) as purchase_day
      join (
        select * from (values ($10, cast($11 as date), cast($12 as date)), ($13, cast($14 as date), cast($15 as date)), ($16, cast($17 as date), cast($18 as date)), ($19, cast($20 as date), cast($21 as date)), ($22, cast($23 as date), cast($24 as date)), ($25, cast($26 as date), cast($27 as date)), ($28, cast($29 as date), cast($30 as date)), ($31, cast($32 as date), cast($33 as date))) as given(place, opened, closed)
      ) as span on local_day <= closed and local_day >= (opened + cast($34 as integer))
      group by place union all 
      select place, count(*) filter (where at_start > 0) as at_start, count(*) filter (where at_start > 0 and still = 0) as restated,
        count(*) filter (where still > 0 and at_end > 0) as kept, count(*) filter (where at_end > 0) as at_end,
        count(*) filter (where at_end > 0 and first_day > opened and not first_seen) as new,
        count(*) filter (where at_end > 0 and first_day > opened and first_seen) as first_seen
      from (
        select moved.*, known.first_day, coalesce(
      not state.opened_at_start
        and known.first_day - state.data_start <= $35
        and not coalesce(joined.joined_day >= state.data_start, false),
      false) as first_seen
        from (
          select member_key, place, opened, closed, count(*) filter (where local_day <= opened) as at_start,
            count(*) filter (where local_day <= opened and coalesce(void_day > closed, true)) as still,
            count(*) filter (where local_day >= (closed + cast($36 as integer)) and coalesce(void_day > closed, true)) as at_end
          from (
            select member_key, local_day, void_day from orders
            where member_key is not null and state = 'paid' and net_minor > 0 and local_day <= cast($37 as date)
              and member_key in (select member_key from voided) and true and true and true
          ) as counted
          join (
        select * from (values ($38, cast($39 as date), cast($40 as date)), ($41, cast($42 as date), cast($43 as date)), ($44, cast($45 as date), cast($46 as date)), ($47, cast($48 as date), cast($49 as date)), ($50, cast($51 as date), cast($52 as date)), ($53, cast($54 as date), cast($55 as date)), ($56, cast($57 as date), cast($58 as date)), ($59, cast($60 as date), cast($61 as date))) as given(place, opened, closed)
      ) as span on local_day <= closed and local_day >= (opened + cast($62 as integer))
            and coalesce(void_day > opened, true)
          group by member_key, place, opened, closed
        ) as moved
        join (select member_key, joined_day from members) as joined on joined.member_key = moved.member_key
        cross join workspace_state as state
        left join (
          select member_key, place, min(local_day) as first_day
          from (
            select member_key, place, first_day as local_day from member_facts as facts cross join (
        select * from (values ($63, cast($64 as date), cast($65 as date)), ($66, cast($67 as date), cast($68 as date)), ($69, cast($70 as date), cast($71 as date)), ($72, cast($73 as date), cast($74 as date)), ($75, cast($76 as date), cast($77 as date)), ($78, cast($79 as date), cast($80 as date)), ($81, cast($82 as date), cast($83 as date)), ($84, cast($85 as date), cast($86 as date))) as given(place, opened, closed)
      ) as span
            where first_day is not null and member_key in (select member_key from voided)
            union all
            select member_key, place, local_day from voided join (
        select * from (values ($87, cast($88 as date), cast($89 as date)), ($90, cast($91 as date), cast($92 as date)), ($93, cast($94 as date), cast($95 as date)), ($96, cast($97 as date), cast($98 as date)), ($99, cast($100 as date), cast($101 as date)), ($102, cast($103 as date), cast($104 as date)), ($105, cast($106 as date), cast($107 as date)), ($108, cast($109 as date), cast($110 as date))) as given(place, opened, closed)
      ) as span on local_day <= closed and void_day > closed
          ) as begun
          group by member_key, place
        ) as known on known.member_key = moved.member_key and known.place = moved.place
      ) as flagged
      group by place
      order by place
