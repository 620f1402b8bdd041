import { Button, Checkbox } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useFormat } from '../../ui/format.ts'
import classes from './desk.module.css'
import type { Quote, QuotedCoupon } from './till.ts'

/** The coupons beside a basket, the best of them ticked, the arithmetic, and what to do with them. */
export function TillQuote({
  all,
  chosen,
  isAsking,
  onChoose,
  onAsk,
}: {
  all: Quote
  /** The quote of the ticked ones. */
  chosen: Quote
  isAsking: boolean
  onChoose: (codes: readonly string[]) => void
  onAsk: (action: 'redeem' | 'hold') => void
}) {
  const t = useTranslations('desk')
  const format = useFormat()
  const [ticked, tick] = useState<ReadonlySet<string>>(() => new Set(all.best.codes))
  const redeem = useRef<HTMLButtonElement>(null)
  useEffect(() => redeem.current?.focus(), [])
  const reasonOf = (coupon: QuotedCoupon): string | null => {
    const now = chosen.coupons.find(({ code }) => code === coupon.code)
    const reason = ticked.has(coupon.code) ? (now?.reason ?? null) : coupon.reason
    if (reason === null) return null
    return t(`till.reason.${reason}`, {
      missing: coupon.missingMinor === null ? '' : format.money(coupon.missingMinor),
    })
  }
  const offOf = (coupon: QuotedCoupon) =>
    chosen.best.steps.find(({ code }) => code === coupon.code)?.discountMinor ?? null
  const applying = all.coupons.filter(({ applies }) => applies)
  const others = all.coupons.filter(({ applies }) => !applies)
  const none = chosen.best.codes.length === 0
  return (
    <section className={classes.panel} aria-live="polite">
      <h2 className={classes.recentTitle}>
        {all.coupons.length === 0 ? t('till.noCoupons') : t('till.coupons')}
      </h2>
      <ul className={classes.plain}>
        {applying.map((coupon) => (
          <li key={coupon.code}>
            <Checkbox
              size="lg"
              checked={ticked.has(coupon.code)}
              onChange={(event) => {
                const next = new Set(ticked)
                if (event.currentTarget.checked) next.add(coupon.code)
                else next.delete(coupon.code)
                tick(next)
                onChoose([...next])
              }}
              classNames={{ root: classes.member, input: classes.tick, label: classes.memberLabel }}
              label={
                <>
                  <span className={classes.strong}>{coupon.sentence}</span>
                  <span className={classes.codeShown}>{coupon.printed}</span>
                  {offOf(coupon) ? <span>{format.money(-offOf(coupon)!)}</span> : null}
                  {reasonOf(coupon) ? <span className={classes.terms}>{reasonOf(coupon)}</span> : null}
                </>
              }
            />
          </li>
        ))}
        {others.map((coupon) => (
          <li key={coupon.code} className={classes.notApplying}>
            <p>{coupon.sentence ?? coupon.printed}</p>
            {coupon.sentence ? <p className={classes.codeShown}>{coupon.printed}</p> : null}
            <p className={classes.terms}>{reasonOf(coupon)}</p>
          </li>
        ))}
      </ul>
      <dl className={classes.sums}>
        <dt>{t('answer.basket')}</dt>
        <dd>{format.money(chosen.amountMinor)}</dd>
        <dt>{t('till.off')}</dt>
        <dd>{format.money(-chosen.best.discountMinor)}</dd>
        <dt className={classes.charge}>{t('answer.charge')}</dt>
        <dd className={classes.charge}>{format.money(chosen.best.payableMinor)}</dd>
      </dl>
      {none ? null : <p className={classes.terms}>{chosen.best.said}</p>}
      <Button
        ref={redeem}
        className={classes.large}
        fullWidth
        disabled={none || isAsking}
        onClick={() => onAsk('redeem')}
      >
        {t('till.redeem', { n: chosen.best.codes.length })}
      </Button>
      <Button
        className={classes.large}
        variant="default"
        fullWidth
        disabled={none || isAsking}
        onClick={() => onAsk('hold')}
      >
        {t('till.hold')}
      </Button>
    </section>
  )
}
