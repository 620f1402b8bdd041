import { z } from 'zod'

/** The first and the last local day that can be asked about: room for any shop, and for arithmetic around it. */
export const firstDay = '1970-01-01'
export const lastDay = '2200-12-31'

/** A local day as a question names it, ISO text. The message is the id of a sentence. */
export const AskedDay = z.iso
  .date()
  .refine((day) => day >= firstDay && day <= lastDay, { error: 'day-out-of-range' })
