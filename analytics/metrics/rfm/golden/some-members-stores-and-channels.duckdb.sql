-- some members, stores and channels
select recency_score, frequency_score, money_score, count(*) as members,
        coalesce(cast(sum(orders) as bigint), 0) as orders, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor,
        min(recency_cut_1) as recency_cut_1, min(recency_cut_2) as recency_cut_2, min(recency_cut_3) as recency_cut_3, min(recency_cut_4) as recency_cut_4, min(frequency_cut_1) as frequency_cut_1, min(frequency_cut_2) as frequency_cut_2, min(frequency_cut_3) as frequency_cut_3, min(frequency_cut_4) as frequency_cut_4, min(money_cut_1) as money_cut_1, min(money_cut_2) as money_cut_2, min(money_cut_3) as money_cut_3, min(money_cut_4) as money_cut_4
      from (select asked_row.* from (
    with buyer as (select * from (
    select bought.member_key, date_diff('day', bought.last_day, cast($1 as date)) as silent_days, bought.orders,
      coalesce(money.net_minor, 0) as net_minor
    from (
      select member_key, max(local_day) as last_day, count(*) as orders
      from member_orders as member_order where coalesce(store in ($2, $3), false) and coalesce(channel in ($4), false) group by member_key
    ) as bought
    left join (
      select member_key, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor
      from (
  select member_key, local_day, store, channel, net_minor
  from orders
  where member_key is not null and state = 'paid' and local_day <= cast($5 as date) and true
  union all
  select member_key, local_day, store, channel, -amount_minor as net_minor
  from refunds
  where member_key is not null and counts and local_day <= cast($6 as date) and true) as event where coalesce(store in ($7, $8), false) and coalesce(channel in ($9), false) group by member_key
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
    select *, ((frequency_score + money_score + 1) // 2) as frequency_money_score, case recency_score when $22 then case ((frequency_score + money_score + 1) // 2) when $23 then $24 when $25 then $26 when $27 then $28 when $29 then $30 when $31 then $32 end when $33 then case ((frequency_score + money_score + 1) // 2) when $34 then $35 when $36 then $37 when $38 then $39 when $40 then $41 when $42 then $43 end when $44 then case ((frequency_score + money_score + 1) // 2) when $45 then $46 when $47 then $48 when $49 then $50 when $51 then $52 when $53 then $54 end when $55 then case ((frequency_score + money_score + 1) // 2) when $56 then $57 when $58 then $59 when $60 then $61 when $62 then $63 when $64 then $65 end when $66 then case ((frequency_score + money_score + 1) // 2) when $67 then $68 when $69 then $70 when $71 then $72 when $73 then $74 when $75 then $76 end end as rfm_group from scored) as asked_row
        join (select unnest(from_json($77, '["INTEGER"]')) as member_key) as audience on audience.member_key = asked_row.member_key) as scored
      group by recency_score, frequency_score, money_score
      order by recency_score, frequency_score, money_score
