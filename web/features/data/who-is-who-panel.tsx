import { Anchor } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { Link } from '@tanstack/react-router'
import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { useTRPC } from '../../trpc.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { QueryPanel, tableOf, useAnswer } from '../../ui/query-panel.tsx'
import classes from './data.module.css'

type Conflict = inferRouterOutputs<AppRouter>['identity']['conflicts']['conflicts'][number]

/** Phones, openids and e-mails that several members claim: listed for people to settle, never guessed. */
export function WhoIsWhoPanel() {
  const t = useTranslations('data')
  const trpc = useTRPC()
  const { money, count } = useFormat()
  const onPhone = useMediaQuery('(max-width: 600px)')
  const answer = useAnswer(trpc.identity.conflicts.queryOptions())
  const columns: readonly Column<Conflict>[] = [
    {
      key: 'value',
      header: t('who.value'),
      value: ({ kind, value }) => `${kind} ${value}`,
      cell: ({ kind, value }) => (
        <>
          {value}
          <div className={classes.when}>{t(`fields.${kind}`)}</div>
        </>
      ),
    },
    {
      key: 'members',
      header: t('who.members'),
      value: ({ members }) => members.map(({ memberId }) => memberId).join(' '),
      cell: ({ members }) => (
        <ul className={classes.claimants}>
          {members.map(({ memberId, name }) => (
            <li key={memberId}>
              <Anchor
                renderRoot={(props) => <Link {...props} to="/members/$memberId" params={{ memberId }} />}
              >
                {name ?? memberId}
              </Anchor>
              {name === null ? null : <span className={classes.when}> {memberId}</span>}
            </li>
          ))}
        </ul>
      ),
    },
    {
      key: 'orders',
      header: t('who.orders'),
      align: 'right',
      value: ({ orders }) => orders,
      cell: ({ orders }) => count(orders),
    },
    {
      key: 'net',
      header: t('who.net'),
      align: 'right',
      value: ({ netMinor }) => netMinor,
      cell: ({ netMinor }) => money(netMinor),
    },
  ]
  return (
    <QueryPanel
      name={t('who.title')}
      title={({ total, orders }) =>
        total === 0 ? t('who.none') : t('who.finding', { values: total, orders })
      }
      subtitle={({ total, netMinor }) =>
        total === 0 ? t('who.title') : t('who.subtitle', { net: money(netMinor) })
      }
      query={answer}
      definition={t('who.definition')}
      table={({ conflicts }) => tableOf(columns, conflicts)}
      listed
      csvName="who-is-who"
      minHeight={48}
    >
      {({ conflicts, total }) =>
        total === 0 ? (
          <p className={classes.note}>{t('who.fine')}</p>
        ) : (
          <>
            <p className={classes.note}>{t('who.help')}</p>
            <DataTable
              label={t('who.title')}
              columns={onPhone ? columns.filter(({ key }) => key !== 'net') : columns}
              rows={conflicts}
              rowKey={({ kind, value, members }) =>
                `${kind} ${value} ${members.map(({ memberId }) => memberId).join(' ')}`
              }
            />
            {total > conflicts.length ? (
              <p className={classes.note}>{t('who.more', { count: total - conflicts.length })}</p>
            ) : null}
          </>
        )
      }
    </QueryPanel>
  )
}
