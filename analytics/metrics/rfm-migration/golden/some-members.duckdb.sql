-- some members
with before as (
        select member_key, rfm_group from (
    with buyer as (select * from (
    select bought.member_key, date_diff('day', bought.last_day, cast($1 as date)) as silent_days, bought.orders,
      coalesce(money.net_minor, 0) as net_minor
    from (
      select member_key, max(local_day) as last_day, count(*) as orders
      from (select * from orders where member_key is not null and local_day <= cast($2 as date) and state = 'paid' and net_minor > 0 and (void_day is null or void_day > cast($3 as date))) as member_order where true and true group by member_key
    ) as bought
    left join (
      select member_key, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor
      from (
  select member_key, local_day, store, channel, net_minor
  from orders
  where member_key is not null and state = 'paid' and local_day <= cast($4 as date) and true
  union all
  select member_key, local_day, store, channel, -amount_minor as net_minor
  from refunds
  where member_key is not null and counts and local_day <= cast($5 as date) and true) as event where true and true group by member_key
    ) as money on money.member_key = bought.member_key) as everyone),
    recency as (
      select min(value) filter (where 5 * through >= $6 * buyers) as recency_cut_1, min(value) filter (where 5 * through >= $7 * buyers) as recency_cut_2, min(value) filter (where 5 * through >= $8 * buyers) as recency_cut_3, min(value) filter (where 5 * through >= $9 * buyers) as recency_cut_4
      from (
        select silent_days as value, sum(count(*)) over (order by silent_days) as through, sum(count(*)) over () as buyers
        from buyer group by silent_days
      ) as ranked
    ),
    frequency as (
      select min(value) filter (where 5 * through >= $10 * buyers) as frequency_cut_1, min(value) filter (where 5 * through >= $11 * buyers) as frequency_cut_2, min(value) filter (where 5 * through >= $12 * buyers) as frequency_cut_3, min(value) filter (where 5 * through >= $13 * buyers) as frequency_cut_4
      from (
        select orders as value, sum(count(*)) over (order by orders) as through, sum(count(*)) over () as buyers
        from buyer group by orders
      ) as ranked
    ),
    money as (
      select min(value) filter (where 5 * through >= $14 * buyers) as money_cut_1, min(value) filter (where 5 * through >= $15 * buyers) as money_cut_2, min(value) filter (where 5 * through >= $16 * buyers) as money_cut_3, min(value) filter (where 5 * through >= $17 * buyers) as money_cut_4
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
    select *, ((frequency_score + money_score + 1) // 2) as frequency_money_score, case recency_score when $18 then case ((frequency_score + money_score + 1) // 2) when $19 then $20 when $21 then $22 when $23 then $24 when $25 then $26 when $27 then $28 end when $29 then case ((frequency_score + money_score + 1) // 2) when $30 then $31 when $32 then $33 when $34 then $35 when $36 then $37 when $38 then $39 end when $40 then case ((frequency_score + money_score + 1) // 2) when $41 then $42 when $43 then $44 when $45 then $46 when $47 then $48 when $49 then $50 end when $51 then case ((frequency_score + money_score + 1) // 2) when $52 then $53 when $54 then $55 when $56 then $57 when $58 then $59 when $60 then $61 end when $62 then case ((frequency_score + money_score + 1) // 2) when $63 then $64 when $65 then $66 when $67 then $68 when $69 then $70 when $71 then $72 end end as rfm_group from scored) as scored_before
      ),
      after as (
        select member_key, rfm_group, net_minor from (
    with buyer as (select * from (
    select member_key, date_diff('day', last_day, cast($73 as date)) as silent_days, orders, net_minor
    from member_facts where orders > 0) as everyone),
    recency as (
      select min(value) filter (where 5 * through >= $74 * buyers) as recency_cut_1, min(value) filter (where 5 * through >= $75 * buyers) as recency_cut_2, min(value) filter (where 5 * through >= $76 * buyers) as recency_cut_3, min(value) filter (where 5 * through >= $77 * buyers) as recency_cut_4
      from (
        select silent_days as value, sum(count(*)) over (order by silent_days) as through, sum(count(*)) over () as buyers
        from buyer group by silent_days
      ) as ranked
    ),
    frequency as (
      select min(value) filter (where 5 * through >= $78 * buyers) as frequency_cut_1, min(value) filter (where 5 * through >= $79 * buyers) as frequency_cut_2, min(value) filter (where 5 * through >= $80 * buyers) as frequency_cut_3, min(value) filter (where 5 * through >= $81 * buyers) as frequency_cut_4
      from (
        select orders as value, sum(count(*)) over (order by orders) as through, sum(count(*)) over () as buyers
        from buyer group by orders
      ) as ranked
    ),
    money as (
      select min(value) filter (where 5 * through >= $82 * buyers) as money_cut_1, min(value) filter (where 5 * through >= $83 * buyers) as money_cut_2, min(value) filter (where 5 * through >= $84 * buyers) as money_cut_3, min(value) filter (where 5 * through >= $85 * buyers) as money_cut_4
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
    select *, ((frequency_score + money_score + 1) // 2) as frequency_money_score, case recency_score when $86 then case ((frequency_score + money_score + 1) // 2) when $87 then $88 when $89 then $90 when $91 then $92 when $93 then $94 when $95 then $96 end when $97 then case ((frequency_score + money_score + 1) // 2) when $98 then $99 when $100 then $101 when $102 then $103 when $104 then $105 when $106 then $107 end when $108 then case ((frequency_score + money_score + 1) // 2) when $109 then $110 when $111 then $112 when $113 then $114 when $115 then $116 when $117 then $118 end when $119 then case ((frequency_score + money_score + 1) // 2) when $120 then $121 when $122 then $123 when $124 then $125 when $126 then $127 when $128 then $129 end when $130 then case ((frequency_score + money_score + 1) // 2) when $131 then $132 when $133 then $134 when $135 then $136 when $137 then $138 when $139 then $140 end end as rfm_group from scored) as scored_after
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
          when coalesce(asked.joined_day <= cast($141 as date), false) or coalesce(dated.first_dated_day <= cast($142 as date), false)
            or (asked.joined_day is null and dated.first_dated_day is null) then 'never bought'
          else 'not yet a member'
        end as before,
        coalesce(after.rfm_group, 'never bought') as after,
        count(*) as members, coalesce(cast(sum(coalesce(after.net_minor, 0)) as bigint), 0) as net_minor
      from (select asked_row.* from member_facts as asked_row
        join (select unnest(from_json($143, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as asked
      left join before on before.member_key = asked.member_key
      left join after on after.member_key = asked.member_key
      left join dated on dated.member_key = asked.member_key
      group by 1, 2
      order by 1, 2
