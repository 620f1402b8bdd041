import { Button } from '@mantine/core'
import { IconCircleCheck } from '@tabler/icons-react'
import { useEffect, useRef } from 'react'
import { useTranslations } from 'use-intl'
import { useFormat } from '../../ui/format.ts'
import { useLanguage } from '../../ui/language.tsx'
import classes from './desk.module.css'
import type { Outcome, Wish } from './redemption.ts'
import { RefusedPanel } from './refused-panel.tsx'

/** The yes, with what to charge, or the no with the reason. */
export function Answer({
  wish,
  outcome,
  onNext,
  onBasket,
}: {
  wish: Wish
  outcome: Outcome
  onNext: () => void
  onBasket: () => void
}) {
  const t = useTranslations('desk')
  const format = useFormat()
  const { language } = useLanguage()
  const next = useRef<HTMLButtonElement>(null)
  useEffect(() => next.current?.focus(), [])
  if (outcome.kind !== 'redeemed') {
    const basketHelps =
      outcome.kind === 'refused' && (outcome.code === 'min_spend' || outcome.code === 'out_of_scope')
    return (
      <RefusedPanel refused={outcome}>
        <Button ref={next} className={classes.large} fullWidth onClick={basketHelps ? onBasket : onNext}>
          {basketHelps ? t('answer.otherBasket') : t('answer.otherCode')}
        </Button>
        {basketHelps ? (
          <Button className={classes.large} variant="subtle" fullWidth onClick={onNext}>
            {t('answer.otherCode')}
          </Button>
        ) : null}
      </RefusedPanel>
    )
  }
  return (
    <section className={classes.yes} role="status">
      <h2 className={classes.verdict}>
        <IconCircleCheck size={32} aria-hidden />
        {t('answer.yes')}
      </h2>
      <dl className={classes.sums}>
        <dt>{t('answer.basket')}</dt>
        <dd>{format.money(wish.amountMinor)}</dd>
        <dt>{t('answer.discount')}</dt>
        <dd>{format.money(-outcome.discountMinor)}</dd>
        <dt className={classes.charge}>{t('answer.charge')}</dt>
        <dd className={classes.charge}>{format.money(wish.amountMinor - outcome.discountMinor)}</dd>
      </dl>
      {outcome.beside ? (
        <p className={classes.strong}>{t('answer.beside', { offer: wish.coupon.sentence[language] })}</p>
      ) : null}
      <Button ref={next} className={classes.large} fullWidth onClick={onNext}>
        {t('answer.next')}
      </Button>
    </section>
  )
}
