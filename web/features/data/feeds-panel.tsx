import { Button } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import type { FeedHealth } from '../../../analytics/relations/feed-health.ts'
import { useTRPC } from '../../trpc.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { QueryPanel, tableOf, useAnswer } from '../../ui/query-panel.tsx'
import { StatusChip } from '../../ui/status-chip.tsx'
import classes from './data.module.css'

/** Stores that are shown before all are asked for. */
const shownStores = 8

/** Whether orders keep coming in, from the shop and each store: the ones with a feed gap first. */
export function FeedsPanel() {
  const t = useTranslations('data')
  const trpc = useTRPC()
  const { count, day } = useFormat()
  const onPhone = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  const [all, showAll] = useState(false)
  const feeds = useAnswer(trpc.feeds.health.queryOptions({}))
  const columns: Column<FeedHealth>[] = [
    {
      key: 'store',
      header: t('feeds.store'),
      cell: ({ store, newestDay }) => (
        <>
          <div className={classes.fileName}>{store ?? t('feeds.shop')}</div>
          {onPhone ? <div className={classes.when}>{day(newestDay)}</div> : null}
        </>
      ),
      value: ({ store }) => store ?? t('feeds.shop'),
    },
    {
      key: 'newest_order',
      header: t('feeds.newest'),
      cell: ({ newestDay }) => day(newestDay),
      value: ({ newestDay }) => newestDay,
    },
    {
      key: 'usual_gap_days',
      header: t('feeds.usual'),
      align: 'right',
      cell: ({ usualGap }) => count(usualGap),
      value: ({ usualGap }) => usualGap,
    },
    {
      key: 'silent_days',
      header: t('feeds.silent'),
      align: 'right',
      cell: ({ silentDays }) => count(silentDays),
      value: ({ silentDays }) => silentDays,
    },
    {
      key: 'state',
      header: t('feeds.state'),
      cell: ({ isGap }) => (
        <StatusChip tone={isGap ? 'warn' : 'good'}>{t(`feeds.is.${isGap ? 'gap' : 'fine'}`)}</StatusChip>
      ),
      value: ({ isGap }) => (isGap ? 'feed gap' : 'as usual'),
    },
  ]
  return (
    <QueryPanel
      name={t('feeds.title.name')}
      title={({ finding, shop, stores }) =>
        t(`feeds.title.${finding === 'empty' ? 'name' : finding}`, {
          day: day(shop?.newestDay ?? null),
          days: shop?.silentDays ?? 0,
          stores: stores.filter(({ isGap }) => isGap).length,
        })
      }
      subtitle={({ day: judged, stores }) => t('feeds.subtitle', { stores: stores.length, day: day(judged) })}
      query={feeds}
      isEmpty={({ shop }) => shop === null}
      empty={{ reason: t('feeds.empty') }}
      definition={t('feeds.definition')}
      table={({ shop, stores }) => tableOf(columns, [...(shop ? [shop] : []), ...stores])}
      listed
      csvName="feeds"
      minHeight={80}
    >
      {({ shop, stores, finding }) => {
        const stopped = stores.filter(({ isGap }) => isGap).length
        const shown = all ? stores : stores.slice(0, Math.max(shownStores, Math.min(stopped, 20)))
        return (
          <>
            {finding === 'shop' || finding === 'stores' ? (
              <p className={classes.note}>
                {finding === 'shop' ? t('feeds.helpShop') : t('feeds.help', { stores: stopped })}
              </p>
            ) : null}
            <DataTable
              columns={
                onPhone
                  ? columns.filter(({ key }) => ['store', 'silent_days', 'state'].includes(key))
                  : columns
              }
              rows={[...(shop ? [shop] : []), ...shown]}
              rowKey={({ store }) => store ?? ''}
              label={t('feeds.title.name')}
            />
            {shown.length < stores.length ? (
              <div className={classes.buttons}>
                <Button variant="default" size="xs" onClick={() => showAll(true)}>
                  {t('feeds.more', { stores: stores.length })}
                </Button>
              </div>
            ) : null}
          </>
        )
      }}
    </QueryPanel>
  )
}
