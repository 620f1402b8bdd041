import { plainHeader } from '../columns/fields.ts'
import type { MemberField } from './fields.ts'

/** What is known of a platform's export of customers beyond what its headers say. */
interface MemberPreset {
  /** Headers without which it is not this export. */
  readonly needs: readonly string[]
  /** Headers that tell it from others; three of them have to be there. */
  readonly marks: readonly string[]
  /** The column of each field: the first of these that the file has. Null: none, whatever the guess. */
  readonly columns: Readonly<Partial<Record<MemberField, readonly string[] | null>>>
}

export const memberPresetNames = ['youzan-customers', 'shopify-customers'] as const
export type MemberPresetName = (typeof memberPresetNames)[number]

/** What tells customers apart on the same platform's orders is here, so that orders find them. */
export const memberPresets: Readonly<Record<MemberPresetName, MemberPreset>> = {
  'youzan-customers': {
    needs: ['客户手机号', '成为客户时间'],
    marks: [
      '客户姓名',
      '客户昵称',
      '是否会员',
      '成长值',
      '免费等级',
      '付费等级',
      '权益卡',
      '客户积分',
      '客户储值余额',
      '企微好友',
    ],
    columns: {
      memberId: ['客户ID', '客户编号'],
      phone: ['客户手机号'],
      name: ['客户姓名'],
      nickname: ['客户昵称'],
      gender: ['客户性别'],
      birthday: ['客户生日'],
      joinedAt: ['成为会员时间', '成为客户时间'],
      tier: ['免费等级'],
      points: ['客户积分'],
      storedValue: ['客户储值余额'],
      channel: ['来源渠道'],
      region: ['所属区域', '微信地域'],
      // To follow a shop's account is no consent.
      consent: null,
      familyName: null,
    },
  },
  'shopify-customers': {
    needs: ['Email', 'Accepts Email Marketing', 'Total Orders'],
    marks: [
      'Customer ID',
      'First Name',
      'Last Name',
      'Total Spent',
      'Tax Exempt',
      'Default Address Zip',
      'Accepts SMS Marketing',
    ],
    columns: {
      memberId: ['Customer ID'],
      email: ['Email'],
      name: ['First Name'],
      familyName: ['Last Name'],
      phone: ['Phone', 'Default Address Phone'],
      consent: ['Accepts Email Marketing'],
      region: ['Default Address Province Code', 'Default Address Country Code'],
      tier: null,
      joinedAt: null,
    },
  },
}

const positionOf = (headers: readonly string[], wanted: string): number => {
  const plain = plainHeader(wanted)
  return headers.findIndex((header) => plainHeader(header) === plain)
}

/** The headers that a file lacks to be this platform's. */
export const memberPresetLacks = (name: MemberPresetName, headers: readonly string[]): string[] =>
  memberPresets[name].needs.filter((header) => positionOf(headers, header) < 0)

/** The preset whose export of customers this is. */
export const recognisedMembers = (headers: readonly string[]): MemberPresetName | null =>
  memberPresetNames.find(
    (name) =>
      memberPresetLacks(name, headers).length === 0 &&
      memberPresets[name].marks.filter((mark) => positionOf(headers, mark) >= 0).length >= 3,
  ) ?? null

/** Columns by position that the preset names and the file has; null for fields that are to be left out. */
export function memberPresetColumns(
  name: MemberPresetName,
  headers: readonly string[],
): [MemberField, number | null][] {
  return (Object.entries(memberPresets[name].columns) as [MemberField, readonly string[] | null][]).flatMap(
    ([field, wanted]): [MemberField, number | null][] => {
      if (wanted === null) return [[field, null]]
      const position = wanted.map((header) => positionOf(headers, header)).find((at) => at >= 0)
      return position === undefined ? [] : [[field, position]]
    },
  )
}
