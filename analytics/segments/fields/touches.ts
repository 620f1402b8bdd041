import { memberNames } from '../../relations/member-names.ts'
import { sql } from '../../sql/sql.ts'
import type { Moment, Person } from '../person.ts'
import { both } from './described.ts'
import type { Field } from './field.ts'

/** What was put on the member: tags, campaigns, and the names that they go by. */
export const touches: readonly Field[] = [
  {
    name: 'tag',
    chinese: '标签',
    shopify: 'customer_tags',
    kind: 'set',
    list: 'tags',
    history: 'full',
    title: both('Tag', '标签'),
    help: both('The member carries this tag: tag = "vip".', '会员带有该标签：标签 = "vip"。'),
    phrase: {
      en: {
        is: 'carry the tag {}',
        any: 'carry one of the tags {}',
        not: 'don’t carry the tag {}',
        notAny: 'carry none of the tags {}',
        known: 'carry any tag',
        unknown: 'carry no tag',
      },
      'zh-CN': {
        is: '带有标签{}',
        any: '带有标签{}',
        not: '不带标签{}',
        notAny: '不带标签{}',
        known: '带有任一标签',
        unknown: '没有任何标签',
      },
    },
    from: {
      table: sql`tags_of_members`,
      text: sql`tag`,
      day: sql`added_day`,
      past: (day) => sql`(select member_key, tag, added_day from tags_of_members
        union all select member_key, tag, added_day from removed_tags_of_members where removed_day > ${day})`,
    },
    read: (person, moment) =>
      person.tags
        .filter(({ addedDay, removedDay }) =>
          moment.newest
            ? removedDay === null
            : addedDay <= moment.asOf && (removedDay === null || removedDay > moment.asOf),
        )
        .map(({ tag }) => tag),
  },
  {
    name: 'treated_in',
    chinese: '触达活动',
    kind: 'set',
    history: 'full',
    title: both('Treated in campaign', '营销活动触达组'),
    help: both(
      'The member was sent a coupon by the campaign with this id.',
      '该编号的营销活动向会员发过券。',
    ),
    phrase: {
      en: {
        is: 'were sent a coupon by the campaign {}',
        any: 'were sent a coupon by one of the campaigns {}',
        not: 'were not sent a coupon by the campaign {}',
        notAny: 'were sent a coupon by none of the campaigns {}',
        known: 'were sent a coupon by any campaign',
        unknown: 'were sent a coupon by no campaign',
      },
      'zh-CN': {
        is: '在活动{}中收到过券',
        any: '在活动{}中收到过券',
        not: '在活动{}中没有收到券',
        notAny: '在活动{}中都没有收到券',
        known: '在任一活动中收到过券',
        unknown: '没有在任何活动中收到过券',
      },
    },
    from: {
      table: sql`arms_of_members`,
      text: sql`campaign_id`,
      only: sql`arm = 'treated'`,
      day: sql`launched_day`,
    },
    read: (person, moment) => armsOf(person, moment, 'treated'),
  },
  {
    name: 'held_out_of',
    chinese: '对照活动',
    kind: 'set',
    history: 'full',
    title: both('Held out of campaign', '营销活动对照组'),
    help: both(
      'The member was in the holdout of the campaign with this id.',
      '会员在该编号营销活动的对照组（不发券）。',
    ),
    phrase: {
      en: {
        is: 'were held out of the campaign {}',
        any: 'were held out of one of the campaigns {}',
        not: 'were not held out of the campaign {}',
        notAny: 'were held out of none of the campaigns {}',
        known: 'were held out of any campaign',
        unknown: 'were held out of no campaign',
      },
      'zh-CN': {
        is: '在活动{}的对照组中',
        any: '在活动{}的对照组中',
        not: '不在活动{}的对照组中',
        notAny: '都不在活动{}的对照组中',
        known: '在任一活动的对照组中',
        unknown: '不在任何活动的对照组中',
      },
    },
    from: {
      table: sql`arms_of_members`,
      text: sql`campaign_id`,
      only: sql`arm = 'held-out'`,
      day: sql`launched_day`,
    },
    read: (person, moment) => armsOf(person, moment, 'held-out'),
  },
  {
    name: 'member',
    chinese: '会员编号',
    kind: 'set',
    history: 'full',
    title: both('Member id', '会员编号'),
    help: both(
      'Members by their id: member in ("1001", "1002").',
      '按会员编号选人：会员编号 属于 ("1001", "1002")。',
    ),
    phrase: {
      en: {
        is: 'have the member id {}',
        any: 'have one of the member ids {}',
        not: 'have another member id than {}',
        notAny: 'have none of the member ids {}',
      },
      'zh-CN': { is: '会员编号为{}', any: '会员编号为{}', not: '会员编号不是{}', notAny: '会员编号不是{}' },
    },
    from: { table: memberNames, text: sql`named` },
    read: (person) => [person.id],
  },
]

function armsOf(person: Person, { newest, asOf }: Moment, wanted: string): readonly string[] {
  return person.arms
    .filter(({ arm, day }) => arm === wanted && (newest || day <= asOf))
    .map(({ campaign }) => campaign)
}
