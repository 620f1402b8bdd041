import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { useFormat } from '../../ui/format.ts'
import { ReceiptFrame, type ReceiptWays } from './receipt-frame.tsx'
import { type Receipt, ReceiptMonths } from './receipt-months.tsx'

/** What came of a file of refunds: which orders they found, and what counts for nothing. */
export function RefundsReceiptPanel({
  receipt,
  told,
  ways,
}: {
  receipt: Receipt
  told: NonNullable<Receipt['givenBack']>
  ways: ReceiptWays | null
}) {
  const t = useTranslations('data')
  const { count, day } = useFormat()
  const facts = [
    ...(receipt.firstDay && receipt.lastDay
      ? [t('refundsReceipt.days', { from: day(receipt.firstDay), to: day(receipt.lastDay) })]
      : []),
    ...(told.waiting > 0 ? [t('refundsReceipt.waiting', { count: told.waiting })] : []),
    ...(told.unknownOrders > 0
      ? [
          t('refundsReceipt.unknown', {
            count: told.unknownOrders,
            named: told.unknownNamed.join(', '),
            more: told.unknownOrders - told.unknownNamed.length,
          }),
        ]
      : []),
    ...(told.unlinked > 0 ? [t('refundsReceipt.unlinked', { count: told.unlinked })] : []),
    ...(told.undated > 0 ? [t('refundsReceipt.undated', { count: told.undated })] : []),
    ...(told.dateAssumed > 0 ? [t('refundsReceipt.assumed', { count: told.dateAssumed })] : []),
    ...(told.ofNoSale > 0 ? [t('refundsReceipt.noSale', { count: told.ofNoSale })] : []),
    ...(told.pending + told.closed > 0
      ? [t('refundsReceipt.notGiven', { pending: told.pending, closed: told.closed })]
      : []),
    ...(told.saidByOrder > 0 ? [t('refundsReceipt.said', { count: told.saidByOrder })] : []),
    ...(receipt.superseded ? [t('refundsReceipt.superseded', { count: receipt.superseded })] : []),
    t('receipt.duplicates', { count: receipt.duplicates }),
    ...(receipt.roundingMinor === 0 ? [] : [t('receipt.rounding', { amount: receipt.rounding })]),
    ...(receipt.alreadyThere ? [t('receipt.alreadyThere')] : []),
  ]
  return (
    <ReceiptFrame
      receipt={receipt}
      ways={ways}
      figures={[
        { label: t('refundsReceipt.linked'), value: count(told.linked) },
        { label: t('refundsReceipt.without'), value: count(told.waiting + told.unlinked) },
      ]}
      facts={facts}
      next={<Button renderRoot={(props) => <Link to="/" {...props} />}>{t('receipt.thisWeek')}</Button>}
    >
      <ReceiptMonths receipt={receipt} />
    </ReceiptFrame>
  )
}
