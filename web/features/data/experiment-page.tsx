import { Button, NativeSelect, NumberInput } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { Link, useParams } from '@tanstack/react-router'
import type { inferRouterOutputs } from '@trpc/server'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { useTRPC } from '../../trpc.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { Page } from '../../ui/page.tsx'
import { Panel } from '../../ui/panel.tsx'
import { type Answer, QueryPanel, tableOf, useAnswer } from '../../ui/query-panel.tsx'
import { StatusChip } from '../../ui/status-chip.tsx'
import classes from './data.module.css'

type Result = inferRouterOutputs<AppRouter>['elsewhere']['experiment']
type Difference = Result['arms'][number]['differences'][number]
type Verdict = NonNullable<Difference['verdict']>

const tones = { works: 'good', hurts: 'bad', 'not-proven-yet': 'off', withheld: 'warn' } as const

/** What came of an imported randomised test: each arm beside the control, with interval and verdict. */
export function ExperimentPage() {
  const t = useTranslations('data.experiment')
  const trpc = useTRPC()
  const { count } = useFormat()
  const { experiment } = useParams({ from: '/signed-in/shell/data/tests/$experiment' })
  const [control, choose] = useState<string>()
  const [planned, plan] = useState<Readonly<Record<string, number>>>()
  const answer = useAnswer(
    trpc.elsewhere.experiment.queryOptions(
      { experiment, control, shares: planned },
      { trpc: { abortOnUnmount: true } },
    ),
  )
  const { data } = answer
  return (
    <Page
      title={experiment}
      lead={
        data
          ? t('lead', {
              subjects: count(data.subjects),
              arms: data.arms.length,
              split: data.sampleRatioP < 0.001 ? 'uneven' : 'even',
              p: data.sampleRatioP.toFixed(4),
            })
          : undefined
      }
      notes={t('notes')}
    >
      <Link to="/data" className={classes.back}>
        {t('back')}
      </Link>
      {data ? (
        data.arms
          .filter(({ arm }) => arm !== data.control)
          .map(({ arm }) => <ArmPanel key={arm} arm={arm} answer={answer} />)
      ) : (
        <QueryPanel name={experiment} title={experiment} query={answer}>
          {() => null}
        </QueryPanel>
      )}
      {data ? (
        <Arms
          key={data.arms.map(({ arm }) => arm).join('\n')}
          result={data}
          planned={planned}
          choose={choose}
          plan={plan}
        />
      ) : null}
    </Page>
  )
}

function ArmPanel({ arm, answer }: { arm: string; answer: Answer<Result> }) {
  const t = useTranslations('data.experiment')
  const outcome = useTranslations('data.elsewhere.outcome')
  const format = useFormat()
  const narrow = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  const rowsOf = ({ arms }: Result) => arms.find((one) => one.arm === arm)?.differences ?? []
  /** Rare outcomes differ in the hundredths of a point: as many digits in one row as its smallest needs. */
  const digitsOf = ({ kind, treated, control }: Difference) =>
    kind === 'share' && Math.max(treated, control) < 0.05 ? 4 : kind === 'share' ? 2 : 4
  const mean = (row: Difference, value: number) =>
    row.kind === 'share'
      ? `${format.average(value * 100, digitsOf(row))}%`
      : format.average(value, digitsOf(row))
  const difference = (row: Difference, value: number | null) =>
    value === null
      ? '–'
      : row.kind === 'share'
        ? format.points(value, digitsOf(row))
        : `${value > 0 ? '+' : ''}${format.average(value, digitsOf(row))}`
  const named = (name: string): string =>
    name === 'visit' || name === 'conversion' || name === 'spend' ? outcome(name) : name
  const interval = (row: Difference) =>
    row.low === null
      ? t('tooFew')
      : t('interval', { low: difference(row, row.low), high: difference(row, row.high) })
  const columns: Column<Difference>[] = [
    { key: 'outcome', header: t('outcome'), value: (row) => row.outcome, cell: (row) => named(row.outcome) },
    ...(narrow
      ? []
      : ([
          {
            key: 'arm',
            header: t('arm'),
            align: 'right',
            value: (row) => row.treated,
            cell: (row) => mean(row, row.treated),
          },
          {
            key: 'control',
            header: t('control'),
            align: 'right',
            value: (row) => row.control,
            cell: (row) => mean(row, row.control),
          },
        ] satisfies Column<Difference>[])),
    {
      key: 'difference',
      header: t('difference'),
      align: 'right',
      value: (row) => row.difference,
      cell: (row) => (
        <>
          {difference(row, row.difference)}
          <div className={classes.when}>{interval(row)}</div>
          {narrow && row.verdict ? <Chip verdict={row.verdict} /> : null}
        </>
      ),
    },
    ...(narrow
      ? []
      : ([
          {
            key: 'relative',
            header: t('relative'),
            align: 'right',
            value: (row) => row.relative,
            cell: (row) => (row.relative === null ? '–' : format.change(row.relative)),
          },
          {
            key: 'verdict',
            header: t('verdict'),
            value: (row) => row.verdict,
            cell: (row) => (row.verdict ? <Chip verdict={row.verdict} /> : '–'),
          },
        ] satisfies Column<Difference>[])),
  ]
  return (
    <QueryPanel
      name={arm}
      title={(result: Result) => {
        const told = rowsOf(result).find((row) => row.outcome === 'conversion') ?? rowsOf(result)[0]
        return told === undefined
          ? arm
          : t('title', {
              arm,
              outcome: named(told.outcome),
              difference: difference(told, told.difference),
              verdict: told.verdict ?? 'none',
            })
      }}
      subtitle={(result: Result) =>
        t('subtitle', { control: result.control, level: `${format.average((1 - result.alpha) * 100, 1)}%` })
      }
      definition={t('definition')}
      query={answer}
      table={(result: Result) => tableOf(columns, rowsOf(result))}
      listed
      csvName="test-differences"
      minHeight={120}
    >
      {(result: Result) => (
        <DataTable columns={columns} rows={rowsOf(result)} rowKey={(row) => row.outcome} label={arm} />
      )}
    </QueryPanel>
  )
}

function Chip({ verdict }: { verdict: Verdict }) {
  const word = useTranslations('data.experiment.is')
  return <StatusChip tone={tones[verdict]}>{word(verdict)}</StatusChip>
}

/** The arms with their sizes, which of them is the control, and which sizes were planned. */
function Arms({
  result,
  planned,
  choose,
  plan,
}: {
  result: Result
  planned: Readonly<Record<string, number>> | undefined
  choose: (control: string) => void
  plan: (shares: Readonly<Record<string, number>> | undefined) => void
}) {
  const t = useTranslations('data.experiment')
  const format = useFormat()
  const [sizes, setSizes] = useState<Readonly<Record<string, number>>>(
    planned ?? Object.fromEntries(result.arms.map(({ arm }) => [arm, 1])),
  )
  return (
    <Panel title={t('arms')} subtitle={t(`controlIs.${result.controlIs}`, { control: result.control })}>
      <div className={classes.arms}>
        <NativeSelect
          label={t('chooseControl')}
          value={result.control}
          data={result.arms.map(({ arm }) => arm)}
          onChange={(event) => choose(event.currentTarget.value)}
        />
        {result.arms.map(({ arm, subjects, share }) => (
          <NumberInput
            key={arm}
            label={t('plannedOf', { arm })}
            description={t('had', {
              subjects: format.count(subjects),
              share: format.percentShort(share),
            })}
            min={0.001}
            value={sizes[arm] ?? 1}
            onChange={(value) => setSizes((before) => ({ ...before, [arm]: Number(value) }))}
          />
        ))}
      </div>
      <Button
        variant="default"
        disabled={Object.values(sizes).some((size) => !(size > 0))}
        onClick={() => plan(sizes)}
      >
        {t('check')}
      </Button>
    </Panel>
  )
}
