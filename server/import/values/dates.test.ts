import { expect, test } from 'vitest'
import { instantOf } from '../../../analytics/calendar/calendar.ts'
import { openDuckDb } from '../../../analytics/engine/duckdb.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import { dateOrderOf, instantSql } from './dates.ts'

test.each<[string, Readonly<Record<string, string>>]>([
  [
    'year-first forms side by side',
    {
      '2024-01-05': '2024-01-05 00:00:00',
      '2024/1/6': '2024-01-06 00:00:00',
      '2024年1月7日': '2024-01-07 00:00:00',
      '20240108': '2024-01-08 00:00:00',
      '20240109 08:05:00': '2024-01-09 08:05:00',
    },
  ],
  [
    'full-width digits',
    { '２０２４－０１－０１': '2024-01-01 00:00:00', '２０２４／１／２ ８：０５': '2024-01-02 08:05:00' },
  ],
  ['full-width digits alone', { '２０２４０１０５': '2024-01-05 00:00:00' }],
  [
    'halves of the day, midnight and noon as 0 or 12, and beside 24 hours',
    {
      '2024-01-05 0:15 AM': '2024-01-05 00:15:00',
      '2024-01-05 00:15 PM': '2024-01-05 12:15:00',
      '2024-01-05 12:15 AM': '2024-01-05 00:15:00',
      '2024-01-05 1:15:30 PM': '2024-01-05 13:15:30',
      '2024-01-05 13:15 PM': '2024-01-05 13:15:00',
      '2024年1月5日 下午 1:15': '2024-01-05 13:15:00',
      '2024年1月5日 上午0:15': '2024-01-05 00:15:00',
    },
  ],
  [
    'serials among dates',
    {
      '2024-01-01 10:00:00': '2024-01-01 10:00:00',
      '2024-01-02 10:00:00': '2024-01-02 10:00:00',
      // 45292 days after 30 December 1899 is 1 January 2024; 0.5 of a day is noon
      '45292.5': '2024-01-01 12:00:00',
    },
  ],
])('%s are all read', async (_, said) => {
  const found = dateOrderOf(Object.keys(said))!
  expect(found.share).toBe(1)
  if (found.order === 'undecided') throw new Error('undecided')
  const engine = await openDuckDb(':memory:')
  const read: Record<string, unknown> = {}
  for (const value of Object.keys(said)) {
    const instant = instantSql(sql`one`, found.order, 'UTC')
    const [row] = await engine.rows(
      sql`select strftime(${instant}, '%Y-%m-%d %H:%M:%S') as at from (select ${value} as one)`,
    )
    read[value] = row!.at
  }
  await engine.close()
  expect(read).toEqual(said)
})

test.each(['Asia/Shanghai', 'Asia/Tokyo', 'America/Sao_Paulo', 'America/New_York', 'UTC'])(
  'the clocks of %s tell the instant, also where they were changed',
  async (timeZone) => {
    // summers and winters of years with and without summer time in these zones
    const days = [1985, 1990, 1991, 1992, 2015, 2026, 2037, 2038].flatMap((year) => [
      `${year}-01-15`,
      `${year}-07-15`,
    ])
    const engine = await openDuckDb(':memory:', { threads: 1 })
    for (const day of days) {
      const [row] = await engine.rows(
        sql`select ${instantSql(sql`one`, 'year-first', timeZone)} as at from (select ${`${day} 10:30:00`} as one)`,
      )
      expect(row).toEqual({ at: instantOf(day, '10:30', { timeZone, firstWeekday: 1 }).toISOString() })
    }
    await engine.close()
  },
)

test('what is no date stays none, and numbers alone are not read as years', () => {
  expect(dateOrderOf(['2024-01-05', 'soon'])).toEqual({ order: 'year-first', share: 0.5 })
  expect(dateOrderOf(['20240105', '20240106'])).toEqual({ order: 'compact', share: 1 })
  expect(dateOrderOf(['45292', '45293', '45294', '2024-01-05'])).toMatchObject({ order: 'excel-serial' })
})
