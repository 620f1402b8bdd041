import { Button } from '@mantine/core'
import { IconCircleCheck, IconClockPause } from '@tabler/icons-react'
import { useEffect, useRef } from 'react'
import { useTranslations } from 'use-intl'
import { useFormat } from '../../ui/format.ts'
import classes from './desk.module.css'
import { RefusedPanel } from './refused-panel.tsx'
import type { TillOutcome, TillWish } from './till.ts'

/** What became of a basket with several coupons: redeemed, set aside, let go, or the reason why not. */
export function TillAnswer({
  wish,
  outcome,
  onNext,
  onAgain,
}: {
  wish: TillWish
  outcome: TillOutcome
  onNext: () => void
  /** Another choice for the same customer. */
  onAgain: () => void
}) {
  const t = useTranslations('desk')
  const format = useFormat()
  const next = useRef<HTMLButtonElement>(null)
  useEffect(() => next.current?.focus(), [])
  if (outcome.kind === 'refused' || outcome.kind === 'key-reused')
    return (
      <RefusedPanel refused={outcome}>
        {outcome.kind === 'refused' ? (
          <p className={classes.codeShown}>
            {wish.said[outcome.refusedCode]?.printed ?? outcome.refusedCode}
          </p>
        ) : null}
        <Button ref={next} className={classes.large} fullWidth onClick={onAgain}>
          {t('till.again')}
        </Button>
        <Button className={classes.large} variant="subtle" fullWidth onClick={onNext}>
          {t('answer.next')}
        </Button>
      </RefusedPanel>
    )
  if (outcome.kind === 'ended' || outcome.kind === 'no-reservation' || outcome.kind === 'released')
    return (
      <section className={classes.panel} role="status">
        <h2 className={classes.verdict}>
          {outcome.kind === 'ended' ? t(`till.ended.${outcome.as}`) : t(`till.ended.${outcome.kind}`)}
        </h2>
        <Button ref={next} className={classes.large} fullWidth onClick={onNext}>
          {t('answer.next')}
        </Button>
      </section>
    )
  const off = outcome.uses.reduce((sum, { discountMinor }) => sum + discountMinor, 0)
  const isHeld = outcome.kind === 'reserved'
  return (
    <section className={isHeld ? classes.panel : classes.yes} role="status">
      <h2 className={classes.verdict}>
        {isHeld ? <IconClockPause size={32} aria-hidden /> : <IconCircleCheck size={32} aria-hidden />}
        {isHeld ? t('till.held', { instant: format.instant(outcome.expiresAt) }) : t('answer.yes')}
      </h2>
      <dl className={classes.sums}>
        <dt>{t('answer.basket')}</dt>
        <dd>{format.money(wish.amountMinor)}</dd>
        {outcome.uses.flatMap(({ code, discountMinor }) =>
          discountMinor > 0
            ? [
                <dt key={`${code} what`} className={classes.codeShown}>
                  {wish.said[code]?.printed ?? code}
                </dt>,
                <dd key={code}>{format.money(-discountMinor)}</dd>,
              ]
            : [],
        )}
        <dt className={classes.charge}>{t('answer.charge')}</dt>
        <dd className={classes.charge}>{format.money(wish.amountMinor - off)}</dd>
      </dl>
      {outcome.uses.flatMap(({ code, beside }) =>
        beside
          ? [
              <p key={code} className={classes.strong}>
                {t('answer.beside', { offer: wish.said[code]?.sentence ?? code })}
              </p>,
            ]
          : [],
      )}
      {isHeld ? <p>{t('till.heldHint')}</p> : null}
      <Button ref={next} className={classes.large} fullWidth onClick={onNext}>
        {t('answer.next')}
      </Button>
    </section>
  )
}
