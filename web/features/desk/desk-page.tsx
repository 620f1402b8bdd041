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
  keyOf,
  newKey,
  type Outcome,
  type SeenCoupon,
  type Unanswered,
  useDeskMemory,
  useRedeem,
  type Wish,
} from './redemption.ts'
import { CustomerField } from './customer-field.tsx'
import { HeldList } from './held-list.tsx'
import { TakeBack } from './take-back.tsx'
import { type Found, type Held, type TillOutcome, type TillWish, useTill } from './till.ts'
import { TillAnswer } from './till-answer.tsx'
import { TillForm } from './till-form.tsx'
import { Trouble } from './trouble.tsx'
import { WaitingList } from './waiting-list.tsx'

type Step =
  | { kind: 'till'; customer: Found | null; seen: readonly SeenCoupon[] }
  | { kind: 'till-asking'; till: TillWish }
  | { kind: 'till-answer'; till: TillWish; outcome: TillOutcome }
  | { kind: 'code' }
  | { kind: 'basket'; coupon: SeenCoupon; key: string; memberConfirmed: boolean }
  | { kind: 'asking'; wish: Wish }
  | { kind: 'answer'; wish: Wish; outcome: Outcome }

const stepOf = (one: Unanswered): Step =>
  one.kind === 'one' ? { kind: 'asking', wish: one.wish } : { kind: 'till-asking', till: one.wish }

/** Refused before anything was decided: only then may the wish be dropped. */
const certainlyUndone = new Set(['BAD_REQUEST', 'FORBIDDEN'])

/** The redemption desk: a code, a basket, a clear yes or no. Made for a phone behind the counter. */
export function DeskPage() {
  const t = useTranslations('desk')
  const workspace = useWorkspace()
  const memory = useDeskMemory()
  const [done, setDone] = useState<readonly Done[]>(memory.done)
  const [held, setHeld] = useState<readonly Held[]>(memory.held)
  const [waiting, setWaiting] = useState<readonly Unanswered[]>(memory.waiting)
  const [step, setStep] = useState<Step>(() => {
    const [last] = waiting
    return last ? stepOf(last) : { kind: 'code' }
  })
  /** Where the last basket with several coupons was, to choose otherwise. */
  const [tillStart, setTillStart] = useState<Extract<Step, { kind: 'till' }> | null>(null)
  const change = (next: readonly Done[]) => {
    memory.keepDone(next)
    setDone(next)
  }
  /** An answer may come when its page was left: what is kept is the memory's, not a page's. */
  const addDone = (redeemed: readonly Done[]) => {
    const before = memory.done()
    change([
      ...redeemed.filter((one) => !before.some(({ redemptionId }) => redemptionId === one.redemptionId)),
      ...before,
    ])
  }
  const changeWaiting = (next: readonly Unanswered[]) => {
    memory.keepWaiting(next)
    setWaiting(next)
  }
  const noLonger = (key: string) => memory.waiting().filter((one) => keyOf(one) !== key)
  const redeem = useRedeem((wish, outcome) => {
    changeWaiting(noLonger(wish.key))
    setStep((at) =>
      at.kind === 'asking' && at.wish.key === wish.key ? { kind: 'answer', wish, outcome } : at,
    )
    if (outcome.kind === 'redeemed')
      addDone([
        {
          redemptionId: outcome.redemptionId,
          printed: wish.coupon.printed,
          amountMinor: wish.amountMinor,
          discountMinor: outcome.discountMinor,
          at: new Date().toISOString(),
          cancelled: null,
        },
      ])
  })
  const changeHeld = (next: readonly Held[]) => {
    memory.keepHeld(next)
    setHeld(next)
  }
  const till = useTill((wish, outcome) => {
    changeWaiting(noLonger(wish.key))
    setStep((at) =>
      at.kind === 'till-asking' && at.till.key === wish.key
        ? { kind: 'till-answer', till: wish, outcome }
        : at,
    )
    if (outcome.kind === 'reserved') {
      const { reservationId, expiresAt, uses } = outcome
      const discountMinor = uses.reduce((sum, use) => sum + use.discountMinor, 0)
      changeHeld([
        { reservationId, expiresAt, discountMinor, wish },
        ...memory.held().filter((one) => one.reservationId !== reservationId),
      ])
    } else if (
      wish.reservationId !== undefined &&
      outcome.kind !== 'refused' &&
      outcome.kind !== 'key-reused'
    )
      changeHeld(memory.held().filter(({ reservationId }) => reservationId !== wish.reservationId))
    if (outcome.kind === 'confirmed')
      addDone(
        outcome.uses.map(({ redemptionId, code, discountMinor }) => ({
          redemptionId,
          printed: wish.said[code]?.printed ?? code,
          amountMinor: wish.amountMinor,
          discountMinor,
          at: new Date().toISOString(),
          cancelled: null,
        })),
      )
  })
  const askAbout = (one: Unanswered) => {
    changeWaiting([one, ...noLonger(keyOf(one))])
    setStep(stepOf(one))
    if (one.kind === 'one') redeem.mutate(one.wish)
    else till.mutate(one.wish)
  }
  const askTill = (wish: TillWish) => askAbout({ kind: 'till', wish })
  const ask = (wish: Wish) => askAbout({ kind: 'one', wish })
  const beginTill = (customer: Found | null, seen: readonly SeenCoupon[]) => {
    const start = { kind: 'till', customer, seen } as const
    setTillStart(start)
    setStep(start)
  }
  useEffect(() => {
    document.title = `${t('title')} · Reveille`
  }, [t])
  // The page was closed before an answer came: the same wish is asked again.
  useEffect(() => {
    if (step.kind === 'asking' && redeem.isIdle) redeem.mutate(step.wish)
    if (step.kind === 'till-asking' && till.isIdle) till.mutate(step.till)
  }, [step, redeem, till])

  const choose = (coupon: SeenCoupon, memberConfirmed = false) =>
    coupon.needsMember
      ? beginTill(null, [coupon])
      : setStep({ kind: 'basket', coupon, key: newKey(), memberConfirmed })
  const begin = () => setStep({ kind: 'code' })
  const giveUp = (key: string) => {
    changeWaiting(noLonger(key))
    begin()
  }
  return (
    <main className={classes.desk}>
      <header className={classes.head}>
        <div>
          <h1 className={classes.title}>{t('title')}</h1>
          <p className={classes.shop}>{workspace.name}</p>
        </div>
        <DeskMenu />
      </header>

      {step.kind === 'code' ? (
        <>
          <CodeForm onCoupon={choose} />
          <section className={classes.panel}>
            <h2 className={classes.recentTitle}>{t('customer.title')}</h2>
            <CustomerField onFound={(customer) => beginTill(customer, [])} />
          </section>
        </>
      ) : null}
      {step.kind === 'till' ? (
        <TillForm customer={step.customer} seen={step.seen} onAsk={askTill} onBack={begin} />
      ) : null}
      {step.kind === 'till-asking' ? (
        <AskingPanel
          asking={till}
          onRetry={() => askTill(step.till)}
          onLeave={begin}
          onGiveUp={() => giveUp(step.till.key)}
        />
      ) : null}
      {step.kind === 'till-answer' ? (
        <TillAnswer
          wish={step.till}
          outcome={step.outcome}
          onNext={begin}
          onAgain={() => setStep(tillStart ?? { kind: 'code' })}
        />
      ) : null}
      {step.kind === 'basket' ? (
        <BasketForm
          key={step.key}
          coupon={step.coupon}
          memberConfirmed={step.memberConfirmed}
          onBack={begin}
          onMore={() => beginTill(null, [step.coupon])}
          onRedeem={(basket) => ask({ key: step.key, coupon: step.coupon, ...basket })}
        />
      ) : null}
      {step.kind === 'asking' ? (
        <AskingPanel
          asking={redeem}
          onRetry={() => ask(step.wish)}
          onLeave={begin}
          onGiveUp={() => giveUp(step.wish.key)}
        />
      ) : null}
      {step.kind === 'answer' ? (
        <Answer
          wish={step.wish}
          outcome={step.outcome}
          onNext={begin}
          onBasket={() => choose(step.wish.coupon, step.wish.memberConfirmed)}
        />
      ) : null}

      {step.kind === 'code' || step.kind === 'answer' || step.kind === 'till-answer' ? (
        <>
          <WaitingList waiting={waiting} onAsk={askAbout} />
          <HeldList held={held} onAsk={askTill} />
          <Recent done={done} onChange={change} />
        </>
      ) : null}
      {step.kind === 'code' ? (
        <TakeBack
          onDone={(taken) =>
            change(
              done.map((each) =>
                taken.has(each.redemptionId)
                  ? { ...each, cancelled: { restored: taken.get(each.redemptionId)! } }
                  : each,
              ),
            )
          }
        />
      ) : null}
    </main>
  )
}

/** No answer yet, or none: asking again is safe, and so is leaving it for later. */
function AskingPanel({
  asking,
  onRetry,
  onLeave,
  onGiveUp,
}: {
  asking: { failureCount: number; isError: boolean; error: unknown }
  onRetry: () => void
  onLeave: () => void
  onGiveUp: () => void
}) {
  const t = useTranslations('desk')
  const isUndone = asking.isError && certainlyUndone.has(errorCode(asking.error))
  return (
    <section className={classes.panel} aria-live="polite">
      <p className={classes.strong}>{asking.failureCount > 0 ? t('asking.again') : t('asking.first')}</p>
      {asking.isError ? <Trouble error={asking.error} /> : null}
      {asking.failureCount > 0 ? (
        <>
          <p>{t('asking.safe')}</p>
          <Button className={classes.large} fullWidth onClick={onRetry}>
            {t('asking.retry')}
          </Button>
          <Button
            className={classes.large}
            variant="subtle"
            fullWidth
            onClick={isUndone ? onGiveUp : onLeave}
          >
            {isUndone ? t('answer.otherCode') : t('asking.leave')}
          </Button>
        </>
      ) : null}
    </section>
  )
}
