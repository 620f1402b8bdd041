import { Button } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { Link, useNavigate } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
import classes from './segments.module.css'

interface Sampled {
  readonly memberId: string
  readonly name: string | null
  readonly orders: number
  readonly netMinor: number
  readonly lastDay: string | null
}

/** A few of the members, so that a mistake in the rule shows. */
export function SamplePanel({
  expression,
  before,
  onWhy,
}: {
  expression: string
  /** The rule has moved on and is none at the moment: these are the members of the one before. */
  before: boolean
  onWhy: (memberId: string) => void
}) {
  const t = useTranslations('segments')
  const format = useFormat()
  const trpc = useTRPC()
  const navigate = useNavigate()
  // there the last order stands under the name, or the button would cover its day
  const onPhone = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  const answer = useAnswer(
    trpc.segments.sample.queryOptions({ expression, limit: 6 }, { trpc: { abortOnUnmount: true } }),
  )
  const columns: readonly Column<Sampled>[] = [
    {
      key: 'member',
      header: t('sample.member'),
      value: (row) => row.memberId,
      cell: (row) => (
        <span className={onPhone ? classes.stacked : classes.whole}>
          {row.name ?? row.memberId}
          {onPhone ? <small>{format.day(row.lastDay)}</small> : null}
        </span>
      ),
    },
    {
      key: 'orders',
      header: t('sample.orders'),
      align: 'right',
      value: (row) => row.orders,
      cell: (row) => format.count(row.orders),
    },
    {
      key: 'net_minor',
      header: t('sample.net'),
      align: 'right',
      value: (row) => row.netMinor,
      cell: (row) => format.money(row.netMinor),
    },
    {
      key: 'last_order',
      header: t('sample.last'),
      align: 'right',
      value: (row) => row.lastDay,
      cell: (row) => format.day(row.lastDay),
    },
    {
      key: 'why',
      pinned: true,
      header: <span className="visually-hidden">{t('sample.why')}</span>,
      cell: (row) => (
        <Button
          size="compact-sm"
          variant="default"
          aria-label={t('sample.whyMember', { member: row.name ?? row.memberId })}
          onClick={(event) => {
            event.stopPropagation()
            onWhy(row.memberId)
          }}
        >
          {t('sample.why')}
        </Button>
      ),
    },
  ]
  return (
    <QueryPanel
      name={t('sample.title')}
      title={t('sample.title')}
      subtitle={t(before ? 'sample.before' : 'sample.subtitle')}
      query={answer}
      minHeight={120}
      isEmpty={(data) => data.members === 0}
      empty={{ reason: t('sample.nobody') }}
    >
      {(data) => (
        <>
          <DataTable
            columns={onPhone ? columns.filter(({ key }) => key !== 'last_order') : columns}
            rows={data.sample}
            rowKey={(row) => row.memberId}
            label={t('sample.title')}
            dense
            onRow={({ memberId }) => void navigate({ to: '/members/$memberId', params: { memberId } })}
          />
          {data.members > data.sample.length ? (
            <p>
              <Link to="/members" search={{ segment: data.expression }}>
                {t('sample.all', { n: data.members, members: format.count(data.members) })}
              </Link>
            </p>
          ) : null}
        </>
      )}
    </QueryPanel>
  )
}
