import { SegmentedControl, TextInput } from '@mantine/core'
import { useTranslations } from 'use-intl'
import { useFormat } from '../../ui/format.ts'
import { Panel } from '../../ui/panel.tsx'
import type { StepProps } from './composer.tsx'
import classes from './composer.module.css'
import type { Definition, Draft } from './draft.ts'
import { useOfferSentence } from './offer-sentence.ts'

/** What the coupon gives, and the sentence that it makes. */
export function OfferStep({
  draft,
  change,
  problem,
  definition,
}: StepProps & { definition: Definition | null }) {
  const t = useTranslations('campaigns.offerStep')
  const { symbol } = useFormat()
  const sentence = useOfferSentence()
  const field = (
    name: 'amount' | 'percent' | 'cap' | 'minSpend' | 'budget',
    label: string,
    description?: string,
  ) => (
    <TextInput
      label={label}
      description={description}
      inputMode="decimal"
      value={draft[name]}
      error={problem(name) ?? (name === 'percent' ? problem('percentDecimals') : undefined)}
      onChange={(event) => change({ [name]: event.currentTarget.value } as Partial<Draft>)}
    />
  )
  return (
    <Panel title={t('title')} subtitle={t('subtitle')}>
      <div className={classes.fields}>
        <SegmentedControl
          aria-label={t('kind')}
          value={draft.offerKind}
          onChange={(offerKind) => change({ offerKind: offerKind as Draft['offerKind'] })}
          data={[
            { value: 'amount', label: t('amount') },
            { value: 'percent', label: t('percent') },
          ]}
        />
        {draft.offerKind === 'amount' ? (
          field('amount', t('amountField', { symbol }))
        ) : (
          <div className={classes.pair}>
            {field('percent', t('percentField'))}
            {field('cap', t('capField', { symbol }), draft.cap.trim() ? undefined : t('capHelp'))}
          </div>
        )}
        {field('minSpend', t('minSpendField', { symbol }))}
        {field('budget', t('budgetField', { symbol }), t('budgetHelp'))}
        {definition ? <p className={classes.sentence}>{sentence(definition)}</p> : null}
      </div>
    </Panel>
  )
}
