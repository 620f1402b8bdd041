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
