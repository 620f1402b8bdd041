-- some members, stores and channels
with before as (
        select member_key, rfm_group from (
    with buyer as (select * from (
    select bought.member_key, date_diff('day', bought.last_day, cast($1 as date)) as silent_days, bought.orders,
      coalesce(money.net_minor, 0) as net_minor
    from (
      select member_key, max(local_day) as last_day, count(*) as orders
      from (select * from orders where member_key is not null and local_day <= cast($2 as date) and state = 'paid' and net_minor > 0 and (void_day is null or void_day > cast($3 as date))) as member_order where coalesce(store in ($4, $5), false) and coalesce(channel in ($6), false) group by member_key
    ) as bought
    left join (
      select member_key, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor
      from (
  select member_key, local_day, store, channel, net_minor
  from orders
  where member_key is not null and state = 'paid' and local_day <= cast($7 as date) and true
  union all
  select member_key, local_day, store, channel, -amount_minor as net_minor
  from refunds
  where member_key is not null and counts and local_day <= cast($8 as date) and true) as event where coalesce(store in ($9, $10), false) and coalesce(channel in ($11), false) group by member_key
    ) as money on money.member_key = bought.member_key) as everyone),
    recency as (
      select min(value) filter (where 5 * through >= $12 * buyers) as recency_cut_1, min(value) filter (where 5 * through >= $13 * buyers) as recency_cut_2, min(value) filter (where 5 * through >= $14 * buyers) as recency_cut_3, min(value) filter (where 5 * through >= $15 * buyers) as recency_cut_4
      from (
        select silent_days as value, sum(count(*)) over (order by silent_days) as through, sum(count(*)) over () as buyers
        from buyer group by silent_days
      ) as ranked
    ),
    frequency as (
      select min(value) filter (where 5 * through >= $16 * buyers) as frequency_cut_1, min(value) filter (where 5 * through >= $17 * buyers) as frequency_cut_2, min(value) filter (where 5 * through >= $18 * buyers) as frequency_cut_3, min(value) filter (where 5 * through >= $19 * buyers) as frequency_cut_4
      from (
        select orders as value, sum(count(*)) over (order by orders) as through, sum(count(*)) over () as buyers
        from buyer group by orders
      ) as ranked
    ),
    money as (
      select min(value) filter (where 5 * through >= $20 * buyers) as money_cut_1, min(value) filter (where 5 * through >= $21 * buyers) as money_cut_2, min(value) filter (where 5 * through >= $22 * buyers) as money_cut_3, min(value) filter (where 5 * through >= $23 * buyers) as money_cut_4
      from (
        select net_minor as value, sum(count(*)) over (order by net_minor) as through, sum(count(*)) over () as buyers
        from buyer group by net_minor
      ) as ranked
    ),
    scored as (
      select *,
        5 - (cast(silent_days > recency_cut_1 as integer) + cast(silent_days > recency_cut_2 as integer) + cast(silent_days > recency_cut_3 as integer) + cast(silent_days > recency_cut_4 as integer)) as recency_score,
        1 + cast(orders > frequency_cut_1 as integer) + cast(orders > frequency_cut_2 as integer) + cast(orders > frequency_cut_3 as integer) + cast(orders > frequency_cut_4 as integer) as frequency_score,
        1 + cast(net_minor > money_cut_1 as integer) + cast(net_minor > money_cut_2 as integer) + cast(net_minor > money_cut_3 as integer) + cast(net_minor > money_cut_4 as integer) as money_score
      from buyer cross join recency cross join frequency cross join money
    )
    select *, ((frequency_score + money_score + 1) // 2) as frequency_money_score, case recency_score when $24 then case ((frequency_score + money_score + 1) // 2) when $25 then $26 when $27 then $28 when $29 then $30 when $31 then $32 when $33 then $34 end when $35 then case ((frequency_score + money_score + 1) // 2) when $36 then $37 when $38 then $39 when $40 then $41 when $42 then $43 when $44 then $45 end when $46 then case ((frequency_score + money_score + 1) // 2) when $47 then $48 when $49 then $50 when $51 then $52 when $53 then $54 when $55 then $56 end when $57 then case ((frequency_score + money_score + 1) // 2) when $58 then $59 when $60 then $61 when $62 then $63 when $64 then $65 when $66 then $67 end when $68 then case ((frequency_score + money_score + 1) // 2) when $69 then $70 when $71 then $72 when $73 then $74 when $75 then $76 when $77 then $78 end end as rfm_group from scored) as scored_before
      ),
      after as (
        select member_key, rfm_group, net_minor from (
    with buyer as (select * from (
    select bought.member_key, date_diff('day', bought.last_day, cast($79 as date)) as silent_days, bought.orders,
      coalesce(money.net_minor, 0) as net_minor
    from (
      select member_key, max(local_day) as last_day, count(*) as orders
      from member_orders as member_order where coalesce(store in ($80, $81), false) and coalesce(channel in ($82), false) group by member_key
    ) as bought
    left join (
      select member_key, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor
      from (
  select member_key, local_day, store, channel, net_minor
  from orders
  where member_key is not null and state = 'paid' and local_day <= cast($83 as date) and true
  union all
  select member_key, local_day, store, channel, -amount_minor as net_minor
  from refunds
  where member_key is not null and counts and local_day <= cast($84 as date) and true) as event where coalesce(store in ($85, $86), false) and coalesce(channel in ($87), false) group by member_key
    ) as money on money.member_key = bought.member_key) as everyone),
    recency as (
      select min(value) filter (where 5 * through >= $88 * buyers) as recency_cut_1, min(value) filter (where 5 * through >= $89 * buyers) as recency_cut_2, min(value) filter (where 5 * through >= $90 * buyers) as recency_cut_3, min(value) filter (where 5 * through >= $91 * buyers) as recency_cut_4
      from (
        select silent_days as value, sum(count(*)) over (order by silent_days) as through, sum(count(*)) over () as buyers
        from buyer group by silent_days
      ) as ranked
    ),
    frequency as (
      select min(value) filter (where 5 * through >= $92 * buyers) as frequency_cut_1, min(value) filter (where 5 * through >= $93 * buyers) as frequency_cut_2, min(value) filter (where 5 * through >= $94 * buyers) as frequency_cut_3, min(value) filter (where 5 * through >= $95 * buyers) as frequency_cut_4
      from (
        select orders as value, sum(count(*)) over (order by orders) as through, sum(count(*)) over () as buyers
        from buyer group by orders
      ) as ranked
    ),
    money as (
      select min(value) filter (where 5 * through >= $96 * buyers) as money_cut_1, min(value) filter (where 5 * through >= $97 * buyers) as money_cut_2, min(value) filter (where 5 * through >= $98 * buyers) as money_cut_3, min(value) filter (where 5 * through >= $99 * buyers) as money_cut_4
      from (
        select net_minor as value, sum(count(*)) over (order by net_minor) as through, sum(count(*)) over () as buyers
        from buyer group by net_minor
      ) as ranked
    ),
    scored as (
      select *,
        5 - (cast(silent_days > recency_cut_1 as integer) + cast(silent_days > recency_cut_2 as integer) + cast(silent_days > recency_cut_3 as integer) + cast(silent_days > recency_cut_4 as integer)) as recency_score,
        1 + cast(orders > frequency_cut_1 as integer) + cast(orders > frequency_cut_2 as integer) + cast(orders > frequency_cut_3 as integer) + cast(orders > frequency_cut_4 as integer) as frequency_score,
        1 + cast(net_minor > money_cut_1 as integer) + cast(net_minor > money_cut_2 as integer) + cast(net_minor > money_cut_3 as integer) + cast(net_minor > money_cut_4 as integer) as money_score
      from buyer cross join recency cross join frequency cross join money
    )
    select *, ((frequency_score + money_score + 1) // 2) as frequency_money_score, case recency_score when $100 then case ((frequency_score + money_score + 1) // 2) when $101 then $102 when $103 then $104 when $105 then $106 when $107 then $108 when $109 then $110 end when $111 then case ((frequency_score + money_score + 1) // 2) when $112 then $113 when $114 then $115 when $116 then $117 when $118 then $119 when $120 then $121 end when $122 then case ((frequency_score + money_score + 1) // 2) when $123 then $124 when $125 then $126 when $127 then $128 when $129 then $130 when $131 then $132 end when $133 then case ((frequency_score + money_score + 1) // 2) when $134 then $135 when $136 then $137 when $138 then $139 when $140 then $141 when $142 then $143 end when $144 then case ((frequency_score + money_score + 1) // 2) when $145 then $146 when $147 then $148 when $149 then $150 when $151 then $152 when $153 then $154 end end as rfm_group from scored) as scored_after
      ),
      -- what first speaks of a member, whatever became of the order
      dated as (
        select member_key, min(local_day) as first_dated_day
        from (
          select member_key, local_day from orders where member_key is not null
          union all
          select member_key, local_day from refunds where member_key is not null
        ) as trace
        group by member_key
      )
      select
        case
          when before.rfm_group is not null then before.rfm_group
          when coalesce(asked.joined_day <= cast($155 as date), false) or coalesce(dated.first_dated_day <= cast($156 as date), false)
            or (asked.joined_day is null and dated.first_dated_day is null) then 'never bought'
          else 'not yet a member'
        end as before,
        coalesce(after.rfm_group, 'never bought') as after,
        count(*) as members, coalesce(cast(sum(coalesce(after.net_minor, 0)) as bigint), 0) as net_minor
      from (select asked_row.* from member_facts as asked_row
        join (select unnest(from_json($157, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as asked
      left join before on before.member_key = asked.member_key
      left join after on after.member_key = asked.member_key
      left join dated on dated.member_key = asked.member_key
      group by 1, 2
      order by 1, 2
