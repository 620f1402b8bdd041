import { useTranslations } from 'use-intl'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { type Answer, QueryPanel, tableOf } from '../../ui/query-panel.tsx'
import type { Effect } from './draft.ts'
import { useFitting } from './fitting-columns.tsx'

type Afterwards = NonNullable<Effect['afterwards']>
type Row = Afterwards['outcomes'][number]

/** Whether purchases were only brought forward: the same members in as many days after the window. */
export function AfterwardsPanel({ answer, stands }: { answer: Answer<Effect>; stands: boolean }) {
  const t = useTranslations('campaigns.afterwards')
  const lift = useTranslations('campaigns.lift')
  const format = useFormat()
  const value = ({ outcome }: Row, { numerator, denominator, value: mean }: Row['treated']) =>
    outcome === 'buyers'
      ? format.share(numerator, denominator)
      : outcome === 'orders'
        ? format.average(mean, 3)
        : format.money(mean)
  const difference = ({ outcome }: Row, each: number | null) =>
    each === null
      ? '–'
      : outcome === 'buyers'
        ? format.points(each)
        : `${each > 0 ? '+' : ''}${outcome === 'orders' ? format.average(each, 3) : format.money(each)}`
  const columns: Column<Row>[] = [
    {
      key: 'outcome',
      header: lift('outcome'),
      value: ({ outcome }) => outcome,
      cell: (row) => lift(row.outcome),
    },
    {
      key: 'treated',
      header: lift('treated'),
      align: 'right',
      value: (row) => row.treated.value,
      cell: (row) => value(row, row.treated),
    },
    {
      key: 'held_out',
      header: lift('heldOut'),
      align: 'right',
      value: (row) => row.heldOut.value,
      cell: (row) => value(row, row.heldOut),
    },
    ...(['difference', 'low', 'high'] as const).map((key): Column<Row> => ({
      key,
      header: lift(key),
      align: 'right',
      value: (row) => row[key],
      cell: (row) => difference(row, row[key]),
    })),
  ]
  const fitting = useFitting(columns, 'difference')
  if (answer.data && !answer.data.afterwards) return null
  return (
    <QueryPanel
      name={t('name')}
      title={({ afterwards }: Effect) =>
        t(`title.${afterwards!.state}`, {
          orders: Math.abs(Math.round(afterwards!.pulledForward?.value ?? 0)),
          day: format.day(afterwards!.state === 'not-begun' ? afterwards!.firstDay : afterwards!.lastDay),
        })
      }
      subtitle={({ afterwards }: Effect) =>
        stands
          ? t('subtitleEntries')
          : t('subtitle', { from: format.day(afterwards!.firstDay), end: format.day(afterwards!.lastDay) })
      }
      definition={t('definition')}
      query={answer}
      isEmpty={({ afterwards }: Effect) => afterwards!.outcomes.length === 0}
      empty={{ reason: t('empty') }}
      table={({ afterwards }: Effect) => tableOf(columns, afterwards!.outcomes)}
      listed
      csvName="campaign-afterwards"
      minHeight={120}
    >
      {({ afterwards }: Effect) => (
        <DataTable columns={fitting} rows={afterwards!.outcomes} label={t('name')} dense />
      )}
    </QueryPanel>
  )
}
