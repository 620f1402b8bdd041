import { useQuery } from '@tanstack/react-query'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../trpc.ts'
import { useFormat } from '../ui/format.ts'

/** Months that later files changed after they were over, with the cause, at the foot of a page that draws them. */
export function RestatedNote() {
  const t = useTranslations('filters.restated')
  const trpc = useTRPC()
  const format = useFormat()
  const { data = [] } = useQuery(trpc.imports.restated.queryOptions())
  if (data.length === 0) return null
  return (
    <>
      {data.slice(0, mostNamed).map(({ month, before, after, fileName, cause, at }) => (
        <p key={month}>
          {t(cause, {
            month: format.month(month),
            what: changedOf(before, after),
            file: fileName,
            time: format.instant(at),
            before: format.money(before.netMinor),
            after: format.money(after.netMinor),
            ordersBefore: format.count(before.orders),
            ordersAfter: format.count(after.orders),
          })}
        </p>
      ))}
      {data.length > mostNamed ? <p>{t('more', { count: data.length - mostNamed })}</p> : null}
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
