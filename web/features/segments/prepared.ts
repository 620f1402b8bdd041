import { useMutation } from '@tanstack/react-query'
import { useTRPC } from '../../trpc.ts'
import { useWorkspace } from '../../ui/workspace.tsx'

/** Has a file of a rule's members written and hands it to the browser: the rule stands in no address. */
export function usePrepared() {
  const trpc = useTRPC()
  const { id } = useWorkspace()
  return useMutation(
    trpc.segmentFiles.prepare.mutationOptions({
      onSuccess: ({ ticket }) => {
        const link = document.createElement('a')
        link.href = `/export/prepared/${ticket}?${new URLSearchParams({ shown: id })}`
        link.download = ''
        link.click()
      },
    }),
  )
}

/** What an export of members holds unless columns are chosen, in the order of its columns. */
export const usualColumns = [
  'member_id',
  'name',
  'phone',
  'status',
  'days_since_order',
  'first_order',
  'last_order',
  'orders',
  'net_minor',
  'value_at_risk_minor',
  'joined',
  'tier',
  'region',
  'channel',
  'main_store',
  'consent',
] as const
/** What it can hold beside them. */
export const furtherColumns = [
  'gender',
  'birthday',
  'age',
  'email',
  'openid',
  'stored_value_minor',
  'points',
  'points_expiring_30_days',
  'points_expire_next',
  'tags',
  'unused_coupons',
  'purchase_days',
  'average_order_minor',
  'discounted_share_percent',
  'cohort',
  'second_order',
  'rhythm_status',
  'next_order_in_days',
  'daypart',
] as const
export const exportColumns = [...usualColumns, ...furtherColumns] as const
export type ExportColumn = (typeof exportColumns)[number]

export const exportFormats = ['csv', 'jsonl', 'parquet'] as const
export type ExportFormat = (typeof exportFormats)[number]

export const fileKinds = ['members', 'call-lists', 'wecom'] as const
export type FileKind = (typeof fileKinds)[number]
