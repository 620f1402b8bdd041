import { Button, NumberInput, SegmentedControl } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { inferRouterOutputs } from '@trpc/server'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { useFilters } from '../../filters/filters.ts'
import { usePopulation } from '../../filters/population.ts'
import { useTRPC } from '../../trpc.ts'
import { useFindingText } from '../../ui/finding.ts'
import { useFormat } from '../../ui/format.ts'
import { useErrorText } from '../../ui/panel-states.tsx'
import { QueryPanel, tableOf, useAnswer } from '../../ui/query-panel.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import { MovesTable } from './moves-table.tsx'
import classes from './thresholds-panel.module.css'

type RfmAnswer = inferRouterOutputs<AppRouter>['analytics']['rfm']
type PreviewRow = inferRouterOutputs<AppRouter>['analytics']['rfmPreview']['rows'][number]
type Rule = RfmAnswer['rule']
type Cuts = readonly [number, number, number, number]

const measures = ['recency', 'frequency', 'money'] as const
const places = [0, 1, 2, 3] as const
const standings = [
  'champions',
  'loyal',
  'potential loyal',
  'new',
  'promising',
  'needs attention',
  'about to sleep',
  'at risk',
  'cannot lose',
  'hibernating',
  'lost',
  'not scored',
] as const

/** Where scores change today: the values set, or those that the fifths come to, moved apart where several are equal. */
function cutsNow({ rule, rows }: RfmAnswer, measure: (typeof measures)[number]): Cuts {
  const set = rule[measure]
  if (set) return [set[0], set[1], set[2], set[3]]
  const found = rows
    .filter((row) => row.measure === measure && row.upTo !== null)
    .map(({ upTo }) => upTo!)
    .toSorted((a, b) => a - b)
  const cuts = places.map((place) => Math.max(0, found[place] ?? place + 1))
  for (const place of [1, 2, 3] as const) cuts[place] = Math.max(cuts[place]!, cuts[place - 1]! + 1)
  return [cuts[0]!, cuts[1]!, cuts[2]!, cuts[3]!]
}

const isRising = (cuts: readonly number[]) =>
  cuts.every((cut, i) => Number.isSafeInteger(cut) && cut >= 0 && (i === 0 || cut > cuts[i - 1]!))

/**
 * Other thresholds of the scores: who would stand in another group is shown while they are typed. Whoever reads may try;
 * an owner may make them the workspace's.
 */
export function ThresholdsPanel({ rfm, close }: { rfm: RfmAnswer; close: () => void }) {
  const t = useTranslations('value')
  const format = useFormat()
  const trpc = useTRPC()
  const queries = useQueryClient()
  const errorText = useErrorText()
  const mayChange = useWorkspace().role === 'owner'
  const { question } = useFilters()
  const population = usePopulation()
  const findingText = useFindingText(t, 'finding.previewNeutral')
  const [wanted, want] = useState<Rule>(rfm.rule)
  const [settled] = useDebouncedValue(wanted, 350)
  const rising = (rule: Rule) => measures.every((measure) => isRising(rule[measure] ?? []))
  const tried = rising(settled) ? settled : rfm.rule
  const answer = useAnswer(
    trpc.analytics.rfmPreview.queryOptions(
      {
        filters: question,
        settings: {
          windowDays: tried.windowDays ?? undefined,
          ...Object.fromEntries(measures.map((measure) => [measure, tried[measure]?.join(',') ?? 'fifths'])),
        },
      },
      { trpc: { abortOnUnmount: true } },
    ),
  )
  const save = useMutation(
    trpc.settings.changeRfm.mutationOptions({
      onSuccess: async () => {
        await queries.invalidateQueries()
        notifications.show({ message: t('thresholds.saved') })
        close()
      },
      onError: (error) => notifications.show({ color: 'red', message: errorText(error).sentence }),
    }),
  )
  const changed = JSON.stringify(wanted) !== JSON.stringify(rfm.rule)
  const called = (state: (typeof standings)[number]) =>
    state === 'not scored' ? t('thresholds.notScored') : t(`rfm.group.${state}`)
  const setCut = (measure: (typeof measures)[number], place: number, value: number) =>
    want({
      ...wanted,
      [measure]: (wanted[measure] ?? []).map((cut, i) => (i === place ? value : cut)),
    })
  return (
    <QueryPanel
      name={t('thresholds.title')}
      title={({ findings }) => findingText(findings)}
      subtitle={t('thresholds.subtitle')}
      about={population.about}
      definition={population.note(t('thresholds.definition'))}
      query={answer}
      isEmpty={({ rows }) => rows.length === 0}
      empty={{ reason: t('rfm.empty') }}
      csvName="rfm-preview"
      minHeight={420}
      table={({ rows }) =>
        tableOf<PreviewRow>(
          [
            {
              key: 'from',
              header: t('thresholds.now'),
              value: ({ from }) => from,
              cell: ({ from }) => called(from),
            },
            {
              key: 'to',
              header: t('thresholds.then'),
              value: ({ to }) => to,
              cell: ({ to }) => called(to),
            },
            {
              key: 'members',
              header: t('column.members'),
              align: 'right',
              value: ({ members }) => members,
              cell: ({ members }) => format.count(members),
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
      lead={
        <div className={classes.form}>
          {measures.map((measure) => {
            const cuts = wanted[measure]
            const wrong = cuts !== null && !isRising(cuts)
            return (
              <fieldset key={measure} className={classes.measure}>
                <legend>{t(`thresholds.${measure}`)}</legend>
                <SegmentedControl
                  aria-label={t(`thresholds.${measure}`)}
                  value={cuts === null ? 'fifths' : 'own'}
                  onChange={(value) =>
                    want({ ...wanted, [measure]: value === 'own' ? cutsNow(rfm, measure) : null })
                  }
                  data={[
                    { value: 'fifths', label: t('thresholds.fifths') },
                    { value: 'own', label: t('thresholds.own') },
                  ]}
                />
                {cuts === null ? null : (
                  <>
                    <div className={classes.cuts}>
                      {places.map((place) => (
                        <NumberInput
                          key={place}
                          label={t('thresholds.score', {
                            score: measure === 'recency' ? 5 - place : 1 + place,
                          })}
                          min={0}
                          clampBehavior="none"
                          decimalScale={measure === 'money' ? format.decimals : 0}
                          prefix={measure === 'money' ? format.symbol : ''}
                          value={measure === 'money' ? cuts[place] / 10 ** format.decimals : cuts[place]}
                          onChange={(value) =>
                            setCut(
                              measure,
                              place,
                              measure === 'money'
                                ? Math.round(Number(value) * 10 ** format.decimals)
                                : Number(value),
                            )
                          }
                          error={wrong}
                        />
                      ))}
                    </div>
                    {wrong ? (
                      <p className={classes.note} role="alert">
                        {t('thresholds.order')}
                      </p>
                    ) : null}
                  </>
                )}
              </fieldset>
            )
          })}
          <NumberInput
            label={t('thresholds.window')}
            description={t('thresholds.windowHint')}
            min={1}
            max={36500}
            allowDecimal={false}
            value={wanted.windowDays ?? ''}
            onChange={(value) => want({ ...wanted, windowDays: Number(value) >= 1 ? Number(value) : null })}
            className={classes.window}
          />
          <div className={classes.actions}>
            {mayChange ? (
              <Button
                disabled={!changed || !rising(wanted)}
                loading={save.isPending}
                onClick={() =>
                  save.mutate({
                    windowDays: wanted.windowDays,
                    recency: wanted.recency && [...wanted.recency],
                    frequency: wanted.frequency && [...wanted.frequency],
                    money: wanted.money && [...wanted.money],
                  })
                }
              >
                {t('thresholds.save')}
              </Button>
            ) : (
              <span className={classes.note}>{t('thresholds.onlyOwner')}</span>
            )}
            <Button variant="default" onClick={close}>
              {t('thresholds.leave')}
            </Button>
          </div>
        </div>
      }
    >
      {({ rows, asOf }) => (
        <>
          <MovesTable
            rows={rows}
            states={standings}
            called={called}
            label={t('thresholds.table')}
            corner={t('thresholds.corner')}
            asOf={asOf}
          />
          {rows.some(({ membersExpression }) => membersExpression === null) ? (
            <p className={classes.note}>{t('thresholds.notOpened')}</p>
          ) : null}
        </>
      )}
    </QueryPanel>
  )
}
