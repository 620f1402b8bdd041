import { Button, Textarea } from '@mantine/core'
import { IconUsers } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../trpc.ts'
import { useRuleSentence } from '../ui/rule.tsx'
import { Chip } from './chip.tsx'
import classes from './filter-bar.module.css'
import { useFilters } from './filters.ts'

/** Whose figures the page shows: a saved segment, or any expression. The address holds the expression. */
export function SegmentPicker() {
  const t = useTranslations('filters')
  const trpc = useTRPC()
  const { filters, set } = useFilters()
  const saved = useQuery(trpc.segments.list.queryOptions(undefined, { staleTime: 60_000 }))
  const sentence = useRuleSentence(filters.segment ?? '')
  const chosen = saved.data?.find(({ expression }) => expression === filters.segment)
  return (
    <Chip
      label={chosen?.name ?? (filters.segment === undefined ? t('segment.all') : sentence(filters.segment))}
      icon={<IconUsers size={16} aria-hidden />}
      onClear={filters.segment ? () => set({ segment: undefined }) : undefined}
    >
      {(close) => {
        const use = (segment: string | undefined) => {
          set({ segment })
          close()
        }
        return (
          <div className={classes.expression}>
            {saved.data?.length ? (
              <div className={classes.saved} role="group" aria-label={t('segment.saved')}>
                {saved.data.map(({ id, name, expression }) => (
                  <Button
                    key={id}
                    variant={id === chosen?.id ? 'light' : 'subtle'}
                    justify="start"
                    onClick={() => use(expression)}
                  >
                    {name}
                  </Button>
                ))}
              </div>
            ) : null}
            <ExpressionForm label={t('segment.expression')} expression={filters.segment ?? ''} onUse={use} />
          </div>
        )
      }}
    </Chip>
  )
}

/** A rule as text; empty is none. */
export function ExpressionForm({
  label,
  expression,
  onUse,
}: {
  label: string
  expression: string
  onUse: (expression: string | undefined) => void
}) {
  const t = useTranslations('filters')
  const [text, setText] = useState(expression)
  return (
    <form
      className={classes.rule}
      onSubmit={(event) => {
        event.preventDefault()
        onUse(text.trim() || undefined)
      }}
    >
      <Textarea
        label={label}
        description={t('segment.example')}
        value={text}
        autosize
        minRows={2}
        spellCheck={false}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Button type="submit" variant="default">
        {t('segment.use')}
      </Button>
    </form>
  )
}
