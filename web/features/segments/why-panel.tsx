import { Button, TextInput } from '@mantine/core'
import { IconCircleCheck, IconCircleX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import type { ExplainedClause, ExplainedDraw, Explanation } from '../../../analytics/segments/explain.ts'
import { fieldsByName, measuresByName } from '../../../analytics/segments/fields/catalogue.ts'
import { parse } from '../../../analytics/segments/parse.ts'
import { print } from '../../../analytics/segments/print.ts'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { type Language, useLanguage } from '../../ui/language.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Failure } from '../../ui/panel-states.tsx'
import classes from './segments.module.css'

/** Why one member is in or not: each clause with the member's own value and what would turn it. */
export function WhyPanel({
  expression,
  before,
  member,
  onMember,
}: {
  expression: string
  /** The rule has moved on and is none at the moment: this is about the one before. */
  before: boolean
  member: string | undefined
  onMember: (memberId: string | undefined) => void
}) {
  const t = useTranslations('segments')
  const trpc = useTRPC()
  const why = useQuery({
    ...trpc.segments.explain.queryOptions(
      { expression, memberId: member ?? '' },
      { trpc: { abortOnUnmount: true } },
    ),
    enabled: member !== undefined,
  })
  return (
    <Panel title={t('why.title')} subtitle={t(before ? 'why.before' : 'why.subtitle')}>
      <Finder key={member} member={member} onMember={onMember} />
      {why.isError ? <Failure error={why.error} retry={() => void why.refetch()} /> : null}
      {why.data ? (
        <div aria-live="polite">
          <p className={classes.verdict}>
            <Mark holds={why.data.selected} />
            {t(why.data.selected ? 'why.in' : 'why.out', { member: why.data.memberId })}
          </p>
          <ul className={classes.explanation}>
            <Reason of={why.data.explanation} />
          </ul>
        </div>
      ) : null}
    </Panel>
  )
}

function Finder({
  member,
  onMember,
}: {
  member: string | undefined
  onMember: (memberId: string | undefined) => void
}) {
  const t = useTranslations('segments')
  const [typed, setTyped] = useState(member ?? '')
  return (
    <form
      className={classes.finder}
      onSubmit={(event) => {
        event.preventDefault()
        onMember(typed.trim() || undefined)
      }}
    >
      <TextInput
        label={t('why.member')}
        value={typed}
        maxLength={200}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      <Button type="submit" variant="default">
        {t('why.ask')}
      </Button>
    </form>
  )
}

function Mark({ holds }: { holds: boolean }) {
  const t = useTranslations('segments')
  return holds ? (
    <IconCircleCheck size={20} className={classes.good} aria-label={t('why.holds')} role="img" />
  ) : (
    <IconCircleX size={20} className={classes.bad} aria-label={t('why.fails')} role="img" />
  )
}

function Reason({ of }: { of: Explanation }) {
  const t = useTranslations('segments')
  const format = useFormat()
  if (of.kind === 'clause') return <ClauseReason of={of} />
  if (of.kind === 'random') return <DrawReason of={of} />
  const head =
    of.kind === 'segment'
      ? t('why.segment', { name: of.name })
      : of.kind === 'on'
        ? t(of.parts.length === 0 ? 'why.onUnknown' : 'why.on', { day: format.day(of.day) })
        : t(`why.${of.kind}`)
  return (
    <li>
      <div className={classes.reason}>
        <Mark holds={of.holds} />
        <span>{head}</span>
      </div>
      {of.kind === 'everyone' ? null : (
        <ul className={classes.explanation}>
          {of.parts.map((part, index) => (
            <Reason key={index} of={part} />
          ))}
        </ul>
      )}
    </li>
  )
}

/** A condition as it is written in the language on the screen. */
function useWritten(text: string): string {
  const { language } = useLanguage()
  const { decimals } = useFormat()
  const parsed = parse(text, { currencyDecimals: decimals })
  return parsed.kind === 'parsed' ? print(parsed.expression, language) : text
}

function DrawReason({ of }: { of: ExplainedDraw }) {
  const t = useTranslations('segments')
  return (
    <li className={classes.reason}>
      <Mark holds={of.holds} />
      <div>
        <code>{useWritten(of.text)}</code>
        {of.drawn === null ? null : (
          <div>{t('why.drawn', { number: String(of.drawn), percent: String(of.percent) })}</div>
        )}
      </div>
      {of.flip ? (
        <span className={classes.flip}>{t('why.turns', { value: `${of.flip.value}% ` })}</span>
      ) : null}
    </li>
  )
}

function ClauseReason({ of }: { of: ExplainedClause }) {
  const text = useWritten(of.text)
  return (
    <li className={classes.reason}>
      <Mark holds={of.holds} />
      <div>
        <code>{text}</code>
        {of.valueKind === 'set' && !of.has ? null : (
          <div>
            <OwnValue of={of} />
          </div>
        )}
      </div>
      {of.flip || of.tagging ? (
        <span className={classes.flip}>
          <Turn of={of} />
        </span>
      ) : null}
    </li>
  )
}

/** What the clause asks about, with the member's own value. */
export function OwnValue({ of }: { of: ExplainedClause }) {
  const t = useTranslations('segments')
  const { language } = useLanguage()
  const shown = useShown(of)
  const measured = of.text.startsWith(`${of.asked}(`)
  const title = (measured ? measuresByName : fieldsByName).get(of.asked)?.title[language] ?? of.asked
  if (of.has)
    return of.has.length === 0
      ? t('why.hasNone', { field: title })
      : t('why.has', { field: title, values: listed(of.has, language) })
  return of.value === null
    ? t('why.unknown', { field: title })
    : t('why.own', { field: title, value: shown(of.value) })
}

/** The nearest value at which the clause turns, and when waiting reaches it; nothing where there is none. */
export function Turn({ of }: { of: ExplainedClause }) {
  const t = useTranslations('segments')
  const { language } = useLanguage()
  const shown = useShown(of)
  if (of.tagging) {
    const { kind, tags } = of.tagging
    return t(kind === 'put-on' ? 'why.putOn' : 'why.takeOff', {
      n: tags.length,
      tags: listed(tags, language),
    })
  }
  if (!of.flip) return null
  if (of.flip.onDay && of.valueKind === 'anniversary')
    return t('why.turnsOnDay', { day: shown(of.flip.onDay, 'day') })
  if (of.flip.onDay)
    return t('why.turnsOn', { value: shown(of.flip.value), day: shown(of.flip.onDay, 'day') })
  const turn = amountThatTurns()
  if (!of.flip.lapsesOn) return turn
  return t('why.lapses', { turn, day: shown(of.flip.lapsesOn, 'day') })

  function amountThatTurns(): string {
    const { value: turned, by } = of.flip!
    const value = apart(shown(turned))
    const missing = missingOf(of)
    if (missing === null) return t('why.turns', { value })
    const difference = shown(Math.abs(missing))
    if (missing > 0 && by) return t('why.turnsMoreBy', { difference, value, day: shown(by, 'day') })
    return t(missing > 0 ? 'why.turnsMore' : 'why.turnsLess', { difference, value })
  }
}

/** How much more, or less where it is below 0, turns the clause; null of what is no amount: averages, shares and days. */
function missingOf({ flip, value, valueKind, unit, ratio }: ExplainedClause): number | null {
  if (!flip || value === null || ratio || unit === 'days') return null
  if (valueKind !== 'money' && valueKind !== 'count') return null
  const missing = Number(flip.value) - Number(value)
  return Number.isFinite(missing) && missing !== 0 ? missing : null
}

/** Values one after the other, each in quotes. */
const listed = (values: readonly string[], language: Language) =>
  values.map((value) => `“${value}”`).join(language === 'en' ? ', ' : '、')

/** A value before Chinese words: digits and Latin stand apart from them, a measure word does not. */
const apart = (value: string) => (/\p{Script=Han}$/u.test(value) ? value : `${value} `)

/** Writes a value of the clause's kind in the language on the screen. */
function useShown({ asked, valueKind, unit }: ExplainedClause) {
  const t = useTranslations('segments')
  const { language } = useLanguage()
  const format = useFormat()
  return (value: string | number | boolean, kind = valueKind): string => {
    if (kind === 'money') return format.money(Number(value))
    if (kind === 'day' || kind === 'anniversary') return format.day(String(value))
    if (kind === 'percent') return `${format.count(Number(value))}%`
    if (kind === 'count')
      return unit
        ? t(`counted.${unit}`, { n: Number(value), count: format.count(Number(value)) })
        : String(value)
    if (kind === 'flag') return t(`flag.${value === true ? 'true' : 'false'}`)
    const choice = fieldsByName.get(asked)?.choices?.find((one) => one.value === value)
    return choice ? choice.title[language] : String(value)
  }
}
