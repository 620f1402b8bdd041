import { TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useErrorText } from '../../ui/panel-states.tsx'
import { FormDialog } from './dialogs.tsx'
import classes from './outward.module.css'

/** Asks for an address that is told of who enters and leaves a segment. */
export function WebhookDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useTranslations('outward')
  const trpc = useTRPC()
  const client = useQueryClient()
  const words = useErrorText()
  const [url, setUrl] = useState('')
  const adding = useMutation(
    trpc.segmentWebhooks.add.mutationOptions({
      onSuccess: async () => {
        await client.invalidateQueries(trpc.segmentWebhooks.list.pathFilter())
        onClose()
      },
    }),
  )
  return (
    <FormDialog
      title={t('webhook.addTitle')}
      action={t('webhook.addDo')}
      busy={adding.isPending}
      disabled={url.trim() === ''}
      onClose={onClose}
      onSubmit={() => adding.mutate({ id, url: url.trim() })}
    >
      <TextInput
        data-autofocus
        type="url"
        inputMode="url"
        label={t('webhook.url')}
        placeholder="https://"
        value={url}
        maxLength={2000}
        error={adding.error ? words(adding.error).sentence : undefined}
        onChange={(event) => setUrl(event.currentTarget.value)}
      />
      <p className={classes.note}>{t('webhook.addText')}</p>
      <p className={classes.note}>{t('webhook.signed')}</p>
    </FormDialog>
  )
}
