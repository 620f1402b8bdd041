import { Button, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { trpcClient } from '../../trpc.ts'
import classes from './desk.module.css'
import type { Found } from './till.ts'
import { Trouble } from './trouble.tsx'

/** Finds a customer by the whole number of a card or phone. */
export function CustomerField({ onFound }: { onFound: (found: Found) => void }) {
  const t = useTranslations('desk')
  const [typed, setTyped] = useState('')
  const [isEmpty, setEmpty] = useState(false)
  const find = useMutation({
    mutationFn: (number: string) => trpcClient.desk.customer.mutate({ typed: number }),
    networkMode: 'always',
    onSuccess: (customer) => {
      if (customer.kind === 'member') onFound(customer)
    },
  })
  const said = isEmpty
    ? t('customer.empty')
    : find.data && find.data.kind !== 'member'
      ? t(`customer.${find.data.kind}`)
      : undefined
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault()
        setEmpty(typed.trim() === '')
        if (typed.trim() !== '' && !find.isPending) find.mutate(typed)
      }}
    >
      <TextInput
        label={t('customer.label')}
        description={t('customer.hint')}
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value)
          setEmpty(false)
          find.reset()
        }}
        classNames={{
          input: classes.input,
          label: classes.label,
          description: classes.note,
          error: classes.note,
        }}
        error={said}
        autoComplete="off"
        autoCorrect="off"
        spellCheck={false}
        enterKeyHint="search"
        maxLength={100}
      />
      <Button className={classes.large} variant="default" type="submit" fullWidth loading={find.isPending}>
        {t('customer.find')}
      </Button>
      {find.isError ? <Trouble error={find.error} /> : null}
    </form>
  )
}

/** Who it is, masked: enough to compare. */
export function CustomerLine({ found, onChange }: { found: Found; onChange: () => void }) {
  const t = useTranslations('desk')
  const { hint } = found
  return (
    <div className={classes.between}>
      <p>
        <span className={classes.strong}>
          {hint.name || hint.phone
            ? [hint.name, hint.phone].filter(Boolean).join(' · ')
            : t('member.number', { end: hint.id })}
        </span>
      </p>
      <Button className={classes.small} variant="subtle" onClick={onChange}>
        {t('customer.other')}
      </Button>
    </div>
  )
}
