import { Button, TextInput } from '@mantine/core'
import { IconScan } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { useTranslations } from 'use-intl'
import { trpcClient } from '../../trpc.ts'
import classes from './desk.module.css'
import type { SeenCoupon } from './redemption.ts'
import { RefusedPanel } from './refused-panel.tsx'
import { Trouble } from './trouble.tsx'

const Scanner = lazy(() => import('./scanner.tsx'))

/** Takes a code, typed or scanned, and looks what it is worth. */
export function CodeForm({ onCoupon }: { onCoupon: (coupon: SeenCoupon) => void }) {
  const t = useTranslations('desk')
  const [code, setCode] = useState('')
  const [isEmpty, setEmpty] = useState(false)
  const [scanning, setScanning] = useState(false)
  const look = useMutation({
    mutationFn: (typed: string) => trpcClient.coupons.look.mutate({ code: typed }),
    networkMode: 'always',
    onSuccess: (seen) => {
      if (seen.kind === 'coupon') onCoupon(seen)
    },
  })
  const check = (typed: string) => {
    setEmpty(typed.trim() === '')
    if (typed.trim() !== '' && !look.isPending) look.mutate(typed)
  }
  return (
    <>
      <section className={classes.panel}>
        {scanning ? (
          <Suspense fallback={<p>{t('scan.starting')}</p>}>
            <Scanner
              onCode={(found) => {
                setScanning(false)
                setCode(found)
                check(found)
              }}
              onStop={() => setScanning(false)}
            />
          </Suspense>
        ) : (
          <Button
            className={classes.large}
            variant="default"
            fullWidth
            leftSection={<IconScan size={24} aria-hidden />}
            onClick={() => {
              look.reset()
              setScanning(true)
            }}
          >
            {t('scan.start')}
          </Button>
        )}
        <form
          className={classes.form}
          onSubmit={(event) => {
            event.preventDefault()
            check(code)
          }}
        >
          <TextInput
            label={t('code.label')}
            description={t('code.hint')}
            value={code}
            onChange={(event) => {
              setCode(event.currentTarget.value)
              setEmpty(false)
              look.reset()
            }}
            classNames={{
              input: `${classes.input} ${classes.code}`,
              label: classes.label,
              description: classes.note,
              error: classes.note,
            }}
            error={isEmpty ? t('code.empty') : undefined}
            autoComplete="off"
            autoCapitalize="characters"
            autoCorrect="off"
            spellCheck={false}
            enterKeyHint="go"
            maxLength={60}
          />
          <Button className={classes.large} type="submit" fullWidth loading={look.isPending}>
            {t('code.check')}
          </Button>
        </form>
        {look.isError ? <Trouble error={look.error} /> : null}
      </section>
      {look.data && look.data.kind !== 'coupon' ? <RefusedPanel refused={look.data} /> : null}
    </>
  )
}
