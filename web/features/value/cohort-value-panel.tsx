import { Button } from '@mantine/core'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { usePopulation } from '../../filters/population.ts'
import { useRestatedCohorts, useRestatedColumn } from '../../filters/restated-note.tsx'
import { useFormat } from '../../ui/format.ts'
import { HeatTable, type HeatRow } from '../../ui/heat-table.tsx'
import { QueryPanel, tableOf, type Answer } from '../../ui/query-panel.tsx'
import { blendedAt, cohortValuesOf, type CohortValue, type ValueAnswer, type ValueRow } from './values.ts'

const shownAtFirst = 13
/** Currency units up to which a cell has room for every digit. */
const wholeUpTo = 10_000

/** Net per head by cohort and age, as a triangle; what is still running states no average. */
export function CohortValuePanel({ answer }: { answer: Answer<ValueAnswer> }) {
  const t = useTranslations('value')
  const format = useFormat()
  const population = usePopulation()
  const restated = useRestatedCohorts('netMinor')
  const restatedColumn = useRestatedColumn()
  const [all, showAll] = useState(false)
  return (
    <QueryPanel
      title={t('triangle.title')}
      subtitle={t('triangle.subtitle')}
      about={population.about}
      definition={population.note(t('curve.definition'))}
      query={answer}
      isEmpty={({ rows }) => cohortValuesOf(rows).length === 0}
      empty={{ reason: t('curve.empty') }}
      csvName="value-by-cohort"
      minHeight={420}
      table={({ rows }) =>
        tableOf<ValueRow>(
          [
            {
              key: 'cohort',
              header: t('column.cohort'),
              value: ({ cohort }) => cohort,
              cell: ({ cohort }) => (cohort === null ? t('withoutOrder') : format.month(cohort)),
            },
            { key: 'period', header: t('column.period'), align: 'right', value: ({ period }) => period },
            {
              key: 'members',
              header: t('column.members'),
              align: 'right',
              value: ({ cohortSize }) => cohortSize,
              cell: ({ cohortSize }) => format.count(cohortSize),
            },
            {
              key: 'net_minor',
              header: t('column.net'),
              align: 'right',
              value: ({ netMinor }) => netMinor,
              cell: ({ netMinor }) => format.money(netMinor),
            },
            {
              key: 'cumulative_net_minor',
              header: t('column.cumulativeNet'),
              align: 'right',
              value: ({ cumulativeNetMinor }) => cumulativeNetMinor,
              cell: ({ cumulativeNetMinor }) => format.money(cumulativeNetMinor),
            },
            {
              key: 'value_minor',
              header: t('column.cumulative'),
              align: 'right',
              value: ({ value }) => value?.minor ?? null,
              cell: ({ value }) => format.money(value?.minor ?? null),
            },
            {
              key: 'state',
              header: t('column.state'),
              value: ({ state }) => state,
              cell: ({ state }) => t(`state.${state}`),
            },
            ...restatedColumn(rows, ({ cohort, period }) =>
              cohort === null || period === null ? undefined : restated.through(cohort, period),
            ),
          ],
          rows,
        )
      }
    >
      {({ rows, blended, asOf }) => {
        const cohorts = cohortValuesOf(rows)
        const shown = all ? cohorts : cohorts.slice(-shownAtFirst)
        const periods = Math.max(1, ...shown.map(({ cells }) => cells.findLastIndex(Boolean) + 1))
        const values = shown.flatMap(({ cells }) => cells.flatMap((cell) => cell?.value?.minor ?? []))
        const domain =
          values.length > 0 ? ([Math.min(...values), Math.max(...values)] as const) : ([0, 0] as const)
        const write = domain[1] < wholeUpTo * 10 ** format.decimals ? format.moneyWhole : format.moneyShort
        const counted = cohorts.filter(({ firstSeen }) => !firstSeen)
        return (
          <>
            <HeatTable
              label={t('triangle.title')}
              corner={t('column.cohort')}
              sizeHeader={t('column.members')}
              columns={Array.from({ length: periods }, (_, period) =>
                period === 0 ? t('month0') : String(period),
              )}
              firstPeriod={0}
              rows={shown.map((cohort) => rowOf(cohort, periods, write))}
              mean={{
                label: t('blendedLong'),
                shortLabel: t('blended'),
                size: format.count(counted.reduce((sum, { size }) => sum + size, 0)),
                cells: Array.from({ length: periods }, (_, period) =>
                  blended[period]
                    ? {
                        text: write(blended[period].cumulativeMinor),
                        restated: restated.mixedThrough(blendedAt(cohorts, period), period),
                      }
                    : { text: '' },
                ),
              }}
              domain={domain}
              ends={[write(domain[0]), write(domain[1])]}
              mark={shown.some(({ firstSeen }) => firstSeen) ? t('firstSeenMark') : undefined}
              asOf={asOf}
            />
            {cohorts.length > shownAtFirst ? (
              <Button variant="default" mt={16} onClick={() => showAll(!all)}>
                {all ? t('showNewest', { n: shownAtFirst }) : t('showAll', { n: cohorts.length })}
              </Button>
            ) : null}
          </>
        )
      }}
    </QueryPanel>
  )

  function rowOf(
    { cohort, size, firstSeen, members, cells }: CohortValue,
    periods: number,
    write: (minor: number | null) => string,
  ): HeatRow {
    return {
      key: cohort,
      label: format.month(cohort),
      shortLabel: format.shortMonth(cohort),
      size: format.count(size),
      mark: firstSeen ? '†' : undefined,
      restated: restated.size(cohort),
      cells: Array.from({ length: periods }, (_, period) => {
        const cell = cells[period]
        if (!cell) return null
        const value = cell.value?.minor ?? null
        return {
          value,
          text: value === null ? '' : write(value),
          inProgress: cell.state === 'in-progress',
          restated: value === null ? undefined : restated.through(cohort, period),
          members,
          spoken: t('cell', {
            cohort: format.month(cohort),
            n: period,
            value: format.money(value),
            net: format.money(cell.cumulativeNetMinor),
            state: cell.state,
          }),
        }
      }),
    }
  }
}
