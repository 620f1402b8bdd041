import { both } from '../../../analytics/schema/described.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import { list } from '../columns/fields.ts'
import { decidedTags, importedTags } from './imported-tags.ts'
import { defineKind } from './kind.ts'
import { memberField, personFields } from './person-fields.ts'

/** In characters: other systems allow longer ones than the tags screen. */
const longestTag = 200

/** Tags that another system gave members. */
export const tags = defineKind({
  name: 'tags',
  title: both('Tags', '标签'),
  about: both(
    'One row per member and tag, or per member with several tags in one column. Tags that people took off stay off.',
    '每位会员的每个标签一行，或每位会员一行、一列中写多个标签。人工移除的标签不会再被打上。',
  ),
  table: 'import_tags',
  current: 'imported_tags',
  key: ['memberId', 'tag'],
  replaces: ['tag'],
  ofDeleted: 'gone',
  fields: {
    memberId: memberField,
    ...personFields,
    tag: {
      type: 'text',
      column: 'tag',
      aliases: list(`tags tagname membertag membertags customertag customertags label labels
        标签 标签名称 标签名 会员标签 客户标签 顾客标签 用户标签 粉丝标签`),
      endings: ['tags', 'labels', '标签'],
      label: both('Tag', '标签'),
      meaning: both(
        'The tag. Several are separated by commas, semicolons, bars or 、.',
        '标签名称。多个标签用逗号、分号、竖线或顿号分隔。',
      ),
      needed: both('The row names no tag.', '该行没有标签。'),
      example: 'tea lover',
      separated: true,
    },
    addedOn: {
      type: 'day',
      column: 'added_day',
      aliases: list(`addedat addeddate taggedat taggedon tagdate tagtime date day
        打标时间 打标日期 标签时间 标签日期 添加时间 添加日期 日期 时间`),
      label: both('Added on', '打标日期'),
      meaning: both(
        'The day on which it was put on. Empty: the day of the import.',
        '打上标签的日期。留空时为导入当天。',
      ),
      example: '2026-01-31',
    },
    group: {
      type: 'text',
      column: 'tag_group',
      aliases: list(`taggroup taggroupname tagcategory tagtype labelgroup 标签组 标签分组 标签分类 标签类型`),
      label: both('Group', '标签组'),
      meaning: both(
        'The group that the tag belongs to, as the shop calls it.',
        '标签所属的分组，按店铺的叫法。',
      ),
      example: 'taste',
    },
  },
  recognised: ({ has, names, order, member }) =>
    names('memberId') &&
    has('tag') &&
    !(['orderId', 'amount', 'unitPrice', 'quantity'] as const).some(order) &&
    !(['name', 'gender', 'birthday', 'tier', 'points', 'storedValue', 'consent'] as const).some(member),
  checks: [
    {
      reason: 'long-tag',
      field: 'tag',
      // of several in one row all are refused with the row
      when: sql`max(length(tag)) over (partition by row_number) > ${longestTag}`,
      words: both(
        'A tag has at most 200 characters. This one may be a text, or tags with another separator than commas, semicolons, bars and 、.',
        '标签最多 200 个字符。该内容可能是一段文字，或标签之间使用了逗号、分号、竖线和顿号以外的分隔符。',
      ),
    },
  ],
  project: (session) =>
    importedTags(
      session,
      sql`(select member_id, tag from kind_before union select member_id, tag from kind_after)`,
    ),
  sentences: {
    tags: both(
      '{n, plural, one {# tag} other {# different tags}} in the file.',
      '文件中有 {n, number} 种标签。',
    ),
    keptOff: both(
      '{n, plural, one {# tag of a member stays} other {# tags of members stay}} off: people took {n, plural, one {it} other {them}} off.',
      '{n, number} 个会员标签保持移除：曾由人工移除。',
    ),
  },
  async count(session, importSeq) {
    const [counts] = await session.rows(sql`select count(distinct said.tag) as tags,
        count(distinct (said.member_id, said.tag)) filter (where decided.carries = false) as kept_off
      from import_tags as said
      left join tag_names on tag_names.said = said.tag
      left join ${decidedTags} as decided on decided.member_id = said.member_id
        and decided.tag = coalesce(tag_names.tag, said.tag)
      where said.import_seq = ${importSeq}`)
    return { tags: Number(counts!.tags), keptOff: Number(counts!.keptOff) }
  },
})
