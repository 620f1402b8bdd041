import { TextInput } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { Panel } from '../../ui/panel.tsx'
import { useFormat } from '../../ui/format.ts'
import type { StepProps } from './composer.tsx'
import classes from './composer.module.css'
import type { Preview } from './draft.ts'
import { useRise } from './rise.ts'
import { useShows } from './shows.ts'

/** How many get nothing, so that the effect can be seen; each choice with what it would show. */
export function HoldoutStep({
  draft,
  change,
  problem,
  preview,
}: StepProps & { preview: Preview | undefined }) {
  const t = useTranslations('campaigns.holdoutStep')
  const format = useFormat()
  const rise = useRise()
  const shows = useShows()
  const plan = preview?.plan
  return (
    <Panel
      title={preview ? t('title', { count: preview.plan.planned?.members ?? 0 }) : t('titleWaiting')}
      subtitle={t('subtitle')}
    >
      <div className={classes.stack}>
        <div className={classes.options} role="radiogroup" aria-label={t('subtitle')}>
          {plan?.options.map((option) => (
            <Option
              key={option.share}
              chosen={draft.holdout === option.share}
              choose={() => change({ holdout: option.share, holdoutPicked: true })}
              title={t('option', { share: format.percentShort(option.share), count: option.members })}
            >
              {shows(option, plan)}{' '}
              {plan.recommended.proves && option.share === plan.recommended.share ? t('recommended') : null}
            </Option>
          ))}
          <Option
            chosen={draft.holdout === 0}
            choose={() => change({ holdout: 0, holdoutPicked: true })}
            title={t('none')}
          >
            {t('noneHelp')}
          </Option>
        </div>
        <TextInput
          className={classes.short}
          label={t('effect')}
          description={t('effectHelp')}
          inputMode="decimal"
          value={draft.effect}
          error={problem('effect')}
          onChange={(event) => change({ effect: event.currentTarget.value })}
        />
        {plan?.needed != null && plan.needed > plan.eligible ? (
          <p className={classes.help}>
            {t('needed', {
              effect: rise(plan.effect),
              share: format.percentShort(plan.planned?.share ?? 0.1),
              members: plan.needed,
              eligible: plan.eligible,
            })}
          </p>
        ) : null}
        {plan && !plan.recommended.proves ? (
          <p className={classes.help}>
            {plan.options.every(({ detectable }) => detectable === null)
              ? t('cannotAny')
              : t('cannot', { effect: rise(plan.effect) })}
          </p>
        ) : null}
        {plan ? (
          <p className={classes.help}>
            {plan.baseline
              ? t('baseline', {
                  share: format.share(plan.baseline.numerator, plan.baseline.denominator),
                  days: plan.windowDays,
                  day: format.day(plan.baseline.asOf),
                })
              : t('baselineUnknown')}
          </p>
        ) : null}
      </div>
    </Panel>
  )
}

function Option({
  chosen,
  choose,
  title,
  children,
}: {
  chosen: boolean
  choose: () => void
  title: string
  children: ReactNode
}) {
  return (
    <button type="button" role="radio" aria-checked={chosen} className={classes.option} onClick={choose}>
      <span className={classes.optionTitle}>{title}</span>
      <span className={classes.help}>{children}</span>
    </button>
  )
}
