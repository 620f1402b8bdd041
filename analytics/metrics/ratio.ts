import { z } from 'zod'

/** A ratio of integers as it travels: both numbers and the value; null over nothing. */
export const Share = z.object({ numerator: z.int(), denominator: z.int(), value: z.number().nullable() })

/** An average amount as it travels: both numbers and the whole minor units; null over nothing. */
export const Average = z.object({ numerator: z.int(), denominator: z.int(), minor: z.int().nullable() })

/** numerator ÷ denominator; unknown when the denominator is not above 0. */
export const share = (numerator: number, denominator: number): z.output<typeof Share> => ({
  numerator,
  denominator,
  value: denominator > 0 ? numerator / denominator : null,
})

/** numerator ÷ denominator in whole minor units, half away from zero; unknown when the denominator is not above 0. */
export const average = (numerator: number, denominator: number): z.output<typeof Average> => ({
  numerator,
  denominator,
  minor: denominator > 0 ? wholeMinor(numerator / denominator) : null,
})

/** Half away from zero. */
export const wholeMinor = (amount: number): number => Math.sign(amount) * Math.round(Math.abs(amount)) + 0
