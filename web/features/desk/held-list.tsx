import { Button } from '@mantine/core'
import { useTranslations } from 'use-intl'
import { useFormat } from '../../ui/format.ts'
import classes from './desk.module.css'
import { newKey } from './redemption.ts'
import type { Held, TillWish } from './till.ts'

/** What this device has set aside and is not paid yet. */
export function HeldList({ held, onAsk }: { held: readonly Held[]; onAsk: (wish: TillWish) => void }) {
  const t = useTranslations('desk')
  const format = useFormat()
  if (held.length === 0) return null
  const end = ({ wish, reservationId }: Held, action: 'confirm' | 'release') =>
    onAsk({ ...wish, action, key: newKey(), reservationId })
  return (
    <section>
      <h2 className={classes.recentTitle}>{t('heldList.title')}</h2>
      <ul className={classes.recent}>
        {held.map((each) => (
          <li key={each.reservationId} className={classes.heldItem}>
            <div>
              <p>
                <span className={classes.strong}>{format.money(-each.discountMinor)}</span>{' '}
                {t('recent.of', { money: format.money(each.wish.amountMinor) })}
              </p>
              <p className={classes.terms}>
                {each.wish.codes.map((code) => each.wish.said[code]?.printed ?? code).join(' · ')}
              </p>
              <p className={classes.terms}>
                {each.wish.receipt ? `${t('heldList.receipt', { receipt: each.wish.receipt })} · ` : ''}
                {t('heldList.until', { instant: format.instant(each.expiresAt) })}
              </p>
            </div>
            <div className={classes.both}>
              <Button className={classes.small} onClick={() => end(each, 'confirm')}>
                {t('heldList.paid')}
              </Button>
              <Button className={classes.small} variant="default" onClick={() => end(each, 'release')}>
                {t('heldList.release')}
              </Button>
            </div>
          </li>
        ))}
      </ul>
    </section>
  )
}
