import { Button, NativeSelect } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { inferRouterOutputs } from '@trpc/server'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../../server/router.ts'
import { useTRPC } from '../../../trpc.ts'
import { useFormat } from '../../../ui/format.ts'
import { QueryPanel, tableOf, useAnswer } from '../../../ui/query-panel.tsx'
import classes from './compare.module.css'
import { useSetNames } from './set-names.ts'

type Answered = inferRouterOutputs<AppRouter>['segmentCompare']['differences']
type Compared = Extract<Answered, { kind: 'compared' }>
type Difference = Compared['differences'][number]

const first = 12
const most = 200

/** What tells the members of one segment from those of another, or from all others, what does most first. */
export function DifferencesPanel({
  sets,
  a,
  b,
  onA,
  onB,
}: {
  sets: readonly string[]
  a: string
  b: string
  onA: (rule: string) => void
  onB: (rule: string) => void
}) {
  const t = useTranslations('compare')
  const trpc = useTRPC()
  const { nameOf } = useSetNames(sets)
  const [all, showAll] = useState(false)
  const answer = useAnswer(
    trpc.segmentCompare.differences.queryOptions({ a, b, limit: most }, { trpc: { abortOnUnmount: true } }),
  )
  const choices = (rules: readonly string[]) => rules.map((value) => ({ value, label: nameOf(value) }))
  return (
    <QueryPanel
      name={t('differences.title')}
      title={t('differences.title')}
      subtitle={(data) => (data.kind === 'compared' ? data.compared : undefined)}
      definition={t('differences.definition')}
      query={answer}
      csvName="segment-differences"
      minHeight={240}
      table={(data) => tableOfDifferences(data, t)}
    >
      {(data) => {
        const shown = data.kind === 'compared' ? data.differences.slice(0, all ? most : first) : []
        return (
          <div className={classes.overlap}>
            <div className={classes.sides}>
              <NativeSelect
                label={t('differences.a')}
                value={a}
                data={choices(sets)}
                onChange={(event) => onA(event.currentTarget.value)}
              />
              <NativeSelect
                label={t('differences.b')}
                value={b}
                data={choices([...sets.filter((one) => one !== a), 'everyone'])}
                onChange={(event) => onB(event.currentTarget.value)}
              />
            </div>
            <p className={classes.note}>{data.kind === 'compared' ? data.finding : data.why}</p>
            <ul className={classes.differences}>
              {shown.map((one) => (
                <Row
                  key={`${one.id} ${one.value}`}
                  one={one}
                  names={(data as Compared).names}
                  of={data as Compared}
                />
              ))}
            </ul>
            {data.kind === 'compared' && data.differences.length > first ? (
              <div>
                <Button variant="default" aria-expanded={all} onClick={() => showAll(!all)}>
                  {all
                    ? t('differences.fewer')
                    : t('differences.more', { n: data.differences.length - first })}
                </Button>
              </div>
            ) : null}
          </div>
        )
      }}
    </QueryPanel>
  )
}

const tableOfDifferences = (data: Answered, t: ReturnType<typeof useTranslations<'compare'>>) =>
  tableOf<Difference>(
    [
      { key: 'what', header: t('differences.what'), value: ({ sentence }) => sentence },
      {
        key: 'trait',
        header: t('differences.trait'),
        value: ({ id, value }) => (value === '' ? id : `${id}: ${value ?? '–'}`),
      },
      ...(['a', 'b', 'difference', 'low', 'high'] as const).map((key) => ({
        key,
        header: t(`differences.column.${key}`),
        align: 'right' as const,
        value: (row: Difference) => Number(row[key].toPrecision(4)),
      })),
    ],
    data.kind === 'compared' ? data.differences : [],
  )

const [width, height] = [240, 28]
const middle = width / 2

function Row({ one, names, of }: { one: Difference; names: Compared['names']; of: Compared }) {
  const t = useTranslations('compare')
  const format = useFormat()
  // shares stand on one scale; each mean has a unit of its own, so its own; 0 is at one place in all
  const reach =
    one.kind === 'share'
      ? Math.max(
          ...of.differences
            .filter(({ kind }) => kind === 'share')
            .map(({ low, high }) => Math.max(Math.abs(low), Math.abs(high))),
        )
      : Math.max(Math.abs(one.low), Math.abs(one.high))
  const x = (at: number) => middle + (at / reach) * (middle - 8)
  return (
    <li className={classes.difference}>
      <div className={classes.said}>
        <span>{one.sentence}</span>
        <span className={classes.links}>
          {(['a', 'b'] as const).map((side) => {
            const { expression, have, of: all } = one.counts[side]
            const n = have ?? all
            const words = t('differences.open', { n, members: format.count(n), side: names[side] })
            return n === 0 ? (
              <span key={side}>{words}</span>
            ) : (
              <Link key={side} to="/members" search={{ segment: expression }}>
                {words}
              </Link>
            )
          })}
        </span>
      </div>
      <svg
        className={classes.whisker}
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        aria-hidden="true"
      >
        <line className={classes.zero} x1={middle} x2={middle} y1={1} y2={height - 1} />
        <line x1={x(one.low)} x2={x(one.high)} y1={14} y2={14} />
        <line x1={x(one.low)} x2={x(one.low)} y1={9} y2={19} />
        <line x1={x(one.high)} x2={x(one.high)} y1={9} y2={19} />
        <circle cx={x(one.difference)} cy={14} r={5} />
      </svg>
    </li>
  )
}
