import { both } from '../../../analytics/schema/described.ts'
import { fields } from '../fields.ts'
import { memberFields } from '../members/fields.ts'
import type { KindField } from './kind.ts'

/** The field that says whose a row is, in any kind: the member's number as orders and files of members have it. */
export const memberField = {
  type: 'id',
  column: 'member_id',
  aliases: [
    ...new Set<string>([
      ...memberFields.memberId.aliases,
      ...fields.memberId.aliases,
      ...fields.phone.aliases,
      ...fields.email.aliases,
    ]),
  ],
  label: both('Member', '会员'),
  meaning: both(
    'The member’s number, card or phone: the same as in orders files.',
    '会员编号、卡号或手机号，与订单文件中的相同。',
  ),
  needed: both('The row names no member.', '该行没有会员编号。'),
  example: 'MEMBER-1',
  member: true,
} as const satisfies KindField
