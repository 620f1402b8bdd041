-- some members, stores and channels
with voided as (
        select member_key, local_day, void_day from orders
        where member_key is not null and state = 'paid' and net_minor > 0 and local_day <= cast($1 as date)
          and void_day > cast($2 as date) and void_day <= cast($3 as date))
      select place, count(*) filter (where at_start > 0) as at_start, count(*) filter (where at_start > 0 and still = 0) as restated,
        count(*) filter (where still > 0 and at_end > 0) as kept, count(*) filter (where at_end > 0) as at_end,
        count(*) filter (where at_end > 0 and first_day > opened and not first_seen) as new,
        count(*) filter (where at_end > 0 and first_day > opened and first_seen) as first_seen
      from (
        select moved.*, known.first_day, coalesce(
      not state.opened_at_start
        and known.first_day - state.data_start <= $4
        and not coalesce(joined.joined_day >= state.data_start, false),
      false) as first_seen
        from (
          select member_key, place, opened, closed, count(*) filter (where local_day <= opened) as at_start,
            count(*) filter (where local_day <= opened and coalesce(void_day > closed, true)) as still,
            count(*) filter (where local_day >= (closed + cast($5 as integer)) and coalesce(void_day > closed, true)) as at_end
          from (
            select member_key, local_day, void_day from orders
            where member_key is not null and state = 'paid' and net_minor > 0 and local_day <= cast($6 as date)
              and true and coalesce(store in ($7, $8), false) and coalesce(channel in ($9), false) and member_key in (select member_key from (select unnest(from_json($10, '["INTEGER"]')) as member_key) as audience)
          ) as counted
          join (
        select * from (values ($11, cast($12 as date), cast($13 as date)), ($14, cast($15 as date), cast($16 as date)), ($17, cast($18 as date), cast($19 as date)), ($20, cast($21 as date), cast($22 as date)), ($23, cast($24 as date), cast($25 as date)), ($26, cast($27 as date), cast($28 as date)), ($29, cast($30 as date), cast($31 as date)), ($32, cast($33 as date), cast($34 as date))) as given(place, opened, closed)
      ) as span on local_day <= closed and local_day >= (opened + cast($35 as integer))
            and coalesce(void_day > opened, true)
          group by member_key, place, opened, closed
        ) as moved
        join (select member_key, joined_day from members) as joined on joined.member_key = moved.member_key
        cross join workspace_state as state
        left join (
          select member_key, place, min(local_day) as first_day
          from (
            select member_key, place, first_day as local_day from member_facts as facts cross join (
        select * from (values ($36, cast($37 as date), cast($38 as date)), ($39, cast($40 as date), cast($41 as date)), ($42, cast($43 as date), cast($44 as date)), ($45, cast($46 as date), cast($47 as date)), ($48, cast($49 as date), cast($50 as date)), ($51, cast($52 as date), cast($53 as date)), ($54, cast($55 as date), cast($56 as date)), ($57, cast($58 as date), cast($59 as date))) as given(place, opened, closed)
      ) as span
            where first_day is not null and true
            union all
            select member_key, place, local_day from voided join (
        select * from (values ($60, cast($61 as date), cast($62 as date)), ($63, cast($64 as date), cast($65 as date)), ($66, cast($67 as date), cast($68 as date)), ($69, cast($70 as date), cast($71 as date)), ($72, cast($73 as date), cast($74 as date)), ($75, cast($76 as date), cast($77 as date)), ($78, cast($79 as date), cast($80 as date)), ($81, cast($82 as date), cast($83 as date))) as given(place, opened, closed)
      ) as span on local_day <= closed and void_day > closed
          ) as begun
          group by member_key, place
        ) as known on known.member_key = moved.member_key and known.place = moved.place
      ) as flagged
      group by place
      order by place
