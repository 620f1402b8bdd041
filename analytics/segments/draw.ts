import { createHash } from 'node:crypto'

/** What a member's id is put behind before it is hashed. */
export const drawnWith = (seed: string): string => `${seed}:`

/**
 * A member is drawn when the first eight hexadecimal digits of MD5(seed, colon, id) lie below these: that many
 * percent of all that there can be. Not for 100 percent, which all lie below.
 */
export const drawnBelow = (percent: number): string =>
  Math.floor((Math.round(percent * 100) * 2 ** 32) / 10_000)
    .toString(16)
    .padStart(8, '0')

/** A member's number in a draw, from 0 and below 100, to hundredths: who is below the percent is drawn. */
export const drawnNumber = (seed: string, memberId: string): number => {
  const digits = createHash('md5')
    .update(drawnWith(seed) + memberId)
    .digest('hex')
    .slice(0, 8)
  return Math.floor((Number.parseInt(digits, 16) * 10_000) / 2 ** 32) / 100
}
