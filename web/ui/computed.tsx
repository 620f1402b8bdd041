import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import type { QuestionFilters } from '../../server/analytics/filters.ts'
import { useTRPC } from '../trpc.ts'
import classes from './computed.module.css'
import { Dialog } from './dialog.tsx'
import { useFormat } from './format.ts'
import { Failure } from './panel-states.tsx'

/** An answer that says how it was asked. */
export interface Asked {
  readonly metric: string
  readonly version: number
  readonly asOf: string
  readonly dataVersion: number
  readonly asked: { readonly filters: QuestionFilters; readonly settings: Readonly<Record<string, unknown>> }
}

/** How an answer says it was asked; undefined of what is no metric's. */
export const askedOf = (data: unknown): Asked | undefined =>
  typeof data === 'object' && data !== null && 'asked' in data && 'metric' in data
    ? (data as Asked)
    : undefined

/** Under a definition: of which version and data the figures are, with which settings, and the statement behind them. */
export function Computed({ answer, about }: { answer: Asked; about: string }) {
  const t = useTranslations('ui.computed')
  const format = useFormat()
  const [open, show] = useState(false)
  const settings = Object.entries(answer.asked.settings).filter(([, value]) => value !== undefined)
  const written = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
  return (
    <>
      <p className={classes.of}>
        {t('of', {
          metric: answer.metric,
          version: answer.version,
          day: format.day(answer.asOf),
          state: answer.dataVersion,
        })}
      </p>
      {settings.length === 0 ? null : (
        <p className={classes.of}>
          {t('settings', {
            settings: settings.map(([name, value]) => `${name} = ${written(value)}`).join(', '),
          })}
        </p>
      )}
      <p className={classes.of}>{t('changes')}</p>
      <Button size="xs" variant="default" onClick={() => show(true)}>
        {t('open')}
      </Button>
      <Dialog
        opened={open}
        onClose={() => show(false)}
        title={t('title', { panel: about })}
        size="xl"
        zIndex={400}
      >
        {open ? <Statement answer={answer} /> : null}
      </Dialog>
    </>
  )
}

function Statement({ answer }: { answer: Asked }): ReactNode {
  const t = useTranslations('ui.computed')
  const trpc = useTRPC()
  const { metric: name, asked } = answer
  const explained = useQuery(
    trpc.analytics.explain.queryOptions(
      { name, filters: { ...asked.filters, asOf: answer.asOf }, settings: asked.settings },
      { trpc: { abortOnUnmount: true } },
    ),
  )
  if (explained.isError) return <Failure error={explained.error} retry={() => void explained.refetch()} />
  if (!explained.data) return <p className={classes.of}>{t('waiting')}</p>
  const { sql, values } = explained.data
  return (
    <>
      <p className={classes.of}>{t('statement')}</p>
      <pre className={classes.sql} tabIndex={0} role="region" aria-label="SQL">
        {sql}
      </pre>
      {values.length === 0 ? null : (
        <p className={classes.values}>
          {values.map((value, i) => `$${i + 1} = ${JSON.stringify(value)}`).join(', ')}
        </p>
      )}
    </>
  )
}
