import { useMediaQuery } from '@mantine/hooks'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../../trpc.ts'
import { type Column, DataTable } from '../../../ui/data-table.tsx'
import { useFormat } from '../../../ui/format.ts'
import { QueryPanel, tableOf, useAnswer } from '../../../ui/query-panel.tsx'
import classes from '../composer.module.css'
import type { MemberDayFigures } from './answers.ts'
import { MemberDaysText } from './member-days.tsx'

type MemberDay = MemberDayFigures['days'][number]

/** What members bought on member days and on days like them, with what that does not say. */
export function MemberDaysPanel({ campaignId }: { campaignId: string }) {
  const t = useTranslations('standing.memberDays')
  const format = useFormat()
  const trpc = useTRPC()
  const onPhone = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  const answer = useAnswer(trpc.standing.memberDays.queryOptions({ campaignId }))
  const usually = (key: string, value: (day: MemberDay) => number | null): Column<MemberDay> => ({
    key,
    header: t(`column.${key}` as 'column.usual_orders'),
    align: 'right',
    value,
    cell: (day) => {
      const found = value(day)
      return found === null ? '–' : format.count(found)
    },
  })
  const columns: Column<MemberDay>[] = [
    { key: 'day', header: t('column.day'), value: ({ day }) => day, cell: ({ day }) => format.weekday(day) },
    {
      key: 'net',
      header: t('column.net'),
      align: 'right',
      value: ({ netMinor }) => netMinor,
      cell: ({ netMinor }) => format.money(netMinor),
    },
    {
      key: 'usual_net',
      header: t('column.usual_net'),
      align: 'right',
      value: ({ usual }) => usual?.netMinor ?? null,
      cell: ({ usual, usualNetMinor }) =>
        usual && usualNetMinor ? (
          <>
            {format.money(usual.netMinor)}
            <span className={classes.below}>
              {t('range', {
                least: format.money(usualNetMinor.least),
                most: format.money(usualNetMinor.most),
              })}
            </span>
          </>
        ) : (
          t('nothing')
        ),
    },
    usually('orders', ({ orders }) => orders),
    usually('usual_orders', ({ usual }) => usual?.orders ?? null),
    usually('buyers', ({ buyers }) => buyers),
    usually('usual_buyers', ({ usual }) => usual?.buyers ?? null),
    {
      key: 'compared',
      header: t('column.compared'),
      wide: true,
      value: ({ comparedWith }) => comparedWith.join(', '),
      cell: ({ comparedWith }) => comparedWith.map((day) => format.day(day)).join(', ') || '–',
    },
  ]
  return (
    <QueryPanel
      name={t('title')}
      title={({ together }: MemberDayFigures) =>
        together
          ? t('titleFound', {
              days: together.days,
              net: format.money(together.on.netMinor),
              usual: format.money(together.usual.netMinor),
            })
          : t('title')
      }
      subtitle={t('subtitle')}
      query={answer}
      table={({ days }) => tableOf(columns, days)}
      listed
      csvName="member-days"
      minHeight={120}
    >
      {({ days, together, memberDays, asOf }) => (
        <div className={classes.stack}>
          <dl className={classes.facts}>
            <dt>{t('when')}</dt>
            <dd>
              <MemberDaysText memberDays={memberDays} />
            </dd>
            {together ? (
              <>
                <dt>{t('orders')}</dt>
                <dd>
                  {t('pair', {
                    on: format.count(together.on.orders),
                    usual: format.count(together.usual.orders),
                  })}
                </dd>
                <dt>{t('buyers')}</dt>
                <dd>
                  {t('pair', {
                    on: format.count(together.on.buyers),
                    usual: format.count(together.usual.buyers),
                  })}
                </dd>
              </>
            ) : null}
          </dl>
          {days.length === 0 ? (
            <p>{t('none', { day: format.day(asOf) })}</p>
          ) : (
            <>
              <p className={classes.help}>{t('noProof')}</p>
              <DataTable
                label={t('title')}
                columns={columns.filter(({ key }) =>
                  onPhone ? phoneColumns.includes(key) : key !== 'compared',
                )}
                rows={days}
                rowKey={({ day }) => day}
              />
            </>
          )}
        </div>
      )}
    </QueryPanel>
  )
}

const phoneColumns = ['day', 'net', 'usual_net']
