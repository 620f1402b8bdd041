import { Checkbox, Collapse, Radio, SegmentedControl, TextInput, UnstyledButton } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useFormat } from '../../ui/format.ts'
import { Panel } from '../../ui/panel.tsx'
import type { StepProps } from './composer.tsx'
import { CodesFields } from './codes-fields.tsx'
import classes from './composer.module.css'
import {
  type Definition,
  type Draft,
  hasNames,
  hasOffer,
  type OfferKind,
  offerKinds,
  type Problem,
} from './draft.ts'
import { OfferSentences } from './offer-sentence.tsx'
import { ScopeFields } from './scope-fields.tsx'
import { givesCoupons } from './standing/standing-draft.ts'

type TextField = Extract<Problem, keyof Draft> & keyof Draft

/** What the coupon gives and under which terms, and the sentence that it makes. */
export function OfferStep({
  draft,
  change,
  problem,
  definition,
}: StepProps & { definition: Definition | null }) {
  const t = useTranslations('campaigns.offerStep')
  const { symbol } = useFormat()
  const onPhone = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  const [opened, open] = useState(() => hasTerms(draft))
  const field = (
    name: TextField,
    label: string,
    {
      help,
      mode = 'decimal',
      error,
    }: { help?: string; mode?: 'decimal' | 'numeric' | 'text'; error?: Problem } = {},
  ) => (
    <TextInput
      label={label}
      description={help}
      inputMode={mode}
      value={String(draft[name])}
      error={problem(name) ?? (error ? problem(error) : undefined)}
      onChange={(event) => change({ [name]: event.currentTarget.value } as Partial<Draft>)}
    />
  )
  const termsWrong = (['uses', 'usesPerMember', 'priority'] as const).some(
    (one) => problem(one) !== undefined,
  )
  const begins = draft.stands ? (
    <Radio.Group
      label={t('begins')}
      value={draft.begins}
      onChange={(first) => change({ begins: first as Draft['begins'] })}
    >
      <div className={classes.options}>
        <Radio value="coupon" label={t('beginsCoupon')} />
        <Radio value="message" label={t('beginsMessage')} description={t('beginsMessageHelp')} />
      </div>
    </Radio.Group>
  ) : null
  const budget = field('budget', t('budgetField', { symbol, stands: draft.stands ? 'yes' : 'no' }), {
    help: t('budgetHelp'),
    error: draft.stands ? 'standingBudget' : 'budgetToSpend',
  })
  if (!hasOffer(draft))
    return (
      <Panel title={t('titleMessage')} subtitle={t('subtitleMessage')}>
        <div className={classes.fields}>
          {begins}
          {givesCoupons(draft) ? budget : null}
        </div>
      </Panel>
    )
  return (
    <Panel title={t('title')} subtitle={t('subtitle')}>
      <div className={classes.fields}>
        {begins}
        <SegmentedControl
          aria-label={t('kind')}
          orientation={onPhone ? 'vertical' : 'horizontal'}
          fullWidth={onPhone}
          value={draft.offerKind}
          onChange={(offerKind) => change({ offerKind: offerKind as OfferKind })}
          data={offerKinds.map((value) => ({ value, label: t(`kinds.${value}`) }))}
        />
        {draft.offerKind === 'amount' ? field('amount', t('amountField', { symbol })) : null}
        {draft.offerKind === 'percent' ? (
          <div className={classes.pair}>
            {field('percent', t('percentField'), { error: 'percentDecimals' })}
            {field(
              'cap',
              t('capField', { symbol }),
              draft.cap.trim() ? {} : { help: t('capHelp'), error: 'standingCap' },
            )}
          </div>
        ) : null}
        {draft.offerKind === 'free_shipping'
          ? field('worth', t('shippingField', { symbol }), { help: t('shippingHelp') })
          : null}
        {draft.offerKind === 'gift' ? (
          <div className={classes.pair}>
            {field('gift', t('giftField'), { mode: 'text' })}
            {field('worth', t('giftWorthField', { symbol }), { help: t('giftWorthHelp') })}
          </div>
        ) : null}
        {draft.offerKind === 'points' ? (
          <>
            <div className={classes.pair}>
              {field('times', t('timesField'))}
              {field(
                'pointsCap',
                t('pointsCapField', { symbol }),
                draft.pointsCap.trim() ? {} : { help: t('capHelp'), error: 'standingCap' },
              )}
            </div>
            {field('pointsWorth', t('pointsWorthField'), { help: t('pointsWorthHelp') })}
          </>
        ) : null}
        {field('minSpend', t('minSpendField', { symbol }))}
        {draft.stands ? null : <CodesFields draft={draft} change={change} problem={problem} />}
        {budget}
        <UnstyledButton
          className={classes.unfold}
          aria-expanded={opened || termsWrong}
          onClick={() => open(!opened)}
        >
          {opened || termsWrong ? (
            <IconChevronDown size={16} aria-hidden />
          ) : (
            <IconChevronRight size={16} aria-hidden />
          )}
          {t('more')}
        </UnstyledButton>
        <Collapse expanded={opened || termsWrong}>
          <div className={classes.fields}>
            <ScopeFields
              title={t('only')}
              help={t('onlyHelp')}
              names={draft.only}
              onChange={(only) => change({ only })}
            />
            <ScopeFields
              title={t('except')}
              help={t('exceptHelp')}
              names={draft.except}
              onChange={(except) => change({ except })}
            />
            <div className={classes.pair}>
              {draft.codes === 'shared' ? null : field('uses', t('usesField'), { mode: 'numeric' })}
              {field('usesPerMember', t('usesPerMemberField'), {
                mode: 'numeric',
                help: draft.codes === 'shared' ? t('usesPerMemberShared') : t('usesPerMemberHelp'),
              })}
            </div>
            <div className={classes.pair}>
              <TextInput
                label={t('groupField')}
                description={t('groupHelp')}
                value={draft.stackGroup}
                maxLength={40}
                onChange={(event) => change({ stackGroup: event.currentTarget.value })}
              />
              {field('priority', t('priorityField'), { mode: 'numeric', help: t('priorityHelp') })}
            </div>
            <Checkbox
              label={t('noMemberPrice')}
              description={t('noMemberPriceHelp')}
              checked={!draft.withMemberPrice}
              onChange={(event) => change({ withMemberPrice: !event.currentTarget.checked })}
            />
            <Checkbox
              label={t('refuseWhenSpent')}
              description={t('refuseWhenSpentHelp')}
              checked={draft.refuseWhenSpent}
              onChange={(event) => change({ refuseWhenSpent: event.currentTarget.checked })}
            />
          </div>
        </Collapse>
        <OfferSentences definition={definition} />
      </div>
    </Panel>
  )
}

/** Whether a draft has terms that are not what every coupon has. */
const hasTerms = ({
  only,
  except,
  uses,
  usesPerMember,
  stackGroup,
  priority,
  withMemberPrice,
  refuseWhenSpent,
}: Draft) =>
  hasNames(only) ||
  hasNames(except) ||
  uses !== '1' ||
  usesPerMember !== '' ||
  stackGroup !== '' ||
  priority !== '0' ||
  !withMemberPrice ||
  refuseWhenSpent
