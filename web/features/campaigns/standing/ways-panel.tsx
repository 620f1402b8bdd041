import { TextInput } from '@mantine/core'
import { useDebouncedValue, useMediaQuery } from '@mantine/hooks'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../../trpc.ts'
import { type Column, DataTable } from '../../../ui/data-table.tsx'
import { useFormat } from '../../../ui/format.ts'
import { QueryPanel, tableOf, useAnswer } from '../../../ui/query-panel.tsx'
import classes from '../composer.module.css'
import type { StandingWay } from './answers.ts'

/** Each member's way: when they came in, which steps were done, and why it ended. */
export function WaysPanel({ campaignId }: { campaignId: string }) {
  const t = useTranslations('standing.ways')
  const reasons = useTranslations('campaigns.excluded')
  const trpc = useTRPC()
  const format = useFormat()
  const onPhone = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  const [asked, ask] = useState('')
  const [memberId] = useDebouncedValue(asked.trim(), 400)
  const answer = useAnswer(
    trpc.standing.ways.queryOptions(
      { campaignId, limit: shownAtOnce, ...(memberId ? { memberId } : {}) },
      { staleTime: 0 },
    ),
  )
  const told = ({ steps, next, ended }: StandingWay): string[] => [
    ...steps.map(({ step, kind, day, reason, told: said }) =>
      reason === null
        ? t('step', {
            step: step + 1,
            kind,
            day: format.day(day),
            told: said === null ? 'none' : said.state,
          })
        : t('leftOut', { step: step + 1, day: format.day(day), reason: reasons(reason as 'staff') }),
    ),
    ended
      ? t('ended', {
          why: ended.why.replaceAll('-', '_'),
          day: format.day(ended.day),
          bought: ended.boughtDay === null ? '' : format.day(ended.boughtDay),
        })
      : t('next', { step: next!.step + 1, kind: next!.kind, day: format.day(next!.day) }),
  ]
  const columns: Column<StandingWay>[] = [
    {
      key: 'member_id',
      header: t('column.member'),
      value: ({ memberId: id }) => id,
      cell: ({ memberId: id }) => (
        <Link to="/members/$memberId" params={{ memberId: id }}>
          {id}
        </Link>
      ),
    },
    {
      key: 'entered_day',
      header: t('column.entered'),
      value: ({ enteredDay }) => enteredDay,
      cell: ({ enteredDay }) => format.day(enteredDay),
    },
    {
      key: 'arm',
      header: t('column.arm'),
      value: ({ arm }) => arm,
      cell: ({ arm }) => t('arm', { arm }),
    },
    {
      key: 'steps',
      header: t('column.steps'),
      wide: true,
      value: (way) => told(way).join(' '),
      cell: (way) => told(way).map((line) => <div key={line}>{line}</div>),
    },
  ]
  return (
    <QueryPanel
      name={t('title')}
      title={t('title')}
      subtitle={t('subtitle')}
      query={answer}
      table={(ways) => tableOf(columns, ways)}
      listed
      csvName="campaign-ways"
      minHeight={120}
    >
      {(ways) => (
        <div className={classes.stack}>
          <TextInput
            className={classes.short}
            label={t('member')}
            value={asked}
            onChange={(event) => ask(event.currentTarget.value)}
          />
          {ways.length === 0 ? (
            <p className={classes.help}>{t(memberId ? 'noneOfMember' : 'none')}</p>
          ) : (
            <DataTable
              label={t('title')}
              columns={
                onPhone ? columns.filter(({ key }) => key === 'member_id' || key === 'steps') : columns
              }
              rows={ways}
              rowKey={(way) => `${way.memberId} ${way.enteredAt}`}
            />
          )}
        </div>
      )}
    </QueryPanel>
  )
}

const shownAtOnce = 20
