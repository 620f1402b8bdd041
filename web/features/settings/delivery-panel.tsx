import { Button, NumberInput, Switch, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { inferRouterOutputs } from '@trpc/server'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { useTRPC } from '../../trpc.ts'
import { useErrorText } from '../../ui/panel-states.tsx'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
import classes from './settings.module.css'

type Delivery = inferRouterOutputs<AppRouter>['delivery']['settings']

const channels = ['webhook', 'mail', 'sms', 'wechat'] as const

/** When and how fast messages of campaigns go out. */
export function DeliveryPanel({ mayChange }: { mayChange: boolean }) {
  const t = useTranslations('settings.delivery')
  const trpc = useTRPC()
  const answer = useAnswer(trpc.delivery.settings.queryOptions())
  return (
    <QueryPanel title={t('title')} subtitle={t('subtitle')} query={answer} minHeight={120}>
      {(present) => <DeliveryForm key={JSON.stringify(present)} present={present} mayChange={mayChange} />}
    </QueryPanel>
  )
}

function DeliveryForm({ present, mayChange }: { present: Delivery; mayChange: boolean }) {
  const t = useTranslations('settings.delivery')
  const trpc = useTRPC()
  const queries = useQueryClient()
  const errorText = useErrorText()
  const [wanted, want] = useState(present)
  const save = useMutation(
    trpc.delivery.change.mutationOptions({
      onSuccess: async () => {
        await queries.invalidateQueries(trpc.delivery.pathFilter())
        notifications.show({ message: t('saved') })
      },
      onError: (error) => notifications.show({ color: 'red', message: errorText(error).sentence }),
    }),
  )
  const { quiet, cap, perMinute } = wanted
  const setRate = (channel: (typeof channels)[number], rate: number | string) => {
    const { [channel]: _, ...others } = perMinute
    want({ ...wanted, perMinute: typeof rate === 'number' ? { ...others, [channel]: rate } : others })
  }
  return (
    <div className={classes.form}>
      <Switch
        label={t('quiet')}
        description={t('quietHint')}
        checked={quiet !== null}
        onChange={(event) =>
          want({ ...wanted, quiet: event.currentTarget.checked ? { from: '21:00', to: '08:00' } : null })
        }
        disabled={!mayChange}
      />
      {quiet ? (
        <div className={classes.row}>
          {(['from', 'to'] as const).map((end) => (
            <TextInput
              key={end}
              type="time"
              label={t(end)}
              value={quiet[end]}
              onChange={(event) => want({ ...wanted, quiet: { ...quiet, [end]: event.currentTarget.value } })}
              disabled={!mayChange}
            />
          ))}
        </div>
      ) : null}
      <Switch
        label={t('cap')}
        description={t('capHint')}
        checked={cap !== null}
        onChange={(event) =>
          want({ ...wanted, cap: event.currentTarget.checked ? { messages: 2, days: 7 } : null })
        }
        disabled={!mayChange}
      />
      {cap ? (
        <div className={classes.row}>
          {(['messages', 'days'] as const).map((part) => (
            <NumberInput
              key={part}
              label={t(part)}
              min={1}
              max={part === 'messages' ? 100 : 366}
              allowDecimal={false}
              value={cap[part]}
              onChange={(value) => want({ ...wanted, cap: { ...cap, [part]: Number(value) || 1 } })}
              disabled={!mayChange}
            />
          ))}
        </div>
      ) : null}
      {channels.map((channel) => (
        <NumberInput
          key={channel}
          label={t('rate', { channel })}
          description={t('rateHint')}
          min={1}
          max={60_000}
          allowDecimal={false}
          value={perMinute[channel] ?? ''}
          onChange={(rate) => setRate(channel, rate)}
          disabled={!mayChange}
        />
      ))}
      {mayChange ? (
        <div>
          <Button
            variant="default"
            disabled={JSON.stringify(wanted) === JSON.stringify(present)}
            loading={save.isPending}
            onClick={() => save.mutate(wanted)}
          >
            {t('save')}
          </Button>
        </div>
      ) : null}
    </div>
  )
}
