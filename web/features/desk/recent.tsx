import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { trpcClient } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import classes from './desk.module.css'
import type { Done } from './redemption.ts'
import { Trouble } from './trouble.tsx'

/** The last redemptions of this tab, each of which can be taken back. */
export function Recent({
  done,
  onChange,
}: {
  done: readonly Done[]
  onChange: (done: readonly Done[]) => void
}) {
  const t = useTranslations('desk')
  const format = useFormat()
  const [asked, setAsked] = useState<string | null>(null)
  const cancel = useMutation({
    mutationFn: (redemptionId: string) => trpcClient.coupons.cancel.mutate({ redemptionId }),
    networkMode: 'always',
    onSuccess: ({ redemptionId, restored }) => {
      setAsked(null)
      onChange(
        done.map((each) =>
          each.redemptionId === redemptionId ? { ...each, cancelled: { restored } } : each,
        ),
      )
    },
  })
  if (done.length === 0) return null
  return (
    <section>
      <h2 className={classes.recentTitle}>{t('recent.title')}</h2>
      <ul className={classes.recent}>
        {done.map((each) => (
          <li key={each.redemptionId}>
            <div>
              <p>
                <span className={classes.strong}>{format.money(-each.discountMinor)}</span>{' '}
                {t('recent.of', { money: format.money(each.amountMinor) })}
              </p>
              <p className={classes.terms}>{each.printed}</p>
              <p className={classes.terms}>{format.instant(each.at)}</p>
              {each.cancelled ? (
                <p className={classes.terms}>
                  {each.cancelled.restored ? t('recent.restored') : t('recent.notRestored')}
                </p>
              ) : null}
              {asked === each.redemptionId && cancel.isError ? <Trouble error={cancel.error} /> : null}
            </div>
            {each.cancelled ? null : (
              <Button
                className={classes.small}
                variant="default"
                loading={cancel.isPending && asked === each.redemptionId}
                onClick={() => {
                  if (asked === each.redemptionId) cancel.mutate(each.redemptionId)
                  else {
                    cancel.reset()
                    setAsked(each.redemptionId)
                  }
                }}
              >
                {asked === each.redemptionId ? t('recent.reallyCancel') : t('recent.cancel')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
