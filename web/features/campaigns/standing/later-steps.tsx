import { Button, Checkbox, Select, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useTranslations } from 'use-intl'
import { useFormat } from '../../../ui/format.ts'
import { Panel } from '../../../ui/panel.tsx'
import type { ChannelProblem } from '../channel-draft.ts'
import { ChannelFieldset } from '../channel-fields.tsx'
import type { StepProps } from '../composer.tsx'
import classes from '../composer.module.css'
import { type Definition, definitionFrom, type Draft } from '../draft.ts'
import { OfferSentence } from '../offer-sentence.tsx'
import {
  emptyStep,
  hasCouponBefore,
  hasOwnWords,
  type StepFields,
  stepMessageOf,
  wrongIn,
} from './standing-draft.ts'

/** What follows the first step: after so many days, of whom, and what is done. */
export function LaterSteps({ draft, change, problem }: StepProps) {
  const t = useTranslations('standing.later')
  const { later } = draft
  const put = (place: number, fields: Partial<StepFields>) =>
    change({ later: later.map((step, other) => (other === place ? { ...step, ...fields } : step)) })
  return (
    <Panel title={t('title')} subtitle={t('subtitle')}>
      <div className={classes.stack}>
        {later.map((_, place) => (
          <StepCard
            key={place}
            draft={draft}
            place={place}
            showsProblem={problem('later') !== undefined}
            put={(fields) => put(place, fields)}
            remove={() => change({ later: later.filter((_, other) => other !== place) })}
          />
        ))}
        {later.length < 20 ? (
          <div>
            <Button
              variant="default"
              leftSection={<IconPlus size={16} aria-hidden />}
              onClick={() => change({ later: [...later, emptyStep] })}
            >
              {t('add')}
            </Button>
          </div>
        ) : null}
      </div>
    </Panel>
  )
}

function StepCard({
  draft,
  place,
  showsProblem,
  put,
  remove,
}: {
  draft: Draft
  place: number
  showsProblem: boolean
  put: (fields: Partial<StepFields>) => void
  remove: () => void
}) {
  const t = useTranslations('standing.later')
  const format = useFormat()
  const problems = useTranslations('campaigns.problem')
  const step = draft.later[place]!
  const number = place + 2
  const wrong = showsProblem ? wrongIn(draft, place, format) : null
  const definition = definitionFrom({ ...draft, name: draft.name || '–' }, format)
  const field = (name: 'afterDays' | 'amount' | 'percent' | 'cap' | 'minSpend' | 'days' | 'tag' | 'url') => (
    <TextInput
      label={t(`field.${name}`, { symbol: format.symbol })}
      inputMode={name === 'tag' || name === 'url' ? 'text' : 'decimal'}
      value={step[name]}
      error={wrong === name ? t(`wrong.${name}`) : undefined}
      onChange={(event) => put({ [name]: event.currentTarget.value })}
    />
  )
  return (
    <fieldset className={classes.laterStep}>
      <legend className={classes.heading}>{t('step', { number })}</legend>
      <div className={classes.pair}>
        {field('afterDays')}
        <Select
          label={t('when')}
          data={(['not-bought', 'always', 'bought', 'coupon-not-used'] as const).flatMap((value) =>
            value === 'coupon-not-used' && value !== step.when && !hasCouponBefore(draft, place)
              ? []
              : [{ value, label: t(`whenIs.${value}`) }],
          )}
          value={step.when}
          error={wrong === 'when' ? t('wrong.when') : undefined}
          allowDeselect={false}
          onChange={(when) => put({ when: when as StepFields['when'] })}
        />
      </div>
      <Select
        label={t('do')}
        data={(['message', 'coupon', 'tag', 'webhook'] as const).map((value) => ({
          value,
          label: t(`doIs.${value}`),
        }))}
        value={step.kind}
        allowDeselect={false}
        onChange={(kind) => put({ kind: kind as StepFields['kind'] })}
      />
      {step.kind === 'tag' ? field('tag') : null}
      {step.kind === 'webhook' ? field('url') : null}
      {step.kind === 'coupon' && step.kept ? (
        <>
          <p className={classes.sentence}>
            <OfferSentence
              definition={
                {
                  offer: step.kept.offer,
                  minSpendMinor: step.kept.minSpendMinor,
                  terms: step.kept.terms,
                  validDays: step.kept.validDays,
                } as Definition
              }
            />
          </p>
          <p className={classes.help}>{t('kept')}</p>
          {field('days')}
        </>
      ) : null}
      {step.kind === 'coupon' && !step.kept ? (
        <>
          <Select
            label={t('offer')}
            data={(['amount', 'percent'] as const).map((value) => ({ value, label: t(`offerIs.${value}`) }))}
            value={step.offerKind}
            allowDeselect={false}
            onChange={(offerKind) => put({ offerKind: offerKind as StepFields['offerKind'] })}
          />
          <div className={classes.pair}>
            {step.offerKind === 'amount' ? (
              field('amount')
            ) : (
              <>
                {field('percent')}
                {field('cap')}
              </>
            )}
            {field('minSpend')}
            {field('days')}
          </div>
        </>
      ) : null}
      {step.kind === 'coupon' && !(draft.begins === 'message' && draft.channel !== 'webhook') ? (
        <Checkbox
          label={t('ownWords')}
          checked={step.hasWords}
          onChange={(event) => put({ hasWords: event.currentTarget.checked })}
        />
      ) : null}
      {hasOwnWords(draft, step) ? <p className={classes.heading}>{t('words', { number })}</p> : null}
      {hasOwnWords(draft, step) ? (
        <ChannelFieldset
          label={t('words', { number })}
          fields={step.channel}
          change={(fields) => put({ channel: { ...step.channel, ...fields } })}
          problem={(field: ChannelProblem) => (wrong === field ? problems(field) : undefined)}
          hasCoupon={step.kind === 'coupon'}
          previewed={definition && stepMessageOf(definition, place)}
        />
      ) : null}
      <div>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconTrash size={14} aria-hidden />}
          onClick={remove}
        >
          {t('remove', { number })}
        </Button>
      </div>
    </fieldset>
  )
}
