import { ActionIcon, Button, SegmentedControl } from '@mantine/core'
import { IconArrowBackUp, IconArrowForwardUp } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type KeyboardEvent, lazy, Suspense, useMemo } from 'react'
import { useTranslations } from 'use-intl'
import { everyone } from '../../../analytics/segments/ast.ts'
import type { Parsed } from '../../../analytics/segments/parse.ts'
import { print, printOnLines } from '../../../analytics/segments/print.ts'
import { useTRPC } from '../../trpc.ts'
import { useLanguage } from '../../ui/language.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Builder } from './builder.tsx'
import type { Known } from './completion.ts'
import type { useEdits } from './edits.ts'
import { JsonFace } from './json-face.tsx'
import { ProblemList } from './problem-list.tsx'
import { Rule } from '../../ui/rule.tsx'
import classes from './segments.module.css'

const TextFace = lazy(() => import('./text-face.tsx').then((module) => ({ default: module.TextFace })))

export const faces = ['builder', 'text', 'json'] as const
export type Face = (typeof faces)[number]
const noValues: Known['values'] = {}
const noSegments: readonly string[] = []

/** The keys that undo and redo, where they are not those of a field in which something is typed. */
function undoneByKeys(
  event: KeyboardEvent,
  { undo, redo }: Pick<ReturnType<typeof useEdits>, 'undo' | 'redo'>,
) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return
  if (event.target instanceof HTMLElement && event.target.matches('input:not([readonly]), textarea')) return
  const key = event.key.toLowerCase()
  const action = key === 'y' || (key === 'z' && event.shiftKey) ? redo : key === 'z' ? undo : undefined
  if (!action) return
  event.preventDefault()
  action()
}

/** The rule in three faces over one text: whatever is changed in one is changed in all. */
export function RulePanel({
  text,
  parsed,
  edits,
  face,
  onFace,
}: {
  text: string
  parsed: Parsed
  edits: Pick<ReturnType<typeof useEdits>, 'change' | 'undo' | 'redo'>
  face: Face
  onFace: (face: Face) => void
}) {
  const t = useTranslations('segments')
  const trpc = useTRPC()
  const { change: onChange, undo, redo } = edits
  const { language } = useLanguage()
  const known = useQuery(trpc.segments.values.queryOptions(undefined, { staleTime: 300_000 })).data
  const shop = useMemo(
    () =>
      known && {
        ...known,
        values: Object.fromEntries(
          Object.entries(known.values).map(([list, counted]) => [list, counted.map(({ value }) => value)]),
        ),
      },
    [known],
  )
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
        <div className={classes.editTools}>
          {face === 'text' && expression !== null && !empty ? (
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => onChange(printOnLines(expression, language))}
            >
              {t('edits.format')}
            </Button>
          ) : null}
          <ActionIcon
            variant="default"
            size={34}
            aria-label={t('edits.undo')}
            disabled={!undo}
            onClick={undo}
          >
            <IconArrowBackUp size={18} aria-hidden />
          </ActionIcon>
          <ActionIcon
            variant="default"
            size={34}
            aria-label={t('edits.redo')}
            disabled={!redo}
            onClick={redo}
          >
            <IconArrowForwardUp size={18} aria-hidden />
          </ActionIcon>
        </div>
      </div>
      {face === 'text' ? (
        <>
          <Suspense fallback={null}>
            <TextFace
              text={text}
              onChange={onChange}
              problems={problems}
              values={known?.values ?? noValues}
              segments={known?.segments ?? noSegments}
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
        <div onKeyDown={(event) => undoneByKeys(event, edits)}>
          <Builder expression={expression} shop={shop} onChange={(next) => onChange(print(next, language))} />
          <div className={classes.canonical}>
            <Rule text={print(expression)} />
          </div>
        </div>
      )}
    </Panel>
  )
}
