import { useTranslations } from 'use-intl'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { type Answer, QueryPanel, tableOf } from '../../ui/query-panel.tsx'
import composer from './composer.module.css'
import type { Result } from './draft.ts'

const kinds = ['open', 'reserved', 'redeemed', 'expired', 'revoked', 'issued'] as const
interface Line {
  readonly kind: (typeof kinds)[number]
  readonly uses: number
}
const linesOf = ({ ledger }: Result): Line[] => kinds.map((kind) => ({ kind, uses: ledger[kind] }))

/** The most that it may cost: of a launch what its coupons may, of a campaign that stands its budget; null: no limit. */
function mostOf({ preview, definition }: Result): number | null {
  const worst = preview?.worstCostMinor
  return typeof worst === 'number' ? worst : (definition.budgetMinor ?? null)
}

/** Where the uses are; they add up to what was issued. */
export function LedgerPanel({ answer }: { answer: Answer<Result> }) {
  const t = useTranslations('campaigns.ledger')
  const summary = useTranslations('campaigns.summary')
  const format = useFormat()
  const columns: Column<Line>[] = [
    { key: 'kind', header: t('kind'), value: ({ kind }) => kind, cell: ({ kind }) => t(kind) },
    {
      key: 'uses',
      header: t('uses'),
      align: 'right',
      value: ({ uses }) => uses,
      cell: ({ uses }) => format.count(uses),
    },
  ]
  return (
    <QueryPanel
      name={t('name')}
      title={({ ledger: { open, issued, discountMinor } }) =>
        t('title', { open, issued, amount: format.money(discountMinor) })
      }
      subtitle={t('subtitle')}
      query={answer}
      table={(result) => tableOf(columns, linesOf(result))}
      listed
      csvName="campaign-ledger"
      minHeight={200}
    >
      {(result) => (
        <div className={composer.stack}>
          <DataTable columns={columns} rows={linesOf(result)} label={t('name')} dense />
          <p className={composer.help}>
            {t('discount', {
              amount: format.money(result.ledger.discountMinor),
              most: mostOf(result) === null ? summary('unbounded') : format.money(mostOf(result)),
            })}
          </p>
        </div>
      )}
    </QueryPanel>
  )
}
