-- all members, everywhere
with present as (
        select member_key, 10 * recency_score + frequency_money_score as cell from (
    with buyer as (select * from (
    select member_key, date_diff('day', last_day, cast($1 as date)) as silent_days, orders, net_minor
    from member_facts where orders > 0) as everyone),
    recency as (
      select min(value) filter (where 5 * through >= $2 * buyers) as recency_cut_1, min(value) filter (where 5 * through >= $3 * buyers) as recency_cut_2, min(value) filter (where 5 * through >= $4 * buyers) as recency_cut_3, min(value) filter (where 5 * through >= $5 * buyers) as recency_cut_4
      from (
        select silent_days as value, sum(count(*)) over (order by silent_days) as through, sum(count(*)) over () as buyers
        from buyer group by silent_days
      ) as ranked
    ),
    frequency as (
      select min(value) filter (where 5 * through >= $6 * buyers) as frequency_cut_1, min(value) filter (where 5 * through >= $7 * buyers) as frequency_cut_2, min(value) filter (where 5 * through >= $8 * buyers) as frequency_cut_3, min(value) filter (where 5 * through >= $9 * buyers) as frequency_cut_4
      from (
        select orders as value, sum(count(*)) over (order by orders) as through, sum(count(*)) over () as buyers
        from buyer group by orders
      ) as ranked
    ),
    money as (
      select min(value) filter (where 5 * through >= $10 * buyers) as money_cut_1, min(value) filter (where 5 * through >= $11 * buyers) as money_cut_2, min(value) filter (where 5 * through >= $12 * buyers) as money_cut_3, min(value) filter (where 5 * through >= $13 * buyers) as money_cut_4
      from (
        select net_minor as value, earlier + sum(count(*)) over (partition by value_range order by net_minor) as through, buyers
        from buyer join (
          select value_range, through - members as earlier, buyers
          from (
            select value_range, members, sum(members) over (order by value_range) as through, sum(members) over () as buyers
            from (select (net_minor // $14) as value_range, count(*) as members from buyer group by value_range) as sized
          ) as running
          where (5 * (through - members) < $15 * buyers and 5 * through >= $16 * buyers) or (5 * (through - members) < $17 * buyers and 5 * through >= $18 * buyers) or (5 * (through - members) < $19 * buyers and 5 * through >= $20 * buyers) or (5 * (through - members) < $21 * buyers and 5 * through >= $22 * buyers)
        ) as near on (net_minor // $23) = value_range
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
    select *, ((frequency_score + money_score + 1) // 2) as frequency_money_score, case recency_score when $24 then case ((frequency_score + money_score + 1) // 2) when $25 then $26 when $27 then $28 when $29 then $30 when $31 then $32 when $33 then $34 end when $35 then case ((frequency_score + money_score + 1) // 2) when $36 then $37 when $38 then $39 when $40 then $41 when $42 then $43 when $44 then $45 end when $46 then case ((frequency_score + money_score + 1) // 2) when $47 then $48 when $49 then $50 when $51 then $52 when $53 then $54 when $55 then $56 end when $57 then case ((frequency_score + money_score + 1) // 2) when $58 then $59 when $60 then $61 when $62 then $63 when $64 then $65 when $66 then $67 end when $68 then case ((frequency_score + money_score + 1) // 2) when $69 then $70 when $71 then $72 when $73 then $74 when $75 then $76 when $77 then $78 end end as rfm_group from scored) as scored_now
      ),
      tried as (
        select member_key, 10 * recency_score + frequency_money_score as cell, recency_cut_1, recency_cut_2, recency_cut_3, recency_cut_4, frequency_cut_1, frequency_cut_2, frequency_cut_3, frequency_cut_4, money_cut_1, money_cut_2, money_cut_3, money_cut_4
        from (
    with buyer as (select * from (
    select member_key, date_diff('day', last_day, cast($79 as date)) as silent_days, orders, net_minor
    from member_facts where orders > 0) as everyone),
    recency as (
      select min(value) filter (where 5 * through >= $80 * buyers) as recency_cut_1, min(value) filter (where 5 * through >= $81 * buyers) as recency_cut_2, min(value) filter (where 5 * through >= $82 * buyers) as recency_cut_3, min(value) filter (where 5 * through >= $83 * buyers) as recency_cut_4
      from (
        select silent_days as value, sum(count(*)) over (order by silent_days) as through, sum(count(*)) over () as buyers
        from buyer group by silent_days
      ) as ranked
    ),
    frequency as (
      select min(value) filter (where 5 * through >= $84 * buyers) as frequency_cut_1, min(value) filter (where 5 * through >= $85 * buyers) as frequency_cut_2, min(value) filter (where 5 * through >= $86 * buyers) as frequency_cut_3, min(value) filter (where 5 * through >= $87 * buyers) as frequency_cut_4
      from (
        select orders as value, sum(count(*)) over (order by orders) as through, sum(count(*)) over () as buyers
        from buyer group by orders
      ) as ranked
    ),
    money as (
      select min(value) filter (where 5 * through >= $88 * buyers) as money_cut_1, min(value) filter (where 5 * through >= $89 * buyers) as money_cut_2, min(value) filter (where 5 * through >= $90 * buyers) as money_cut_3, min(value) filter (where 5 * through >= $91 * buyers) as money_cut_4
      from (
        select net_minor as value, earlier + sum(count(*)) over (partition by value_range order by net_minor) as through, buyers
        from buyer join (
          select value_range, through - members as earlier, buyers
          from (
            select value_range, members, sum(members) over (order by value_range) as through, sum(members) over () as buyers
            from (select (net_minor // $92) as value_range, count(*) as members from buyer group by value_range) as sized
          ) as running
          where (5 * (through - members) < $93 * buyers and 5 * through >= $94 * buyers) or (5 * (through - members) < $95 * buyers and 5 * through >= $96 * buyers) or (5 * (through - members) < $97 * buyers and 5 * through >= $98 * buyers) or (5 * (through - members) < $99 * buyers and 5 * through >= $100 * buyers)
        ) as near on (net_minor // $101) = value_range
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
    select *, ((frequency_score + money_score + 1) // 2) as frequency_money_score, case recency_score when $102 then case ((frequency_score + money_score + 1) // 2) when $103 then $104 when $105 then $106 when $107 then $108 when $109 then $110 when $111 then $112 end when $113 then case ((frequency_score + money_score + 1) // 2) when $114 then $115 when $116 then $117 when $118 then $119 when $120 then $121 when $122 then $123 end when $124 then case ((frequency_score + money_score + 1) // 2) when $125 then $126 when $127 then $128 when $129 then $130 when $131 then $132 when $133 then $134 end when $135 then case ((frequency_score + money_score + 1) // 2) when $136 then $137 when $138 then $139 when $140 then $141 when $142 then $143 when $144 then $145 end when $146 then case ((frequency_score + money_score + 1) // 2) when $147 then $148 when $149 then $150 when $151 then $152 when $153 then $154 when $155 then $156 end end as rfm_group from scored) as scored_then
      )
      select coalesce(present.cell, 0) as present, coalesce(tried.cell, 0) as tried, count(*) as members,
        coalesce(cast(sum(asked.net_minor) as bigint), 0) as net_minor,
        max(any_value(recency_cut_1)) over () as recency_cut_1, max(any_value(recency_cut_2)) over () as recency_cut_2, max(any_value(recency_cut_3)) over () as recency_cut_3, max(any_value(recency_cut_4)) over () as recency_cut_4, max(any_value(frequency_cut_1)) over () as frequency_cut_1, max(any_value(frequency_cut_2)) over () as frequency_cut_2, max(any_value(frequency_cut_3)) over () as frequency_cut_3, max(any_value(frequency_cut_4)) over () as frequency_cut_4, max(any_value(money_cut_1)) over () as money_cut_1, max(any_value(money_cut_2)) over () as money_cut_2, max(any_value(money_cut_3)) over () as money_cut_3, max(any_value(money_cut_4)) over () as money_cut_4
      from member_facts as asked
      left join present on present.member_key = asked.member_key
      left join tried on tried.member_key = asked.member_key
      where present.cell is not null or tried.cell is not null
      group by present.cell, tried.cell
      order by present, tried
