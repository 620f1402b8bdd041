import { Anchor, Button } from '@mantine/core'
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

type Differing = inferRouterOutputs<AppRouter>['elsewhere']['differingPoints']['named'][number]

const shownAtFirst = 10

/** Members whose points ledger says another balance than the files of members. Nothing while there is none. */
export function DifferingPointsPanel() {
  const t = useTranslations('data.differingPoints')
  const trpc = useTRPC()
  const { count } = useFormat()
  const [all, setAll] = useState(false)
  const query = useAnswer(trpc.elsewhere.differingPoints.queryOptions())
  if (!query.data || query.data.total === 0) return null
  const points = (key: string, header: string, value: (row: Differing) => number): Column<Differing> => ({
    key,
    header,
    align: 'right',
    value,
    cell: (row) => count(value(row)),
  })
  const columns: readonly Column<Differing>[] = [
    {
      key: 'member',
      header: t('member'),
      csvHeader: 'member_id',
      value: ({ memberId }) => memberId,
      cell: ({ memberId }) => (
        <Anchor renderRoot={(props) => <Link {...props} to="/members/$memberId" params={{ memberId }} />}>
          {memberId}
        </Anchor>
      ),
    },
    points('ledger_points', t('ledger'), ({ ledgerPoints }) => ledgerPoints),
    points('points', t('file'), (row) => row.points),
    points('difference', t('difference'), (row) => row.ledgerPoints - row.points),
  ]
  return (
    <QueryPanel
      name={t('name')}
      title={({ total }) => t('title', { count: total })}
      subtitle={t('subtitle')}
      query={query}
      definition={t('definition')}
      table={({ named }) => tableOf(columns, named)}
      listed
      csvName="points-differing"
      minHeight={80}
    >
      {({ named, total }) => (
        <>
          <DataTable
            columns={columns}
            rows={all ? named : named.slice(0, shownAtFirst)}
            rowKey={({ memberId }) => memberId}
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
  )
}
