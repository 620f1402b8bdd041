import { Button, Checkbox, TextInput } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useFormat } from '../../ui/format.ts'
import { CodeForm } from './code-form.tsx'
import { CustomerField, CustomerLine } from './customer-field.tsx'
import classes from './desk.module.css'
import { newKey, type SeenCoupon } from './redemption.ts'
import { type Found, type Quote, type TillWish, useQuote } from './till.ts'
import { TillQuote } from './till-quote.tsx'
import { Trouble } from './trouble.tsx'

/** A basket with the customer's coupons and the codes that are shown: which of them, and what is left to pay. */
export function TillForm({
  customer: first,
  seen: shown,
  onAsk,
  onBack,
}: {
  customer: Found | null
  seen: readonly SeenCoupon[]
  onAsk: (wish: TillWish) => void
  onBack: () => void
}) {
  const t = useTranslations('desk')
  const format = useFormat()
  const [customer, setCustomer] = useState(first)
  const [seen, setSeen] = useState(shown)
  const [adding, setAdding] = useState(false)
  const [typed, setTyped] = useState('')
  const [receipt, setReceipt] = useState('')
  const [memberConfirmed, confirmMember] = useState(false)
  const [scopeConfirmed, confirmScope] = useState(false)
  const [tried, setTried] = useState(false)
  /** The first quote of this basket: every coupon that there is. */
  const [all, setAll] = useState<Quote | null>(null)
  /** The quote of those that are ticked. */
  const [chosen, setChosen] = useState<Quote | null>(null)
  const quote = useQuote()
  const amountMinor = format.minorOf(typed)
  const amountIsRight = amountMinor !== null && amountMinor > 0
  const askMember = customer === null && seen.some(({ member }) => member !== null)
  const needsCustomer = customer === null && seen.some(({ needsMember }) => needsMember)
  const nothing = customer === null && seen.length === 0

  const basket = (differs: { scopeConfirmed?: boolean } = {}) => ({
    amountMinor: amountMinor ?? 0,
    memberId: customer?.memberId,
    memberConfirmed: customer === null && memberConfirmed,
    scopeConfirmed,
    ...(receipt.trim() ? { receipt: receipt.trim() } : {}),
    codes: seen.map(({ code }) => code),
    ...differs,
  })
  /** What was quoted is of another basket. */
  const forget = () => {
    setAll(null)
    setChosen(null)
    quote.reset()
  }
  const look = (differs: { scopeConfirmed?: boolean } = {}) => {
    setTried(true)
    if (!amountIsRight || nothing || needsCustomer || (askMember && !memberConfirmed)) return
    quote.mutate(basket(differs), {
      onSuccess: (found) => {
        setAll(found)
        setChosen(found)
      },
    })
  }
  const result = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (all) result.current?.scrollIntoView({ block: 'nearest' })
  }, [all])
  const ask = (action: 'redeem' | 'hold') => {
    const { codes: _, ...told } = basket()
    onAsk({
      ...told,
      action,
      key: newKey(),
      confirmKey: newKey(),
      codes: chosen!.best.codes,
      said: Object.fromEntries(
        all!.coupons.map(({ code, printed, sentence }) => [code, { printed, sentence: sentence ?? printed }]),
      ),
    })
  }
  const askScope =
    scopeConfirmed ||
    seen.some(({ needsSeeing }) => needsSeeing) ||
    all?.coupons.some((one) => one.needsSeeing && one.reason === 'out_of_scope')

  return (
    <>
      <section className={classes.panel}>
        <h2 className={classes.recentTitle}>{t('till.customer')}</h2>
        {customer ? (
          <CustomerLine
            found={customer}
            onChange={() => {
              setCustomer(null)
              forget()
            }}
          />
        ) : (
          <CustomerField
            onFound={(found) => {
              setCustomer(found)
              forget()
            }}
          />
        )}
        {tried && needsCustomer ? (
          <p role="alert" className={classes.trouble}>
            {t('till.needsCustomer')}
          </p>
        ) : null}
      </section>
      {seen.length > 0 ? (
        <section className={classes.panel}>
          <h2 className={classes.recentTitle}>{t('till.codes')}</h2>
          <ul className={classes.plain}>
            {seen.map((coupon) => (
              <li key={coupon.code} className={classes.between}>
                <span className={classes.codeShown}>{coupon.printed}</span>
                <Button
                  className={classes.small}
                  variant="subtle"
                  aria-label={t('till.withoutCode', { code: coupon.printed })}
                  onClick={() => {
                    setSeen(seen.filter(({ code }) => code !== coupon.code))
                    forget()
                  }}
                >
                  {t('till.without')}
                </Button>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      {adding ? (
        <CodeForm
          onCoupon={(coupon) => {
            setSeen([...seen.filter(({ code }) => code !== coupon.code), coupon])
            setAdding(false)
            forget()
          }}
        />
      ) : (
        <Button className={classes.large} variant="default" fullWidth onClick={() => setAdding(true)}>
          {t('till.addCode')}
        </Button>
      )}
      <form
        className={classes.panel}
        onSubmit={(event) => {
          event.preventDefault()
          look()
        }}
      >
        <TextInput
          label={t('basket.label')}
          description={t('till.amountHint')}
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value)
            forget()
          }}
          leftSection={<span className={classes.symbol}>{format.symbol}</span>}
          classNames={inputClasses}
          inputMode="decimal"
          autoComplete="off"
          enterKeyHint="next"
          maxLength={16}
          error={
            tried && !amountIsRight
              ? t('basket.wrong', { example: format.decimals > 0 ? '128.50' : '128' })
              : undefined
          }
        />
        <TextInput
          label={t('till.receipt')}
          description={t('till.receiptHint')}
          value={receipt}
          onChange={(event) => {
            setReceipt(event.currentTarget.value)
            forget()
          }}
          classNames={inputClasses}
          autoComplete="off"
          maxLength={100}
        />
        {askMember ? (
          <Checkbox
            checked={memberConfirmed}
            onChange={(event) => {
              confirmMember(event.currentTarget.checked)
              forget()
            }}
            size="lg"
            classNames={tickClasses}
            label={
              <>
                {seen.flatMap(({ code, member }) =>
                  member
                    ? [
                        <span key={code} className={classes.strong}>
                          {[member.name, member.phone].filter(Boolean).join(' · ') ||
                            t('member.number', { end: member.id })}
                        </span>,
                      ]
                    : [],
                )}
                <span>{t('till.confirmMember')}</span>
              </>
            }
            error={tried && !memberConfirmed ? t('member.confirm') : undefined}
          />
        ) : null}
        {askScope ? (
          <Checkbox
            checked={scopeConfirmed}
            onChange={(event) => {
              confirmScope(event.currentTarget.checked)
              if (all) look({ scopeConfirmed: event.currentTarget.checked })
            }}
            size="lg"
            classNames={tickClasses}
            label={t('till.scope')}
          />
        ) : null}
        {tried && nothing ? (
          <p role="alert" className={classes.trouble}>
            {t('till.nothing')}
          </p>
        ) : null}
        {all ? null : (
          <Button className={classes.large} type="submit" fullWidth loading={quote.isPending}>
            {t('till.look')}
          </Button>
        )}
        {quote.isError ? <Trouble error={quote.error} /> : null}
      </form>
      <div ref={result}>
        {all && chosen ? (
          <TillQuote
            key={all.best.said}
            all={all}
            chosen={chosen}
            isAsking={quote.isPending}
            onChoose={(only) => quote.mutate({ ...basket(), only: [...only] }, { onSuccess: setChosen })}
            onAsk={ask}
          />
        ) : null}
      </div>
      <Button className={classes.large} variant="subtle" fullWidth onClick={onBack}>
        {t('till.back')}
      </Button>
    </>
  )
}

const inputClasses = {
  input: classes.input,
  label: classes.label,
  description: classes.note,
  error: classes.note,
}
const tickClasses = {
  root: classes.member,
  input: classes.tick,
  label: classes.memberLabel,
  error: classes.note,
}
