import { Progress, Radio, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../../trpc.ts'
import { useFormat } from '../../../ui/format.ts'
import { Panel } from '../../../ui/panel.tsx'
import { Failure } from '../../../ui/panel-states.tsx'
import type { StepProps } from '../composer.tsx'
import classes from '../composer.module.css'
import { type Definition, provingDefinition } from '../draft.ts'
import { useRise } from '../rise.ts'
import type { ProvingPlan } from './answers.ts'

const shares = [0.1, 0.2, 0.3, 0.5]

/** The share of those who come in that get nothing, so that an effect can be seen; each choice with what it shows and when. */
export function StandingHoldout({ draft, change, problem }: StepProps) {
  const t = useTranslations('standing.holdout')
  const holdouts = useTranslations('campaigns.holdoutStep')
  const trpc = useTRPC()
  const format = useFormat()
  const [definition] = useDebouncedValue(provingDefinition(draft, format), 400)
  const answer = useQuery(
    trpc.standing.proving.queryOptions(definition ?? ({} as Definition), {
      enabled: definition !== null,
      staleTime: 0,
      refetchInterval: ({ state }) => (state.data?.kind === 'running' ? 1_000 : false),
    }),
  )
  const { data } = answer
  const plan = data?.kind === 'done' ? data.plan : null
  const recommended = plan?.recommended.share
  const follows = recommended !== undefined && !draft.holdoutPicked && draft.holdout !== recommended
  useEffect(() => {
    if (follows) change({ holdout: recommended })
  }, [follows, recommended, change])
  const offered = plan ? plan.options.map(({ share }) => share) : [...new Set([...shares, draft.holdout])]
  return (
    <Panel title={t('title')} subtitle={t('subtitle')}>
      <div className={classes.stack}>
        <Radio.Group
          aria-label={t('title')}
          value={String(draft.holdout)}
          onChange={(share) => change({ holdout: Number(share), holdoutPicked: true })}
        >
          <div className={classes.options}>
            {[...offered.filter((share) => share > 0).toSorted((one, other) => one - other), 0].map(
              (share) => (
                <Radio
                  key={share}
                  value={String(share)}
                  label={
                    share === 0
                      ? t('none')
                      : plan?.recommended.proves && share === recommended
                        ? t('recommended', { share: format.percentShort(share) })
                        : format.percentShort(share)
                  }
                  description={share === 0 ? holdouts('noneHelp') : <Shows plan={plan} share={share} />}
                />
              ),
            )}
          </div>
        </Radio.Group>
        <TextInput
          className={classes.short}
          label={holdouts('effect')}
          description={holdouts('effectHelp')}
          inputMode="decimal"
          value={draft.effect}
          error={problem('effect')}
          onChange={(event) => change({ effect: event.currentTarget.value })}
        />
        {answer.isError ? <Failure error={answer.error} /> : null}
        {data?.kind === 'running' ? (
          <div className={classes.stack} role="status">
            <span className={classes.help}>{t('counting', { done: data.done, of: data.of })}</span>
            <Progress value={(100 * data.done) / data.of} aria-label={t('title')} />
          </div>
        ) : null}
        {data?.kind === 'unknown' ? <p className={classes.help}>{t('unknown')}</p> : null}
        {data?.kind === 'done' && plan === null ? <p className={classes.help}>{t('nobody')}</p> : null}
        {plan ? <Basis plan={plan} /> : null}
      </div>
    </Panel>
  )
}

/** What a share proves: the wanted effect after so many weeks, and what a year shows. */
export function Shows({ plan, share }: { plan: ProvingPlan | null; share: number }) {
  const t = useTranslations('standing.holdout')
  const rise = useRise()
  const option = plan?.options.find((one) => one.share === share)
  if (!plan || !option) return null
  const effect = rise(plan.effect)
  return (
    <>
      {option.weeks === null ? t('never', { effect }) : t('weeks', { effect, weeks: option.weeks })}{' '}
      {option.afterYear === null ? t('yearNothing') : t('year', { points: rise(option.afterYear) })}
    </>
  )
}

/** The holdout that is recommended, or that none is. */
export function Recommended({ plan }: { plan: ProvingPlan }) {
  const t = useTranslations('standing.holdout')
  const format = useFormat()
  const rise = useRise()
  return plan.recommended.proves
    ? t('recommendedIs', { share: format.percentShort(plan.recommended.share) })
    : t('cannot', { effect: rise(plan.effect) })
}

function Basis({ plan }: { plan: ProvingPlan }) {
  const t = useTranslations('standing.holdout')
  const holdouts = useTranslations('campaigns.holdoutStep')
  const format = useFormat()
  const rise = useRise()
  const { baseline } = plan
  return (
    <p className={classes.help}>
      {t('entries', { members: Math.round(plan.membersPerWeek), days: plan.ownDays })}{' '}
      {baseline.value === null
        ? holdouts('baselineUnknown')
        : t('baseline', {
            share: format.share(baseline.numerator, baseline.denominator),
            days: plan.ownDays,
          })}{' '}
      {plan.recommended.proves ? null : t('cannot', { effect: rise(plan.effect) })}
    </p>
  )
}
