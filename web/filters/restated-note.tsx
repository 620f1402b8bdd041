import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useTranslations } from 'use-intl'
import type { Restatement } from '../../server/import/restatements.ts'
import { useTRPC } from '../trpc.ts'
import type { Column } from '../ui/data-table.tsx'
import { type Format, useFormat } from '../ui/format.ts'

/** Months that later files changed after they were over, each with a sentence: when, by what, from what to what. */
export function useRestatedMonths(): ReadonlyMap<string, string> {
  const t = useTranslations('filters.restated')
  const trpc = useTRPC()
  const format = useFormat()
  const { data } = useQuery(trpc.imports.restated.queryOptions())
  return useMemo(
    () =>
      new Map(
        (data ?? []).map(({ month, ...change }) => [
          month,
          t(change.cause, { month: format.month(month), ...wordsOf(change, format) }),
        ]),
      ),
    [data, t, format],
  )
}

/** Of what adds up the months from one on through the `count`-th after it: what was restated within, the latest month in words. */
export function useRestatedWithin(): (month: string, count: number) => string | undefined {
  const t = useTranslations('filters.restated')
  const restated = useRestatedMonths()
  return (month, count) => {
    const [latest, ...earlier] = Array.from({ length: count + 1 }, (_, at) =>
      restated.get(laterMonth(month, count - at)),
    ).filter((sentence) => sentence !== undefined)
    return latest === undefined || earlier.length === 0
      ? latest
      : t('within', { latest, count: earlier.length })
  }
}

/** The same of shorter periods, such as the weeks of a chart, by their first days; asked once there are any. */
export function useRestatedPeriods(
  periods: readonly { readonly from: string; readonly to: string }[],
): ReadonlyMap<string, string> {
  const t = useTranslations('filters.restated.period')
  const trpc = useTRPC()
  const format = useFormat()
  const { data } = useQuery(
    trpc.imports.restatedPeriods.queryOptions(
      { periods: periods.map(({ from, to }) => ({ from, to })) },
      { enabled: periods.length > 0 },
    ),
  )
  return useMemo(
    () =>
      new Map(
        (data ?? []).map(({ from, to, ...change }) => [
          from,
          t(change.cause, { days: format.dayRange(from, to), ...wordsOf(change, format) }),
        ]),
      ),
    [data, t, format],
  )
}

/** The first day of the month `count` months after the one that begins on `month`. */
export function laterMonth(month: string, count: number): string {
  const [year, number] = month.split('-').map(Number)
  return new Date(Date.UTC(year!, number! - 1 + count, 1)).toISOString().slice(0, 10)
}

/** A column with what became of the periods of a table's rows; none while none was restated. */
export function useRestatedColumn() {
  const t = useTranslations('filters.restated')
  return <Row,>(rows: readonly Row[], sentenceOf: (row: Row) => string | undefined): readonly Column<Row>[] =>
    rows.some((row) => sentenceOf(row) !== undefined)
      ? [
          {
            key: 'restated',
            header: t('column'),
            value: (row) => sentenceOf(row) ?? null,
            cell: (row) => sentenceOf(row) ?? '',
          },
        ]
      : []
}

/**
 * The restated months of the days that a page draws (ISO days, both of them included), the latest first,
 * at its foot. Months that it does not draw are the Data page's.
 */
export function RestatedNote({ from, to }: { from: string | undefined; to: string | undefined }) {
  const t = useTranslations('filters.restated')
  const months = useRestatedMonths()
  if (from === undefined || to === undefined) return null
  const drawn = [...months].filter(
    ([month]) => month.slice(0, 7) >= from.slice(0, 7) && month.slice(0, 7) <= to.slice(0, 7),
  )
  return (
    <>
      {drawn.slice(0, mostNamed).map(([month, sentence]) => (
        <p key={month}>↻ {sentence}</p>
      ))}
      {drawn.length > mostNamed ? <p>{t('more', { count: drawn.length - mostNamed })}</p> : null}
    </>
  )
}

const mostNamed = 3

type Change = Pick<Restatement, 'before' | 'after' | 'fileName' | 'at'>

/** What both kinds of sentences say of a change. */
const wordsOf = ({ before, after, fileName, at }: Change, format: Format) => ({
  what: before.orders === after.orders ? 'net' : before.netMinor === after.netMinor ? 'orders' : 'both',
  file: fileName,
  time: format.instant(at),
  before: format.money(before.netMinor),
  after: format.money(after.netMinor),
  ordersBefore: format.count(before.orders),
  ordersAfter: format.count(after.orders),
})
