import { Button, NativeSelect, Progress } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { ChartFrame } from '../../ui/chart-frame.tsx'
import { useFormat } from '../../ui/format.ts'
import { LinesChart } from '../../ui/lines-chart.tsx'
import { usePalette } from '../../ui/palette.ts'
import { Failure } from '../../ui/panel-states.tsx'
import { QueryPanel, tableOf, useAnswer } from '../../ui/query-panel.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import { usePrepared, usualColumns } from './prepared.ts'
import { WithoutPast } from './without-past.tsx'
import classes from './movement.module.css'

interface Point {
  readonly day: string
  readonly members: number | null
  readonly unasked: boolean
}
interface Version {
  readonly version: number
  readonly day: string
}

/** The versions by the point at which they show: the first one on or after their day, or the last. */
function marksOf(points: readonly Point[], versions: readonly Version[]): (Version & { index: number })[] {
  const oldest = points[0]?.day ?? ''
  return versions
    .filter(({ day }) => day >= oldest)
    .map((one) => {
      const index = points.findIndex(({ day }) => day >= one.day)
      return { ...one, index: index < 0 ? points.length - 1 : index }
    })
}

/** How many members a saved segment had, week by week for a year; any of the weeks opens as a list. */
export function HistoryPanel({ id }: { id: string }) {
  const t = useTranslations('segments')
  const format = useFormat()
  const palette = usePalette()
  const trpc = useTRPC()
  const client = useQueryClient()
  const { role } = useWorkspace()
  const answer = useAnswer({
    ...trpc.segmentHistory.sizes.queryOptions({ id }, { trpc: { abortOnUnmount: true } }),
    refetchInterval: ({ state }) => (state.data?.phase === 'counting' ? 1_000 : false),
  })
  const again = () => void client.invalidateQueries(trpc.segmentHistory.sizes.pathFilter())
  const stop = useMutation(trpc.segmentHistory.stop.mutationOptions({ onSuccess: again }))
  const goOn = useMutation(trpc.segmentHistory.continue.mutationOptions({ onSuccess: again }))
  const [chosenDay, choose] = useState<string>()
  const preparing = usePrepared()
  const failed = [stop, goOn, preparing].find(({ isError }) => isError)
  return (
    <QueryPanel
      name={t('history.title')}
      title={t('history.title')}
      subtitle={({ withoutPast }) =>
        t(withoutPast.length > 0 ? 'history.writtenSubtitle' : 'history.subtitle')
      }
      definition={({ withoutPast }) => t(withoutPast.length > 0 ? 'history.written' : 'history.definition')}
      query={answer}
      csvName="segment-by-week"
      minHeight={320}
      table={({ points, versions }) =>
        tableOf<Point>(
          [
            {
              key: 'day',
              header: t('history.week'),
              value: ({ day }) => day,
              cell: ({ day }) => format.day(day),
            },
            {
              key: 'members',
              header: t('history.members'),
              align: 'right',
              value: ({ members }) => members,
              cell: ({ members }) => format.count(members),
            },
            {
              key: 'version_saved',
              header: t('history.version'),
              align: 'right',
              value: ({ day }) =>
                marksOf(points, versions)
                  .filter(({ index }) => points[index]?.day === day)
                  .map((one) => one.version)
                  .join(', ') || null,
            },
          ],
          points,
        )
      }
    >
      {({ points, versions, phase, expression, name, asOf, withoutPast }) => {
        const answered = points.filter(({ members }) => members !== null)
        const possible = points.filter(({ unasked }) => !unasked)
        const marks = marksOf(points, versions)
        // a list of another day would ask its past
        const listed = withoutPast.length > 0 ? answered.slice(-1) : answered
        const chosen = listed.find(({ day }) => day === chosenDay) ?? listed.at(-1)
        const earliest = possible[0]?.day
        return (
          <div className={classes.history}>
            {withoutPast.length > 0 ? (
              <WithoutPast
                conditions={withoutPast}
                sentence={t('history.withoutPast', { n: withoutPast.length })}
              >
                {t(points.length > 1 ? 'history.written' : 'history.writtenNone')}
              </WithoutPast>
            ) : null}
            {phase === 'done' ? null : (
              <div className={classes.progress} role="status">
                <span>
                  {t(phase === 'stopped' ? 'history.stopped' : 'history.counting', {
                    done: answered.length,
                    all: possible.length,
                  })}
                </span>
                <Progress
                  value={(100 * answered.length) / Math.max(1, possible.length)}
                  aria-label={t('history.title')}
                  className={classes.bar}
                />
                <Button
                  size="compact-sm"
                  variant="default"
                  loading={stop.isPending || goOn.isPending}
                  onClick={() => (phase === 'stopped' ? goOn : stop).mutate({ id })}
                >
                  {t(phase === 'stopped' ? 'history.continue' : 'history.stop')}
                </Button>
              </div>
            )}
            {failed ? <Failure error={failed.error} retry={() => failed.reset()} /> : null}
            {points.length > 1 || withoutPast.length === 0 ? (
              <ChartFrame height={260} note={asOf}>
                {(width, height) => (
                  <LinesChart
                    width={width}
                    height={height}
                    title={t('history.about', { segment: name })}
                    description={t('history.subtitle')}
                    positions={points.map(({ day }) => format.day(day))}
                    positionTitle={(index) => format.day(points[index]!.day)}
                    series={[
                      {
                        key: 'members',
                        name: t('history.series'),
                        colour: palette.categorical[0] ?? '',
                        strong: true,
                        points: points.map(({ members }, index) => ({
                          value: members,
                          notes: marks
                            .filter((mark) => mark.index === index)
                            .map((mark) =>
                              t('history.versionSaved', { version: mark.version, day: format.day(mark.day) }),
                            ),
                        })),
                      },
                    ]}
                    formatValue={(value) => format.count(value)}
                    formatTick={(value) => format.countShort(value)}
                    onPoint={(_, index) => choose(points[index]!.day)}
                    dots={false}
                    marks={marks.map((mark) => ({
                      index: mark.index,
                      label: t('history.versionMark', { version: mark.version }),
                    }))}
                  />
                )}
              </ChartFrame>
            ) : null}
            {earliest !== undefined && earliest !== points[0]!.day ? (
              <p className={classes.note}>{t('history.unasked', { day: format.day(earliest) })}</p>
            ) : null}
            {chosen ? (
              <div className={classes.chosen}>
                {listed.length > 1 ? (
                  <NativeSelect
                    label={t('history.choose')}
                    value={chosen.day}
                    data={listed.toReversed().map(({ day }) => ({ value: day, label: format.day(day) }))}
                    onChange={(event) => choose(event.currentTarget.value)}
                  />
                ) : null}
                <strong>
                  {t('history.listed', {
                    n: chosen.members!,
                    members: format.count(chosen.members),
                    day: format.day(chosen.day),
                  })}
                </strong>
                <Button
                  variant="default"
                  renderRoot={(props) => (
                    <Link
                      to="/members"
                      search={{ segment: expression, asOf: chosen.day }}
                      {...(props as object)}
                    />
                  )}
                >
                  {t('history.open')}
                </Button>
                {role === 'owner' || role === 'marketer' ? (
                  <Button
                    variant="default"
                    loading={preparing.isPending}
                    onClick={() =>
                      preparing.mutate({
                        expression,
                        asOf: chosen.day,
                        file: { kind: 'members', format: 'csv', columns: [...usualColumns] },
                      })
                    }
                  >
                    {t('history.export')}
                  </Button>
                ) : null}
              </div>
            ) : null}
          </div>
        )
      }}
    </QueryPanel>
  )
}
