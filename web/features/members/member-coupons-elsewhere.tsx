import { useMediaQuery } from '@mantine/hooks'
import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { useTRPC } from '../../trpc.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { type Answer, QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
import { StatusChip } from '../../ui/status-chip.tsx'
import classes from './members.module.css'

type Coupon = inferRouterOutputs<AppRouter>['elsewhere']['ofMember'][number]

/** The member's coupons of other systems, as files tell them; nothing where there are none. */
export function MemberCouponsElsewhere({ memberId }: { memberId: string }) {
  const t = useTranslations('members')
  const format = useFormat()
  const trpc = useTRPC()
  const onPhone = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  const query = useAnswer(
    trpc.elsewhere.ofMember.queryOptions({ memberId }, { trpc: { abortOnUnmount: true } }),
  ) as Answer<Coupon[]>
  if (query.data?.length === 0) return null
  const columns: Column<Coupon>[] = [
    {
      key: 'campaign',
      header: t('coupon.campaign'),
      value: ({ campaignName, campaignId }) => campaignName ?? campaignId,
      cell: ({ campaignName, campaignId }) => campaignName ?? campaignId ?? '–',
    },
    {
      key: 'offer',
      header: t('coupon.worth'),
      value: ({ couponName }) => couponName,
      cell: ({ couponName, discountMinor }) =>
        [couponName, discountMinor === null ? null : format.money(discountMinor)]
          .filter((text) => text !== null)
          .join(' · ') || '–',
    },
    {
      key: 'code',
      header: t('coupon.code'),
      value: ({ code }) => code,
      cell: ({ code }) => <span className={classes.line}>{code ?? '–'}</span>,
    },
    {
      key: 'issued',
      header: t('coupon.issued'),
      value: ({ issuedAt }) => issuedAt,
      cell: ({ issuedAt }) => (
        <span className={classes.line}>{issuedAt === null ? '–' : format.instant(issuedAt)}</span>
      ),
    },
    {
      key: 'lastDay',
      header: t('coupon.lastDay'),
      value: ({ validUntil }) => validUntil,
      cell: ({ validUntil }) => <span className={classes.line}>{format.day(validUntil)}</span>,
    },
    {
      key: 'state',
      header: t('coupon.state'),
      value: ({ state, used }) => state ?? t(used ? 'elsewhere.used' : 'elsewhere.unused'),
      cell: ({ state, used }) => (
        <StatusChip tone={used ? 'good' : 'off'}>
          {state ?? t(used ? 'elsewhere.used' : 'elsewhere.unused')}
        </StatusChip>
      ),
    },
    {
      key: 'used',
      header: t('coupon.used'),
      value: ({ usedAt }) => usedAt,
      cell: ({ usedAt, orderId }) => (
        <span className={onPhone ? undefined : classes.line}>
          {[usedAt === null ? null : format.instant(usedAt), onPhone ? null : orderId]
            .filter((text) => text !== null)
            .join(' · ') || '–'}
        </span>
      ),
    },
  ]
  return (
    <QueryPanel
      name={t('elsewhere.name')}
      title={(coupons: Coupon[]) =>
        t('elsewhere.title', { coupons: coupons.length, used: coupons.filter(({ used }) => used).length })
      }
      subtitle={t('elsewhere.subtitle')}
      query={query}
      minHeight={80}
    >
      {(coupons) => (
        <DataTable
          label={t('elsewhere.name')}
          columns={
            onPhone ? columns.filter(({ key }) => ['campaign', 'state', 'used'].includes(key)) : columns
          }
          rows={coupons.map((coupon, nth) => ({ ...coupon, nth }))}
          rowKey={(row) => String((row as Coupon & { nth: number }).nth)}
          dense
        />
      )}
    </QueryPanel>
  )
}
