import { Button, Radio, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { Panel } from '../../ui/panel.tsx'
import { Failure } from '../../ui/panel-states.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import { ChannelFieldset } from './channel-fields.tsx'
import type { StepProps } from './composer.tsx'
import classes from './composer.module.css'
import { definitionFrom, type Draft, hasOffer } from './draft.ts'
import { messageOf } from './standing/standing-draft.ts'

/** How the codes go out and how long they are good. */
export function ChannelStep({ draft, change, problem }: StepProps) {
  const t = useTranslations('campaigns.channelStep')
  const { role } = useWorkspace()
  const format = useFormat()
  const { symbol } = format
  return (
    <Panel title={t('title')} subtitle={t('subtitle')}>
      <div className={classes.fields}>
        <ChannelFieldset
          label={t('title')}
          fields={draft}
          change={change}
          problem={problem}
          hasCoupon={hasOffer(draft)}
          previewed={messageOf(definitionFrom({ ...draft, name: draft.name || '–' }, format))}
          beside={role === 'owner' ? <SigningSecret /> : null}
        />
        <div className={classes.pair}>
          <TextInput
            label={t('messageCost', { symbol })}
            description={t('messageCostHelp')}
            inputMode="decimal"
            value={draft.messageCost}
            error={problem('messageCost')}
            onChange={(event) => change({ messageCost: event.currentTarget.value })}
          />
          <TextInput
            label={t('margin')}
            description={t('marginHelp')}
            inputMode="decimal"
            value={draft.margin}
            error={problem('margin')}
            onChange={(event) => change({ margin: event.currentTarget.value })}
          />
        </div>
        {hasOffer(draft) ? <ValidityFields draft={draft} change={change} problem={problem} /> : null}
      </div>
    </Panel>
  )
}

/** How long the coupon is good. */
function ValidityFields({ draft, change, problem }: StepProps) {
  const t = useTranslations('campaigns.channelStep')
  return (
    <>
      <Radio.Group
        label={t('validity')}
        value={draft.validity}
        onChange={(validity) => change({ validity: validity as Draft['validity'] })}
      >
        <div className={classes.options}>
          <Radio value="days" label={t('days')} />
          {draft.stands ? null : <Radio value="day" label={t('through')} />}
        </div>
      </Radio.Group>
      {draft.validity === 'days' ? (
        <TextInput
          label={t('daysField')}
          inputMode="numeric"
          value={draft.days}
          error={problem('days')}
          onChange={(event) => change({ days: event.currentTarget.value })}
        />
      ) : (
        <div className={classes.pair}>
          <TextInput
            label={t('firstDayField')}
            type="date"
            value={draft.firstDay}
            error={problem('firstDay')}
            onChange={(event) => change({ firstDay: event.currentTarget.value })}
          />
          <TextInput
            label={t('dayField')}
            type="date"
            value={draft.day}
            error={problem('day')}
            onChange={(event) => change({ day: event.currentTarget.value })}
          />
        </div>
      )}
    </>
  )
}

/** The secret that the receiver checks signatures with: shown once, to an owner. */
function SigningSecret() {
  const t = useTranslations('campaigns.channelStep')
  const trpc = useTRPC()
  const ask = useMutation(trpc.campaigns.signingSecret.mutationOptions())
  return (
    <div className={classes.stack}>
      {ask.isError ? <Failure error={ask.error} /> : null}
      {ask.data ? (
        <TextInput
          label={t('secret')}
          description={t('secretHelp')}
          value={ask.data.secret}
          readOnly
          classNames={{ input: classes.code }}
          onFocus={(event) => event.currentTarget.select()}
        />
      ) : (
        <div>
          <p className={classes.heading}>{t('secret')}</p>
          <Button
            variant="default"
            loading={ask.isPending}
            onClick={() => ask.mutate({ renew: ask.isError })}
          >
            {ask.isError ? t('secretNew') : t('secretShow')}
          </Button>
        </div>
      )}
    </div>
  )
}
