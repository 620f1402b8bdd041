import { Button, Checkbox } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { download } from '../../ui/csv.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { useFormat } from '../../ui/format.ts'
import { Failure } from '../../ui/panel-states.tsx'
import classes from './composer.module.css'
import type { Result } from './draft.ts'

/** The campaign's name in characters that any disk takes, and the day of its launch. */
const fileName = ({ name, launchedDay }: Result) =>
  [name.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '') || 'codes', launchedDay]
    .filter(Boolean)
    .join('-')

/** Codes, pause, resume, cancel: what the state allows. */
export function CampaignActions({ result }: { result: Result }) {
  const t = useTranslations('campaigns.action')
  const trpc = useTRPC()
  const format = useFormat()
  const client = useQueryClient()
  const [asking, ask] = useState(false)
  const [revoking, revoke] = useState(false)
  const { campaignId, status } = result
  const refresh = () => client.invalidateQueries(trpc.campaigns.pathFilter())
  const onSuccess = async () => {
    ask(false)
    await refresh()
  }
  const pause = useMutation(trpc.campaigns.pause.mutationOptions({ onSuccess }))
  const resume = useMutation(trpc.campaigns.resume.mutationOptions({ onSuccess }))
  const cancel = useMutation(trpc.campaigns.cancel.mutationOptions({ onSuccess }))
  const codes = useMutation(
    trpc.campaigns.takeCodes.mutationOptions({
      async onSuccess({ csv }) {
        download(`${fileName(result)}.csv`, csv, 'text/csv')
        await refresh()
      },
    }),
  )
  const failed = [pause, resume, cancel, codes].find(({ isError }) => isError)
  const byHand = result.definition.channel.kind === 'csv'
  const stands = result.definition.standing !== undefined
  return (
    <>
      {failed ? <Failure error={failed.error} /> : null}
      {status === 'running' || status === 'paused' ? (
        <Button variant="default" onClick={() => ask(true)}>
          {t('cancel')}
        </Button>
      ) : null}
      {status === 'running' && (!byHand || stands) ? (
        <Button variant="default" loading={pause.isPending} onClick={() => pause.mutate({ campaignId })}>
          {t('pause')}
        </Button>
      ) : null}
      {status === 'paused' ? (
        <Button variant="default" loading={resume.isPending} onClick={() => resume.mutate({ campaignId })}>
          {t('resume')}
        </Button>
      ) : null}
      {status !== 'cancelled' || result.codesTakenAt !== null ? (
        <Button
          variant={byHand && result.codesTakenAt === null ? 'filled' : 'default'}
          loading={codes.isPending}
          onClick={() => codes.mutate({ campaignId })}
        >
          {t('codes')}
        </Button>
      ) : null}
      <Dialog
        opened={asking}
        onClose={() => ask(false)}
        title={t('cancelSure')}
        closeButtonProps={{ 'aria-label': t('keep') }}
        centered
      >
        <div className={classes.stack}>
          <p className={classes.help}>
            {stands ? t('cancelStanding') : t('cancelHelp', { day: format.day(result.lastDay) })}
          </p>
          {result.ledger.open > 0 ? (
            <Checkbox
              checked={revoking}
              onChange={({ currentTarget }) => revoke(currentTarget.checked)}
              label={t('revoke', { coupons: result.ledger.open })}
              description={t('revokeHelp')}
            />
          ) : null}
          <div className={classes.moves}>
            <Button variant="default" onClick={() => ask(false)}>
              {t('keep')}
            </Button>
            <Button
              color="red"
              loading={cancel.isPending}
              onClick={() => cancel.mutate({ campaignId, revokeCoupons: revoking })}
            >
              {t('cancel')}
            </Button>
          </div>
        </div>
      </Dialog>
    </>
  )
}
