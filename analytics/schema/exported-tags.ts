import { sql } from '../sql/sql.ts'
import { both } from './described.ts'
import { type ExportedTable, memberId, ofIdentity } from './exported-table.ts'

export const tags: ExportedTable = {
  name: 'tags',
  base: 'member_tags',
  title: both('Tags', '标签'),
  meaning: both(
    'One row per tag that people or files gave a member; of merged identities, each one’s.',
    '会员的人工或导入标签，每个一行；合并的身份各自一行。',
  ),
  relation: sql`member_tags as base ${ofIdentity}`,
  inside: ['member_key'],
  columns: [
    memberId(sql`member.member_id`),
    {
      name: 'tag',
      type: 'text',
      origin: 'people',
      past: 'full',
      from: sql`base.tag`,
      meaning: both('Name of the tag.', '标签名称。'),
    },
    {
      name: 'source',
      type: 'text',
      origin: 'computed',
      past: 'full',
      from: sql`base.source`,
      meaning: both(
        'manual or imported; those of rules are in automatic_tags.',
        'manual（手动）或 imported（导入）；规则打上的标签见 automatic_tags。',
      ),
    },
    {
      name: 'added_day',
      type: 'day',
      origin: 'computed',
      past: 'full',
      from: sql`base.added_day`,
      meaning: both('Local day on which it was put on.', '打上标签的日期。'),
    },
    {
      name: 'covered',
      type: 'boolean',
      origin: 'computed',
      past: 'none',
      from: sql`exists (select 1 from covered_tags_of_members as covered
        where covered.tag = base.tag and covered.member_key = coalesce(
          (select members.member_key from member_aliases join members on members.member_id = member_aliases.member_id
            where member_aliases.identity_key = base.member_key limit 1), base.member_key))`,
      meaning: both(
        'Another tag of an exclusive group shows in its place.',
        '同一互斥组的另一个标签取代了它。',
      ),
    },
  ],
}

export const automaticTags: ExportedTable = {
  name: 'automatic_tags',
  base: 'automatic_tags',
  title: both('Automatic tags', '自动标签'),
  meaning: both(
    'One row per member and tag whose rule selects the member.',
    '每位会员的每个自动标签一行，由标签的规则选出。',
  ),
  relation: sql`automatic_tags as base ${ofIdentity}`,
  inside: ['member_key'],
  columns: [
    memberId(sql`member.member_id`),
    {
      name: 'tag',
      type: 'text',
      origin: 'people',
      past: 'full',
      from: sql`base.tag`,
      meaning: both('Name of the tag.', '标签名称。'),
    },
    {
      name: 'added_day',
      type: 'day',
      origin: 'computed',
      past: 'full',
      from: sql`base.added_day`,
      meaning: both('Local day on which the rule put it on.', '规则打上标签的日期。'),
    },
  ],
}

export const removedTags: ExportedTable = {
  name: 'removed_tags',
  base: 'removed_tags',
  title: both('Removed tags', '已移除的标签'),
  meaning: both('One row per tag that was taken off a member again.', '从会员身上移除的每个标签一行。'),
  relation: sql`removed_tags as base ${ofIdentity}`,
  inside: ['member_key'],
  columns: [
    memberId(sql`member.member_id`),
    {
      name: 'tag',
      type: 'text',
      origin: 'people',
      past: 'full',
      from: sql`base.tag`,
      meaning: both('Name of the tag.', '标签名称。'),
    },
    {
      name: 'added_day',
      type: 'day',
      origin: 'computed',
      past: 'full',
      from: sql`base.added_day`,
      meaning: both('Local day on which it was put on.', '打上标签的日期。'),
    },
    {
      name: 'removed_day',
      type: 'day',
      origin: 'computed',
      past: 'full',
      from: sql`base.removed_day`,
      meaning: both('Local day on which it was taken off.', '移除标签的日期。'),
    },
  ],
}

export const importedTags: ExportedTable = {
  name: 'imported_tags',
  base: 'imported_tags',
  title: both('Tags of the files', '文件中的标签'),
  meaning: both(
    'One row per member and tag of the live imports of tags, whatever people decided since.',
    '标签文件（当前有效的导入）中每位会员的每个标签一行，不含之后的人工设置。',
  ),
  relation: sql`imported_tags as base`,
  inside: [],
  columns: [
    {
      ...memberId(sql`base.member_id`),
      meaning: both('The member, as the file names them.', '会员编号，以文件为准。'),
    },
    {
      name: 'tag',
      type: 'text',
      origin: 'file',
      past: 'none',
      from: sql`base.tag`,
      meaning: both('Name of the tag in the file.', '文件中的标签名称。'),
    },
    {
      name: 'added_day',
      type: 'day',
      origin: 'file',
      past: 'none',
      from: sql`base.added_day`,
      meaning: both(
        'Day on which it was put on; empty: the file does not say.',
        '打上标签的日期；空：文件没有说明。',
      ),
    },
    {
      name: 'tag_group',
      type: 'text',
      origin: 'file',
      past: 'none',
      from: sql`base.tag_group`,
      meaning: both('Group of the tag; empty: none.', '标签所属的分组；空为无。'),
    },
  ],
}
