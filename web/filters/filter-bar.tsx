import { Button, Checkbox, TextInput } from '@mantine/core'
import { IconCalendar } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../trpc.ts'
import { useFormat } from '../ui/format.ts'
import { Failure } from '../ui/panel-states.tsx'
import { Chip } from './chip.tsx'
import { presetRange, presets } from './days.ts'
import classes from './filter-bar.module.css'
import { useFilters } from './filters.ts'
import { ExpressionForm, SegmentPicker } from './segment-picker.tsx'

const DayRange = lazy(() => import('./day-range.tsx'))

/**
 * The sticky bar of an analytic page. Every choice is in the address, so a link shows the same figures.
 * `asOf` is the last day of the data the page shows; `dates`, `places` and `compare` say whether the page's
 * questions take a window, stores, channels and categories, a comparison.
 */
export function FilterBar({
  asOf,
  dates = true,
  places = true,
  compare,
  unset,
}: {
  asOf?: string
  dates?: boolean
  places?: boolean
  /** `always`: the page's figures stand beside those before by themselves. */
  compare?: 'chosen' | 'always'
  /** The dates of the page's questions where none are chosen; without, all. */
  unset?: (typeof presets)[number]
}) {
  const t = useTranslations('filters')
  const format = useFormat()
  const { filters } = useFilters()
  return (
    <div className={classes.bar}>
      <div className={classes.chips} role="group" aria-label={t('label')}>
        <SegmentPicker />
        {dates ? <DatesChip asOf={filters.asOf ?? asOf} unset={unset} /> : null}
        {places ? <ListChip name="stores" /> : null}
        {places ? <ListChip name="channels" /> : null}
        {places ? <ListChip name="categories" /> : null}
        <ListChip name="tiers" />
        <ListChip name="regions" />
        {compare ? <CompareChip always={compare === 'always'} /> : null}
      </div>
      {asOf ? <div className={classes.asOf}>{t('asOf', { day: format.weekday(asOf) })}</div> : null}
    </div>
  )
}

function DatesChip({ asOf, unset }: { asOf?: string; unset?: (typeof presets)[number] }) {
  const t = useTranslations('filters')
  const format = useFormat()
  const { filters, set } = useFilters()
  const { from, to } = filters
  const preset = asOf
    ? presets.find((name) => {
        const range = presetRange(name, asOf)
        return range.from === from && range.to === to
      })
    : undefined
  const label = preset
    ? t(`dates.${preset}`)
    : from && to
      ? format.dayRange(from, to)
      : from
        ? t('dates.since', { day: format.day(from) })
        : to
          ? t('dates.until', { day: format.day(to) })
          : t(`dates.${unset ?? 'all'}`)
  return (
    <Chip
      label={label}
      icon={<IconCalendar size={16} aria-hidden />}
      onClear={from || to ? () => set({ from: undefined, to: undefined }) : undefined}
    >
      {(close) => (
        <div className={classes.dates}>
          <div className={classes.presets}>
            {asOf
              ? presets.map((name) => (
                  <Button
                    key={name}
                    variant={name === preset ? 'light' : 'subtle'}
                    color={name === preset ? undefined : 'gray'}
                    justify="start"
                    onClick={() => {
                      set(presetRange(name, asOf))
                      close()
                    }}
                  >
                    {t(`dates.${name}`)}
                  </Button>
                ))
              : null}
            {unset ? null : (
              <Button
                variant={from || to ? 'subtle' : 'light'}
                color={from || to ? 'gray' : undefined}
                justify="start"
                onClick={() => {
                  set({ from: undefined, to: undefined })
                  close()
                }}
              >
                {t('dates.all')}
              </Button>
            )}
          </div>
          <Suspense fallback={<div className={classes.calendar} />}>
            <DayRange
              from={from}
              to={to}
              latest={asOf}
              onChange={(range) => {
                set(range)
                close()
              }}
            />
          </Suspense>
        </div>
      )}
    </Chip>
  )
}

/** Held against nothing, the days before, last year's, or other members. `always`: against the days before, where nothing is chosen. */
function CompareChip({ always }: { always: boolean }) {
  const t = useTranslations('filters')
  const { filters, set } = useFilters()
  const [choosing, choose] = useState(false)
  const chosen = filters.compare ?? (always ? 'previous' : 'none')
  return (
    <Chip
      label={t(`compare.${chosen}`)}
      off={chosen === 'none'}
      onClear={filters.compare ? () => set({ compare: undefined, other: undefined }) : undefined}
    >
      {(close) => (
        <div className={classes.presets}>
          {(always
            ? (['previous', 'year'] as const)
            : (['none', 'previous', 'year', 'segment'] as const)
          ).map((name) => (
            <Button
              key={name}
              variant={name === chosen ? 'light' : 'subtle'}
              color={name === chosen ? undefined : 'gray'}
              justify="start"
              onClick={() => {
                if (name === 'segment') return choose(true)
                const none = name === 'none' || (always && name === 'previous')
                set({ compare: none ? undefined : name, other: undefined })
                close()
              }}
            >
              {t(`compare.${name}`)}
            </Button>
          ))}
          {choosing || chosen === 'segment' ? (
            <ExpressionForm
              label={t('compare.other')}
              expression={filters.other ?? ''}
              onUse={(other) => {
                set({ compare: other === undefined ? undefined : 'segment', other })
                close()
              }}
            />
          ) : null}
        </div>
      )}
    </Chip>
  )
}

/** Filters of which any of several values that occur in the data may be chosen. */
type ListName = 'stores' | 'channels' | 'categories' | 'tiers' | 'regions'

function ListChip({ name }: { name: ListName }) {
  const t = useTranslations('filters')
  const { filters, set } = useFilters()
  const chosen = filters[name] ?? []
  const label =
    chosen.length === 0
      ? t(`${name}.all`)
      : chosen.length === 1
        ? (chosen[0] ?? '')
        : t(`${name}.some`, { n: chosen.length })
  return (
    <Chip
      label={label}
      off={chosen.length === 0}
      onClear={chosen.length > 0 ? () => set({ [name]: undefined }) : undefined}
    >
      {() => <ValueList name={name} chosen={chosen} onChange={(next) => set({ [name]: next })} />}
    </Chip>
  )
}

/** The names that occur in the data, asked for when the list is opened. */
function ValueList({
  name,
  chosen,
  onChange,
}: {
  name: ListName
  chosen: readonly string[]
  onChange: (chosen: string[] | undefined) => void
}) {
  const t = useTranslations('filters')
  const trpc = useTRPC()
  const [wanted, want] = useState('')
  const values = useQuery(
    trpc.segments.values.queryOptions(undefined, { staleTime: 300_000, trpc: { abortOnUnmount: true } }),
  )
  if (values.isPending) return <div className={classes.list} />
  if (values.isError) return <Failure error={values.error} retry={() => void values.refetch()} />
  const all = [...new Set([...chosen, ...values.data.values[name].map(({ value }) => value)])]
  if (all.length === 0) return <div className={classes.list}>{t(`${name}.none`)}</div>
  return (
    <div className={classes.list}>
      {all.length > 8 ? (
        <TextInput
          aria-label={t('find')}
          placeholder={t('find')}
          value={wanted}
          onChange={(event) => want(event.currentTarget.value)}
        />
      ) : null}
      {all
        .filter((item) => item.toLowerCase().includes(wanted.toLowerCase()))
        .map((item) => (
          <Checkbox
            key={item}
            label={item}
            checked={chosen.includes(item)}
            onChange={(event) => {
              const next = event.currentTarget.checked
                ? [...chosen, item]
                : chosen.filter((other) => other !== item)
              onChange(next.length > 0 ? next : undefined)
            }}
          />
        ))}
    </div>
  )
}
