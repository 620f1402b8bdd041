/** An ISO day moved by days, on the calendar alone. */
export function plusDays(iso: string, days: number): string {
  const moved = new Date(`${iso}T00:00:00Z`)
  moved.setUTCDate(moved.getUTCDate() + days)
  return moved.toISOString().slice(0, 10)
}

/** The first day of the month `months` before the month of `iso`. */
export function monthsBefore(iso: string, months: number): string {
  const [year = 0, month = 1] = iso.split('-').map(Number)
  return new Date(Date.UTC(year, month - 1 - months, 1)).toISOString().slice(0, 10)
}

export const presets = ['30d', '90d', '12m'] as const
export type Preset = (typeof presets)[number]

/** The days of a named range that ends with `asOf`. Twelve months are whole months and the current one. */
export function presetRange(preset: Preset, asOf: string): { from: string; to: string } {
  if (preset === '12m') return { from: monthsBefore(asOf, 11), to: asOf }
  return { from: plusDays(asOf, preset === '30d' ? -29 : -89), to: asOf }
}
