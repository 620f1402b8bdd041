-- some members
with before as (
        select member_key, 10 * recency_score + frequency_money_score as cell from (
    with buyer as (select * from (
    select member_key, date_diff('day', last_day, cast($1 as date)) as silent_days, orders, net_minor
    from (
      select facts.member_key, coalesce(greatest(case when coalesce(since.orders, 0) > 0 then since.last_day else facts.last_day end, lost.last_day), case when coalesce(since.orders, 0) > 0 then since.last_day else facts.last_day end, lost.last_day) as last_day,
        facts.orders - coalesce(since.orders, 0) + coalesce(lost.orders, 0) as orders,
        facts.net_minor - coalesce(since.net_minor, 0) as net_minor
      from member_facts as facts
      left join (
        select member_key, coalesce(cast(sum(orders) as bigint), 0) as orders, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor,
          min(previous_day) filter (where previous_day <= cast($2 as date)) as last_day
        from member_day as later_day where local_day > cast($3 as date) group by member_key
      ) as since on since.member_key = facts.member_key
      left join (
        select member_key, count(*) as orders, max(local_day) as last_day
        from voided_orders as voided_order where local_day <= cast($4 as date) and void_day > cast($5 as date) group by member_key
      ) as lost on lost.member_key = facts.member_key
    ) as known
    where orders > 0) as everyone),
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
        select net_minor as value, earlier + sum(count(*)) over (partition by value_range order by net_minor) as through, buyers
        from buyer join (
          select value_range, through - members as earlier, buyers
          from (
            select value_range, members, sum(members) over (order by value_range) as through, sum(members) over () as buyers
            from (select (net_minor // $18) as value_range, count(*) as members from buyer group by value_range) as sized
          ) as running
          where (5 * (through - members) < $19 * buyers and 5 * through >= $20 * buyers) or (5 * (through - members) < $21 * buyers and 5 * through >= $22 * buyers) or (5 * (through - members) < $23 * buyers and 5 * through >= $24 * buyers) or (5 * (through - members) < $25 * buyers and 5 * through >= $26 * buyers)
        ) as near on (net_minor // $27) = value_range
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
    select *, ((frequency_score + money_score + 1) // 2) as frequency_money_score, case recency_score when $28 then case ((frequency_score + money_score + 1) // 2) when $29 then $30 when $31 then $32 when $33 then $34 when $35 then $36 when $37 then $38 end when $39 then case ((frequency_score + money_score + 1) // 2) when $40 then $41 when $42 then $43 when $44 then $45 when $46 then $47 when $48 then $49 end when $50 then case ((frequency_score + money_score + 1) // 2) when $51 then $52 when $53 then $54 when $55 then $56 when $57 then $58 when $59 then $60 end when $61 then case ((frequency_score + money_score + 1) // 2) when $62 then $63 when $64 then $65 when $66 then $67 when $68 then $69 when $70 then $71 end when $72 then case ((frequency_score + money_score + 1) // 2) when $73 then $74 when $75 then $76 when $77 then $78 when $79 then $80 when $81 then $82 end end as rfm_group from scored) as scored_before
      ),
      after as (
        select member_key, 10 * recency_score + frequency_money_score as cell, net_minor from (
    with buyer as (select * from (
    select member_key, date_diff('day', last_day, cast($83 as date)) as silent_days, orders, net_minor
    from member_facts where orders > 0) as everyone),
    recency as (
      select min(value) filter (where 5 * through >= $84 * buyers) as recency_cut_1, min(value) filter (where 5 * through >= $85 * buyers) as recency_cut_2, min(value) filter (where 5 * through >= $86 * buyers) as recency_cut_3, min(value) filter (where 5 * through >= $87 * buyers) as recency_cut_4
      from (
        select silent_days as value, sum(count(*)) over (order by silent_days) as through, sum(count(*)) over () as buyers
        from buyer group by silent_days
      ) as ranked
    ),
    frequency as (
      select min(value) filter (where 5 * through >= $88 * buyers) as frequency_cut_1, min(value) filter (where 5 * through >= $89 * buyers) as frequency_cut_2, min(value) filter (where 5 * through >= $90 * buyers) as frequency_cut_3, min(value) filter (where 5 * through >= $91 * buyers) as frequency_cut_4
      from (
        select orders as value, sum(count(*)) over (order by orders) as through, sum(count(*)) over () as buyers
        from buyer group by orders
      ) as ranked
    ),
    money as (
      select min(value) filter (where 5 * through >= $92 * buyers) as money_cut_1, min(value) filter (where 5 * through >= $93 * buyers) as money_cut_2, min(value) filter (where 5 * through >= $94 * buyers) as money_cut_3, min(value) filter (where 5 * through >= $95 * buyers) as money_cut_4
      from (
        select net_minor as value, earlier + sum(count(*)) over (partition by value_range order by net_minor) as through, buyers
        from buyer join (
          select value_range, through - members as earlier, buyers
          from (
            select value_range, members, sum(members) over (order by value_range) as through, sum(members) over () as buyers
            from (select (net_minor // $96) as value_range, count(*) as members from buyer group by value_range) as sized
          ) as running
          where (5 * (through - members) < $97 * buyers and 5 * through >= $98 * buyers) or (5 * (through - members) < $99 * buyers and 5 * through >= $100 * buyers) or (5 * (through - members) < $101 * buyers and 5 * through >= $102 * buyers) or (5 * (through - members) < $103 * buyers and 5 * through >= $104 * buyers)
        ) as near on (net_minor // $105) = value_range
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
    select *, ((frequency_score + money_score + 1) // 2) as frequency_money_score, case recency_score when $106 then case ((frequency_score + money_score + 1) // 2) when $107 then $108 when $109 then $110 when $111 then $112 when $113 then $114 when $115 then $116 end when $117 then case ((frequency_score + money_score + 1) // 2) when $118 then $119 when $120 then $121 when $122 then $123 when $124 then $125 when $126 then $127 end when $128 then case ((frequency_score + money_score + 1) // 2) when $129 then $130 when $131 then $132 when $133 then $134 when $135 then $136 when $137 then $138 end when $139 then case ((frequency_score + money_score + 1) // 2) when $140 then $141 when $142 then $143 when $144 then $145 when $146 then $147 when $148 then $149 end when $150 then case ((frequency_score + money_score + 1) // 2) when $151 then $152 when $153 then $154 when $155 then $156 when $157 then $158 when $159 then $160 end end as rfm_group from scored) as scored_after
      )
      select
        case
          when before.cell is not null then before.cell
          when coalesce(asked.joined_day <= cast($161 as date), false) or coalesce(asked.first_dated_day <= cast($162 as date), false)
            or (asked.joined_day is null and asked.first_dated_day is null) then $163
          else $164
        end as before,
        coalesce(after.cell, $165) as after,
        count(*) as members, coalesce(cast(sum(coalesce(after.net_minor, 0)) as bigint), 0) as net_minor
      from (select asked_row.* from member_facts as asked_row
        join (select unnest(from_json($166, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as asked
      left join before on before.member_key = asked.member_key
      left join after on after.member_key = asked.member_key
      group by 1, 2
      order by 1, 2
