-- some members, stores and channels
with present as (
        select member_key, 10 * recency_score + frequency_money_score as cell from (
    with buyer as (select * from (
    select bought.member_key, date_diff('day', bought.last_day, cast($1 as date)) as silent_days, bought.orders,
      coalesce(money.net_minor, 0) as net_minor
    from (select member_key, coalesce(cast(sum(orders) as bigint), 0) as orders, min(first_day) as first_day, max(last_day) as last_day
    from place_totals as total where coalesce(store in ($2, $3), false) and coalesce(channel in ($4), false) group by member_key) as bought
    left join (
      select member_key, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor
      from (
  select member_key, local_day, store, channel, order_key, net_minor
  from orders
  where member_key is not null and state = 'paid' and local_day <= cast($5 as date)
  union all
  select member_key, local_day, store, channel, order_key, -amount_minor as net_minor
  from refunds
  where member_key is not null and counts and local_day <= cast($6 as date)) as event where coalesce(store in ($7, $8), false) and coalesce(channel in ($9), false) group by member_key
    ) as money on money.member_key = bought.member_key) as everyone),
    recency as (
      select min(value) filter (where 5 * through >= $10 * buyers) as recency_cut_1, min(value) filter (where 5 * through >= $11 * buyers) as recency_cut_2, min(value) filter (where 5 * through >= $12 * buyers) as recency_cut_3, min(value) filter (where 5 * through >= $13 * buyers) as recency_cut_4
      from (
        select silent_days as value, sum(count(*)) over (order by silent_days) as through, sum(count(*)) over () as buyers
        from buyer group by silent_days
      ) as ranked
    ),
    frequency as (
      select min(value) filter (where 5 * through >= $14 * buyers) as frequency_cut_1, min(value) filter (where 5 * through >= $15 * buyers) as frequency_cut_2, min(value) filter (where 5 * through >= $16 * buyers) as frequency_cut_3, min(value) filter (where 5 * through >= $17 * buyers) as frequency_cut_4
      from (
        select orders as value, sum(count(*)) over (order by orders) as through, sum(count(*)) over () as buyers
        from buyer group by orders
      ) as ranked
    ),
    money as (
      select min(value) filter (where 5 * through >= $18 * buyers) as money_cut_1, min(value) filter (where 5 * through >= $19 * buyers) as money_cut_2, min(value) filter (where 5 * through >= $20 * buyers) as money_cut_3, min(value) filter (where 5 * through >= $21 * buyers) as money_cut_4
      from (
        select net_minor as value, earlier + sum(count(*)) over (partition by value_range order by net_minor) as through, buyers
        from buyer join (
          select value_range, through - members as earlier, buyers
          from (
            select value_range, members, sum(members) over (order by value_range) as through, sum(members) over () as buyers
            from (select (net_minor // $22) as value_range, count(*) as members from buyer group by value_range) as sized
          ) as running
          where (5 * (through - members) < $23 * buyers and 5 * through >= $24 * buyers) or (5 * (through - members) < $25 * buyers and 5 * through >= $26 * buyers) or (5 * (through - members) < $27 * buyers and 5 * through >= $28 * buyers) or (5 * (through - members) < $29 * buyers and 5 * through >= $30 * buyers)
        ) as near on (net_minor // $31) = value_range
        group by net_minor, value_range, earlier, buyers
      ) as ranked
    ),
    scored as (
      select *,
        5 - (cast(silent_days > recency_cut_1 as integer) + cast(silent_days > recency_cut_2 as integer) + cast(silent_days > recency_cut_3 as integer) + cast(silent_days > recency_cut_4 as integer)) as recency_score,
        1 + cast(orders > frequency_cut_1 as integer) + cast(orders > frequency_cut_2 as integer) + cast(orders > frequency_cut_3 as integer) + cast(orders > frequency_cut_4 as integer) as frequency_score,
        1 + cast(net_minor > money_cut_1 as integer) + cast(net_minor > money_cut_2 as integer) + cast(net_minor > money_cut_3 as integer) + cast(net_minor > money_cut_4 as integer) as money_score
      from buyer cross join recency cross join frequency cross join money
    )
    select *, ((frequency_score + money_score + 1) // 2) as frequency_money_score, case recency_score when $32 then case ((frequency_score + money_score + 1) // 2) when $33 then $34 when $35 then $36 when $37 then $38 when $39 then $40 when $41 then $42 end when $43 then case ((frequency_score + money_score + 1) // 2) when $44 then $45 when $46 then $47 when $48 then $49 when $50 then $51 when $52 then $53 end when $54 then case ((frequency_score + money_score + 1) // 2) when $55 then $56 when $57 then $58 when $59 then $60 when $61 then $62 when $63 then $64 end when $65 then case ((frequency_score + money_score + 1) // 2) when $66 then $67 when $68 then $69 when $70 then $71 when $72 then $73 when $74 then $75 end when $76 then case ((frequency_score + money_score + 1) // 2) when $77 then $78 when $79 then $80 when $81 then $82 when $83 then $84 when $85 then $86 end end as rfm_group from scored) as scored_now
      ),
      tried as (
        select member_key, 10 * recency_score + frequency_money_score as cell, recency_cut_1, recency_cut_2, recency_cut_3, recency_cut_4, frequency_cut_1, frequency_cut_2, frequency_cut_3, frequency_cut_4, money_cut_1, money_cut_2, money_cut_3, money_cut_4
        from (
    with buyer as (select * from (
    select bought.member_key, date_diff('day', bought.last_day, cast($87 as date)) as silent_days, bought.orders,
      coalesce(money.net_minor, 0) as net_minor
    from (select member_key, coalesce(cast(sum(orders) as bigint), 0) as orders, min(first_day) as first_day, max(last_day) as last_day
    from place_totals as total where coalesce(store in ($88, $89), false) and coalesce(channel in ($90), false) group by member_key) as bought
    left join (
      select member_key, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor
      from (
  select member_key, local_day, store, channel, order_key, net_minor
  from orders
  where member_key is not null and state = 'paid' and local_day <= cast($91 as date)
  union all
  select member_key, local_day, store, channel, order_key, -amount_minor as net_minor
  from refunds
  where member_key is not null and counts and local_day <= cast($92 as date)) as event where coalesce(store in ($93, $94), false) and coalesce(channel in ($95), false) group by member_key
    ) as money on money.member_key = bought.member_key) as everyone),
    recency as (
      select min(value) filter (where 5 * through >= $96 * buyers) as recency_cut_1, min(value) filter (where 5 * through >= $97 * buyers) as recency_cut_2, min(value) filter (where 5 * through >= $98 * buyers) as recency_cut_3, min(value) filter (where 5 * through >= $99 * buyers) as recency_cut_4
      from (
        select silent_days as value, sum(count(*)) over (order by silent_days) as through, sum(count(*)) over () as buyers
        from buyer group by silent_days
      ) as ranked
    ),
    frequency as (
      select min(value) filter (where 5 * through >= $100 * buyers) as frequency_cut_1, min(value) filter (where 5 * through >= $101 * buyers) as frequency_cut_2, min(value) filter (where 5 * through >= $102 * buyers) as frequency_cut_3, min(value) filter (where 5 * through >= $103 * buyers) as frequency_cut_4
      from (
        select orders as value, sum(count(*)) over (order by orders) as through, sum(count(*)) over () as buyers
        from buyer group by orders
      ) as ranked
    ),
    money as (
      select min(value) filter (where 5 * through >= $104 * buyers) as money_cut_1, min(value) filter (where 5 * through >= $105 * buyers) as money_cut_2, min(value) filter (where 5 * through >= $106 * buyers) as money_cut_3, min(value) filter (where 5 * through >= $107 * buyers) as money_cut_4
      from (
        select net_minor as value, earlier + sum(count(*)) over (partition by value_range order by net_minor) as through, buyers
        from buyer join (
          select value_range, through - members as earlier, buyers
          from (
            select value_range, members, sum(members) over (order by value_range) as through, sum(members) over () as buyers
            from (select (net_minor // $108) as value_range, count(*) as members from buyer group by value_range) as sized
          ) as running
          where (5 * (through - members) < $109 * buyers and 5 * through >= $110 * buyers) or (5 * (through - members) < $111 * buyers and 5 * through >= $112 * buyers) or (5 * (through - members) < $113 * buyers and 5 * through >= $114 * buyers) or (5 * (through - members) < $115 * buyers and 5 * through >= $116 * buyers)
        ) as near on (net_minor // $117) = value_range
        group by net_minor, value_range, earlier, buyers
      ) as ranked
    ),
    scored as (
      select *,
        5 - (cast(silent_days > recency_cut_1 as integer) + cast(silent_days > recency_cut_2 as integer) + cast(silent_days > recency_cut_3 as integer) + cast(silent_days > recency_cut_4 as integer)) as recency_score,
        1 + cast(orders > frequency_cut_1 as integer) + cast(orders > frequency_cut_2 as integer) + cast(orders > frequency_cut_3 as integer) + cast(orders > frequency_cut_4 as integer) as frequency_score,
        1 + cast(net_minor > money_cut_1 as integer) + cast(net_minor > money_cut_2 as integer) + cast(net_minor > money_cut_3 as integer) + cast(net_minor > money_cut_4 as integer) as money_score
      from buyer cross join recency cross join frequency cross join money
    )
    select *, ((frequency_score + money_score + 1) // 2) as frequency_money_score, case recency_score when $118 then case ((frequency_score + money_score + 1) // 2) when $119 then $120 when $121 then $122 when $123 then $124 when $125 then $126 when $127 then $128 end when $129 then case ((frequency_score + money_score + 1) // 2) when $130 then $131 when $132 then $133 when $134 then $135 when $136 then $137 when $138 then $139 end when $140 then case ((frequency_score + money_score + 1) // 2) when $141 then $142 when $143 then $144 when $145 then $146 when $147 then $148 when $149 then $150 end when $151 then case ((frequency_score + money_score + 1) // 2) when $152 then $153 when $154 then $155 when $156 then $157 when $158 then $159 when $160 then $161 end when $162 then case ((frequency_score + money_score + 1) // 2) when $163 then $164 when $165 then $166 when $167 then $168 when $169 then $170 when $171 then $172 end end as rfm_group from scored) as scored_then
      )
      select coalesce(present.cell, 0) as present, coalesce(tried.cell, 0) as tried, count(*) as members,
        coalesce(cast(sum(asked.net_minor) as bigint), 0) as net_minor,
        max(any_value(recency_cut_1)) over () as recency_cut_1, max(any_value(recency_cut_2)) over () as recency_cut_2, max(any_value(recency_cut_3)) over () as recency_cut_3, max(any_value(recency_cut_4)) over () as recency_cut_4, max(any_value(frequency_cut_1)) over () as frequency_cut_1, max(any_value(frequency_cut_2)) over () as frequency_cut_2, max(any_value(frequency_cut_3)) over () as frequency_cut_3, max(any_value(frequency_cut_4)) over () as frequency_cut_4, max(any_value(money_cut_1)) over () as money_cut_1, max(any_value(money_cut_2)) over () as money_cut_2, max(any_value(money_cut_3)) over () as money_cut_3, max(any_value(money_cut_4)) over () as money_cut_4
      from (select asked_row.* from member_facts as asked_row
        join (select unnest(from_json($173, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as asked
      left join present on present.member_key = asked.member_key
      left join tried on tried.member_key = asked.member_key
      where present.cell is not null or tried.cell is not null
      group by present.cell, tried.cell
      order by present, tried
