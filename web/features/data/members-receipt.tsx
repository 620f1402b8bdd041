import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { useFormat } from '../../ui/format.ts'
import { ReceiptFrame, type ReceiptWays } from './receipt-frame.tsx'

type MembersReceipt = NonNullable<
  NonNullable<inferRouterOutputs<AppRouter>['imports']['state']>['membersReceipt']
>

/** What came of a file of members. */
export function MembersReceiptPanel({
  receipt,
  ways,
}: {
  receipt: MembersReceipt
  ways: ReceiptWays | null
}) {
  const t = useTranslations('data')
  const { count } = useFormat()
  const facts = [
    t('membersReceipt.unchangedMembers', { count: receipt.unchangedMembers }),
    t('membersReceipt.neverBought', { count: receipt.neverBought }),
    ...receipt.people,
    ...(receipt.repeatedRows > 0 ? [t('membersReceipt.repeated', { count: receipt.repeatedRows })] : []),
    ...(receipt.maskedPhones > 0 ? [t('membersReceipt.masked', { count: receipt.maskedPhones })] : []),
    ...(receipt.sharedPhones > 0 ? [t('membersReceipt.shared', { count: receipt.sharedPhones })] : []),
    ...(receipt.consentKept > 0 ? [t('membersReceipt.consentKept', { count: receipt.consentKept })] : []),
    ...(receipt.alreadyThere ? [t('receipt.alreadyThere')] : []),
  ]
  return (
    <ReceiptFrame
      receipt={receipt}
      ways={ways}
      figures={[
        { label: t('membersReceipt.new'), value: count(receipt.newMembers) },
        { label: t('membersReceipt.changed'), value: count(receipt.changedMembers) },
      ]}
      facts={facts}
      next={
        <Button renderRoot={(props) => <Link to="/members" {...props} />}>
          {t('membersReceipt.toMembers')}
        </Button>
      }
    />
  )
}
