import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { useFormat } from '../../ui/format.ts'
import { differingList } from './differing-panel.tsx'
import { ReceiptFrame, type ReceiptWays } from './receipt-frame.tsx'

type KindReceipt = NonNullable<NonNullable<inferRouterOutputs<AppRouter>['imports']['state']>['kindReceipt']>

/** What came of a file of a further kind. */
export function KindReceiptPanel({ receipt, ways }: { receipt: KindReceipt; ways: ReceiptWays | null }) {
  const t = useTranslations('data')
  const { count } = useFormat()
  const facts = [
    t('kindReceipt.same', { count: receipt.sameEntries }),
    ...(receipt.duplicates > 0 ? [t('kindReceipt.duplicates', { count: receipt.duplicates })] : []),
    ...(receipt.newMembers > 0 ? [t('kindReceipt.newMembers', { count: receipt.newMembers })] : []),
    ...receipt.facts,
    ...(receipt.alreadyThere ? [t('receipt.alreadyThere')] : []),
  ]
  return (
    <ReceiptFrame
      receipt={receipt}
      ways={ways}
      figures={[
        { label: t('kindReceipt.new'), value: count(receipt.newEntries) },
        { label: t('kindReceipt.changed'), value: count(receipt.changedEntries) },
      ]}
      facts={facts}
      next={
        ways ? (
          <Next
            kind={receipt.kind}
            onLeave={ways.onLeave}
            differing={(receipt.ofLedger?.differing ?? 0) > 0}
          />
        ) : null
      }
    />
  )
}

/** Where one sees what such a file brought. */
function Next({
  kind,
  onLeave,
  differing,
  ...look
}: {
  kind: string
  onLeave: () => void
  /** Of coupons: some differ from our ledger, and the list of them is on this page. */
  differing: boolean
  variant?: string
}) {
  const t = useTranslations('data.kindReceipt')
  if (differing)
    return (
      <Button {...look} component="a" href={`#${differingList}`}>
        {t('toDiffering')}
      </Button>
    )
  switch (kind) {
    case 'tags':
      return (
        <Button {...look} renderRoot={(props) => <Link to="/segments" {...props} />}>
          {t('toTags')}
        </Button>
      )
    case 'points':
    case 'merges':
      return (
        <Button {...look} renderRoot={(props) => <Link to="/members" {...props} />}>
          {t('toMembers')}
        </Button>
      )
    case 'products':
      return (
        <Button {...look} renderRoot={(props) => <Link to="/segments" {...props} />}>
          {t('toCategories')}
        </Button>
      )
    default:
      return (
        <Button {...look} onClick={onLeave}>
          {t('toElsewhere')}
        </Button>
      )
  }
}
