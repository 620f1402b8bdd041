import { Anchor } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { useTRPC } from '../../trpc.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { useLanguage } from '../../ui/language.tsx'
import { QueryPanel, tableOf, useAnswer } from '../../ui/query-panel.tsx'
import classes from './data.module.css'

type Conflict = inferRouterOutputs<AppRouter>['identity']['conflicts']['conflicts'][number]

/** Phones, openids and e-mails that several members claim: listed for people to settle, never guessed. */
export function WhoIsWhoPanel() {
  const t = useTranslations('data')
  const trpc = useTRPC()
  const { money } = useFormat()
  const { language } = useLanguage()
  const answer = useAnswer(trpc.identity.conflicts.queryOptions({ language }))
  /** What is nobody's until this is settled. */
  const waiting = ({ orders, netMinor, rows }: Conflict): string[] => [
    ...(orders > 0 ? [t('who.ordersWait', { count: orders, net: money(netMinor) })] : []),
    ...rows.map((row) => t('who.rowsWait', { count: row.rows, kind: row.title })),
  ]
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
      key: 'waiting',
      header: t('who.waiting'),
      csvHeader: 'waiting',
      value: (one) => waiting(one).join(', '),
      cell: (one) =>
        waiting(one).length === 0 ? (
          <span className={classes.when}>{t('who.nothingWaits')}</span>
        ) : (
          <ul className={classes.claimants}>
            {waiting(one).map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        ),
    },
    { key: 'orders', header: t('who.orders'), value: ({ orders }) => orders },
    { key: 'net_minor', header: t('who.net'), value: ({ netMinor }) => netMinor },
  ]
  const shown = columns.filter(({ key }) => ['value', 'members', 'waiting'].includes(key))
  return (
    <QueryPanel
      name={t('who.title')}
      title={({ total, orders, rows }) =>
        total === 0 ? t('who.none') : t('who.finding', { values: total, orders, rows })
      }
      subtitle={({ total, orders, netMinor }) =>
        orders === 0
          ? total === 0
            ? t('who.title')
            : t('who.subtitleRows')
          : t('who.subtitle', { net: money(netMinor) })
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
              columns={shown}
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
