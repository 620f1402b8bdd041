import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../../trpc.ts'
import { ChartFrame } from '../../../ui/chart-frame.tsx'
import { useFormat } from '../../../ui/format.ts'
import { QueryPanel, tableOf, useAnswer } from '../../../ui/query-panel.tsx'
import { useWorkspace } from '../../../ui/workspace.tsx'
import { NameDialog } from '../dialogs.tsx'
import { useSaving } from '../saving.ts'
import classes from './compare.module.css'
import { useSetNames } from './set-names.ts'
import { UpsetChart, upsetHeight } from './upset-chart.tsx'

interface Region {
  readonly in: readonly boolean[]
  readonly members: number
  readonly expression: string
}

/** How the compared segments overlap: an UpSet chart, and the region that is chosen in it to open or save. */
export function OverlapPanel({ sets }: { sets: readonly string[] }) {
  const t = useTranslations('compare')
  const format = useFormat()
  const trpc = useTRPC()
  const { role } = useWorkspace()
  const { nameOf } = useSetNames(sets)
  const answer = useAnswer(
    trpc.segmentCompare.overlap.queryOptions({ expressions: [...sets] }, { trpc: { abortOnUnmount: true } }),
  )
  const [chosenRule, choose] = useState<string>()
  const [naming, setNaming] = useState(false)
  const saving = useSaving()
  /** In words, such as “Regulars, Quiet; not in Big spenders”. */
  const named = (region: Region, all: readonly { expression: string }[]) => {
    const names = (inside: boolean) =>
      all
        .filter((_, i) => region.in[i] === inside)
        .map(({ expression }) => t('overlap.quoted', { name: nameOf(expression) }))
    const [ins, outs] = [names(true), names(false)]
    const list = new Intl.ListFormat(t('locale'), { type: 'conjunction' })
    if (ins.length === 0) return t('overlap.noneOf')
    return outs.length === 0
      ? t('overlap.inAll', { ins: list.format(ins) })
      : t('overlap.inNot', { ins: list.format(ins), outs: list.format(outs) })
  }
  return (
    <QueryPanel
      name={t('overlap.title')}
      title={({ regions, sets: all }) => {
        const shared = regions.filter((region) => region.in.filter(Boolean).length > 1)
        const n = shared.reduce((sum, { members }) => sum + members, 0)
        return all.length < 2 ? t('overlap.title') : t('overlap.finding', { n, members: format.count(n) })
      }}
      subtitle={(data) => t('overlap.subtitle', { day: format.day(data.asOf) })}
      definition={t('overlap.definition')}
      query={answer}
      csvName="segment-overlap"
      minHeight={280}
      isEmpty={({ regions }) => regions.length === 0}
      empty={{ reason: t('overlap.nobody') }}
      table={({ regions, none, sets: all }) =>
        tableOf<Region>(
          [
            {
              key: 'region',
              header: t('overlap.region'),
              value: (region) => named(region, all),
            },
            {
              key: 'members',
              header: t('overlap.members'),
              align: 'right',
              value: ({ members }) => members,
              cell: ({ members, expression }) => (
                <Link to="/members" search={{ segment: expression }}>
                  {format.count(members)}
                </Link>
              ),
            },
            {
              key: 'rule',
              header: t('overlap.rule'),
              value: ({ expression }) => expression,
              cell: ({ expression }) => <code className={classes.code}>{expression}</code>,
            },
          ],
          none ? [...regions, none] : regions,
        )
      }
    >
      {({ regions, none, sets: all, asOf }) => {
        const chosen = regions.find(({ expression }) => expression === chosenRule) ?? regions[0]!
        return (
          <div className={classes.overlap}>
            <ChartFrame height={upsetHeight(all.length)} fixed note={asOf}>
              {(width) => (
                <UpsetChart
                  width={width}
                  label={t('overlap.chart')}
                  sets={all.map(({ expression, members }) => ({ name: nameOf(expression), members }))}
                  regions={regions.map((region) => ({
                    key: region.expression,
                    in: region.in,
                    members: region.members,
                    label: t('overlap.one', {
                      region: named(region, all),
                      n: region.members,
                      members: format.count(region.members),
                    }),
                  }))}
                  chosen={chosen.expression}
                  onChoose={choose}
                  rest={(n, members) =>
                    t('overlap.smaller', { n, m: members, members: format.count(members) })
                  }
                />
              )}
            </ChartFrame>
            {none ? (
              <p className={classes.note}>
                {t('overlap.none', { n: none.members, members: format.count(none.members) })}
              </p>
            ) : null}
            <div className={classes.chosen} aria-live="polite">
              <strong>
                {t('overlap.one', {
                  region: named(chosen, all),
                  n: chosen.members,
                  members: format.count(chosen.members),
                })}
              </strong>
              <div className={classes.actions}>
                <Button
                  variant="default"
                  renderRoot={(props) => (
                    <Link to="/members" search={{ segment: chosen.expression }} {...(props as object)} />
                  )}
                >
                  {t('overlap.open')}
                </Button>
                {role === 'owner' || role === 'marketer' ? (
                  <Button variant="default" onClick={() => setNaming(true)}>
                    {t('overlap.save')}
                  </Button>
                ) : null}
              </div>
            </div>
            {naming ? (
              <NameDialog
                title={t('overlap.saveTitle')}
                action={t('overlap.saveAction')}
                name=""
                saving={saving}
                onClose={() => setNaming(false)}
                onName={(name) =>
                  saving.save({ name, expression: chosen.expression }, () => setNaming(false))
                }
              />
            ) : null}
          </div>
        )
      }}
    </QueryPanel>
  )
}
