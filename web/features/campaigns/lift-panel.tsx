import { useTranslations } from 'use-intl'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { decimalsApart, useFormat } from '../../ui/format.ts'
import { type Answer, QueryPanel, tableOf } from '../../ui/query-panel.tsx'
import composer from './composer.module.css'
import type { Result } from './draft.ts'
import classes from './lift-panel.module.css'
import { VerdictChip } from './words.tsx'

type Measurement = NonNullable<Result['measurement']>
type Row = Measurement['outcomes'][number]

/** Treated minus held out: a dot and whisker an outcome, the zeros under one another. */
export function LiftPanel({ answer }: { answer: Answer<Result> }) {
  const t = useTranslations('campaigns.lift')
  const format = useFormat()
  const columns = useColumns()
  const measured = ({ measurement }: Result) => measurement!
  return (
    <QueryPanel
      name={t('outcome')}
      title={(result) => {
        const { verdict, outcomes, entries } = measured(result)
        if (verdict === 'no-data-yet' && entries) return t('title.no-entries-yet')
        const buyers = outcomes.find(({ outcome }) => outcome === 'buyers')
        return t(`title.${verdict}`, {
          points: format.points(buyers?.difference ?? null),
          buyers: buyers ? format.share(buyers.treated.numerator, buyers.treated.denominator) : '–',
        })
      }}
      subtitle={(result) => {
        const { asOf, method, windowLastDay, outcomes, entries } = measured(result)
        const [day, end] = [format.day(asOf), format.day(windowLastDay)]
        if (outcomes.length === 0) return undefined
        if (method === null) return t('subtitleUnknown', { day })
        const narrowed = Math.max(0, ...outcomes.map((row) => row.narrowed ?? 0))
        const own = entries && {
          members: entries.counted,
          last: format.day(entries.lastEntry),
          days: entries.ownDays,
        }
        return [
          own
            ? t(method === 'fixed' ? 'subtitleEntriesEnd' : 'subtitleEntries', own)
            : method === 'fixed'
              ? t('subtitleEnd', { from: format.day(result.launchedDay), end })
              : t('subtitleBefore', { day, end }),
          ...(narrowed >= 0.005 ? [t('narrowed', { share: format.percentShort(narrowed) })] : []),
        ].join(' ')
      }}
      definition={t(answer.data?.measurement?.entries ? 'definitionEntries' : 'definition')}
      query={answer}
      isEmpty={(result) => measured(result).outcomes.length === 0}
      empty={{
        reason: answer.data?.measurement?.entries
          ? t('emptyEntries', {
              days: answer.data.measurement.entries.ownDays,
              day: format.day(answer.data.measurement.asOf),
            })
          : t('empty', { day: format.day(answer.data?.launchedDay ?? null) }),
      }}
      table={(result) => tableOf(columns, measured(result).outcomes)}
      csvName="campaign-effect"
      minHeight={160}
    >
      {(result) =>
        measured(result).method === null ? (
          <DataTable
            columns={columns.filter(({ key }) => key === 'outcome' || key === 'treated')}
            rows={measured(result).outcomes}
            label={t('outcome')}
          />
        ) : (
          <>
            <ul className={classes.rows}>
              {measured(result).outcomes.map((row) => (
                <LiftRow key={row.outcome} row={row} />
              ))}
            </ul>
            <CostKnown measurement={measured(result)} />
          </>
        )
      }
    </QueryPanel>
  )
}

/** Why there is no margin, where that can be mended. */
function CostKnown({ measurement: { costKnown } }: { measurement: Measurement }) {
  const t = useTranslations('campaigns.lift')
  const format = useFormat()
  if (!costKnown || costKnown.numerator === costKnown.denominator) return null
  return (
    <p className={composer.help}>
      {t('costUnknown', { share: format.share(costKnown.numerator, costKnown.denominator) })}
    </p>
  )
}

/** How an outcome's values and differences are written. */
function useValues() {
  const format = useFormat()
  return {
    value: ({ outcome }: Row, { numerator, denominator, value }: Row['treated']) =>
      outcome === 'buyers'
        ? format.share(numerator, denominator)
        : outcome === 'orders'
          ? format.average(value)
          : format.money(value),
    difference: ({ outcome, difference, low, high }: Row, value: number | null) => {
      if (value === null) return '–'
      const plus = value > 0 ? '+' : ''
      const ends = [difference, low, high]
      if (outcome === 'buyers') {
        const points = ends.map((end) => end && end * 100)
        return format.points(value, decimalsApart(points, 1))
      }
      return `${plus}${outcome === 'orders' ? format.average(value, decimalsApart(ends, 2)) : format.money(value)}`
    },
  }
}

function useColumns(): Column<Row>[] {
  const t = useTranslations('campaigns.lift')
  const { value, difference } = useValues()
  return [
    { key: 'outcome', header: t('outcome'), value: ({ outcome }) => outcome, cell: (row) => t(row.outcome) },
    {
      key: 'treated',
      header: t('treated'),
      align: 'right',
      value: (row) => row.treated.value,
      cell: (row) => value(row, row.treated),
    },
    {
      key: 'held_out',
      header: t('heldOut'),
      align: 'right',
      value: (row) => row.heldOut.value,
      cell: (row) => value(row, row.heldOut),
    },
    {
      key: 'difference',
      header: t('difference'),
      align: 'right',
      value: (row) => row.difference,
      cell: (row) => difference(row, row.difference),
    },
    {
      key: 'low',
      header: t('low'),
      align: 'right',
      value: (row) => row.low,
      cell: (row) => difference(row, row.low),
    },
    {
      key: 'high',
      header: t('high'),
      align: 'right',
      value: (row) => row.high,
      cell: (row) => difference(row, row.high),
    },
    {
      key: 'verdict',
      header: t('verdict'),
      value: (row) => row.verdict,
      cell: (row) => (row.verdict ? <VerdictChip verdict={row.verdict} /> : '–'),
    },
  ]
}

const [width, height] = [320, 32]
const middle = width / 2

/** An outcome as dot and whisker, the zero in the middle. */
export function LiftRow({ row }: { row: Row }) {
  const t = useTranslations('campaigns.lift')
  const { value, difference } = useValues()
  const { low, high } = row
  const known = row.difference !== null && low !== null && high !== null
  // Each outcome has its own unit, so its own scale; 0 stands at the same place in all.
  const reach = known ? Math.max(Math.abs(low), Math.abs(high), Math.abs(row.difference!)) || 1 : 1
  const x = (at: number) => middle + (at / reach) * (middle - 12)
  const excludesZero = known && (low > 0 || high < 0)
  return (
    <li className={classes.row}>
      <div className={classes.name}>
        {t(row.outcome)}
        <span className={classes.arms}>
          {t('treated')} {value(row, row.treated)} · {t('heldOut')} {value(row, row.heldOut)}
        </span>
      </div>
      {known ? (
        <svg
          className={classes.plot}
          data-verdict={row.verdict}
          viewBox={`0 0 ${width} ${height}`}
          width={width}
          height={height}
          role="img"
          aria-label={`${difference(row, row.difference)} (${difference(row, low)} – ${difference(row, high)})`}
        >
          <line className={classes.zero} x1={middle} x2={middle} y1={2} y2={height - 2} />
          <line x1={x(low)} x2={x(high)} y1={16} y2={16} />
          <line x1={x(low)} x2={x(low)} y1={11} y2={21} />
          <line x1={x(high)} x2={x(high)} y1={11} y2={21} />
          <circle
            cx={x(row.difference!)}
            cy={16}
            r={5}
            className={excludesZero ? classes.filled : classes.open}
          />
        </svg>
      ) : (
        <span className={classes.few}>{t('tooFew')}</span>
      )}
      <span className={classes.value}>{difference(row, row.difference)}</span>
      <span className={classes.chip}>{row.verdict ? <VerdictChip verdict={row.verdict} /> : null}</span>
    </li>
  )
}
