-- some members
with span as (
        select * from (values ($1, cast($2 as date), cast($3 as date)), ($4, cast($5 as date), cast($6 as date)), ($7, cast($8 as date), cast($9 as date)), ($10, cast($11 as date), cast($12 as date)), ($13, cast($14 as date), cast($15 as date)), ($16, cast($17 as date), cast($18 as date)), ($19, cast($20 as date), cast($21 as date)), ($22, cast($23 as date), cast($24 as date))) as given(place, opened, closed)
      ),
      -- each day with the spans that an order of it may count in
      reaching as (
        select dated.day, place, opened, closed
        from (
          select (cast($25 as date) + cast(n as integer)) as day from (select range as n from range(cast($26 as bigint))) as counted_day
        ) as dated
        join span on dated.day <= closed and dated.day >= (opened + cast($27 as integer))
      ),
      -- what counted at the beginning of one of the spans and counts no more
      voided as (
        select member_key, local_day, void_day
        from (select asked_row.* from (select member_key, local_day, void_day from voided_orders as voided_order where true and true) as asked_row
        join (select unnest(from_json($28, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as counted_once where void_day > cast($29 as date)
      ),
      taken as (
        select distinct member_key from voided join span
          on (local_day <= opened and void_day > opened) or (local_day <= closed and void_day > closed)
      ),
      counted as (
        select day.member_key, local_day, previous_day, next_day, first_seen
        from member_day as day join taken on taken.member_key = day.member_key
        where orders > 0 and local_day >= cast($30 as date) and local_day <= cast($31 as date)
      ),
      ordered as (
        select member_key, local_day, cast(null as date) as void_day from counted
        union all
        select member_key, local_day, void_day from voided where member_key in (select member_key from taken)
      ), gap as (
        select from_day, to_day, first_seen, (from_day + cast($32 as integer)) as ceased_day, coalesce(cast(sum(members) as bigint), 0) as members
        from (
          select previous_day as from_day, local_day as to_day, first_seen, count(*) as members
          from (select asked_row.* from (
            select member_key, previous_day, local_day, first_seen from member_day as any_day
            where orders > 0 and local_day > cast($33 as date)
              and coalesce(local_day > (previous_day + cast($34 as integer)), true)
          ) as asked_row
        join (select unnest(from_json($35, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as purchase_day group by all
          union all
          select last_day, null, first_seen, count(*)
          from (select asked_row.* from member_facts as asked_row
        join (select unnest(from_json($36, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as facts where orders > 0 group by all
          union all
          select previous_day, local_day, first_seen, -1 from counted where local_day > cast($37 as date)
          union all
          select local_day, null, first_seen, -1 from counted where next_day is null
        ) as all_gaps
        where coalesce(to_day > cast($38 as date), true) and coalesce(to_day > (from_day + cast($39 as integer)), true)
        group by from_day, to_day, first_seen
      ),
      inside as (select day, place, closed from reaching where day > opened),
      came as (
        select place, coalesce(cast(sum(members) as bigint), 0) as came, coalesce(cast(sum(members) filter (where from_day is null and not first_seen) as bigint), 0) as new,
          coalesce(cast(sum(members) filter (where from_day is null and first_seen) as bigint), 0) as first_seen
        from gap join inside on day = to_day group by place
      ),
      went as (
        select place, coalesce(cast(sum(members) as bigint), 0) as went, coalesce(cast(sum(members) filter (where coalesce(to_day > closed, true)) as bigint), 0) as lapsed
        from gap join inside on day = ceased_day group by place
      ),
      changed as (
        select span.place, coalesce(came, 0) as came, coalesce(new, 0) as new, coalesce(first_seen, 0) as first_seen,
          coalesce(went, 0) as went, coalesce(lapsed, 0) as lapsed
        from span left join came on came.place = span.place left join went on went.place = span.place
      ),
      ended as (
        select *, (select coalesce(cast(sum(members) filter (where to_day is null and ceased_day > cast($40 as date)) as bigint), 0) from gap)
            - sum(came - went) over (order by place desc) + came - went as at_end
        from changed
      ),
      of_gaps as (
        select place, cast(at_end - came + went as bigint) as at_start, 0 as restated,
          cast(at_end - came + went - lapsed as bigint) as kept, cast(at_end as bigint) as at_end, new, first_seen
        from ended
      ),
      moved as (
        select member_key, place, count(*) filter (where local_day <= opened) as at_start,
          count(*) filter (where local_day <= opened and coalesce(void_day > closed, true)) as still,
          count(*) filter (where local_day >= (closed + cast($41 as integer)) and coalesce(void_day > closed, true)) as at_end
        from ordered join reaching on day = local_day
        where coalesce(void_day > opened, true)
        group by member_key, place
      ),
      begun as (
        select member_key, place, min(local_day) as first_day
        from (select asked_row.* from voided_orders as asked_row
        join (select unnest(from_json($42, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as any_voided join span on local_day <= closed and void_day > closed
        group by member_key, place
      ),
      of_orders as (
        select place, count(*) filter (where at_start > 0) as at_start, count(*) filter (where at_start > 0 and still = 0) as restated,
          count(*) filter (where still > 0 and at_end > 0) as kept, count(*) filter (where at_end > 0) as at_end,
          count(*) filter (where at_end > 0 and first_day > opened and not first_seen) as new,
          count(*) filter (where at_end > 0 and first_day > opened and first_seen) as first_seen
        from (
          select moved.*, opened, coalesce(least(facts.first_day, begun.first_day), facts.first_day, begun.first_day) as first_day, coalesce(
      not state.opened_at_start
        and coalesce(least(facts.first_day, begun.first_day), facts.first_day, begun.first_day) - state.data_start <= $43
        and not coalesce(facts.joined_day >= state.data_start, false),
      false) as first_seen
          from moved
          join span on span.place = moved.place
          join (select member_key, first_day, joined_day from member_facts as any_facts where member_key in (select member_key from taken)) as facts on facts.member_key = moved.member_key
          left join begun on begun.member_key = moved.member_key and begun.place = moved.place
          cross join workspace_state as state
        ) as flagged
        group by place
      )
      select * from of_gaps union all select * from of_orders
      order by place
