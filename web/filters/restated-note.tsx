import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../trpc.ts'
import { useFormat } from '../ui/format.ts'

/** Months that later files changed after they were over, each with a sentence: when, by what, from what to what. */
export function useRestatedMonths(): ReadonlyMap<string, string> {
  const t = useTranslations('filters.restated')
  const trpc = useTRPC()
  const format = useFormat()
  const { data } = useQuery(trpc.imports.restated.queryOptions())
  return useMemo(
    () =>
      new Map(
        (data ?? []).map(({ month, before, after, fileName, cause, at }) => [
          month,
          t(cause, {
            month: format.month(month),
            what: changedOf(before, after),
            file: fileName,
            time: format.instant(at),
            before: format.money(before.netMinor),
            after: format.money(after.netMinor),
            ordersBefore: format.count(before.orders),
            ordersAfter: format.count(after.orders),
          }),
        ]),
      ),
    [data, t, format],
  )
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

interface Figures {
  readonly netMinor: number
  readonly orders: number
}

/** Which of the two figures came to another. */
const changedOf = (before: Figures, after: Figures) =>
  before.orders === after.orders ? 'net' : before.netMinor === after.netMinor ? 'orders' : 'both'
