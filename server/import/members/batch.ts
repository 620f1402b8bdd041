import { decimalText } from '../../messages/money.ts'
import type { SentRows } from '../orders/batch.ts'
import { memberFieldNames } from './fields.ts'

/** A member as a shop's system sends it. Money in minor units; days as ISO text, instants with their zone. */
export interface SentMember {
  readonly memberId: string
  readonly name?: string | undefined
  readonly phone?: string | undefined
  readonly openid?: string | undefined
  readonly email?: string | undefined
  readonly gender?: 'female' | 'male' | 'unknown' | undefined
  readonly birthday?: string | undefined
  readonly joinedAt?: string | undefined
  readonly region?: string | undefined
  readonly channel?: string | undefined
  readonly tier?: string | undefined
  readonly points?: number | undefined
  readonly storedValueMinor?: number | undefined
  readonly consent?: 'granted' | 'denied' | 'unknown' | undefined
  readonly consentAt?: string | undefined
}

/** The members of a batch as rows, one each. What is not sent is left as it is; days are those of `timeZone`. */
export function memberBatchRows(
  members: readonly SentMember[],
  { decimals, timeZone }: { decimals: number; timeZone: string },
): SentRows {
  return {
    map: {
      kind: 'members',
      // Every column stands in every row, so that one mapping reads any batch.
      columns: Object.fromEntries(
        memberFieldNames.map((field) => [field, sentFields.has(field) ? field : null]),
      ),
      dates: 'year-first',
      decimalMark: '.',
      timeZone,
    },
    rows: members.map((member) => ({
      memberId: member.memberId,
      name: member.name ?? '',
      phone: member.phone ?? '',
      openid: member.openid ?? '',
      email: member.email ?? '',
      gender: member.gender ?? '',
      birthday: member.birthday ?? '',
      joinedAt: member.joinedAt ?? '',
      region: member.region ?? '',
      channel: member.channel ?? '',
      tier: member.tier ?? '',
      points: member.points === undefined ? '' : String(member.points),
      storedValue:
        member.storedValueMinor === undefined ? '' : decimalText(member.storedValueMinor, decimals),
      consent: member.consent ?? '',
      consentAt: member.consentAt ?? '',
    })),
    indexOf: (row) => row,
    sentAs: { storedValue: 'storedValueMinor' },
  }
}

const sentFields: ReadonlySet<string> = new Set([
  'memberId',
  'name',
  'phone',
  'openid',
  'email',
  'gender',
  'birthday',
  'joinedAt',
  'region',
  'channel',
  'tier',
  'points',
  'storedValue',
  'consent',
  'consentAt',
])
