-- all members, everywhere
select recency_score, frequency_score, money_score, count(*) as members,
        coalesce(cast(sum(orders) as bigint), 0) as orders, coalesce(cast(sum(net_minor) as bigint), 0) as net_minor,
        min(recency_cut_1) as recency_cut_1, min(recency_cut_2) as recency_cut_2, min(recency_cut_3) as recency_cut_3, min(recency_cut_4) as recency_cut_4, min(frequency_cut_1) as frequency_cut_1, min(frequency_cut_2) as frequency_cut_2, min(frequency_cut_3) as frequency_cut_3, min(frequency_cut_4) as frequency_cut_4, min(money_cut_1) as money_cut_1, min(money_cut_2) as money_cut_2, min(money_cut_3) as money_cut_3, min(money_cut_4) as money_cut_4
      from (
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
    select *, ((frequency_score + money_score + 1) // 2) as frequency_money_score, case recency_score when $14 then case ((frequency_score + money_score + 1) // 2) when $15 then $16 when $17 then $18 when $19 then $20 when $21 then $22 when $23 then $24 end when $25 then case ((frequency_score + money_score + 1) // 2) when $26 then $27 when $28 then $29 when $30 then $31 when $32 then $33 when $34 then $35 end when $36 then case ((frequency_score + money_score + 1) // 2) when $37 then $38 when $39 then $40 when $41 then $42 when $43 then $44 when $45 then $46 end when $47 then case ((frequency_score + money_score + 1) // 2) when $48 then $49 when $50 then $51 when $52 then $53 when $54 then $55 when $56 then $57 end when $58 then case ((frequency_score + money_score + 1) // 2) when $59 then $60 when $61 then $62 when $63 then $64 when $65 then $66 when $67 then $68 end end as rfm_group from scored) as scored
      group by recency_score, frequency_score, money_score
      order by recency_score, frequency_score, money_score
