/** The zones that a shop may be in, the chosen one among them. */
export function zonesWith(chosen: string): string[] {
  const zones = Intl.supportedValuesOf('timeZone')
  return zones.includes(chosen) ? zones : [chosen, ...zones]
}

/** The days with which a week may begin, Monday first. */
export const weekdays = (language: string): { value: string; label: string }[] =>
  [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({
    value: String(weekday),
    // 1 January 2024 was a Monday
    label: new Intl.DateTimeFormat(language, { weekday: 'long', timeZone: 'UTC' }).format(
      new Date(Date.UTC(2024, 0, weekday)),
    ),
  }))
