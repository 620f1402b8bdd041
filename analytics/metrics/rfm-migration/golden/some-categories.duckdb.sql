-- some categories
with before as (
        select member_key, 10 * recency_score + frequency_money_score as cell from (
    with buyer as (select * from (
    select bought.member_key, date_diff('day', bought.last_day, cast($1 as date)) as silent_days, bought.orders,
      coalesce(money.net_minor, 0) as net_minor
    from (select member_key, max(local_day) as last_day, count(*) as orders from (
        select member_key, local_day from (select * from member_orders as member_order where true and true and coalesce(order_key in (select order_key from order_items as line where category in ($2, $3)), false)) as still_counted where local_day <= cast($4 as date) and true
        union all
        select member_key, local_day from (select member_key, local_day, void_day from (select member_key, local_day, void_day, store, channel, order_key from orders
          where void_day <= cast($5 as date) and local_day <= cast($6 as date) and local_day < void_day and state = 'paid' and net_minor > 0
            and member_key is not null) as voided_order where true and true and coalesce(order_key in (select order_key from order_lines as line where category in ($7, $8)), false)) as then_counted
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
  where member_key is not null and counts and local_day <= cast($12 as date)) as event where true and true and true and coalesce(order_key in (select order_key from order_lines as line where category in ($13, $14)), false) group by member_key
    ) as money on money.member_key = bought.member_key) as everyone),
    recency as (
      select min(value) filter (where 5 * through >= $15 * buyers) as recency_cut_1, min(value) filter (where 5 * through >= $16 * buyers) as recency_cut_2, min(value) filter (where 5 * through >= $17 * buyers) as recency_cut_3, min(value) filter (where 5 * through >= $18 * buyers) as recency_cut_4
      from (
        select silent_days as value, sum(count(*)) over (order by silent_days) as through, sum(count(*)) over () as buyers
        from buyer group by silent_days
      ) as ranked
    ),
    frequency as (
      select min(value) filter (where 5 * through >= $19 * buyers) as frequency_cut_1, min(value) filter (where 5 * through >= $20 * buyers) as frequency_cut_2, min(value) filter (where 5 * through >= $21 * buyers) as frequency_cut_3, min(value) filter (where 5 * through >= $22 * buyers) as frequency_cut_4
      from (
        select orders as value, sum(count(*)) over (order by orders) as through, sum(count(*)) over () as buyers
        from buyer group by orders
      ) as ranked
    ),
    money as (
      select min(value) filter (where 5 * through >= $23 * buyers) as money_cut_1, min(value) filter (where 5 * through >= $24 * buyers) as money_cut_2, min(value) filter (where 5 * through >= $25 * buyers) as money_cut_3, min(value) filter (where 5 * through >= $26 * buyers) as money_cut_4
      from (
        select net_minor as value, earlier + sum(count(*)) over (partition by value_range order by net_minor) as through, buyers
        from buyer join (
          select value_range, through - members as earlier, buyers
          from (
            select value_range, members, sum(members) over (order by value_range) as through, sum(members) over () as buyers
            from (select (net_minor // $27) as value_range, count(*) as members from buyer group by value_range) as sized
          ) as running
          where (5 * (through - members) < $28 * buyers and 5 * through >= $29 * buyers) or (5 * (through - members) < $30 * buyers and 5 * through >= $31 * buyers) or (5 * (through - members) < $32 * buyers and 5 * through >= $33 * buyers) or (5 * (through - members) < $34 * buyers and 5 * through >= $35 * buyers)
        ) as near on (net_minor // $36) = value_range
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
    select *, ((frequency_score + money_score + 1) // 2) as frequency_money_score, case recency_score when $37 then case ((frequency_score + money_score + 1) // 2) when $38 then $39 when $40 then $41 when $42 then $43 when $44 then $45 when $46 then $47 end when $48 then case ((frequency_score + money_score + 1) // 2) when $49 then $50 when $51 then $52 when $53 then $54 when $55 then $56 when $57 then $58 end when $59 then case ((frequency_score + money_score + 1) // 2) when $60 then $61 when $62 then $63 when $64 then $65 when $66 then $67 when $68 then $69 end when $70 then case ((frequency_score + money_score + 1) // 2) when $71 then $72 when $73 then $74 when $75 then $76 when $77 then $78 when $79 then $80 end when $81 then case ((frequency_score + money_score + 1) // 2) when $82 then $83 when $84 then $85 when $86 then $87 when $88 then $89 when $90 then $91 end end as rfm_group from scored) as scored_before
      ),
      after as (
        select member_key, 10 * recency_score + frequency_money_score as cell, net_minor from (
    with buyer as (select * from (
    select bought.member_key, date_diff('day', bought.last_day, cast($92 as date)) as silent_days, bought.orders,
      coalesce(money.net_minor, 0) as net_minor
    from (select member_key, count(*) as orders, min(local_day) as first_day, max(local_day) as last_day
    from (select * from member_orders as member_order where true and true and coalesce(order_key in (select order_key from order_items as line where category in ($93, $94)), false)) as counted group by member_key) as bought
    left join (
      select member_key, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor
      from (
  select member_key, local_day, store, channel, order_key, net_minor
  from orders
  where member_key is not null and state = 'paid' and local_day <= cast($95 as date)
  union all
  select member_key, local_day, store, channel, order_key, -amount_minor as net_minor
  from refunds
  where member_key is not null and counts and local_day <= cast($96 as date)) as event where true and true and coalesce(order_key in (select order_key from order_lines as line where category in ($97, $98)), false) group by member_key
    ) as money on money.member_key = bought.member_key) as everyone),
    recency as (
      select min(value) filter (where 5 * through >= $99 * buyers) as recency_cut_1, min(value) filter (where 5 * through >= $100 * buyers) as recency_cut_2, min(value) filter (where 5 * through >= $101 * buyers) as recency_cut_3, min(value) filter (where 5 * through >= $102 * buyers) as recency_cut_4
      from (
        select silent_days as value, sum(count(*)) over (order by silent_days) as through, sum(count(*)) over () as buyers
        from buyer group by silent_days
      ) as ranked
    ),
    frequency as (
      select min(value) filter (where 5 * through >= $103 * buyers) as frequency_cut_1, min(value) filter (where 5 * through >= $104 * buyers) as frequency_cut_2, min(value) filter (where 5 * through >= $105 * buyers) as frequency_cut_3, min(value) filter (where 5 * through >= $106 * buyers) as frequency_cut_4
      from (
        select orders as value, sum(count(*)) over (order by orders) as through, sum(count(*)) over () as buyers
        from buyer group by orders
      ) as ranked
    ),
    money as (
      select min(value) filter (where 5 * through >= $107 * buyers) as money_cut_1, min(value) filter (where 5 * through >= $108 * buyers) as money_cut_2, min(value) filter (where 5 * through >= $109 * buyers) as money_cut_3, min(value) filter (where 5 * through >= $110 * buyers) as money_cut_4
      from (
        select net_minor as value, earlier + sum(count(*)) over (partition by value_range order by net_minor) as through, buyers
        from buyer join (
          select value_range, through - members as earlier, buyers
          from (
            select value_range, members, sum(members) over (order by value_range) as through, sum(members) over () as buyers
            from (select (net_minor // $111) as value_range, count(*) as members from buyer group by value_range) as sized
          ) as running
          where (5 * (through - members) < $112 * buyers and 5 * through >= $113 * buyers) or (5 * (through - members) < $114 * buyers and 5 * through >= $115 * buyers) or (5 * (through - members) < $116 * buyers and 5 * through >= $117 * buyers) or (5 * (through - members) < $118 * buyers and 5 * through >= $119 * buyers)
        ) as near on (net_minor // $120) = value_range
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
    select *, ((frequency_score + money_score + 1) // 2) as frequency_money_score, case recency_score when $121 then case ((frequency_score + money_score + 1) // 2) when $122 then $123 when $124 then $125 when $126 then $127 when $128 then $129 when $130 then $131 end when $132 then case ((frequency_score + money_score + 1) // 2) when $133 then $134 when $135 then $136 when $137 then $138 when $139 then $140 when $141 then $142 end when $143 then case ((frequency_score + money_score + 1) // 2) when $144 then $145 when $146 then $147 when $148 then $149 when $150 then $151 when $152 then $153 end when $154 then case ((frequency_score + money_score + 1) // 2) when $155 then $156 when $157 then $158 when $159 then $160 when $161 then $162 when $163 then $164 end when $165 then case ((frequency_score + money_score + 1) // 2) when $166 then $167 when $168 then $169 when $170 then $171 when $172 then $173 when $174 then $175 end end as rfm_group from scored) as scored_after
      )
      select
        case
          when before.cell is not null then before.cell
          when coalesce(asked.joined_day <= cast($176 as date), false) or coalesce(asked.first_dated_day <= cast($177 as date), false)
            or (asked.joined_day is null and asked.first_dated_day is null) then $178
          else $179
        end as before,
        coalesce(after.cell, $180) as after,
        count(*) as members, coalesce(cast(sum(coalesce(after.net_minor, 0)) as bigint), 0) as net_minor
      from member_facts as asked
      left join before on before.member_key = asked.member_key
      left join after on after.member_key = asked.member_key
      group by 1, 2
      order by 1, 2
