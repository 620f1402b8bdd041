import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Failure } from '../../ui/panel-states.tsx'
import { QueryPanel, tableOf, useAnswer } from '../../ui/query-panel.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import classes from './composer.module.css'
import type { DeadLetter, Result } from './draft.ts'

/** Messages that were given up, each with the reason, and the way to try them again. */
export function DeadLettersPanel({ result }: { result: Result }) {
  const t = useTranslations('campaigns.deadLetters')
  const trpc = useTRPC()
  const client = useQueryClient()
  const { role } = useWorkspace()
  const { campaignId, status } = result
  const dead = result.dead + result.deadEvents
  const answer = useAnswer(trpc.campaigns.deadLetters.queryOptions({ campaignId }, { staleTime: 0 }))
  const resend = useMutation(
    trpc.campaigns.resend.mutationOptions({
      onSuccess: () => client.invalidateQueries(trpc.campaigns.pathFilter()),
    }),
  )
  const columns: Column<DeadLetter>[] = [
    {
      key: 'member',
      header: t('member'),
      value: ({ memberId }) => memberId,
      cell: ({ memberId }) => (
        <Link to="/members/$memberId" params={{ memberId }}>
          {memberId}
        </Link>
      ),
    },
    ...(result.deadEvents > 0
      ? [
          {
            key: 'kind',
            header: t('what'),
            value: ({ kind }: DeadLetter) => kind,
            cell: ({ kind }: DeadLetter) => t(`kind.${kind}`),
          },
        ]
      : []),
    { key: 'error', header: t('why'), value: ({ error }) => error, cell: ({ error }) => error ?? '–' },
  ]
  return (
    <QueryPanel
      name={t('name')}
      title={t('title', { count: dead })}
      subtitle={t('subtitle')}
      query={answer}
      table={(letters) => tableOf(columns, letters)}
      csvName="dead-letters"
      minHeight={120}
    >
      {(letters) => (
        <div className={classes.stack}>
          <DataTable
            label={t('name')}
            columns={columns}
            rows={letters.slice(0, shownAtOnce)}
            rowKey={({ deliveryId }) => deliveryId}
          />
          {dead > shownAtOnce ? <p className={classes.help}>{t('more', { count: shownAtOnce })}</p> : null}
          {resend.isError ? <Failure error={resend.error} /> : null}
          {role === 'viewer' || status === 'cancelled' ? null : (
            <div>
              <Button
                variant="default"
                loading={resend.isPending}
                onClick={() => resend.mutate({ campaignId })}
              >
                {t('resend')}
              </Button>
            </div>
          )}
        </div>
      )}
    </QueryPanel>
  )
}

const shownAtOnce = 20
