import type { inferRouterOutputs } from '@trpc/server'
import { Link, useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { usePopulation } from '../../filters/population.ts'
import { BarsChart } from '../../ui/bars-chart.tsx'
import { ChartFrame } from '../../ui/chart-frame.tsx'
import { useFindingText } from '../../ui/finding.ts'
import { useFormat } from '../../ui/format.ts'
import { useLanguage } from '../../ui/language.tsx'
import { rampStep } from '../../ui/heat-table.tsx'
import { QueryPanel, tableOf, type Answer } from '../../ui/query-panel.tsx'
import { firstInvertedStep } from '../../ui/tokens.ts'
import classes from './rfm-panel.module.css'

type RfmAnswer = inferRouterOutputs<AppRouter>['analytics']['rfm']
type RfmRow = RfmAnswer['rows'][number]

const barHeight = 36
const scores = [1, 2, 3, 4, 5] as const

const isByFifths = (rule: RfmAnswer['rule']) => Object.values(rule).every((value) => value === null)

/** Recency against frequency and money: the grid of scores, its eleven groups, and what a score asks for. */
export function RfmPanel({ answer, tools }: { answer: Answer<RfmAnswer>; tools?: ReactNode }) {
  const t = useTranslations('value')
  const format = useFormat()
  const population = usePopulation()
  const navigate = useNavigate()
  const { language } = useLanguage()
  const findingText = useFindingText(t, 'finding.rfmNeutral')
  const kindOf = ({ kind, group, measure, score, recency, frequencyMoney }: RfmRow): string => {
    if (kind === 'score') return `${t(`rfm.${measure ?? 'recency'}`)} ${score}`
    if (kind === 'group') return t(`rfm.group.${group ?? 'lost'}`)
    return t('rfm.cell', { recency: recency ?? 0, both: frequencyMoney ?? 0 })
  }
  const bounds = ({ measure, above, upTo }: RfmRow): string => {
    if (measure === null || (above === null && upTo === null)) return ''
    const write = (value: number) =>
      measure === 'money'
        ? format.money(value)
        : t(measure === 'recency' ? 'rfm.days' : 'rfm.orders', { n: value })
    if (above === null) return t('rfm.upTo', { value: write(upTo!) })
    if (upTo === null) return t('rfm.above', { value: write(above) })
    return above === upTo ? t('rfm.nobody') : t('rfm.between', { above: write(above), upTo: write(upTo) })
  }
  const cutsSaid = ({ windowDays, recency, frequency, money }: RfmAnswer['rule']) => {
    const cuts = (set: readonly number[] | null, write: (value: number) => string) =>
      set
        ? t('rfm.cutAt', { values: new Intl.ListFormat(language, { type: 'unit' }).format(set.map(write)) })
        : t('rfm.byFifths')
    return {
      recency: cuts(recency, (n) => t('rfm.days', { n })),
      frequency: cuts(frequency, (n) => t('rfm.orders', { n })),
      money: cuts(money, format.money),
      window: windowDays ?? 0,
    }
  }
  return (
    <QueryPanel
      name={t('rfm.title')}
      title={({ findings }) => findingText(findings)}
      subtitle={({ rule }) => t(isByFifths(rule) ? 'rfm.subtitle' : 'rfm.subtitleOwn')}
      about={population.about}
      definition={({ rule }) =>
        population.note(isByFifths(rule) ? t('rfm.definition') : t('rfm.definitionOwn', cutsSaid(rule)))
      }
      tools={tools}
      query={answer}
      isEmpty={({ rows }) => rows.every(({ members }) => members === 0)}
      empty={{ reason: t('rfm.empty') }}
      csvName="rfm"
      minHeight={420}
      table={({ rows }) =>
        tableOf<RfmRow>(
          [
            {
              key: 'kind',
              header: t('rfm.column.what'),
              value: ({ kind, group, measure, score, recency, frequencyMoney }) =>
                kind === 'score'
                  ? `${measure} ${score}`
                  : kind === 'group'
                    ? group
                    : `recency ${recency}, frequency and money ${frequencyMoney}`,
              cell: kindOf,
            },
            {
              key: 'bounds',
              header: t('rfm.column.bounds'),
              value: ({ measure, above, upTo }) =>
                measure === null ? null : `${above ?? ''}..${upTo ?? ''}`,
              cell: bounds,
            },
            {
              key: 'members',
              header: t('column.members'),
              align: 'right',
              value: ({ members }) => members,
              cell: ({ members }) => format.count(members),
            },
            {
              key: 'orders',
              header: t('rfm.column.orders'),
              align: 'right',
              value: ({ orders }) => orders,
              cell: ({ orders }) => format.count(orders),
            },
            {
              key: 'net_minor',
              header: t('rfm.column.net'),
              align: 'right',
              value: ({ netMinor }) => netMinor,
              cell: ({ netMinor }) => format.money(netMinor),
            },
          ],
          rows,
        )
      }
    >
      {({ rows, asOf }) => {
        const cells = rows.filter(({ kind }) => kind === 'cell')
        const most = Math.max(...cells.map(({ members }) => members))
        const groups = rows.filter(({ kind, members }) => kind === 'group' && members > 0)
        const net = groups.reduce((sum, { netMinor }) => sum + netMinor, 0)
        const buyers = groups.reduce((sum, { members }) => sum + members, 0)
        const limits = rows.filter(
          ({ kind, measure, score }) => kind === 'score' && score === 5 && measure !== null,
        )
        return (
          <div className={classes.content}>
            <div>
              <table className={classes.grid} aria-label={t('rfm.grid')}>
                <thead>
                  <tr>
                    <td />
                    {scores.map((recency) => (
                      <th key={recency} scope="col">
                        <span className="visually-hidden">{t('rfm.recency')} </span>
                        {recency}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {scores.toReversed().map((both) => (
                    <tr key={both}>
                      <th scope="row">
                        <span className="visually-hidden">{t('rfm.both')} </span>
                        {both}
                      </th>
                      {scores.map((recency) => {
                        const cell = cells.find(
                          (one) => one.recency === recency && one.frequencyMoney === both,
                        )
                        return (
                          <td key={recency}>{cell ? <Cell cell={cell} most={most} asOf={asOf} /> : null}</td>
                        )
                      })}
                    </tr>
                  ))}
                </tbody>
              </table>
              <p className={classes.axes}>{t('rfm.axes')}</p>
              <ul className={classes.limits}>
                {limits.map((limit) => (
                  <li key={limit.measure}>
                    {t('rfm.best', {
                      measure: t(`rfm.${limit.measure ?? 'recency'}`),
                      bounds: bounds(limit),
                    })}
                  </li>
                ))}
              </ul>
            </div>
            <ChartFrame height={groups.length * barHeight} fixed note={asOf}>
              {(width) => (
                <BarsChart
                  width={width}
                  barHeight={barHeight}
                  label={t('rfm.groups')}
                  bars={groups.map(({ group, members, netMinor, membersExpression }) => ({
                    key: group ?? '',
                    name: t(`rfm.group.${group ?? 'lost'}`),
                    value: members,
                    text: format.count(members),
                    note: t('rfm.ofNet', {
                      members: format.percentShort(members / buyers),
                      net: net > 0 ? format.percentShort(netMinor / net) : '–',
                    }),
                    members: membersExpression ?? undefined,
                  }))}
                  onBar={(members) => void navigate({ to: '/members', search: { segment: members, asOf } })}
                />
              )}
            </ChartFrame>
          </div>
        )
      }}
    </QueryPanel>
  )
}

function Cell({ cell, most, asOf }: { cell: RfmRow; most: number; asOf: string }) {
  const t = useTranslations('value')
  const format = useFormat()
  const step = cell.members === 0 ? undefined : rampStep(cell.members, [0, most]) + 1
  const name = t(`rfm.group.${cell.group ?? 'lost'}`)
  const spoken = t('rfm.spoken', {
    n: cell.members,
    members: format.count(cell.members),
    recency: cell.recency ?? 0,
    both: cell.frequencyMoney ?? 0,
    group: name,
    net: format.money(cell.netMinor),
  })
  const look = {
    className: classes.cell,
    'data-step': step,
    'data-inverted': step !== undefined && step > firstInvertedStep ? true : undefined,
    title: spoken,
  }
  const words = (
    <>
      <span aria-hidden="true" className={classes.count}>
        {format.countShort(cell.members)}
      </span>
      <span aria-hidden="true" className={classes.group}>
        {name}
      </span>
      <span className="visually-hidden">{spoken}</span>
    </>
  )
  return cell.membersExpression && cell.members > 0 ? (
    <Link to="/members" search={{ segment: cell.membersExpression, asOf }} preload={false} {...look}>
      {words}
    </Link>
  ) : (
    <span {...look}>{words}</span>
  )
}
