import { Button } from '@mantine/core'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { usePopulation } from '../../filters/population.ts'
import { useRestatedCohorts } from '../../filters/restated-note.tsx'
import { useFindingText } from '../../ui/finding.ts'
import { useFormat } from '../../ui/format.ts'
import { HeatTable, type HeatRow } from '../../ui/heat-table.tsx'
import { QueryPanel, type Answer } from '../../ui/query-panel.tsx'
import { useRetentionTable } from './retention-table.ts'
import { cohortsOf, domainOf, meanAt, type Cohort, type RetentionAnswer } from './triangle.ts'

const shownAtFirst = 13

/** The cohort triangle: newest cohorts first seen at the foot, the weighted mean ruled off. */
export function TrianglePanel({ answer }: { answer: Answer<RetentionAnswer> }) {
  const t = useTranslations('retention')
  const format = useFormat()
  const population = usePopulation()
  const restated = useRestatedCohorts('buyers')
  const table = useRetentionTable()
  const findingText = useFindingText(t)
  const [all, showAll] = useState(false)
  return (
    <QueryPanel
      name={t('triangle.title')}
      title={({ findings }) => findingText(findings)}
      subtitle={t('triangle.subtitle')}
      about={population.about}
      definition={population.note(t('triangle.definition'))}
      query={answer}
      isEmpty={({ rows }) => cohortsOf(rows).every(({ cells }) => cells.length === 0)}
      empty={{ reason: t('empty') }}
      csvName="retention"
      minHeight={420}
      table={({ rows }) => table(rows)}
    >
      {({ rows, averages, asOf }) => {
        const cohorts = cohortsOf(rows)
        const shown = all ? cohorts : cohorts.slice(-shownAtFirst)
        const domain = domainOf(shown)
        const inMean = cohorts.filter(({ firstSeen }) => !firstSeen)
        const marked = shown.some(({ firstSeen }) => firstSeen)
        const periods = Math.max(0, ...shown.map(({ cells }) => cells.findLastIndex(Boolean) + 1))
        return (
          <>
            <HeatTable
              label={t('triangle.title')}
              corner={t('column.cohort')}
              sizeHeader={t('column.members')}
              columns={Array.from({ length: periods }, (_, index) =>
                index === 0 ? t('month', { n: 1 }) : String(index + 1),
              )}
              rows={shown.map((cohort) => rowOf(cohort, periods))}
              mean={{
                label: t('mean'),
                shortLabel: t('meanShort'),
                size: format.count(inMean.reduce((sum, { size }) => sum + size, 0)),
                cells: Array.from({ length: periods }, (_, index) => {
                  const mean = averages[index + 1]
                  return mean?.rate == null
                    ? { text: '' }
                    : {
                        text: format.shareShort(mean.returned, mean.eligible),
                        restated: restated.mixedAt(meanAt(cohorts, index + 1), index + 1),
                      }
                }),
              }}
              domain={domain}
              ends={[format.percentShort(domain[0]), format.percentShort(domain[1])]}
              mark={marked ? t('firstSeenMark') : undefined}
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

  function rowOf({ cohort, size, firstSeen, cells }: Cohort, periods: number): HeatRow {
    return {
      key: cohort,
      label: format.month(cohort),
      shortLabel: format.shortMonth(cohort),
      size: format.count(size),
      mark: firstSeen ? '†' : undefined,
      restated: restated.size(cohort),
      cells: Array.from({ length: periods }, (_, index) => {
        const cell = cells[index]
        return cell
          ? {
              value: cell.rate,
              text: format.shareShort(cell.returned, cell.eligible),
              inProgress: cell.state === 'in-progress',
              restated: restated.at(cohort, index + 1),
              members: cell.membersExpression,
              spoken: t('cell', {
                cohort: format.month(cohort),
                n: index + 1,
                share: format.percent(cell.rate),
                returned: format.count(cell.returned),
                eligible: format.count(cell.eligible),
                state: cell.state,
              }),
            }
          : null
      }),
    }
  }
}
