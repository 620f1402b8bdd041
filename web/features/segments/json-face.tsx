import { Textarea } from '@mantine/core'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import type { Expression } from '../../../analytics/segments/ast.ts'
import { fromJson, toJson } from '../../../analytics/segments/json.ts'
import { useFormat } from '../../ui/format.ts'
import { ProblemList } from './problem-list.tsx'
import classes from './segments.module.css'

/** The rule as JSON, for scripts. It follows the text while it is no rule of its own. */
export function JsonFace({
  expression,
  onChange,
}: {
  expression: Expression
  onChange: (expression: Expression) => void
}) {
  const t = useTranslations('segments')
  const { decimals } = useFormat()
  const shown = toJson(expression)
  const [draft, setDraft] = useState<{ json: string; of: string } | null>(null)
  // the rule was changed elsewhere: the draft is of an older one
  const json = draft && draft.of === shown ? draft.json : shown
  const read = fromJson(json, { currencyDecimals: decimals })
  return (
    <>
      <Textarea
        aria-label={t('json.label')}
        classNames={{ input: classes.json }}
        value={json}
        autosize
        minRows={8}
        maxRows={28}
        spellCheck={false}
        onChange={(event) => {
          const next = event.currentTarget.value
          const parsed = fromJson(next, { currencyDecimals: decimals })
          if (parsed.kind === 'refused') return setDraft({ json: next, of: shown })
          setDraft({ json: next, of: toJson(parsed.expression) })
          onChange(parsed.expression)
        }}
      />
      <ProblemList problems={read.kind === 'refused' ? read.problems : []} />
    </>
  )
}
