-- some members, stores and channels
with before as (
        select member_key, 10 * recency_score + frequency_money_score as cell from (
    with buyer as (select * from (
    select bought.member_key, date_diff('day', bought.last_day, cast($1 as date)) as silent_days, bought.orders,
      coalesce(money.net_minor, 0) as net_minor
    from (select member_key, max(local_day) as last_day, count(*) as orders from (
        select member_key, local_day from (select * from member_orders as member_order where coalesce(store in ($2, $3), false) and coalesce(channel in ($4), false)) as still_counted where local_day <= cast($5 as date) and true
        union all
        select member_key, local_day from (select member_key, local_day, void_day from voided_orders as voided_order where coalesce(store in ($6, $7), false) and coalesce(channel in ($8), false)) as then_counted
        where local_day <= cast($9 as date) and void_day > cast($10 as date) and true) as member_order group by member_key) as bought
    left join (
      select member_key, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor
      from (
  select member_key, local_day, store, channel, order_key, net_minor
  from orders
  where member_key is not null and state = 'paid' and local_day <= cast($11 as date)
  union all
  select member_key, local_day, store, channel, order_key, -amount_minor as net_minor
  from refunds
  where member_key is not null and counts and local_day <= cast($12 as date)) as event where true and coalesce(store in ($13, $14), false) and coalesce(channel in ($15), false) group by member_key
    ) as money on money.member_key = bought.member_key) as everyone),
    recency as (
      select min(value) filter (where 5 * through >= $16 * buyers) as recency_cut_1, min(value) filter (where 5 * through >= $17 * buyers) as recency_cut_2, min(value) filter (where 5 * through >= $18 * buyers) as recency_cut_3, min(value) filter (where 5 * through >= $19 * buyers) as recency_cut_4
      from (
        select silent_days as value, sum(count(*)) over (order by silent_days) as through, sum(count(*)) over () as buyers
        from buyer group by silent_days
      ) as ranked
    ),
    frequency as (
      select min(value) filter (where 5 * through >= $20 * buyers) as frequency_cut_1, min(value) filter (where 5 * through >= $21 * buyers) as frequency_cut_2, min(value) filter (where 5 * through >= $22 * buyers) as frequency_cut_3, min(value) filter (where 5 * through >= $23 * buyers) as frequency_cut_4
      from (
        select orders as value, sum(count(*)) over (order by orders) as through, sum(count(*)) over () as buyers
        from buyer group by orders
      ) as ranked
    ),
    money as (
      select min(value) filter (where 5 * through >= $24 * buyers) as money_cut_1, min(value) filter (where 5 * through >= $25 * buyers) as money_cut_2, min(value) filter (where 5 * through >= $26 * buyers) as money_cut_3, min(value) filter (where 5 * through >= $27 * buyers) as money_cut_4
      from (
        select net_minor as value, earlier + sum(count(*)) over (partition by value_range order by net_minor) as through, buyers
        from buyer join (
          select value_range, through - members as earlier, buyers
          from (
            select value_range, members, sum(members) over (order by value_range) as through, sum(members) over () as buyers
            from (select (net_minor // $28) as value_range, count(*) as members from buyer group by value_range) as sized
          ) as running
          where (5 * (through - members) < $29 * buyers and 5 * through >= $30 * buyers) or (5 * (through - members) < $31 * buyers and 5 * through >= $32 * buyers) or (5 * (through - members) < $33 * buyers and 5 * through >= $34 * buyers) or (5 * (through - members) < $35 * buyers and 5 * through >= $36 * buyers)
        ) as near on (net_minor // $37) = value_range
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
    select *, ((frequency_score + money_score + 1) // 2) as frequency_money_score, case recency_score when $38 then case ((frequency_score + money_score + 1) // 2) when $39 then $40 when $41 then $42 when $43 then $44 when $45 then $46 when $47 then $48 end when $49 then case ((frequency_score + money_score + 1) // 2) when $50 then $51 when $52 then $53 when $54 then $55 when $56 then $57 when $58 then $59 end when $60 then case ((frequency_score + money_score + 1) // 2) when $61 then $62 when $63 then $64 when $65 then $66 when $67 then $68 when $69 then $70 end when $71 then case ((frequency_score + money_score + 1) // 2) when $72 then $73 when $74 then $75 when $76 then $77 when $78 then $79 when $80 then $81 end when $82 then case ((frequency_score + money_score + 1) // 2) when $83 then $84 when $85 then $86 when $87 then $88 when $89 then $90 when $91 then $92 end end as rfm_group from scored) as scored_before
      ),
      after as (
        select member_key, 10 * recency_score + frequency_money_score as cell, net_minor from (
    with buyer as (select * from (
    select bought.member_key, date_diff('day', bought.last_day, cast($93 as date)) as silent_days, bought.orders,
      coalesce(money.net_minor, 0) as net_minor
    from (select member_key, coalesce(cast(sum(orders) as bigint), 0) as orders, min(first_day) as first_day, max(last_day) as last_day
    from place_totals as total where coalesce(store in ($94, $95), false) and coalesce(channel in ($96), false) group by member_key) as bought
    left join (
      select member_key, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor
      from (
  select member_key, local_day, store, channel, order_key, net_minor
  from orders
  where member_key is not null and state = 'paid' and local_day <= cast($97 as date)
  union all
  select member_key, local_day, store, channel, order_key, -amount_minor as net_minor
  from refunds
  where member_key is not null and counts and local_day <= cast($98 as date)) as event where coalesce(store in ($99, $100), false) and coalesce(channel in ($101), false) group by member_key
    ) as money on money.member_key = bought.member_key) as everyone),
    recency as (
      select min(value) filter (where 5 * through >= $102 * buyers) as recency_cut_1, min(value) filter (where 5 * through >= $103 * buyers) as recency_cut_2, min(value) filter (where 5 * through >= $104 * buyers) as recency_cut_3, min(value) filter (where 5 * through >= $105 * buyers) as recency_cut_4
      from (
        select silent_days as value, sum(count(*)) over (order by silent_days) as through, sum(count(*)) over () as buyers
        from buyer group by silent_days
      ) as ranked
    ),
    frequency as (
      select min(value) filter (where 5 * through >= $106 * buyers) as frequency_cut_1, min(value) filter (where 5 * through >= $107 * buyers) as frequency_cut_2, min(value) filter (where 5 * through >= $108 * buyers) as frequency_cut_3, min(value) filter (where 5 * through >= $109 * buyers) as frequency_cut_4
      from (
        select orders as value, sum(count(*)) over (order by orders) as through, sum(count(*)) over () as buyers
        from buyer group by orders
      ) as ranked
    ),
    money as (
      select min(value) filter (where 5 * through >= $110 * buyers) as money_cut_1, min(value) filter (where 5 * through >= $111 * buyers) as money_cut_2, min(value) filter (where 5 * through >= $112 * buyers) as money_cut_3, min(value) filter (where 5 * through >= $113 * buyers) as money_cut_4
      from (
        select net_minor as value, earlier + sum(count(*)) over (partition by value_range order by net_minor) as through, buyers
        from buyer join (
          select value_range, through - members as earlier, buyers
          from (
            select value_range, members, sum(members) over (order by value_range) as through, sum(members) over () as buyers
            from (select (net_minor // $114) as value_range, count(*) as members from buyer group by value_range) as sized
          ) as running
          where (5 * (through - members) < $115 * buyers and 5 * through >= $116 * buyers) or (5 * (through - members) < $117 * buyers and 5 * through >= $118 * buyers) or (5 * (through - members) < $119 * buyers and 5 * through >= $120 * buyers) or (5 * (through - members) < $121 * buyers and 5 * through >= $122 * buyers)
        ) as near on (net_minor // $123) = value_range
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
    select *, ((frequency_score + money_score + 1) // 2) as frequency_money_score, case recency_score when $124 then case ((frequency_score + money_score + 1) // 2) when $125 then $126 when $127 then $128 when $129 then $130 when $131 then $132 when $133 then $134 end when $135 then case ((frequency_score + money_score + 1) // 2) when $136 then $137 when $138 then $139 when $140 then $141 when $142 then $143 when $144 then $145 end when $146 then case ((frequency_score + money_score + 1) // 2) when $147 then $148 when $149 then $150 when $151 then $152 when $153 then $154 when $155 then $156 end when $157 then case ((frequency_score + money_score + 1) // 2) when $158 then $159 when $160 then $161 when $162 then $163 when $164 then $165 when $166 then $167 end when $168 then case ((frequency_score + money_score + 1) // 2) when $169 then $170 when $171 then $172 when $173 then $174 when $175 then $176 when $177 then $178 end end as rfm_group from scored) as scored_after
      )
      select
        case
          when before.cell is not null then before.cell
          when coalesce(asked.joined_day <= cast($179 as date), false) or coalesce(asked.first_dated_day <= cast($180 as date), false)
            or (asked.joined_day is null and asked.first_dated_day is null) then $181
          else $182
        end as before,
        coalesce(after.cell, $183) as after,
        count(*) as members, coalesce(cast(sum(coalesce(after.net_minor, 0)) as bigint), 0) as net_minor
      from (select asked_row.* from member_facts as asked_row
        join (select unnest(from_json($184, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as asked
      left join before on before.member_key = asked.member_key
      left join after on after.member_key = asked.member_key
      group by 1, 2
      order by 1, 2
