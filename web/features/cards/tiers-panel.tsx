import { TextInput } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { inferRouterOutputs } from '@trpc/server'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { usePopulation } from '../../filters/population.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFindingText } from '../../ui/finding.ts'
import { useFormat } from '../../ui/format.ts'
import { MembersLink } from '../../ui/members-link.tsx'
import { QueryPanel, tableOf, type Answer } from '../../ui/query-panel.tsx'
import classes from './cards.module.css'

export type CardsAnswer = inferRouterOutputs<AppRouter>['analytics']['cards']
export type CardsRow = CardsAnswer['rows'][number]

/** Each tier: how many members, what they bring, who is quiet, and whether a card that costs something pays for its holders. */
export function TiersPanel({
  answer,
  fees,
  onFee,
}: {
  answer: Answer<CardsAnswer>
  /** Minor units a year, by tier. */
  fees: Readonly<Record<string, number>>
  /** Null: the card is free. */
  onFee: (tier: string, feeMinor: number | null) => void
}) {
  const t = useTranslations('cards')
  const format = useFormat()
  const population = usePopulation()
  const findingText = useFindingText(t, 'finding.tiersNeutral')
  const columnsOf = (asOf: string): Column<CardsRow>[] => [
    {
      key: 'tier',
      header: t('column.tier'),
      value: ({ tier }) => tier,
      cell: ({ tier }) => <span className={classes.name}>{tier ?? t('noTier')}</span>,
    },
    {
      key: 'members',
      header: t('column.members'),
      align: 'right',
      value: ({ members }) => members,
      cell: ({ members, membersExpression }) => (
        <MembersLink members={membersExpression} asOf={asOf}>
          {format.count(members)}
        </MembersLink>
      ),
    },
    {
      key: 'share',
      header: t('column.share'),
      align: 'right',
      value: ({ share }) => share.value,
      cell: ({ share }) => format.percent(share.value),
    },
    {
      key: 'net_minor',
      header: t('column.net'),
      align: 'right',
      value: ({ netMinor }) => netMinor,
      cell: ({ netMinor }) => format.moneyWhole(netMinor),
    },
    {
      key: 'net_share',
      header: t('column.netShare'),
      align: 'right',
      value: ({ netShare }) => netShare.value,
      cell: ({ netShare }) => format.percent(netShare.value),
    },
    {
      key: 'quiet_members',
      header: t('column.quiet'),
      align: 'right',
      value: ({ quietMembers }) => quietMembers,
      cell: ({ quietMembers, members, quietExpression }) => (
        <MembersLink members={quietMembers > 0 ? quietExpression : null} asOf={asOf}>
          {format.share(quietMembers, members)}
        </MembersLink>
      ),
    },
    {
      key: 'fee_minor',
      header: t('column.fee', { symbol: format.symbol }),
      align: 'right',
      value: ({ feeMinor }) => feeMinor,
      cell: ({ tier }) =>
        tier === null ? '' : <Fee key={tier} tier={tier} feeMinor={fees[tier] ?? null} onFee={onFee} />,
    },
    {
      key: 'saved_minor',
      header: t('column.saved'),
      align: 'right',
      value: ({ savedMinor }) => savedMinor,
      cell: ({ feeMinor, savedMinor }) => (feeMinor === null ? '' : format.moneyWhole(savedMinor)),
    },
    {
      key: 'saved_of_fees',
      header: t('column.savedOfFees'),
      align: 'right',
      value: ({ savedOfFees }) => savedOfFees?.value ?? null,
      cell: ({ feeMinor, savedOfFees }) =>
        feeMinor === null
          ? ''
          : savedOfFees?.value == null
            ? '–'
            : t('times', { times: format.times(savedOfFees.value) }),
    },
    {
      key: 'paid_off',
      header: t('column.paidOff'),
      align: 'right',
      value: ({ paidOff }) => paidOff,
      cell: ({ feeMinor, paidOff, members }) =>
        feeMinor === null || paidOff === null ? '' : format.share(paidOff, members),
    },
  ]
  const tiers = ({ rows }: CardsAnswer) => rows.filter(({ kind }) => kind === 'tier')
  return (
    <QueryPanel
      name={t('tiers.title')}
      title={({ findings }) => findingText(findings.filter(({ id }) => id === 'cards.tier'))}
      subtitle={({ quietDays }) => t('tiers.subtitle', { days: quietDays })}
      about={population.about}
      definition={({ quietDays }) => population.note(t('tiers.definition', { days: quietDays }))}
      query={answer}
      isEmpty={(data) => tiers(data).every(({ known }) => !known)}
      empty={{ reason: t('tiers.empty'), action: <Link to="/data">{t('toData')}</Link> }}
      csvName="tiers"
      minHeight={260}
      listed
      table={(data) => tableOf(columnsOf(data.asOf), tiers(data))}
    >
      {(data) => (
        <DataTable
          columns={columnsOf(data.asOf)}
          rows={tiers(data)}
          rowKey={({ tier }) => tier ?? ''}
          label={t('tiers.title')}
          dense
        />
      )}
    </QueryPanel>
  )
}

/** What a year of the card costs: typed by whoever knows, because no file says so. */
function Fee({
  tier,
  feeMinor,
  onFee,
}: {
  tier: string
  feeMinor: number | null
  onFee: (tier: string, feeMinor: number | null) => void
}) {
  const t = useTranslations('cards')
  const format = useFormat()
  const [typed, type] = useState(feeMinor === null ? '' : format.decimal(feeMinor))
  const wanted = typed.trim() === '' ? null : format.minorOf(typed)
  const wrong = typed.trim() !== '' && (wanted === null || wanted === 0)
  const take = () => {
    if (!wrong && wanted !== feeMinor) onFee(tier, wanted)
  }
  return (
    <TextInput
      aria-label={t('feeOf', { tier })}
      placeholder={t('free')}
      inputMode="decimal"
      value={typed}
      error={wrong ? t('noAmount') : undefined}
      onChange={(event) => type(event.currentTarget.value)}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key === 'Enter') take()
      }}
      className={classes.fee}
    />
  )
}
