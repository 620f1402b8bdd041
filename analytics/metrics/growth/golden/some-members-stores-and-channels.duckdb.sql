-- some members, stores and channels
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
        from (select asked_row.* from (select member_key, local_day, void_day from voided_orders as voided_order where coalesce(store in ($28, $29), false) and coalesce(channel in ($30), false)) as asked_row
        join (select unnest(from_json($31, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as counted_once where void_day > cast($32 as date)
      ),
      ordered as (
        select member_key, local_day, cast(null as date) as void_day
        from (select asked_row.* from orders_by_month as asked_row
        join (select unnest(from_json($33, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as member_order where coalesce(store in ($34, $35), false) and coalesce(channel in ($36), false) and local_day >= cast($37 as date) and local_day <= cast($38 as date)
        union all
        select member_key, local_day, void_day from voided
      ),
      moved as (
        select member_key, place, count(*) filter (where local_day <= opened) as at_start,
          count(*) filter (where local_day <= opened and coalesce(void_day > closed, true)) as still,
          count(*) filter (where local_day >= (closed + cast($39 as integer)) and coalesce(void_day > closed, true)) as at_end
        from ordered join reaching on day = local_day
        where coalesce(void_day > opened, true)
        group by member_key, place
      ),
      begun as (
        select member_key, place, min(local_day) as first_day
        from (select asked_row.* from voided_orders as asked_row
        join (select unnest(from_json($40, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as any_voided join span on local_day <= closed and void_day > closed
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
        and coalesce(least(facts.first_day, begun.first_day), facts.first_day, begun.first_day) - state.data_start <= $41
        and not coalesce(facts.joined_day >= state.data_start, false),
      false) as first_seen
          from moved
          join span on span.place = moved.place
          join member_facts as facts on facts.member_key = moved.member_key
          left join begun on begun.member_key = moved.member_key and begun.place = moved.place
          cross join workspace_state as state
        ) as flagged
        group by place
      )
      select * from of_orders
      order by place
