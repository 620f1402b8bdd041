import type { Template } from '../columns/templates.ts'
import { type MemberField, memberFieldNames } from './fields.ts'

/** One invented member. */
const example: Readonly<Record<MemberField, string | number>> = {
  memberId: 'MEMBER-1',
  name: 'Ann',
  familyName: 'Example',
  nickname: 'Annie',
  phone: '+8613800000000',
  openid: 'oExample0000000000000000001',
  email: 'ann@shop.example',
  gender: 'female',
  birthday: '1990-01-31',
  joinedAt: '2026-01-31 18:05:00',
  region: 'Shanghai',
  channel: 'shop',
  tier: 'gold',
  points: 120,
  storedValue: 50,
  consent: 'yes',
  consentAt: '2026-01-31 18:05:00',
}

/** Every field of a members file, and an invented row. */
export const membersTemplate = (): Template => ({ fields: memberFieldNames, rows: [example] })
