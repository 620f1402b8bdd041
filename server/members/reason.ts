/** Why a member has the status, for a sentence: `id` names it, `values` are its numbers in days. */
export interface Reason {
  readonly id: 'never' | 'once' | 'silent' | 'rhythm'
  readonly values: { silentDays?: number; usualDays?: number; orders?: number }
}

/** The reason in words and numbers: no order, only one, how long silent, and against what rhythm. */
export function reasonOf(silentDays: number | null, orders: number, usualDays: number | null): Reason {
  if (silentDays === null) return { id: 'never', values: {} }
  if (orders === 1) return { id: 'once', values: { silentDays } }
  if (usualDays === null) return { id: 'silent', values: { silentDays, orders } }
  return { id: 'rhythm', values: { silentDays, orders, usualDays } }
}
