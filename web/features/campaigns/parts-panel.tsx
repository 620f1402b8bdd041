import { Link } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { decimalsApart, useFormat } from '../../ui/format.ts'
import { QueryPanel, tableOf, useAnswer } from '../../ui/query-panel.tsx'
import composer from './composer.module.css'
import type { Parts } from './draft.ts'
import { useFitting } from './fitting-columns.tsx'
import { VerdictChip } from './words.tsx'

type Part = NonNullable<Parts>['parts'][number]

/** The effect by parts of the audience, with intervals that hold for all of them together. */
export function PartsPanel({ campaignId, stands }: { campaignId: string; stands: boolean }) {
  const t = useTranslations('campaigns.parts')
  const lift = useTranslations('campaigns.lift')
  const trpc = useTRPC()
  const format = useFormat()
  const answer = useAnswer(
    trpc.campaigns.bySegment.queryOptions({ campaignId }, { staleTime: 0, trpc: { abortOnUnmount: true } }),
  )
  const named = ({ name, isSaved }: Part) =>
    isSaved ? name : t(`every.${name as 'orders-0-1' | 'orders-2-3' | 'orders-4'}`)
  const points = ({ buyers: { difference, low, high } }: Part, value: number | null) =>
    format.points(
      value,
      decimalsApart(
        [difference, low, high].map((end) => end && end * 100),
        1,
      ),
    )
  const columns: Column<Part>[] = [
    { key: 'part', header: t('part'), value: named },
    {
      key: 'treated',
      header: lift('treated'),
      align: 'right',
      value: ({ treated }) => treated,
      cell: ({ treated }) => format.count(treated),
    },
    {
      key: 'held_out',
      header: lift('heldOut'),
      align: 'right',
      value: ({ heldOut }) => heldOut,
      cell: ({ heldOut }) => format.count(heldOut),
    },
    ...(['difference', 'low', 'high'] as const).map((key): Column<Part> => ({
      key,
      header: key === 'difference' ? lift('buyers') : lift(key),
      align: 'right',
      value: ({ buyers }) => buyers[key],
      cell: (part) => points(part, part.buyers[key]),
    })),
    {
      key: 'verdict',
      header: lift('verdict'),
      value: ({ buyers }) => buyers.verdict,
      cell: ({ buyers }) => (buyers.verdict ? <VerdictChip verdict={buyers.verdict} /> : '–'),
    },
  ]
  const fitting = useFitting(columns, 'difference', ['treated', 'held_out'])
  if (answer.data === null) return null
  return (
    <QueryPanel
      name={t('name')}
      title={(found: Parts) => {
        const works = found!.parts.filter(({ buyers }) => buyers.verdict === 'works')
        const hurts = found!.parts.filter(({ buyers }) => buyers.verdict === 'hurts')
        return works.length + hurts.length === 0
          ? t('title.none', { looks: found!.looks })
          : t('title.some', { works: works.length, hurts: hurts.length, looks: found!.looks })
      }}
      subtitle={(found: Parts) =>
        t(stands ? 'subtitleEntries' : 'subtitle', { day: format.day(found!.asOf), looks: found!.looks })
      }
      definition={t('definition')}
      query={answer}
      table={(found: Parts) => tableOf(columns, found!.parts)}
      listed
      csvName="campaign-by-segment"
      minHeight={160}
    >
      {(found: Parts) => (
        <div className={composer.stack}>
          <DataTable
            columns={fitting}
            rows={found!.parts}
            rowKey={({ name }) => name}
            label={t('name')}
            dense
          />
          {found!.parts.every(({ isSaved }) => !isSaved) ? (
            <p className={composer.help}>
              {t('noneSaved')} <Link to="/segments">{t('toSegments')}</Link>
            </p>
          ) : null}
          {found!.leftOut.length > 0 ? (
            <p className={composer.help}>{t('leftOut', { names: found!.leftOut.join(', ') })}</p>
          ) : null}
        </div>
      )}
    </QueryPanel>
  )
}
