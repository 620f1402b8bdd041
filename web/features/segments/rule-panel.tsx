import { Button, SegmentedControl } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { useTranslations } from 'use-intl'
import { everyone } from '../../../analytics/segments/ast.ts'
import type { Parsed } from '../../../analytics/segments/parse.ts'
import { print } from '../../../analytics/segments/print.ts'
import { useTRPC } from '../../trpc.ts'
import { useLanguage } from '../../ui/language.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Builder } from './builder.tsx'
import type { Values } from './drafts.ts'
import { JsonFace } from './json-face.tsx'
import { ProblemList } from './problem-list.tsx'
import { Rule } from '../../ui/rule.tsx'
import classes from './segments.module.css'

const TextFace = lazy(() => import('./text-face.tsx').then((module) => ({ default: module.TextFace })))

export const faces = ['builder', 'text', 'json'] as const
export type Face = (typeof faces)[number]
const noValues: Values = {}
const noSegments: readonly string[] = []

/** The rule in three faces over one text: whatever is changed in one is changed in all. */
export function RulePanel({
  text,
  parsed,
  onChange,
  face,
  onFace,
}: {
  text: string
  parsed: Parsed
  onChange: (text: string) => void
  face: Face
  onFace: (face: Face) => void
}) {
  const t = useTranslations('segments')
  const trpc = useTRPC()
  const { language } = useLanguage()
  const shop = useQuery(trpc.segments.values.queryOptions(undefined, { staleTime: 300_000 })).data
  const empty = text.trim() === ''
  const expression = parsed.kind === 'parsed' ? parsed.expression : empty ? everyone : null
  const problems = parsed.kind === 'refused' && !empty ? parsed.problems : []
  return (
    <Panel title={t('rule.title')} subtitle={t('rule.subtitle')}>
      <div className={classes.faces}>
        <SegmentedControl
          value={faces.includes(face) ? face : 'builder'}
          aria-label={t('rule.faces')}
          data={faces.map((value) => ({ value, label: t(`rule.face.${value}`) }))}
          onChange={(next) => onFace(next as Face)}
        />
      </div>
      {face === 'text' ? (
        <>
          <Suspense fallback={null}>
            <TextFace
              text={text}
              onChange={onChange}
              problems={problems}
              values={shop?.values ?? noValues}
              segments={shop?.segments ?? noSegments}
            />
          </Suspense>
          <ProblemList
            problems={problems}
            onApply={({ from, to, suggestion }) =>
              onChange(text.slice(0, from) + (suggestion ?? '') + text.slice(to))
            }
          />
        </>
      ) : expression === null ? (
        <>
          <p>{t('rule.notYet')}</p>
          <ProblemList problems={problems} />
          <Button mt={12} variant="default" onClick={() => onFace('text')}>
            {t('rule.toText')}
          </Button>
        </>
      ) : face === 'json' ? (
        <JsonFace expression={expression} onChange={(next) => onChange(print(next, language))} />
      ) : shop === undefined ? null : (
        <>
          <Builder expression={expression} shop={shop} onChange={(next) => onChange(print(next, language))} />
          <div className={classes.canonical}>
            <Rule text={print(expression)} />
          </div>
        </>
      )}
    </Panel>
  )
}
