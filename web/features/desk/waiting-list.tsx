import { Button } from '@mantine/core'
import { useTranslations } from 'use-intl'
import { useFormat } from '../../ui/format.ts'
import classes from './desk.module.css'
import { keyOf, type Unanswered } from './redemption.ts'

/** What was asked on this device and has no answer yet: it may have been done, and asking again does nothing twice. */
export function WaitingList({
  waiting,
  onAsk,
}: {
  waiting: readonly Unanswered[]
  onAsk: (one: Unanswered) => void
}) {
  const t = useTranslations('desk')
  const format = useFormat()
  if (waiting.length === 0) return null
  return (
    <section>
      <h2 className={classes.recentTitle}>{t('asking.again')}</h2>
      <ul className={classes.recent}>
        {waiting.map((one) => (
          <li key={keyOf(one)}>
            <div>
              <p>{t('recent.of', { money: format.money(one.wish.amountMinor) })}</p>
              <p className={classes.terms}>
                {one.kind === 'one'
                  ? one.wish.coupon.printed
                  : one.wish.codes.map((code) => one.wish.said[code]?.printed ?? code).join(' · ')}
              </p>
            </div>
            <Button className={classes.small} variant="default" onClick={() => onAsk(one)}>
              {t('asking.retry')}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  )
}
