import { expect, test } from 'vitest'
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

test('what is no date stays none, and numbers alone are not read as years', () => {
  expect(dateOrderOf(['2024-01-05', 'soon'])).toEqual({ order: 'year-first', share: 0.5 })
  expect(dateOrderOf(['20240105', '20240106'])).toEqual({ order: 'compact', share: 1 })
  expect(dateOrderOf(['45292', '45293', '45294', '2024-01-05'])).toMatchObject({ order: 'excel-serial' })
})
