import { z } from 'zod'
import { addDays, daysBetween } from '../../../analytics/calendar/calendar.ts'

/** The days on which a campaign lets members in: dates of each month, where it has them, or days of the week (1: Monday). */
export const MemberDays = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('monthly'),
    days: z.array(z.int().min(1).max(31)).min(1).max(31),
  }),
  z.strictObject({
    kind: z.literal('weekly'),
    weekdays: z.array(z.int().min(1).max(7)).min(1).max(6),
  }),
])
export type MemberDays = z.output<typeof MemberDays>

/** 1: Monday. */
export const weekdayOf = (day: string): number => new Date(`${day}T00:00:00Z`).getUTCDay() || 7

export const isMemberDay = (days: MemberDays, day: string): boolean =>
  days.kind === 'monthly' ? days.days.includes(Number(day.slice(8))) : days.weekdays.includes(weekdayOf(day))

/** Days of the same weekday before, of which the latest are compared with. */
const comparedDays = 4
/** So far back they are looked for, in weeks. */
const weeksBack = 26

/**
 * The days that a member day is compared with: the latest before it of the same weekday that were none while the campaign
 * stood, newest first; those before the data begin are none.
 */
export function comparableDays(
  days: MemberDays,
  day: string,
  { startedDay, dataStart }: { startedDay: string; dataStart: string },
): string[] {
  const found: string[] = []
  for (let weeks = 1; weeks <= weeksBack && found.length < comparedDays; weeks++) {
    const before = addDays(day, -7 * weeks)
    if (before < dataStart) break
    if (before < startedDay || !isMemberDay(days, before)) found.push(before)
  }
  return found
}

/** Member days between two local days, both included, newest first. */
export function memberDaysBetween(days: MemberDays, from: string, to: string): string[] {
  const found: string[] = []
  for (let place = 0; place <= daysBetween(from, to); place++) {
    const day = addDays(to, -place)
    if (isMemberDay(days, day)) found.push(day)
  }
  return found
}
