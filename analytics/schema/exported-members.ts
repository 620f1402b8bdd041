import { memberNames } from '../relations/member-names.ts'
import { sql } from '../sql/sql.ts'
import { both } from './described.ts'
import { type ExportedTable, memberId } from './exported-table.ts'

/**
 * Who said the consent that holds, and since when: of each id what people set, else its newest row of a file; of a
 * member with several ids the word that holds, people's before files' and the newest of them.
 */
const ofConsent = sql`left join (
    select any_word.member_key, arg_max(source, (by_people, said_at)) as source, arg_max(said_at, (by_people, said_at)) as said_at
    from (
      select names.member_key, consents_set.consent, true as by_people, 'people' as source,
        coalesce(consents_set.set_at, timestamp '1970-01-01') as said_at
      from consents_set join ${memberNames} as names on names.named = consents_set.member_id
      union all
      select names.member_key, said.consent, false, imports.file_name, coalesce(said.consent_at, imports.imported_at)
      from (
        select coalesce(row_of.member_id, identity.person) as named, row_of.import_seq, row_of.consent, row_of.consent_at
        from import_members as row_of
        left join (select * from identities where not of_lines) as identity
          on row_of.member_id is null and identity.phone is not distinct from row_of.phone
          and identity.openid is not distinct from row_of.openid and identity.email is not distinct from row_of.email
        where row_of.consent is not null
        qualify row_number() over (partition by named order by row_of.import_seq desc, row_of.row_number desc) = 1
      ) as said
      join imports on imports.import_seq = said.import_seq
      join ${memberNames} as names on names.named = said.named
      where said.named not in (select member_id from consents_set)
    ) as any_word
    join members on members.member_key = any_word.member_key and members.consent = any_word.consent
    group by any_word.member_key
  ) as word on word.member_key = base.member_key`

export const members: ExportedTable = {
  name: 'members',
  base: 'members',
  title: both('Members', '会员'),
  meaning: both('One row per person with a card or account.', '每位有会员卡或账户的顾客一行。'),
  relation: sql`members as base ${ofConsent}`,
  inside: ['member_key'],
  columns: [
    memberId(sql`base.member_id`),
    {
      name: 'name',
      type: 'text',
      origin: 'file',
      past: 'none',
      from: sql`base.name`,
      meaning: both('Name, as last imported.', '姓名，以最近导入为准。'),
    },
    {
      name: 'phone',
      type: 'text',
      origin: 'file',
      past: 'none',
      from: sql`base.phone`,
      meaning: both('Whole phone number, as last imported.', '完整手机号，以最近导入为准。'),
    },
    {
      name: 'openid',
      type: 'text',
      origin: 'file',
      past: 'none',
      from: sql`base.openid`,
      meaning: both('WeChat id, as last imported.', '微信标识，以最近导入为准。'),
    },
    {
      name: 'email',
      type: 'text',
      origin: 'file',
      past: 'none',
      from: sql`base.email`,
      meaning: both('E-mail address, as last imported.', '邮箱，以最近导入为准。'),
    },
    {
      name: 'gender',
      type: 'text',
      origin: 'file',
      past: 'full',
      from: sql`base.gender`,
      meaning: both('female or male; empty: unknown.', 'female（女）或 male（男）；空为未知。'),
    },
    {
      name: 'birthday',
      type: 'day',
      origin: 'file',
      past: 'full',
      from: sql`base.birthday`,
      meaning: both('Date of birth.', '出生日期。'),
    },
    {
      name: 'joined_day',
      type: 'day',
      origin: 'file',
      past: 'full',
      from: sql`base.joined_day`,
      meaning: both('Day on which the person became a member.', '入会日期。'),
    },
    {
      name: 'region',
      type: 'text',
      origin: 'file',
      past: 'none',
      from: sql`base.region`,
      meaning: both('Where the member lives, as last imported.', '会员所在地区，以最近导入为准。'),
    },
    {
      name: 'channel',
      type: 'text',
      origin: 'file',
      past: 'full',
      from: sql`base.channel`,
      meaning: both('Channel through which the member came.', '会员来自哪个渠道。'),
    },
    {
      name: 'tier',
      type: 'text',
      origin: 'file',
      past: 'none',
      from: sql`base.tier`,
      meaning: both('Member tier, as last imported.', '会员等级，以最近导入为准。'),
    },
    {
      name: 'points',
      type: 'integer',
      unit: 'points',
      origin: 'file',
      past: 'none',
      from: sql`base.points`,
      meaning: both('Points on the account, as last imported.', '账户积分，以最近导入为准。'),
    },
    {
      name: 'stored_value_minor',
      type: 'integer',
      unit: 'minor',
      origin: 'file',
      past: 'none',
      from: sql`base.stored_value_minor`,
      meaning: both('Stored value on the card, as last imported.', '储值余额，以最近导入为准。'),
    },
    {
      name: 'consent',
      type: 'text',
      origin: 'people',
      past: 'none',
      from: sql`base.consent`,
      meaning: both(
        'Whether the member may be contacted: granted, denied or unknown. What people set overrides the file.',
        '是否可以联系：granted（同意联系）、denied（拒绝联系）或 unknown（是否可联系未知）。人工设置优先于文件。',
      ),
    },
    {
      name: 'consent_at',
      type: 'instant',
      origin: 'people',
      past: 'none',
      from: sql`nullif(word.said_at, timestamp '1970-01-01')`,
      meaning: both(
        'Since when that consent holds: the date that the file gives, else that of its import, or when people set it.',
        '该授权自何时起：文件中的日期，没有则为导入时间；人工设置的为设置时间。',
      ),
    },
    {
      name: 'consent_source',
      type: 'text',
      origin: 'people',
      past: 'none',
      from: sql`word.source`,
      meaning: both(
        'Who said it: people, or the name of the file.',
        '授权来源：people（人工设置）或文件名。',
      ),
    },
    {
      name: 'stub',
      type: 'boolean',
      origin: 'computed',
      past: 'none',
      from: sql`base.stub`,
      meaning: both(
        'true: no import names this member any more; kept for the coupons the member holds.',
        'true：已没有导入提到该会员，因其持有优惠券而保留。',
      ),
    },
  ],
}

export const identities: ExportedTable = {
  name: 'identities',
  base: 'member_aliases',
  title: both('Merged identities', '已合并的编号'),
  meaning: both(
    'One row per id that is merged into a member: another card, another account.',
    '每个已并入会员的编号一行，例如另一张卡或另一个账户。',
  ),
  relation: sql`(select *, rowid from member_aliases where not claimed) as base
    left join merges_set as people on people.from_id = base.alias
    left join merges as files on files.from_id = base.alias and people.from_id is null`,
  inside: ['alias', 'identity_key', 'claimed', 'merged_id'],
  columns: [
    {
      name: 'identity_id',
      type: 'text',
      origin: 'file',
      past: 'none',
      from: sql`base.alias`,
      meaning: both('The id that is merged.', '被合并的编号。'),
    },
    memberId(sql`base.member_id`),
    {
      name: 'source',
      type: 'text',
      origin: 'computed',
      past: 'none',
      from: sql`case when people.from_id is null then 'imported' else 'people' end`,
      meaning: both(
        'people: somebody merged it here; imported: a file says so.',
        'people：在此人工合并；imported：来自文件。',
      ),
    },
    {
      name: 'merged_day',
      type: 'day',
      origin: 'file',
      past: 'none',
      from: sql`files.merged_day`,
      meaning: both('When it was merged, where the file says so.', '合并日期（如文件有说明）。'),
    },
    {
      name: 'reason',
      type: 'text',
      origin: 'file',
      past: 'none',
      from: sql`files.merge_reason`,
      meaning: both('Why, where the file says so.', '合并原因（如文件有说明）。'),
    },
  ],
}

export const pointsEntries: ExportedTable = {
  name: 'points_entries',
  base: 'points_entries',
  title: both('Points ledger', '积分流水'),
  meaning: both('One row per change of a member’s points.', '会员积分的每次变动一行。'),
  relation: sql`points_entries as base`,
  inside: [],
  columns: [
    {
      name: 'entry_id',
      type: 'text',
      origin: 'file',
      past: 'full',
      from: sql`base.entry_id`,
      meaning: both('Number of the entry; empty: the file has none.', '流水号；空：文件没有。'),
    },
    {
      ...memberId(sql`base.member_id`),
      meaning: both('The member, as the file names them.', '会员编号，以文件为准。'),
    },
    {
      name: 'changed_at',
      type: 'instant',
      origin: 'file',
      past: 'full',
      from: sql`base.changed_at`,
      meaning: both('When the points changed.', '积分变动的时间。'),
    },
    {
      name: 'change',
      type: 'integer',
      unit: 'points',
      origin: 'file',
      past: 'full',
      from: sql`base.change`,
      meaning: both('By how many points; negative: they went.', '变动的积分数；负数为减少。'),
    },
    {
      name: 'balance_after',
      type: 'integer',
      unit: 'points',
      origin: 'file',
      past: 'full',
      from: sql`base.balance_after`,
      meaning: both(
        'The member’s points after it; empty: the file does not say.',
        '变动后会员的积分；空：文件没有说明。',
      ),
    },
    {
      name: 'change_reason',
      type: 'text',
      origin: 'file',
      past: 'full',
      from: sql`base.change_reason`,
      meaning: both('Why, as the shop calls it.', '变动原因，按店铺的叫法。'),
    },
    {
      name: 'order_id',
      type: 'text',
      origin: 'file',
      past: 'full',
      from: sql`base.order_id`,
      meaning: both('The order that it belongs to; empty: none.', '对应的订单号；空为无。'),
    },
    {
      name: 'expires_day',
      type: 'day',
      origin: 'file',
      past: 'full',
      from: sql`base.expires_day`,
      meaning: both(
        'Last day on which these points can be used; empty: no limit is known.',
        '这些积分可用的最后一天；空：没有已知期限。',
      ),
    },
  ],
}
