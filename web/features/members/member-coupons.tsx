import { Anchor } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { Link } from '@tanstack/react-router'
import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { useTRPC } from '../../trpc.ts'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { useLanguage } from '../../ui/language.tsx'
import { QueryPanel, useAnswer, type Answer } from '../../ui/query-panel.tsx'
import { StatusChip } from '../../ui/status-chip.tsx'
import classes from './members.module.css'

type Coupon = inferRouterOutputs<AppRouter>['coupons']['ofMember'][number]

const tones = { open: 'info', redeemed: 'good', gone: 'off', expired: 'off', revoked: 'warn' } as const

/** What the desk calls a purchase whose receipt nobody typed: it says nothing to people. */
const ofDesk = /^desk [0-9a-f-]{36}$/

/** The member's coupons, what became of each, and the campaign that sent it. */
export function MemberCoupons({ memberId }: { memberId: string }) {
  const t = useTranslations('members')
  const format = useFormat()
  const trpc = useTRPC()
  const onPhone = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  const query = useAnswer(
    trpc.coupons.ofMember.queryOptions({ memberId }, { trpc: { abortOnUnmount: true } }),
  ) as Answer<Coupon[]>
  const { language } = useLanguage()
  const columns: Column<Coupon>[] = [
    {
      key: 'campaign',
      header: t('coupon.campaign'),
      value: ({ campaign }) => campaign,
      cell: ({ campaign, campaignId }) => (
        <Anchor component={Link} to={`/campaigns/${campaignId}` as never}>
          {campaign}
        </Anchor>
      ),
    },
    {
      key: 'offer',
      header: t('coupon.worth'),
      value: ({ sentence }) => sentence[language],
      cell: ({ sentence }) => <span className={classes.worth}>{sentence[language]}</span>,
    },
    {
      key: 'code',
      header: t('coupon.code'),
      value: ({ code }) => code,
      cell: ({ code, sharedUses }) => (
        <>
          <span className={classes.line}>{code}</span>
          {sharedUses ? (
            <small className={classes.below}>
              {t('coupon.forAll', { used: format.count(sharedUses.used), of: format.count(sharedUses.of) })}
            </small>
          ) : null}
        </>
      ),
    },
    {
      key: 'issued',
      header: t('coupon.issued'),
      value: ({ issuedAt }) => issuedAt,
      cell: ({ issuedAt }) => <span className={classes.line}>{format.instant(issuedAt)}</span>,
    },
    {
      key: 'lastDay',
      header: t('coupon.lastDay'),
      value: ({ lastDay }) => lastDay,
      cell: ({ lastDay }) => <span className={classes.line}>{format.day(lastDay)}</span>,
    },
    {
      key: 'state',
      header: t('coupon.state'),
      value: ({ state }) => state,
      cell: ({ state, redeemedAt }) => (
        <StatusChip tone={tones[state]}>
          {t(state === 'open' && redeemedAt !== null ? 'coupon.is.again' : `coupon.is.${state}`)}
        </StatusChip>
      ),
    },
    {
      key: 'used',
      header: t('coupon.used'),
      value: ({ redeemedAt }) => redeemedAt,
      cell: ({ redeemedAt, orderId, discountMinor }) =>
        redeemedAt === null ? (
          '–'
        ) : (
          <>
            <span className={classes.line}>
              {format.instant(redeemedAt)} · {format.money(-(discountMinor ?? 0))}
            </span>
            <small className={classes.below}>
              {orderId === null || ofDesk.test(orderId)
                ? t('coupon.atDesk')
                : t('coupon.order', { order: orderId })}
            </small>
          </>
        ),
    },
  ]
  return (
    <QueryPanel
      name={t('coupon.name')}
      title={(coupons: Coupon[]) =>
        t('coupon.title', {
          coupons: coupons.length,
          redeemed: coupons.filter(({ redeemedAt }) => redeemedAt !== null).length,
        })
      }
      subtitle={t('coupon.subtitle')}
      query={query}
      isEmpty={(coupons) => coupons.length === 0}
      empty={{ reason: t('coupon.none') }}
      minHeight={80}
    >
      {(coupons) => (
        <DataTable
          label={t('coupon.name')}
          columns={
            onPhone ? columns.filter(({ key }) => ['campaign', 'lastDay', 'state'].includes(key)) : columns
          }
          rows={coupons}
          rowKey={({ couponId }) => couponId}
          dense
        />
      )}
    </QueryPanel>
  )
}
