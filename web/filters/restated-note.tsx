import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useTranslations } from 'use-intl'
import type { RestatedPeriod, Told } from '../../server/import/orders/restatements.ts'
import { useTRPC } from '../trpc.ts'
import type { Column } from '../ui/data-table.tsx'
import { type Format, useFormat } from '../ui/format.ts'

/** What is said of a period of which figures were restated; undefined: that one was not. */
interface PeriodSentences {
  /** Of everybody, guests included. */
  readonly all: string | undefined
  readonly returning: string | undefined
  readonly new: string | undefined
}

/** Of restated months and of shorter periods that a page draws, such as weeks, by their first days; asked once there are any. */
export function useRestatedPeriods(
  periods: readonly { readonly from: string; readonly to: string }[],
): ReadonlyMap<string, PeriodSentences> {
  const trpc = useTRPC()
  const sentencesOf = usePeriodSentences()
  const format = useFormat()
  const { data } = useQuery(
    trpc.imports.restatedPeriods.queryOptions(
      { periods: periods.map(({ from, to }) => ({ from, to })) },
      { enabled: periods.length > 0 },
    ),
  )
  return useMemo(
    () =>
      new Map(
        (data ?? []).map((period) => [
          period.from,
          sentencesOf(period, 'period', format.dayRange(period.from, period.to)),
        ]),
      ),
    [data, sentencesOf, format],
  )
}

function usePeriodSentences() {
  const t = useTranslations('filters.restated')
  const format = useFormat()
  return useMemo(
    () =>
      ({ all, ...buying }: RestatedPeriod, kind: 'month' | 'period', name: string): PeriodSentences => {
        const of = (whose: 'returning' | 'new') => {
          const told = buying[whose]
          if (!told) return undefined
          const { before, after } = told
          return t('buying', {
            whose,
            days: name,
            what:
              before.buyers === after.buyers ? 'net' : before.netMinor === after.netMinor ? 'buyers' : 'both',
            before: format.money(before.netMinor),
            after: format.money(after.netMinor),
            buyersBefore: format.count(before.buyers),
            buyersAfter: format.count(after.buyers),
            ...causeOf(told, format),
          })
        }
        return {
          all: all
            ? t(kind, {
                month: name,
                days: name,
                what:
                  all.before.orders === all.after.orders
                    ? 'net'
                    : all.before.netMinor === all.after.netMinor
                      ? 'orders'
                      : 'both',
                before: format.money(all.before.netMinor),
                after: format.money(all.after.netMinor),
                ordersBefore: format.count(all.before.orders),
                ordersAfter: format.count(all.after.orders),
                ...causeOf(all, format),
              })
            : undefined,
          returning: of('returning'),
          new: of('new'),
        }
      },
    [t, format],
  )
}

const causeOf = ({ cause, fileName, at }: Told<unknown>, format: Format) => ({
  cause,
  file: fileName ?? '',
  time: format.instant(at),
})

/** What those of a first-purchase month did: who bought, or what they brought. */
type Figure = 'buyers' | 'netMinor'

/**
 * What is said of figures of first-purchase months that were restated; undefined: none of what the figure is made of
 * was. `size` is how many they are, `at` of their month `period` alone, `through` of all months up to it, and the
 * others of several first-purchase months taken together.
 */
export function useRestatedCohorts(figure: Figure) {
  const t = useTranslations('filters.restated')
  const trpc = useTRPC()
  const format = useFormat()
  const { data } = useQuery(trpc.imports.restatedCohorts.queryOptions())
  return useMemo(() => {
    const byCohort = Map.groupBy(data ?? [], ({ cohort }) => cohort)
    const sizeOf = (cohort: string) =>
      byCohort.get(cohort)?.find((cell) => cell.month === cohort && cell.buyers)?.buyers ?? undefined
    const list = (names: readonly string[]) => {
      const shown = names.slice(0, mostNamed).reduce((shown, next) => t('and', { shown, next }))
      const count = names.length - mostNamed
      return count > 0 ? t('others', { shown, count }) : shown
    }
    const write = (value: number) => (figure === 'buyers' ? format.count(value) : format.money(value))
    /** Cells of the figure that count from one month on to another; in their own month the buyers are the size. */
    const cellsOf = (cohort: string, from: string, to: string) =>
      (byCohort.get(cohort) ?? []).flatMap((cell) => {
        const told = cell[figure]
        const isSize = figure === 'buyers' && cell.month === cohort
        return told && !isSize && from <= cell.month && cell.month <= to ? [{ ...cell, told }] : []
      })
    const size = (cohort: string) => {
      const told = sizeOf(cohort)
      return told
        ? t('size', {
            cohort: format.month(cohort),
            before: format.count(told.before),
            after: format.count(told.after),
            ...causeOf(told, format),
          })
        : undefined
    }
    const within = (cohort: string, from: string, to: string) => {
      const cells = cellsOf(cohort, from, to)
      const told = newest(cells.map(({ told }) => told))
      return told
        ? t(figure === 'buyers' ? 'returned' : 'net', {
            cohort: format.month(cohort),
            months: list(cells.map(({ month }) => format.month(month))),
            single: String(cells.length === 1),
            before: write(told.before),
            after: write(told.after),
            ...causeOf(told, format),
          })
        : undefined
    }
    const both = (...sentences: (string | undefined)[]) =>
      sentences.filter((sentence) => sentence !== undefined).join('\n') || undefined
    const mixed = (cohorts: readonly string[], span: (cohort: string) => readonly [string, string]) => {
      const found = cohorts.flatMap((cohort) => {
        const cells = cellsOf(cohort, ...span(cohort))
        const size = sizeOf(cohort)
        return cells.length > 0 || size ? [{ cohort, cells, size }] : []
      })
      const told = newest(
        found.flatMap(({ cells, size }) => [...cells.map(({ told }) => told), ...(size ? [size] : [])]),
      )
      const months = [...new Set(found.flatMap(({ cells }) => cells.map(({ month }) => month)))].toSorted()
      return told
        ? t('mixed', {
            cohorts: list(found.map(({ cohort }) => format.month(cohort))),
            size: String(found.some(({ size }) => size)),
            months: months.length > 0 ? list(months.map((month) => format.month(month))) : 'none',
            ...causeOf(told, format),
          })
        : undefined
    }
    return {
      size,
      at: (cohort: string, period: number) => {
        const month = laterMonth(cohort, period)
        return both(size(cohort), within(cohort, month, month))
      },
      through: (cohort: string, period: number) =>
        both(size(cohort), within(cohort, cohort, laterMonth(cohort, period))),
      mixedAt: (cohorts: readonly string[], period: number) =>
        mixed(cohorts, (cohort) => [laterMonth(cohort, period), laterMonth(cohort, period)]),
      mixedThrough: (cohorts: readonly string[], period: number) =>
        mixed(cohorts, (cohort) => [cohort, laterMonth(cohort, period)]),
      /** A sentence or two of each first-purchase month, the latest first. */
      all: [...byCohort.keys()]
        .toSorted((a, b) => b.localeCompare(a))
        .flatMap((cohort) => {
          const sentences = [size(cohort), within(cohort, cohort, '9999-12-01')].filter(
            (sentence) => sentence !== undefined,
          )
          return sentences.map((sentence) => ({ cohort, sentence }))
        }),
    }
  }, [data, figure, t, format])
}

const newest = <F,>(told: readonly Told<F>[]): Told<F> | undefined =>
  told.toSorted((a, b) => a.at.localeCompare(b.at)).at(-1)

/** The first day of the month `count` months after the one that begins on `month`. */
function laterMonth(month: string, count: number): string {
  const [year, number] = month.split('-').map(Number)
  return new Date(Date.UTC(year!, number! - 1 + count, 1)).toISOString().slice(0, 10)
}

/** A column with what became of the figures of a table's rows; none while none was restated. */
export function useRestatedColumn() {
  const t = useTranslations('filters.restated')
  return <Row,>(rows: readonly Row[], sentenceOf: (row: Row) => string | undefined): readonly Column<Row>[] =>
    rows.some((row) => sentenceOf(row) !== undefined)
      ? [
          {
            key: 'restated',
            header: t('column'),
            wide: true,
            value: (row) => sentenceOf(row) ?? null,
            cell: (row) => sentenceOf(row) ?? '',
          },
        ]
      : []
}

/**
 * The restated months of the days that a page draws (ISO days, both of them included), the latest first,
 * at its foot. Months that it does not draw are the Data page's.
 */
export function RestatedNote({ from, to }: { from: string | undefined; to: string | undefined }) {
  const trpc = useTRPC()
  const format = useFormat()
  const sentencesOf = usePeriodSentences()
  const { data } = useQuery(trpc.imports.restated.queryOptions())
  if (from === undefined || to === undefined) return null
  const drawn = (data ?? []).filter(
    (month) => month.from.slice(0, 7) >= from.slice(0, 7) && month.from.slice(0, 7) <= to.slice(0, 7),
  )
  return (
    <Sentences
      all={drawn.flatMap((month) => {
        const { all, returning, new: ofNew } = sentencesOf(month, 'month', format.month(month.from))
        return (all === undefined ? [returning, ofNew] : [all]).filter((sentence) => sentence !== undefined)
      })}
    />
  )
}

/** The same of the first-purchase months that a page draws. */
export function RestatedCohortsNote({ figure, cohorts }: { figure: Figure; cohorts: readonly string[] }) {
  const { all } = useRestatedCohorts(figure)
  return (
    <Sentences all={all.filter(({ cohort }) => cohorts.includes(cohort)).map(({ sentence }) => sentence)} />
  )
}

function Sentences({ all }: { all: readonly string[] }) {
  const t = useTranslations('filters.restated')
  return (
    <>
      {all.slice(0, mostNamed).map((sentence) => (
        <p key={sentence}>↻ {sentence}</p>
      ))}
      {all.length > mostNamed ? <p>{t('more', { count: all.length - mostNamed })}</p> : null}
    </>
  )
}

const mostNamed = 3
