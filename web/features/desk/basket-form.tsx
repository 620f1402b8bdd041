import { Button, Checkbox, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useFormat } from '../../ui/format.ts'
import { useLanguage } from '../../ui/language.tsx'
import classes from './desk.module.css'
import type { SeenCoupon } from './redemption.ts'

/** Shows what the coupon is worth and whose it is, and takes the basket's amount. */
export function BasketForm({
  coupon,
  memberConfirmed,
  onRedeem,
  onMore,
  onBack,
}: {
  coupon: SeenCoupon
  /** The cashier has seen already that it is this customer: only the amount is changed. */
  memberConfirmed: boolean
  onRedeem: (basket: { amountMinor: number; memberConfirmed: boolean; scopeConfirmed: boolean }) => void
  /** With other coupons, or set aside until it is paid. */
  onMore: () => void
  onBack: () => void
}) {
  const t = useTranslations('desk')
  const format = useFormat()
  const { language } = useLanguage()
  const [typed, setTyped] = useState('')
  const [confirmed, setConfirmed] = useState(memberConfirmed)
  const [tried, setTried] = useState(false)
  const amountMinor = format.minorOf(typed)
  const amountIsRight = amountMinor !== null && amountMinor > 0
  const [seen, setSeen] = useState(false)
  const scopeIsRight = !coupon.needsSeeing || seen
  const memberIsRight = coupon.member === null || confirmed
  const { member } = coupon
  return (
    <form
      className={classes.panel}
      onSubmit={(event) => {
        event.preventDefault()
        setTried(true)
        if (amountIsRight && memberIsRight && scopeIsRight)
          onRedeem({ amountMinor, memberConfirmed: confirmed, scopeConfirmed: seen })
      }}
    >
      <div>
        <p className={classes.offer}>{coupon.sentence[language]}</p>
        {coupon.usesLeft > 1 ? (
          <p className={classes.terms}>{t('terms.usesLeft', { uses: coupon.usesLeft })}</p>
        ) : null}
        <p className={classes.codeShown}>{coupon.printed}</p>
      </div>
      {member ? (
        <Checkbox
          checked={confirmed}
          onChange={(event) => setConfirmed(event.currentTarget.checked)}
          size="lg"
          classNames={{
            root: classes.member,
            input: classes.tick,
            label: classes.memberLabel,
            error: classes.note,
          }}
          label={
            <>
              <span className={classes.strong}>
                {member.name || member.phone
                  ? [member.name, member.phone].filter(Boolean).join(' · ')
                  : t('member.number', { end: member.id })}
              </span>
              <span>{member.phone ? t('member.askPhone') : t('member.askCard', { end: member.id })}</span>
            </>
          }
          error={tried && !memberIsRight ? t('member.confirm') : undefined}
        />
      ) : null}
      <TextInput
        label={t('basket.label')}
        description={coupon.needsSeeing ? t('scope.hint') : t('basket.hint')}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        leftSection={<span className={classes.symbol}>{format.symbol}</span>}
        classNames={{
          input: classes.input,
          label: classes.label,
          description: classes.note,
          error: classes.note,
        }}
        inputMode="decimal"
        autoComplete="off"
        enterKeyHint="done"
        maxLength={16}
        error={
          tried && !amountIsRight
            ? t('basket.wrong', { example: format.decimals > 0 ? '128.50' : '128' })
            : undefined
        }
      />
      {coupon.needsSeeing ? (
        <Checkbox
          checked={seen}
          onChange={(event) => setSeen(event.currentTarget.checked)}
          size="lg"
          classNames={{
            root: classes.member,
            input: classes.tick,
            label: classes.memberLabel,
            error: classes.note,
          }}
          label={t('scope.seen')}
          error={tried && !scopeIsRight ? t('scope.confirm') : undefined}
        />
      ) : null}
      <Button className={classes.large} type="submit" fullWidth>
        {t('basket.redeem')}
      </Button>
      <Button className={classes.large} variant="default" fullWidth onClick={onMore}>
        {t('basket.more')}
      </Button>
      <Button className={classes.large} variant="subtle" fullWidth onClick={onBack}>
        {t('basket.back')}
      </Button>
    </form>
  )
}
