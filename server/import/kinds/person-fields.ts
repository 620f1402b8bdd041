import { both } from '../../../analytics/schema/described.ts'
import { fields, type PersonValue } from '../columns/fields.ts'
import { memberFields } from '../members/fields.ts'
import type { KindField } from './kind.ts'

const unique = (...aliases: readonly (readonly string[])[]): string[] => [...new Set(aliases.flat())]

/** Headers of what tells a member besides the number, as orders and files of members have them. */
const valueAliases: Readonly<Record<PersonValue, readonly string[]>> = {
  // what is sent to somebody else names that person's phone; the cell of a test is none
  phone: unique(memberFields.phone.aliases, fields.phone.aliases).filter(
    (alias) => !/收|提货/.test(alias) && alias !== 'cell',
  ),
  openid: memberFields.openid.aliases,
  email: memberFields.email.aliases,
}

/** Headers of the member's number in any kind of file. */
export const memberAliases: readonly string[] = unique(memberFields.memberId.aliases, fields.memberId.aliases)

/** The field that says whose a row is, in any kind: the member's number as orders and files of members have it. */
export const memberField = {
  type: 'id',
  column: 'member_id',
  aliases: memberAliases,
  label: both('Member', '会员'),
  meaning: both(
    'The member’s number or card, the same as in orders files. Empty where the phone, openid or e-mail tells who it is.',
    '会员编号或卡号，与订单文件中的相同。可留空，由手机号、openid 或邮箱识别会员。',
  ),
  needed: both('The row names no member.', '该行没有会员。'),
  example: 'MEMBER-1',
  member: true,
} as const satisfies KindField

/**
 * The fields that tell who the member is where a row has no number, for the kinds whose rows are of one member:
 * such a row names an id that stands for its values (server/identity/row-people.ts).
 */
export const personFields = {
  phone: {
    type: 'id',
    column: 'phone',
    tells: 'phone',
    aliases: valueAliases.phone,
    label: both('Phone', '手机号'),
    meaning: both(
      'The member’s phone, for rows without a number. With digits hidden it tells nobody.',
      '会员手机号，用于没有会员编号的行。打码的手机号无法识别会员。',
    ),
    example: '13900000000',
  },
  openid: {
    type: 'id',
    column: 'openid',
    tells: 'openid',
    aliases: valueAliases.openid,
    label: both('Openid', '微信 openid'),
    meaning: both(
      'The member’s openid or unionid at WeChat, for rows without a number.',
      '会员的微信 openid 或 unionid，用于没有会员编号的行。',
    ),
    example: 'oEXAMPLE-1',
  },
  email: {
    type: 'id',
    column: 'email',
    tells: 'email',
    aliases: valueAliases.email,
    label: both('E-mail', '邮箱'),
    meaning: both('The member’s e-mail, for rows without a number.', '会员邮箱，用于没有会员编号的行。'),
    example: 'member@shop.example',
  },
} as const satisfies Record<PersonValue, KindField>

/** The same with more headers of the phone. */
export const personFieldsWith = (phones: readonly string[]) => ({
  ...personFields,
  phone: { ...personFields.phone, aliases: unique(phones, personFields.phone.aliases) },
})
