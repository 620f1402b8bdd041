select facts.member_key from member_facts as facts
        left join (select entry.member_key, count(*) filter (where entry.state = $1 and date_diff('day', cast($2 as date), entry.last_day) <= $3) as a0, count(*) filter (where entry.campaign = $4 and entry.used_day >= cast($5 as date)) as a1
            from (
    select issued.member_key, issued.campaign_id as campaign, issued.issued_day, issued.last_day, used.used_day,
      case when used.uses >= issued.uses then 'redeemed' when revoked.coupon_key is not null then 'revoked'
        when issued.last_day < cast($6 as date) then 'expired' else 'unused' end as state, null as label
    from coupons_of_members as issued
    left join (
      select coupon_key, sum(uses) as uses, max(changed_day) as used_day
      from (
        select coupon_key, any_value(uses) filter (where kind = 'redeemed') as uses,
          any_value(changed_day) filter (where kind = 'redeemed') as changed_day
        from coupon_changes where kind in ('redeemed', 'cancelled') and true
        group by coupon_key, redeemed_seq having count(*) = 1
      ) as standing
      group by coupon_key
    ) as used on used.coupon_key = issued.coupon_key
    left join (
      select distinct coupon_key from coupon_changes where kind = 'revoked' and true
    ) as revoked on revoked.coupon_key = issued.coupon_key
    where true
    union all
    select member_key, campaign, issued_day, last_day, case when used then used_day end,
      case when used then 'redeemed' when revoked then 'revoked'
        when coalesce(last_day < cast($7 as date), expired) then 'expired' else 'unused' end, coupon_name
    from (
      select *, told_used and true as used
      from (
        select names.member_key, coalesce(coupon.campaign_id, coupon.campaign_name) as campaign, coupon.coupon_name,
          coalesce(cast(timezone(state.time_zone, make_timestamptz(epoch_us(coupon.issued_at))) as date), coupon.valid_from) as issued_day, coupon.valid_until as last_day,
          cast(timezone(state.time_zone, make_timestamptz(epoch_us(coupon.used_at))) as date) as used_day,
          (coalesce(lower(trim(coupon.state)) in ($8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18), false) or (not coalesce(lower(trim(coupon.state)) in ($19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52, $53, $54), false)
    and (coupon.used_at is not null or coupon.order_id is not null))) as told_used, coalesce(lower(trim(coupon.state)) in ($55, $56, $57, $58, $59, $60, $61, $62, $63, $64, $65, $66), false) as revoked, coalesce(lower(trim(coupon.state)) in ($67, $68, $69, $70, $71), false) as expired
        from (
  select * from (
  select coupon_of.*, coalesce(named.member_id, coupon_of.member_id) as holder, known.named is not null as by_value
  from coupons_elsewhere as coupon_of
  left join member_aliases as named on named.alias = coupon_of.member_id
  left join row_people as known on known.named = coupon_of.member_id) as coupon where (coupon.code is null or length(coupon.code) < $72
  and not exists (select 1 from issued_coupons as own where own.is_given)) and (coupon.code is null or coupon.order_id is not null or coupon.used_at is null and not coupon.by_value)
  union all
  select * from (
  select coupon_of.*, coalesce(named.member_id, coupon_of.member_id) as holder, known.named is not null as by_value
  from coupons_elsewhere as coupon_of
  left join member_aliases as named on named.alias = coupon_of.member_id
  left join row_people as known on known.named = coupon_of.member_id) as coupon where (coupon.code is null or length(coupon.code) < $73
  and not exists (select 1 from issued_coupons as own where own.is_given)) and not (coupon.code is null or coupon.order_id is not null or coupon.used_at is null and not coupon.by_value) and not ((coalesce(lower(trim(coupon.state)) in ($74, $75, $76, $77, $78, $79, $80, $81, $82, $83, $84), false) or (not coalesce(lower(trim(coupon.state)) in ($85, $86, $87, $88, $89, $90, $91, $92, $93, $94, $95, $96, $97, $98, $99, $100, $101, $102, $103, $104, $105, $106, $107, $108, $109, $110, $111, $112, $113, $114, $115, $116, $117, $118, $119, $120), false)
    and (coupon.used_at is not null or coupon.order_id is not null))) and ((coupon.order_id is null and exists (
  select 1 from (
  select coupon_of.*, coalesce(named.member_id, coupon_of.member_id) as holder, known.named is not null as by_value
  from coupons_elsewhere as coupon_of
  left join member_aliases as named on named.alias = coupon_of.member_id
  left join row_people as known on known.named = coupon_of.member_id) as fuller where fuller.code = coupon.code
  and fuller.holder is not distinct from coupon.holder and fuller.used_at = coupon.used_at and fuller.order_id is not null
    and (coupon.campaign_id is null or fuller.campaign_id = coupon.campaign_id))) or (coupon.order_id is null and coupon.campaign_id is null and exists (
  select 1 from (
  select coupon_of.*, coalesce(named.member_id, coupon_of.member_id) as holder, known.named is not null as by_value
  from coupons_elsewhere as coupon_of
  left join member_aliases as named on named.alias = coupon_of.member_id
  left join row_people as known on known.named = coupon_of.member_id) as fuller where fuller.code = coupon.code
  and fuller.holder is not distinct from coupon.holder and fuller.used_at = coupon.used_at and fuller.order_id is null
    and fuller.campaign_id is not null)) or (coupon.by_value and coupon.order_id is null and exists (
  select 1 from (
  select coupon_of.*, coalesce(named.member_id, coupon_of.member_id) as holder, known.named is not null as by_value
  from coupons_elsewhere as coupon_of
  left join member_aliases as named on named.alias = coupon_of.member_id
  left join row_people as known on known.named = coupon_of.member_id) as named where named.code = coupon.code and named.holder = coupon.holder
    and named.order_id is null and named.used_at is not distinct from coupon.used_at
    and (coupon.used_at is null or named.campaign_id is not distinct from coupon.campaign_id)
    and (not named.by_value or named.member_id < coupon.member_id)))) or (coupon.by_value and coupon.order_id is null and exists (
  select 1 from (
  select coupon_of.*, coalesce(named.member_id, coupon_of.member_id) as holder, known.named is not null as by_value
  from coupons_elsewhere as coupon_of
  left join member_aliases as named on named.alias = coupon_of.member_id
  left join row_people as known on known.named = coupon_of.member_id) as named where named.code = coupon.code and named.holder = coupon.holder
    and named.order_id is null and named.used_at is not distinct from coupon.used_at
    and (coupon.used_at is null or named.campaign_id is not distinct from coupon.campaign_id)
    and (not named.by_value or named.member_id < coupon.member_id))))
  union all
  select * from (
  select coupon_of.*, coalesce(named.member_id, coupon_of.member_id) as holder, known.named is not null as by_value
  from coupons_elsewhere as coupon_of
  left join member_aliases as named on named.alias = coupon_of.member_id
  left join row_people as known on known.named = coupon_of.member_id) as coupon where not (coupon.code is null or length(coupon.code) < $121
  and not exists (select 1 from issued_coupons as own where own.is_given)) and not ((coalesce(lower(trim(coupon.state)) in ($122, $123, $124, $125, $126, $127, $128, $129, $130, $131, $132), false) or (not coalesce(lower(trim(coupon.state)) in ($133, $134, $135, $136, $137, $138, $139, $140, $141, $142, $143, $144, $145, $146, $147, $148, $149, $150, $151, $152, $153, $154, $155, $156, $157, $158, $159, $160, $161, $162, $163, $164, $165, $166, $167, $168), false)
    and (coupon.used_at is not null or coupon.order_id is not null))) and ((coupon.order_id is null and exists (
  select 1 from (
  select coupon_of.*, coalesce(named.member_id, coupon_of.member_id) as holder, known.named is not null as by_value
  from coupons_elsewhere as coupon_of
  left join member_aliases as named on named.alias = coupon_of.member_id
  left join row_people as known on known.named = coupon_of.member_id) as fuller where fuller.code = coupon.code
  and fuller.holder is not distinct from coupon.holder and fuller.used_at = coupon.used_at and fuller.order_id is not null
    and (coupon.campaign_id is null or fuller.campaign_id = coupon.campaign_id))) or (coupon.order_id is null and coupon.campaign_id is null and exists (
  select 1 from (
  select coupon_of.*, coalesce(named.member_id, coupon_of.member_id) as holder, known.named is not null as by_value
  from coupons_elsewhere as coupon_of
  left join member_aliases as named on named.alias = coupon_of.member_id
  left join row_people as known on known.named = coupon_of.member_id) as fuller where fuller.code = coupon.code
  and fuller.holder is not distinct from coupon.holder and fuller.used_at = coupon.used_at and fuller.order_id is null
    and fuller.campaign_id is not null)) or (coupon.by_value and coupon.order_id is null and exists (
  select 1 from (
  select coupon_of.*, coalesce(named.member_id, coupon_of.member_id) as holder, known.named is not null as by_value
  from coupons_elsewhere as coupon_of
  left join member_aliases as named on named.alias = coupon_of.member_id
  left join row_people as known on known.named = coupon_of.member_id) as named where named.code = coupon.code and named.holder = coupon.holder
    and named.order_id is null and named.used_at is not distinct from coupon.used_at
    and (coupon.used_at is null or named.campaign_id is not distinct from coupon.campaign_id)
    and (not named.by_value or named.member_id < coupon.member_id)))) or (coupon.by_value and coupon.order_id is null and exists (
  select 1 from (
  select coupon_of.*, coalesce(named.member_id, coupon_of.member_id) as holder, known.named is not null as by_value
  from coupons_elsewhere as coupon_of
  left join member_aliases as named on named.alias = coupon_of.member_id
  left join row_people as known on known.named = coupon_of.member_id) as named where named.code = coupon.code and named.holder = coupon.holder
    and named.order_id is null and named.used_at is not distinct from coupon.used_at
    and (coupon.used_at is null or named.campaign_id is not distinct from coupon.campaign_id)
    and (not named.by_value or named.member_id < coupon.member_id))))
    and not exists (select 1 from issued_coupons as own where own.code_hash = md5_number(upper(regexp_replace(coupon.code, '[\s-]', '', 'g'))))) as coupon cross join workspace_state as state
        join (
  select member_id as named, member_key, member_key as identity_key from members
  union all
  select alias, members.member_key, member_aliases.identity_key
  from member_aliases join members on members.member_id = member_aliases.member_id) as names on names.named = coupon.member_id
      ) as told
    ) as elsewhere
    where true) as entry where ((entry.state = $169 and date_diff('day', cast($170 as date), entry.last_day) <= $171) or (entry.campaign = $172 and entry.used_day >= cast($173 as date))) group by entry.member_key) as of_coupons
            on of_coupons.member_key = facts.member_key
        left join (select entry.member_key, coalesce(cast(sum(entry.points) filter (where entry.expires_day between cast($174 as date) and (cast($175 as date) + cast($176 as integer))) as bigint), 0) as a0
            from (
  select names.member_key, lots.expires_day, sum(lots.left_over) as points
  from (
    select member_id, expires_day, least(given, greatest(given_by_then - gone, 0)) as left_over
    from (
      select given.member_id, given.expires_day, given.given, coalesce(spent.gone, 0) as gone,
        sum(given.given) over (partition by given.member_id order by given.expires_day) as given_by_then
      from (
        select member_id, expires_day, sum(change) as given from (
  select points_entries.* from points_entries cross join workspace_state as state
  where cast(timezone(state.time_zone, make_timestamptz(epoch_us(changed_at))) as date) <= cast($177 as date)) as entry
        where change > 0 and expires_day is not null group by member_id, expires_day
      ) as given
      left join (
        select member_id, -sum(change) as gone from (
  select points_entries.* from points_entries cross join workspace_state as state
  where cast(timezone(state.time_zone, make_timestamptz(epoch_us(changed_at))) as date) <= cast($178 as date)) as entry
        where change < 0 group by member_id
      ) as spent on spent.member_id = given.member_id
    ) as running
  ) as lots
  join (
  select member_id as named, member_key, member_key as identity_key from members
  union all
  select alias, members.member_key, member_aliases.identity_key
  from member_aliases join members on members.member_id = member_aliases.member_id) as names on names.named = lots.member_id
  where lots.expires_day >= cast($179 as date) and lots.left_over > 0
  group by names.member_key, lots.expires_day) as entry where ((entry.expires_day between cast($180 as date) and (cast($181 as date) + cast($182 as integer)))) group by entry.member_key) as of_points
            on of_points.member_key = facts.member_key where ((coalesce(of_coupons.a0, 0) > $183) and (coalesce(of_coupons.a1, 0) = $184) and (coalesce(of_points.a0, 0) >= $185))
-- ["unused","2024-12-31",3,"c1","2024-06-01","2024-12-31","2024-12-31","used","redeemed","consumed","applied","已使用","已核销","核销","使用成功","核销成功","已用","使用","unused","open","active","available","issued","valid","pending","not used","not redeemed","expired","void","voided","revoked","cancelled","canceled","invalid","returned","未使用","未核销","待使用","待核销","可使用","已领取","已发放","有效","未生效","未用","已过期","过期","已失效","失效","已作废","作废","已退回","已撤销","已取消","void","voided","revoked","cancelled","canceled","invalid","returned","已作废","作废","已退回","已撤销","已取消","expired","已过期","过期","已失效","失效",14,14,"used","redeemed","consumed","applied","已使用","已核销","核销","使用成功","核销成功","已用","使用","unused","open","active","available","issued","valid","pending","not used","not redeemed","expired","void","voided","revoked","cancelled","canceled","invalid","returned","未使用","未核销","待使用","待核销","可使用","已领取","已发放","有效","未生效","未用","已过期","过期","已失效","失效","已作废","作废","已退回","已撤销","已取消",14,"used","redeemed","consumed","applied","已使用","已核销","核销","使用成功","核销成功","已用","使用","unused","open","active","available","issued","valid","pending","not used","not redeemed","expired","void","voided","revoked","cancelled","canceled","invalid","returned","未使用","未核销","待使用","待核销","可使用","已领取","已发放","有效","未生效","未用","已过期","过期","已失效","失效","已作废","作废","已退回","已撤销","已取消","unused","2024-12-31",3,"c1","2024-06-01","2024-12-31","2024-12-31",30,"2024-12-31","2024-12-31","2024-12-31","2024-12-31","2024-12-31",30,0,1,100]
