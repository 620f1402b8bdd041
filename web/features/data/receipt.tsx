import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { useFormat } from '../../ui/format.ts'
import { KindReceiptPanel } from './kind-receipt.tsx'
import { MembersReceiptPanel } from './members-receipt.tsx'
import { ReceiptFrame, type ReceiptWays } from './receipt-frame.tsx'
import { type Receipt as OfOrders, ReceiptMonths } from './receipt-months.tsx'
import { RefundsReceiptPanel } from './refunds-receipt.tsx'

/** What an import told of itself, by what its file held; at most one is there. */
export type Told = Pick<
  NonNullable<inferRouterOutputs<AppRouter>['imports']['state']>,
  'title' | 'membersReceipt' | 'kindReceipt'
> & { readonly receipt: OfOrders | null }

/** The receipt of an import of any kind; without `ways` as it is read again later. */
export function Receipt({ told, ways }: { told: Told; ways: ReceiptWays | null }) {
  if (told.receipt?.givenBack)
    return <RefundsReceiptPanel receipt={told.receipt} told={told.receipt.givenBack} ways={ways} />
  if (told.receipt) return <OrdersReceipt receipt={told.receipt} ways={ways} />
  if (told.membersReceipt) return <MembersReceiptPanel receipt={told.membersReceipt} ways={ways} />
  if (told.kindReceipt) return <KindReceiptPanel receipt={told.kindReceipt} ways={ways} />
  return null
}

/** Stores without orders that a receipt names; the panel below it lists all. */
const toldGaps = 3

function OrdersReceipt({ receipt, ways }: { receipt: OfOrders; ways: ReceiptWays | null }) {
  const t = useTranslations('data')
  const { count, day, share } = useFormat()
  const { gaps = [] } = receipt
  const facts = [
    ...(receipt.firstDay && receipt.lastDay
      ? [t('receipt.days', { from: day(receipt.firstDay), to: day(receipt.lastDay) })]
      : []),
    t('receipt.duplicates', { count: receipt.duplicates }),
    receipt.guestRows === 0
      ? t('receipt.noGuests')
      : t('receipt.guests', {
          orders: receipt.guestOrders,
          share: share(receipt.guestRows, receipt.read - receipt.refused),
        }),
    ...receipt.people,
    ...(receipt.refunds ? [receipt.refunds] : []),
    ...receipt.refundDoubts,
    ...(receipt.unpaidOrders > 0 ? [t('receipt.unpaid', { count: receipt.unpaidOrders })] : []),
    ...(receipt.toldTwice ? [t('receipt.toldTwice', { count: receipt.toldTwice })] : []),
    ...(receipt.closedOrders > 0 ? [t('receipt.closed', { count: receipt.closedOrders })] : []),
    ...(receipt.emptyOrders > 0 ? [t('receipt.empty', { count: receipt.emptyOrders })] : []),
    ...(receipt.roundingMinor === 0 ? [] : [t('receipt.rounding', { amount: receipt.rounding })]),
    ...(receipt.newOrders > 0 ? [t('receipt.newOrders', { count: receipt.newOrders })] : []),
    ...(receipt.corrected > 0
      ? [t('receipt.corrected', { count: receipt.corrected, dry: receipt.dryRun ? 'yes' : 'no' })]
      : []),
    ...(receipt.superseded ? [t('receipt.superseded', { count: receipt.superseded })] : []),
    ...(receipt.splitRows ? [t('receipt.split', { count: receipt.splitRows })] : []),
    ...(receipt.fewerLines > 0 ? [t('receipt.fewer', { count: receipt.fewerLines })] : []),
    ...(receipt.lostLines ? [t('receipt.lostLines', { count: receipt.lostLines })] : []),
    ...(receipt.looseRows ? [t('receipt.looseRows', { count: receipt.looseRows })] : []),
    ...(receipt.alreadyThere ? [t('receipt.alreadyThere')] : []),
    ...gaps
      .slice(0, toldGaps)
      .map(({ store, lastDay, days }) =>
        store === null
          ? t('receipt.gapShop', { day: day(lastDay), days })
          : t('receipt.gap', { store, day: day(lastDay), days }),
      ),
    ...(gaps.length > toldGaps ? [t('receipt.moreGaps', { count: gaps.length - toldGaps })] : []),
  ]
  return (
    <ReceiptFrame
      receipt={receipt}
      ways={ways}
      figures={[
        { label: t('receipt.members'), value: count(receipt.members) },
        {
          label: t('receipt.orders'),
          value: count(receipt.orders),
          base: receipt.net === null ? undefined : t('receipt.net', { net: receipt.net }),
        },
      ]}
      facts={facts}
      next={<Button renderRoot={(props) => <Link to="/" {...props} />}>{t('receipt.thisWeek')}</Button>}
    >
      <ReceiptMonths receipt={receipt} />
    </ReceiptFrame>
  )
}
