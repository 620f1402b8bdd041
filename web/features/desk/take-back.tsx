import { Button, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { TRPCClientError } from '@trpc/client'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { errorCode, trpcClient } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import classes from './desk.module.css'
import { Trouble } from './trouble.tsx'

/** Takes everything back that a receipt redeemed, on whichever device. */
export function TakeBack({ onDone }: { onDone: (redemptionIds: ReadonlyMap<string, boolean>) => void }) {
  const t = useTranslations('desk')
  const format = useFormat()
  const [isOpen, open] = useState(false)
  const [receipt, setReceipt] = useState('')
  const [isEmpty, setEmpty] = useState(false)
  const [isSure, setSure] = useState(false)
  const cancel = useMutation({
    mutationFn: (of: string) => trpcClient.desk.takeBack.mutate({ receipt: of }),
    networkMode: 'always',
    // Asking again changes nothing and answers the same.
    retry: (failures, error) => failures < 4 && errorCode(error) === 'OFFLINE',
    retryDelay: 2_000,
    onSuccess: (cancelled) =>
      onDone(new Map(cancelled.map(({ redemptionId, restored }) => [redemptionId, restored]))),
  })
  if (!isOpen)
    return (
      <Button className={classes.large} variant="subtle" fullWidth onClick={() => open(true)}>
        {t('takeBack.open')}
      </Button>
    )
  const isUnknown = errorCode(cancel.error) === 'NOT_FOUND' && cancel.error instanceof TRPCClientError
  return (
    <section className={classes.panel}>
      <h2 className={classes.recentTitle}>{t('takeBack.open')}</h2>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault()
          setEmpty(receipt.trim() === '')
          if (receipt.trim() === '' || cancel.isPending) return
          setSure(!isSure)
          if (isSure) cancel.mutate(receipt.trim())
          else cancel.reset()
        }}
      >
        <TextInput
          label={t('till.receipt')}
          description={t('takeBack.hint')}
          value={receipt}
          onChange={(event) => {
            setReceipt(event.currentTarget.value)
            setEmpty(false)
            setSure(false)
            cancel.reset()
          }}
          classNames={{
            input: classes.input,
            label: classes.label,
            description: classes.note,
            error: classes.note,
          }}
          error={isEmpty ? t('takeBack.empty') : isUnknown ? cancel.error?.message : undefined}
          autoComplete="off"
          maxLength={100}
        />
        <Button
          className={classes.large}
          variant="default"
          type="submit"
          fullWidth
          loading={cancel.isPending}
        >
          {isSure ? t('takeBack.really') : t('takeBack.do')}
        </Button>
      </form>
      {cancel.isError && !isUnknown ? <Trouble error={cancel.error} /> : null}
      {cancel.data ? (
        <div role="status">
          {cancel.data.length === 0 ? <p>{t('takeBack.letGo')}</p> : null}
          <ul className={classes.plain}>
            {cancel.data.map((one) => (
              <li key={one.redemptionId}>
                <p>
                  <span className={classes.codeShown}>{one.printed}</span> {format.money(one.discountMinor)}
                </p>
                <p className={classes.terms}>
                  {one.restored ? t('recent.restored') : t('recent.notRestored')}
                </p>
              </li>
            ))}
          </ul>
        </div>
      ) : null}
    </section>
  )
}
