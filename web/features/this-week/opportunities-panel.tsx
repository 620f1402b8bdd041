import { Anchor, Button } from '@mantine/core'
import { Link, useNavigate } from '@tanstack/react-router'
import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { usePopulation } from '../../filters/population.ts'
import { useFormat } from '../../ui/format.ts'
import { QueryPanel, tableOf, type Answer } from '../../ui/query-panel.tsx'
import type { Column } from '../../ui/data-table.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import classes from './this-week.module.css'

export type Found = inferRouterOutputs<AppRouter>['opportunities']['thisWeek']
type Opportunity = Found['opportunities'][number]

/** Up to five groups of members worth writing to, the one with most at stake first, each a click from its campaign. */
export function OpportunitiesPanel({ query }: { query: Answer<Found> }) {
  const t = useTranslations('thisWeek')
  const format = useFormat()
  const navigate = useNavigate()
  const { role } = useWorkspace()
  const { where } = usePopulation()
  const mayPlan = role === 'owner' || role === 'marketer'
  const titleOf = ({ id, members }: Opportunity) => t(`${id}.title`, { members })
  const whyOf = ({ id, why: { values } }: Opportunity) => {
    const number = (key: string) => Number(values[key] ?? 0)
    return t(`${id}.why`, {
      fromDays: number('fromDays'),
      toDays: number('toDays'),
      medianDays: number('medianDays'),
      lateDays: number('lateDays'),
      withinDays: number('withinDays'),
      purchaseDays: number('purchaseDays'),
      points: format.count(number('points')),
      threshold: format.moneyShort(number('thresholdMinor')),
    })
  }
  const columns: Column<Opportunity>[] = [
    { key: 'opportunity', header: t('list.opportunity'), value: titleOf },
    {
      key: 'money',
      csvHeader: 'money_at_stake_minor',
      header: t('list.money'),
      align: 'right',
      value: ({ moneyAtStakeMinor }) => moneyAtStakeMinor,
      cell: ({ moneyAtStakeMinor }) => format.money(moneyAtStakeMinor),
    },
    {
      key: 'members',
      header: t('list.members'),
      align: 'right',
      value: ({ members }) => members,
      cell: ({ members }) => format.count(members),
    },
  ]
  return (
    <QueryPanel
      name={t('list.name')}
      title={t('list.title')}
      subtitle={where === '' ? t('list.subtitle') : t('list.subtitleOfShop', { where })}
      query={query}
      isEmpty={({ opportunities }) => opportunities.length === 0}
      empty={{ reason: t('list.empty') }}
      table={({ opportunities }) => tableOf(columns, opportunities)}
      listed
      csvName="opportunities"
      minHeight={280}
    >
      {({ opportunities, asOf }) => (
        <>
          <div className={classes.head} aria-hidden="true">
            <span />
            <span>{t('list.opportunity')}</span>
            <span className={classes.figure}>{t('list.money')}</span>
            <span className={classes.figure}>{t('list.members')}</span>
            <span />
          </div>
          <ol className={classes.list}>
            {opportunities.map((each, index) => (
              <li key={each.id} className={classes.entry}>
                <span className={classes.rank}>{index + 1}</span>
                <div className={classes.words}>
                  <div className={classes.what}>{titleOf(each)}</div>
                  <div className={classes.why}>
                    {whyOf(each)}
                    {t('list.denied', { denied: each.deniedMembers ?? 0 })}
                  </div>
                </div>
                <div className={`${classes.figure} ${classes.money}`}>
                  <strong>{format.moneyShort(each.moneyAtStakeMinor)}</strong>
                  <span className={classes.kind}>{t(`list.${each.moneyKind}`)}</span>
                </div>
                <div className={classes.figure}>
                  <Anchor component={Link} to="/members" search={{ segment: each.expression, asOf } as never}>
                    {format.count(each.members)}
                  </Anchor>
                </div>
                {mayPlan ? (
                  <Button
                    className={classes.plan}
                    variant={index === 0 ? 'filled' : 'default'}
                    aria-label={t('list.planFor', { title: titleOf(each) })}
                    onClick={() =>
                      void navigate({
                        to: '/campaigns/new',
                        search: { segment: each.expression, name: titleOf(each) },
                      })
                    }
                  >
                    {t('list.plan')}
                  </Button>
                ) : null}
              </li>
            ))}
          </ol>
        </>
      )}
    </QueryPanel>
  )
}
