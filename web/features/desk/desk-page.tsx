import { Button } from '@mantine/core'
import { useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import { errorCode } from '../../trpc.ts'
import { useWorkspace } from '../../ui/workspace.tsx'
import { Answer } from './answer.tsx'
import { BasketForm } from './basket-form.tsx'
import { CodeForm } from './code-form.tsx'
import classes from './desk.module.css'
import { DeskMenu } from './desk-menu.tsx'
import { Recent } from './recent.tsx'
import {
  type Done,
  newKey,
  type Outcome,
  type SeenCoupon,
  useDeskMemory,
  useRedeem,
  type Wish,
} from './redemption.ts'
import { Trouble } from './trouble.tsx'

type Step =
  | { kind: 'code' }
  | { kind: 'basket'; coupon: SeenCoupon; key: string; memberConfirmed: boolean }
  | { kind: 'asking'; wish: Wish }
  | { kind: 'answer'; wish: Wish; outcome: Outcome }

/** Refused before anything was decided: only then may the wish be dropped. */
const certainlyUndone = new Set(['BAD_REQUEST', 'FORBIDDEN'])

/** The redemption desk: a code, a basket, a clear yes or no. Made for a phone behind the counter. */
export function DeskPage() {
  const t = useTranslations('desk')
  const workspace = useWorkspace()
  const memory = useDeskMemory()
  const [done, setDone] = useState<readonly Done[]>(memory.done)
  const [step, setStep] = useState<Step>(() => {
    const wish = memory.unanswered()
    return wish ? { kind: 'asking', wish } : { kind: 'code' }
  })
  const change = (next: readonly Done[]) => {
    memory.keepDone(next)
    setDone(next)
  }
  const redeem = useRedeem((wish, outcome) => {
    memory.keepUnanswered(null)
    setStep({ kind: 'answer', wish, outcome })
    if (
      outcome.kind === 'redeemed' &&
      !done.some(({ redemptionId }) => redemptionId === outcome.redemptionId)
    )
      change([
        {
          redemptionId: outcome.redemptionId,
          printed: wish.coupon.printed,
          amountMinor: wish.amountMinor,
          discountMinor: outcome.discountMinor,
          at: new Date().toISOString(),
          cancelled: null,
        },
        ...done,
      ])
  })
  const ask = (wish: Wish) => {
    memory.keepUnanswered(wish)
    setStep({ kind: 'asking', wish })
    redeem.mutate(wish)
  }
  useEffect(() => {
    document.title = `${t('title')} · Reveille`
  }, [t])
  // The page was closed before an answer came: the same wish is asked again.
  useEffect(() => {
    if (step.kind === 'asking' && redeem.isIdle) redeem.mutate(step.wish)
  }, [step, redeem])

  const choose = (coupon: SeenCoupon, memberConfirmed = false) =>
    setStep({ kind: 'basket', coupon, key: newKey(), memberConfirmed })
  const begin = () => setStep({ kind: 'code' })
  return (
    <main className={classes.desk}>
      <header className={classes.head}>
        <div>
          <h1 className={classes.title}>{t('title')}</h1>
          <p className={classes.shop}>{workspace.name}</p>
        </div>
        <DeskMenu />
      </header>

      {step.kind === 'code' ? <CodeForm onCoupon={choose} /> : null}
      {step.kind === 'basket' ? (
        <BasketForm
          key={step.key}
          coupon={step.coupon}
          memberConfirmed={step.memberConfirmed}
          onBack={begin}
          onRedeem={(basket) => ask({ key: step.key, coupon: step.coupon, ...basket })}
        />
      ) : null}
      {step.kind === 'asking' ? (
        <section className={classes.panel} aria-live="polite">
          <p className={classes.strong}>{redeem.failureCount > 0 ? t('asking.again') : t('asking.first')}</p>
          {redeem.failureCount > 0 && !redeem.isError ? <p>{t('asking.safe')}</p> : null}
          {redeem.isError ? (
            <>
              <Trouble error={redeem.error} />
              <p>{t('asking.safe')}</p>
              <Button className={classes.large} fullWidth onClick={() => ask(step.wish)}>
                {t('asking.retry')}
              </Button>
              {certainlyUndone.has(errorCode(redeem.error)) ? (
                <Button
                  className={classes.large}
                  variant="subtle"
                  fullWidth
                  onClick={() => {
                    memory.keepUnanswered(null)
                    begin()
                  }}
                >
                  {t('answer.otherCode')}
                </Button>
              ) : null}
            </>
          ) : null}
        </section>
      ) : null}
      {step.kind === 'answer' ? (
        <Answer
          wish={step.wish}
          outcome={step.outcome}
          onNext={begin}
          onBasket={() => choose(step.wish.coupon, step.wish.memberConfirmed)}
        />
      ) : null}

      {step.kind === 'code' || step.kind === 'answer' ? <Recent done={done} onChange={change} /> : null}
    </main>
  )
}
