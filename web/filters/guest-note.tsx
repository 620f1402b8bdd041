import { useQuery } from '@tanstack/react-query'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../trpc.ts'
import { useFormat } from '../ui/format.ts'
import { useFilters } from './filters.ts'

/** What no member figure holds: the guests' share of net in the window, at the foot of a page. */
export function GuestNote() {
  const t = useTranslations('filters')
  const trpc = useTRPC()
  const format = useFormat()
  const { question } = useFilters()
  const { segment, ...places } = question
  const { data } = useQuery(
    trpc.analytics.overview.queryOptions(
      { filters: places, settings: { steps: 0 } },
      { trpc: { abortOnUnmount: true } },
    ),
  )
  const current = data?.rows.find(({ kind }) => kind === 'current')
  return current?.guestShare.value == null
    ? t('guests')
    : t(segment === undefined ? 'guestShare' : 'guestShareOfShop', {
        share: format.percent(current.guestShare.value),
        days: format.dayRange(current.from, current.to),
      })
}
