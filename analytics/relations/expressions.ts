import { endOfMonth } from '../calendar/calendar.ts'
import type { Scope } from './scope.ts'

const quoted = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`

/**
 * In the segment language: has at least so many counted orders between two days, inclusive, with the
 * question's own stores and channels.
 */
export function boughtBetween(
  scope: Pick<Scope, 'stores' | 'channels'>,
  from: string,
  to: string,
  atLeast = 1,
): string {
  const places = [
    ...(scope.stores ? [`store in (${scope.stores.map(quoted).join(', ')})`] : []),
    ...(scope.channels ? [`channel in (${scope.channels.map(quoted).join(', ')})`] : []),
  ]
  return `orders(${[...places, `between ${from} and ${to}`].join(', ')}) >= ${atLeast}`
}

/** In the segment language: the members of a monthly cohort, by its first day. */
export const inMonthlyCohort = (month: string): string =>
  `first_order between ${month} and ${endOfMonth(month)}`
