import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

const data = fileURLToPath(new URL('../../../shared/data/', import.meta.url))

/** Figures of published data that were computed apart from Reveille, by name; null where the data are not there. */
// oxlint-disable-next-line typescript/no-explicit-any -- each figure has a shape of its own
export const golden: Record<string, { value: any }> | null = existsSync(data)
  ? JSON.parse(readFileSync(`${data}golden.json`, 'utf8'))
  : null

/** Days on which CDNOW's one in ten customers bought, with what for, in cents; a day is a count of days. */
export function cdnowCustomers(): ReadonlyMap<number, number>[] {
  const text = gunzipSync(readFileSync(`${data}cdnow/cdnow_sample_1in10.csv.gz`)).toString()
  const customers = new Map<string, Map<number, number>>()
  for (const line of text.trim().split('\n').slice(1)) {
    const [, customer, date, , dollars] = line.split(',') as [string, string, string, string, string]
    const day = dayOf(date.replace(/(\d{4})(\d\d)(\d\d)/, '$1-$2-$3'))
    const days = customers.get(customer) ?? new Map<number, number>()
    customers.set(customer, days)
    days.set(day, (days.get(day) ?? 0) + Math.round(Number(dollars) * 100))
  }
  return [...customers.values()]
}

export const dayOf = (date: string): number => Date.parse(date) / 86_400_000

/** As the published summary has them on its last day: weeks and dollars with two decimals. */
export function cdnowSummary(last = dayOf('1997-09-30')) {
  const weeks = (days: number) => Math.round((days / 7) * 100) / 100
  return cdnowCustomers().map((worth) => {
    const days = [...worth.keys()].filter((day) => day <= last).toSorted((a, b) => a - b)
    const repeats = days.slice(1)
    const spent = repeats.reduce((sum, day) => sum + worth.get(day)!, 0)
    return {
      frequency: repeats.length,
      recency: weeks(days.at(-1)! - days[0]!),
      age: weeks(last - days[0]!),
      mean: repeats.length === 0 ? 0 : Math.round(spent / repeats.length) / 100,
      /** Purchase days afterwards. */
      later: [...worth.keys()].filter((day) => day > last).length,
    }
  })
}
