import { useTranslations } from 'use-intl'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { type Answer, QueryPanel, tableOf } from '../../ui/query-panel.tsx'
import composer from './composer.module.css'
import type { Effect } from './draft.ts'
import { useFitting } from './fitting-columns.tsx'

type Economics = NonNullable<Effect['economics']>
interface Line {
  readonly line: 'orders' | 'net' | 'margin' | 'costPerOrder'
  readonly value: number | null
  readonly low: number | null
  readonly high: number | null
}

const linesOf = ({ orders, netMinor, marginMinor, costPerOrderMinor }: Economics): Line[] => [
  { line: 'orders', ...orders },
  { line: 'net', ...netMinor },
  ...(marginMinor ? [{ line: 'margin' as const, ...marginMinor }] : []),
  { line: 'costPerOrder', ...(costPerOrderMinor ?? { value: null, low: null, high: null }) },
]

/** What the campaign brought over all treated members, after coupons and messages, and what an order cost. */
export function MoneyPanel({ answer, stands }: { answer: Answer<Effect>; stands: boolean }) {
  const t = useTranslations('campaigns.money')
  const lift = useTranslations('campaigns.lift')
  const format = useFormat()
  const written = ({ line }: Line, value: number | null) => {
    if (value === null) return '–'
    if (line === 'costPerOrder') return format.money(Math.round(value))
    if (line === 'orders') return format.countChange(Math.round(value))
    return `${value > 0 ? '+' : ''}${format.money(value)}`
  }
  const ends = (['low', 'high'] as const).map((key): Column<Line> => ({
    key,
    header: lift(key),
    align: 'right',
    value: (line) => line[key],
    cell: (line) =>
      line.line === 'costPerOrder' && key === 'high' && line.low !== null && line.high === null
        ? t('noEnd')
        : written(line, line[key]),
  }))
  const columns: Column<Line>[] = [
    { key: 'line', header: t('what'), value: ({ line }) => line, cell: ({ line }) => t(line) },
    {
      key: 'value',
      header: t('value'),
      align: 'right',
      value: ({ value }) => value,
      cell: (line) => written(line, line.value),
    },
    ...ends,
  ]
  const fitting = useFitting(columns, 'value')
  if (answer.data && !answer.data.economics) return null
  return (
    <QueryPanel
      name={t('name')}
      title={({ economics }: Effect) => {
        const { value, low, high } = economics!.netMinor
        const amount = format.money(Math.abs(value))
        if (low !== null && low > 0) return t('title.more', { amount })
        if (high !== null && high < 0) return t('title.less', { amount })
        return t('title.open')
      }}
      subtitle={t(stands ? 'subtitleEntries' : 'subtitle')}
      definition={t('definition')}
      query={answer}
      table={({ economics }: Effect) => tableOf(columns, linesOf(economics!))}
      listed
      csvName="campaign-money"
      minHeight={180}
    >
      {({ economics }: Effect) => (
        <div className={composer.stack}>
          <DataTable columns={fitting} rows={linesOf(economics!)} label={t('name')} dense />
          <p className={composer.help}>
            {t('cost', {
              coupons: format.money(economics!.couponCostMinor),
              messages: economics!.messages,
              messageCost: format.money(economics!.messageCostMinor),
            })}
          </p>
        </div>
      )}
    </QueryPanel>
  )
}
