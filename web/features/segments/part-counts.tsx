import { Button } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react'
import { useTranslations } from 'use-intl'
import { type Expression, partsOf } from '../../../analytics/segments/ast.ts'
import { parse } from '../../../analytics/segments/parse.ts'
import { print } from '../../../analytics/segments/print.ts'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { Failure } from '../../ui/panel-states.tsx'
import { useAnswer } from '../../ui/query-panel.tsx'
import type { Path } from './places.ts'
import classes from './segments.module.css'

interface Count {
  readonly members: number
  readonly together: number
  readonly all: number
}

interface Counted {
  /** Counts by the place of the part and its text: a part that was moved or changed has none yet. */
  readonly counts: ReadonlyMap<string, Count>
  /** They are of a rule before, while the new ones are on their way. */
  readonly stale: boolean
}

const CountsContext = createContext<Counted>({ counts: new Map(), stale: true })

const settleMs = 300
/** Whoever waits longer is told how long, and may call it off. */
const shownAfterMs = 1_000

/** Counts every part of the rule in one question, which is called off as soon as the rule is another. */
export function PartCounts({ expression, children }: { expression: Expression; children: ReactNode }) {
  const t = useTranslations('segments')
  const trpc = useTRPC()
  const { decimals } = useFormat()
  const text = print(expression)
  const [settled] = useDebouncedValue(text, settleMs)
  const answer = useAnswer(
    trpc.segments.partCounts.queryOptions({ expression: settled }, { trpc: { abortOnUnmount: true } }),
  )
  const { data } = answer
  const counts = useMemo(() => {
    const found = new Map<string, Count>()
    const parsed = data && parse(data.expression, { currencyDecimals: decimals })
    if (parsed?.kind !== 'parsed') return found
    const of = (part: Expression, path: string): void => {
      const count = data!.parts.find((one) => one.path === path)
      if (count) found.set(keyOf(path, part), count)
      partsOf(part).forEach((one, i) => of(one, path === '' ? `${i}` : `${path}.${i}`))
    }
    of(parsed.expression, '')
    return found
  }, [data, decimals])
  const stale = text !== data?.expression
  const counted = useMemo(() => ({ counts, stale }), [counts, stale])
  return (
    <CountsContext value={counted}>
      {answer.isFetching ? <Waiting key={settled} cancel={answer.cancel} /> : null}
      {answer.isError ? (
        <Failure error={answer.error} retry={() => void answer.refetch()} />
      ) : stale && !answer.isFetching && settled === text ? (
        <p className={classes.waiting} role="status">
          {t('counts.stopped')}
          <Button size="compact-sm" variant="default" onClick={() => void answer.refetch()}>
            {t('counts.again')}
          </Button>
        </p>
      ) : null}
      {children}
    </CountsContext>
  )
}

const keyOf = (path: string, part: Expression) => `${path} ${print(part)}`

/** How long the counts are on their way, once that is long enough to be noticed. */
function Waiting({ cancel }: { cancel: (() => void) | undefined }) {
  const t = useTranslations('segments')
  const [seconds, setSeconds] = useState(0)
  useEffect(() => {
    const began = performance.now()
    const timer = setInterval(() => setSeconds(Math.floor((performance.now() - began) / 1000)), 250)
    return () => clearInterval(timer)
  }, [])
  if (seconds * 1000 < shownAfterMs) return null
  return (
    <p className={classes.waiting} role="status">
      <span>{t('counts.waiting', { n: seconds })}</span>
      <Button size="compact-sm" variant="default" onClick={cancel}>
        {t('counts.stop')}
      </Button>
    </p>
  )
}

/**
 * How many members a part selects, and what it does to those before it in its group: how many it takes away in an AND,
 * how many it brings in an OR.
 */
export function PartCount({
  part,
  path,
  before,
  kind,
}: {
  part: Expression
  /** In the rule, not in the builder's draft. */
  path: Path
  /** The part before it in its group, if there is one. */
  before?: { readonly part: Expression; readonly path: Path } | undefined
  /** Of the group; none around it: only the members are told. */
  kind?: 'and' | 'or' | undefined
}) {
  const t = useTranslations('segments')
  const format = useFormat()
  const { counts, stale } = useContext(CountsContext)
  const own = counts.get(keyOf(path.join('.'), part))
  const previous = before && counts.get(keyOf(before.path.join('.'), before.part))
  if (!own || (before && !previous))
    return (
      <p className={classes.partCount} data-stale>
        {t('counts.none')}
      </p>
    )
  const from = previous?.together ?? (kind === 'and' ? own.all : 0)
  const change = kind === 'and' ? from - own.together : own.together - from
  return (
    <p className={classes.partCount} data-stale={stale || undefined} aria-busy={stale}>
      <span>{t('counts.members', { n: own.members, members: format.count(own.members) })}</span>
      {kind === undefined || (kind === 'or' && !before) ? null : (
        <span>
          {t(`counts.${kind}`, {
            n: change,
            change: format.count(change),
            left: format.count(own.together),
          })}
        </span>
      )}
    </p>
  )
}
