import { expect, test } from 'vitest'
import { festivals, festivalsOf } from './festivals.ts'

/** As calendars have them. */
const known: readonly (readonly [string, ...string[]])[] = [
  ['spring-festival', '2023-01-22', '2024-02-10', '2025-01-29', '2026-02-17'],
  ['lantern', '2023-02-05', '2024-02-24', '2025-02-12', '2026-03-03'],
  ['dragon-boat', '2023-06-22', '2024-06-10', '2025-05-31', '2026-06-19'],
  ['qixi', '2023-08-22', '2024-08-10', '2025-08-29', '2026-08-19'],
  ['mid-autumn', '2023-09-29', '2024-09-17', '2025-10-06', '2026-09-25'],
  ['qingming', '1990-04-05', '2008-04-04', '2023-04-05', '2024-04-04', '2025-04-04', '2026-04-05'],
  ['easter', '1999-04-04', '2008-03-23', '2024-03-31', '2025-04-20', '2038-04-25'],
  ['mothers-day', '2024-05-12', '2025-05-11', '2026-05-10'],
  ['black-friday', '2024-11-29', '2025-11-28', '2026-11-27'],
]

test.each(known)('%s is on the days that calendars say', (festival, ...days) => {
  for (const day of days)
    expect(festivalsOf(Number(day.slice(0, 4))).find((one) => one.festival === festival)).toEqual({
      festival,
      day,
    })
})

test('every year that can be asked about has each of them once', () => {
  for (const year of [1970, 1985, 2033, 2034, 2100, 2200])
    expect(
      festivalsOf(year)
        .map(({ festival }) => festival)
        .toSorted(),
    ).toEqual([...festivals].toSorted())
})
