-- some members
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
        select * from (select asked_row.* from member_day as asked_row
        join (select unnest(from_json($10, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as any_day
        where orders > 0 and member_key not in (select member_key from voided)
      ) as purchase_day
      join (
        select * from (values ($11, cast($12 as date), cast($13 as date)), ($14, cast($15 as date), cast($16 as date)), ($17, cast($18 as date), cast($19 as date)), ($20, cast($21 as date), cast($22 as date)), ($23, cast($24 as date), cast($25 as date)), ($26, cast($27 as date), cast($28 as date)), ($29, cast($30 as date), cast($31 as date)), ($32, cast($33 as date), cast($34 as date))) as given(place, opened, closed)
      ) as span on local_day <= closed and local_day >= (opened + cast($35 as integer))
      group by place union all 
      select place, count(*) filter (where at_start > 0) as at_start, count(*) filter (where at_start > 0 and still = 0) as restated,
        count(*) filter (where still > 0 and at_end > 0) as kept, count(*) filter (where at_end > 0) as at_end,
        count(*) filter (where at_end > 0 and first_day > opened and not first_seen) as new,
        count(*) filter (where at_end > 0 and first_day > opened and first_seen) as first_seen
      from (
        select moved.*, known.first_day, coalesce(
      not state.opened_at_start
        and known.first_day - state.data_start <= $36
        and not coalesce(joined.joined_day >= state.data_start, false),
      false) as first_seen
        from (
          select member_key, place, opened, closed, count(*) filter (where local_day <= opened) as at_start,
            count(*) filter (where local_day <= opened and coalesce(void_day > closed, true)) as still,
            count(*) filter (where local_day >= (closed + cast($37 as integer)) and coalesce(void_day > closed, true)) as at_end
          from (
            select member_key, local_day, void_day from orders
            where member_key is not null and state = 'paid' and net_minor > 0 and local_day <= cast($38 as date)
              and member_key in (select member_key from voided) and true and true and member_key in (select member_key from (select unnest(from_json($39, '["INTEGER"]')) as member_key) as audience)
          ) as counted
          join (
        select * from (values ($40, cast($41 as date), cast($42 as date)), ($43, cast($44 as date), cast($45 as date)), ($46, cast($47 as date), cast($48 as date)), ($49, cast($50 as date), cast($51 as date)), ($52, cast($53 as date), cast($54 as date)), ($55, cast($56 as date), cast($57 as date)), ($58, cast($59 as date), cast($60 as date)), ($61, cast($62 as date), cast($63 as date))) as given(place, opened, closed)
      ) as span on local_day <= closed and local_day >= (opened + cast($64 as integer))
            and coalesce(void_day > opened, true)
          group by member_key, place, opened, closed
        ) as moved
        join (select member_key, joined_day from members) as joined on joined.member_key = moved.member_key
        cross join workspace_state as state
        left join (
          select member_key, place, min(local_day) as first_day
          from (
            select member_key, place, first_day as local_day from member_facts as facts cross join (
        select * from (values ($65, cast($66 as date), cast($67 as date)), ($68, cast($69 as date), cast($70 as date)), ($71, cast($72 as date), cast($73 as date)), ($74, cast($75 as date), cast($76 as date)), ($77, cast($78 as date), cast($79 as date)), ($80, cast($81 as date), cast($82 as date)), ($83, cast($84 as date), cast($85 as date)), ($86, cast($87 as date), cast($88 as date))) as given(place, opened, closed)
      ) as span
            where first_day is not null and member_key in (select member_key from voided)
            union all
            select member_key, place, local_day from voided join (
        select * from (values ($89, cast($90 as date), cast($91 as date)), ($92, cast($93 as date), cast($94 as date)), ($95, cast($96 as date), cast($97 as date)), ($98, cast($99 as date), cast($100 as date)), ($101, cast($102 as date), cast($103 as date)), ($104, cast($105 as date), cast($106 as date)), ($107, cast($108 as date), cast($109 as date)), ($110, cast($111 as date), cast($112 as date))) as given(place, opened, closed)
      ) as span on local_day <= closed and void_day > closed
          ) as begun
          group by member_key, place
        ) as known on known.member_key = moved.member_key and known.place = moved.place
      ) as flagged
      group by place
      order by place
