/** Channels by which people pass the coupons on, from a list: by phone, or in 企业微信. */
export const handChannels = ['calls', 'wecom'] as const
export type HandChannel = (typeof handChannels)[number]

/** What came of one delivery by hand. */
export const handResults = [
  'reached',
  'not-reached',
  'refused',
  'redeemed',
  'do-not-contact',
  'wrong-contact',
] as const
export type HandResult = (typeof handResults)[number]
