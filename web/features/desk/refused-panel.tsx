import { IconCircleX } from '@tabler/icons-react'
import { useTranslations } from 'use-intl'
import { useFormat } from '../../ui/format.ts'
import classes from './desk.module.css'
import type { Outcome, Refused } from './redemption.ts'
import type { TillOutcome } from './till.ts'

type Refusal =
  | Refused
  | Extract<Outcome, { kind: 'refused' | 'key-reused' }>
  | Extract<TillOutcome, { kind: 'refused' | 'key-reused' }>

/** A clear no: the reason, and what to do now. */
export function RefusedPanel({ refused, children }: { refused: Refusal; children?: React.ReactNode }) {
  const t = useTranslations('desk')
  const format = useFormat()
  const reason = reasonOf(refused)
  const values = {
    money:
      refused.kind === 'refused' && refused.code === 'min_spend' ? format.money(refused.minSpendMinor) : '',
    instant: refused.kind === 'refused' ? format.instant(instantOf(refused)) : '',
  }
  return (
    <section className={classes.no} role="status">
      <h2 className={classes.verdict}>
        <IconCircleX size={32} aria-hidden />
        {t(`refused.${reason}.title`)}
      </h2>
      <p className={classes.strong}>{t(`refused.${reason}.why`, values)}</p>
      <p>{t(`refused.${reason}.do`, values)}</p>
      {children}
    </section>
  )
}

function reasonOf(refused: Refusal) {
  if (refused.kind === 'unknown') return refused.mistyped ? 'mistyped' : 'unknown'
  return refused.kind === 'refused' ? refused.code : 'keyReused'
}

function instantOf(refusal: Extract<Refusal, { kind: 'refused' }>): string | number | null {
  switch (refusal.code) {
    case 'used':
      return refusal.usedAt
    case 'not_yet_valid':
      return refusal.validFrom
    case 'held':
      return refusal.heldUntil
    case 'expired':
      return Date.parse(refusal.validTo) - 1 // the last moment at which it was valid
    default:
      return null
  }
}
