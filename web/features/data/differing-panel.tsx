import { Anchor, Button } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { Link } from '@tanstack/react-router'
import type { inferRouterOutputs } from '@trpc/server'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { useTRPC } from '../../trpc.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { QueryPanel, tableOf, useAnswer } from '../../ui/query-panel.tsx'
import classes from './data.module.css'

type Differing = inferRouterOutputs<AppRouter>['elsewhere']['differing']['named'][number]

/** Where the list stands on the page. */
export const differingList = 'coupons-that-differ'

const shownAtFirst = 10

/** Coupons of which files say something else than the orders here or our own ledger, one by one. Nothing while there is none. */
export function DifferingPanel() {
  const t = useTranslations('data.differing')
  const trpc = useTRPC()
  const { instant, money } = useFormat()
  const onPhone = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  const [all, setAll] = useState(false)
  const query = useAnswer(trpc.elsewhere.differing.queryOptions())
  if (!query.data || query.data.total === 0) return null
  const theySay = ({ finds, orderId, discountMinor }: Differing) => {
    if (finds === 'used-here') return t('unused')
    if (finds === 'other-amount') return t('tookOff', { amount: money(discountMinor) })
    return orderId === null ? t('usedSomewhere') : t('usedIn', { order: orderId })
  }
  const weSay = ({ finds, orderMemberId, ledgerOrderId, ledgerDiscountMinor }: Differing) => {
    switch (finds) {
      case 'used-there':
        return t('ledgerUnused')
      case 'other-amount':
        return t('ledgerTookOff', { amount: money(ledgerDiscountMinor) })
      case 'used-here':
      case 'other-order':
        return ledgerOrderId === null ? t('ledgerUsed') : t('ledgerUsedIn', { order: ledgerOrderId })
      case 'other-member':
        return orderMemberId === null ? t('nobodys') : t('anothers', { member: orderMemberId })
      case 'unknown-order':
        return t('notHere')
      case 'no-order':
        return t('noOrder')
    }
  }
  const when = ({ usedAt }: Differing) => (usedAt === null ? '–' : instant(usedAt))
  const member = ({ memberId }: Differing) =>
    memberId === null ? (
      '–'
    ) : (
      <Anchor renderRoot={(props) => <Link {...props} to="/members/$memberId" params={{ memberId }} />}>
        {memberId}
      </Anchor>
    )
  const columns: readonly Column<Differing>[] = [
    {
      key: 'member',
      header: t('member'),
      csvHeader: 'member_id',
      value: ({ memberId }) => memberId,
      cell: member,
    },
    { key: 'code', header: t('code'), value: ({ code }) => code },
    { key: 'they_say', header: t('theySay'), value: theySay },
    { key: 'we_say', header: t('weSay'), value: weSay },
    { key: 'used_at', header: t('usedAt'), value: ({ usedAt }) => usedAt, cell: when },
    { key: 'file', header: t('file'), value: ({ fileName }) => fileName },
  ]
  const stacked: readonly Column<Differing>[] = [
    {
      key: 'member',
      header: t('member'),
      cell: (row) => (
        <>
          {member(row)}
          <div className={classes.when}>{row.code ?? '–'}</div>
          <div className={classes.when}>{when(row)}</div>
        </>
      ),
    },
    {
      key: 'difference',
      header: t('difference'),
      cell: (row) => (
        <>
          <div className={classes.fileName}>{t('they', { said: theySay(row) })}</div>
          <div className={classes.fileName}>{t('we', { said: weSay(row) })}</div>
          <div className={classes.when}>{row.fileName}</div>
        </>
      ),
    },
  ]
  return (
    <div id={differingList}>
      <QueryPanel
        name={t('name')}
        title={({ total }) => t('title', { count: total })}
        subtitle={t('subtitle')}
        query={query}
        definition={t('definition')}
        table={({ named }) => tableOf(columns, named)}
        listed
        csvName="coupons-elsewhere-differing"
        minHeight={80}
      >
        {({ named, total }) => (
          <>
            <DataTable
              columns={onPhone ? stacked : columns}
              rows={all ? named : named.slice(0, shownAtFirst)}
              rowKey={(row, at) => `${row.code} ${row.memberId} ${row.orderId} ${at}`}
              label={t('name')}
            />
            {named.length > shownAtFirst && !all ? (
              <Button variant="default" size="xs" mt={12} onClick={() => setAll(true)}>
                {t('all', { count: named.length })}
              </Button>
            ) : null}
            {total > named.length ? (
              <p className={classes.note}>{t('more', { count: total - named.length })}</p>
            ) : null}
          </>
        )}
      </QueryPanel>
    </div>
  )
}
