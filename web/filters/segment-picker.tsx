import { Button, Textarea } from '@mantine/core'
import { IconUsers } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { Chip } from './chip.tsx'
import classes from './filter-bar.module.css'
import { useFilters } from './filters.ts'

/** Whose figures the page shows: a segment's expression, in the address. */
export function SegmentPicker() {
  const t = useTranslations('filters')
  const { filters, set } = useFilters()
  return (
    <Chip
      label={filters.segment ?? t('segment.all')}
      icon={<IconUsers size={16} aria-hidden />}
      onClear={filters.segment ? () => set({ segment: undefined }) : undefined}
    >
      {(close) => (
        <ExpressionForm
          expression={filters.segment ?? ''}
          onUse={(segment) => {
            set({ segment })
            close()
          }}
        />
      )}
    </Chip>
  )
}

function ExpressionForm({
  expression,
  onUse,
}: {
  expression: string
  onUse: (expression: string | undefined) => void
}) {
  const t = useTranslations('filters')
  const [text, setText] = useState(expression)
  return (
    <form
      className={classes.expression}
      onSubmit={(event) => {
        event.preventDefault()
        onUse(text.trim() || undefined)
      }}
    >
      <Textarea
        label={t('segment.expression')}
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
