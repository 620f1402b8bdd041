import type { Session } from '../../../analytics/engine/engine.ts'
import { both } from '../../../analytics/schema/described.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import { refreshDerivedTables } from '../../../analytics/schema/refresh.ts'
import { mergesInEngine } from '../../identity/live-merges.ts'
import { figuresOf } from '../../identity/shop-figures.ts'
import { matchAgain } from '../../identity/follow.ts'
import { resolveMembers } from '../../identity/resolve.ts'
import { list } from '../columns/fields.ts'
import { defineKind } from './kind.ts'

/** Merges of identities: which ids are one member. */
export const merges = defineKind({
  name: 'merges',
  title: both('Merged members', '会员合并'),
  about: both(
    'One row per id that is another id of a member: an old card, a second account. Figures follow the member.',
    '每个属于同一会员的其他编号一行，例如旧卡或另一个账户。各项数据归到该会员。',
  ),
  table: 'import_merges',
  current: 'merges',
  key: ['from'],
  namesOnly: true,
  fields: {
    from: {
      type: 'id',
      column: 'from_id',
      member: true,
      aliases:
        list(`fromid frommember frommemberid oldid oldmemberid oldcard oldcardno oldnumber mergedid mergedmember
        mergedmemberid duplicateid sourceid sourcemember sourcememberid
        旧会员号 原会员号 旧卡号 原卡号 旧编号 原编号 被合并会员 被合并会员号 被合并编号 源会员 源会员号`),
      label: both('Merged id', '被合并的编号'),
      meaning: both('The id that is to be another id of the member.', '要并入会员的编号。'),
      needed: both('The id that is to be merged is empty.', '被合并的编号为空。'),
      example: 'MEMBER-2',
    },
    into: {
      type: 'id',
      column: 'into_id',
      member: true,
      aliases:
        list(`intoid intomember intomemberid newid newmemberid newcard newcardno newnumber survivingid survivorid
        mainid mainmember mainmemberid primaryid masterid targetid targetmember targetmemberid keptid
        新会员号 现会员号 新卡号 现卡号 新编号 现编号 保留会员 保留会员号 主会员 主会员号 目标会员 目标会员号`),
      label: both('Member', '并入的会员'),
      meaning: both('An id of the member that it belongs to.', '所属会员的编号。'),
      needed: both('The member to merge into is empty.', '并入的会员为空。'),
      example: 'MEMBER-1',
    },
    date: {
      type: 'day',
      column: 'merged_day',
      aliases: list(`mergedat mergedon mergedate mergeddate 合并日期 合并时间`),
      label: both('Merged on', '合并日期'),
      meaning: both('When it was merged, for the record.', '合并的日期，仅作记录。'),
      example: '2026-01-31',
    },
    reason: {
      type: 'text',
      column: 'merge_reason',
      aliases: list(`mergereason note 合并原因 原因 备注`),
      label: both('Reason', '原因'),
      meaning: both('Why, for the record.', '合并的原因，仅作记录。'),
      example: 'Lost card replaced',
      personal: true,
    },
  },
  recognised: ({ has, order, member }) => has('from') && has('into') && !order('orderId') && !member('phone'),
  checks: [
    {
      reason: 'same-id',
      field: 'into',
      when: sql`from_id = into_id`,
      words: both('An id can’t be merged into itself.', '编号不能并入自身。'),
    },
  ],
  async project(session) {
    await session.run(
      sql`create or replace temp table kind_members as select member_key from touched_members`,
    )
    if (!(await resolveMembers(session))) return
    const [state] = await session.rows(sql`select time_zone from workspace_state`)
    const { orders } = await matchAgain(session, String(state!.timeZone))
    await session.run(sql`insert into touched_members
      select member_key from kind_members where member_key not in (select member_key from touched_members)`)
    return { members: true, orders: orders > 0 }
  },
  sentences: {
    merged: both(
      '{n, plural, one {# id of this file names} other {# ids of this file name}} another member’s identity now.',
      '本文件中 {n, number} 个编号现已归入其他会员。',
    ),
    unknownIds: both(
      '{n, plural, one {# id is} other {# ids are}} in no other data yet; the merge holds once they come.',
      '{n, number} 个编号尚未出现在其他数据中，出现后合并即生效。',
    ),
    setByPeople: both(
      '{n, plural, one {# row has} other {# rows have}} no effect, because people decided about the id here.',
      '{n, number} 行未生效：这些编号已由人工设定。',
    ),
    circles: both(
      '{n, plural, one {# row has} other {# rows have}} no effect, because the member was merged into the id before, which would close a circle.',
      '{n, number} 行未生效：对应会员此前已并入该编号，会形成循环。',
    ),
    repurchase: both(
      'Repurchase rate of the shop: {repurchaseBefore, number, ::percent .00} → {n, number, ::percent .00}.',
      '全店复购率：{repurchaseBefore, number, ::percent .00} → {n, number, ::percent .00}。',
    ),
    value: both(
      'Historic value per member after {valueMonths, plural, one {# month} other {# months}}: {n, number, ::percent sign-always .00}.',
      '首购后 {valueMonths, number} 个月的人均累计消费：{n, number, ::percent sign-always .00}。',
    ),
    ofDeleted: both(
      '{n, plural, one {# row has} other {# rows have}} no effect, because one of the two was deleted.',
      '{n, number} 行未生效：其中一方已被删除。',
    ),
  },
  count: async (session, importSeq) => ({
    ...(await countsOf(session, importSeq)),
    ...(await effectOn(session)),
  }),
})

/** What the merges of the file do to the shop's figures: the derived tables are still those from before. */
async function effectOn(session: Session): Promise<Readonly<Record<string, number>>> {
  const [state] = await session.rows(sql`select as_of from workspace_state`)
  if (state!.asOf === null) return {}
  const asOf = String(state!.asOf)
  const { figures: before } = await figuresOf(session, asOf)
  await refreshDerivedTables(
    session,
    { members: sql`select member_key from touched_members`, days: noDays },
    asOf,
  )
  const { figures: after } = await figuresOf(session, asOf)
  const grown = (now: number, then: number) => (then === 0 ? 0 : now / then - 1)
  return {
    repurchaseBefore: before.repurchaseRate ?? 0,
    repurchase: after.repurchaseRate ?? 0,
    ...(before.value && after.value
      ? {
          valueMonths: after.value.period,
          value: grown(after.value.cumulativeMinor, before.value.cumulativeMinor),
        }
      : {}),
  }
}

const noDays = sql`select local_day from orders where false`

async function countsOf(session: Session, importSeq: number): Promise<Readonly<Record<string, number>>> {
  const own = sql`(select from_id, into_id from import_merges where import_seq = ${importSeq})`
  const [counts] = await session.rows(sql`select
    (select count(distinct from_id) from ${own} as own where from_id in (select alias from member_aliases)) as merged,
    (select count(*) from (select from_id as id from ${own} as own union select into_id from ${own} as own) as named
      where id not in (select member_id from members where not stub)
        and id not in (select member_id from import_lines where member_id is not null)
        and id not in (select member_id from import_members)
        and id not in (select member_id from member_aliases join members using (member_id) where not stub)) as unknown_ids`)
  const { imported, idle } = await mergesInEngine(session)
  const without = (why: string) =>
    [...idle].filter(([place, reason]) => reason === why && imported[place]!.importSeq === importSeq).length
  return {
    merged: Number(counts!.merged),
    unknownIds: Number(counts!.unknownIds),
    setByPeople: without('set-by-people'),
    circles: without('circle'),
    ofDeleted: without('deleted'),
  }
}
