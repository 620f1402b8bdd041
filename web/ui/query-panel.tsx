import { ActionIcon, Button, Menu, Popover } from '@mantine/core'
import { IconDots, IconFileTypeCsv, IconInfoCircle, IconPhoto } from '@tabler/icons-react'
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import type { QueryKey, UseQueryOptions, UseQueryResult } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { PictureContext, type PictureTaker } from './chart-frame.tsx'
import { ComparedTable, type Comparison } from './compared-table.tsx'
import { askedOf, Computed } from './computed.tsx'
import { csvOf, download } from './csv.ts'
import { DataTable, type Column } from './data-table.tsx'
import { Panel } from './panel.tsx'
import { Failure, Missing } from './panel-states.tsx'
import classes from './query-panel.module.css'

/** A query's answer that the person can call off. */
export type Answer<T> = UseQueryResult<T, unknown> & { cancel?: () => void }

/**
 * `useQuery` for a panel: keeps the old data on the screen while new data comes, and can be cancelled,
 * which aborts the request and, on the server, the running statement.
 */
export function useAnswer<TData, TError, TSelected, TKey extends QueryKey>(
  options: UseQueryOptions<TData, TError, TSelected, TKey>,
): Answer<TSelected> {
  const client = useQueryClient()
  const query = useQuery({ ...options, placeholderData: keepPreviousData } as typeof options)
  return {
    ...query,
    cancel: () => void client.cancelQueries({ queryKey: options.queryKey }),
  } as Answer<TSelected>
}

/** A panel's data as rows and columns: what "Table" shows and what CSV holds. */
export interface TableOf<Row> {
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
}

/** Makes a table whose row type the panel need not know. */
export const tableOf = <Row,>(columns: readonly Column<Row>[], rows: readonly Row[]): TableOf<never> =>
  ({ columns, rows }) as unknown as TableOf<never>

type OfData<T, V> = V | ((data: T) => V)
const given = <T, V>(value: OfData<T, V>, data: T | undefined): V | undefined =>
  typeof value === 'function' ? (data === undefined ? undefined : (value as (data: T) => V)(data)) : value

/**
 * A panel over one query. It owns what every panel owes: old data at 60 % while new data comes, a skeleton
 * after 300 ms when there is none, Cancel after 2 s, an error with one action, the reason and first step
 * when there is nothing, the data as a table and as CSV, the definition with the statement behind it, the picture of its chart, and the table beside
 * that of what the answer is held against.
 *
 * - `title`, `subtitle`: text, or made from the data (a finding); `name` stands in while there is no data.
 * - `about`: whom the figures are about, where the page says it above all panels: a picture says it too.
 * - `empty`: why there is nothing and what to do first; shown when `isEmpty` says so.
 * - `table`: the same data as rows; `csvName` is the file's name without ending. `listed`: the panel shows
 *   those rows already, so there is no other view to change to.
 * - `lead`: what stands above the data whatever becomes of the query, such as what it is asked with.
 */
export function QueryPanel<T>({
  title,
  name,
  subtitle,
  about,
  query,
  isEmpty,
  empty,
  definition,
  table,
  listed = false,
  csvName,
  minHeight = 240,
  tools,
  lead,
  children,
}: {
  title: OfData<T, ReactNode>
  name?: string
  subtitle?: OfData<T, ReactNode>
  about?: string
  query: Answer<T>
  isEmpty?: (data: T) => boolean
  empty?: { reason: ReactNode; action?: ReactNode }
  definition?: OfData<T, ReactNode>
  table?: (data: T) => TableOf<never>
  listed?: boolean
  csvName?: string
  minHeight?: number
  tools?: ReactNode
  lead?: ReactNode
  children: (data: T) => ReactNode
}) {
  const t = useTranslations('ui')
  const [asTable, showTable] = useState(false)
  const picture = useRef<PictureTaker | null>(null)
  const [hasPicture, setHasPicture] = useState(false)
  const pictures = useMemo(
    () => ({
      offer: (taker: PictureTaker | null) => {
        picture.current = taker
        setHasPicture(taker !== null)
      },
    }),
    [],
  )
  const { data } = query
  const nothing = data !== undefined && (isEmpty?.(data) ?? false)
  const ready = data !== undefined && !nothing
  const rows = ready ? table?.(data) : undefined
  const asked = askedOf(data)
  const comparison = ready ? comparisonOf(data) : undefined
  const shownTitle = given(title, data) ?? name ?? ''
  const shownSubtitle = given(subtitle, data)
  const shownDefinition = given(definition, data)
  const headline = typeof shownTitle === 'string' ? shownTitle : (name ?? csvName ?? '')

  const menu =
    rows || hasPicture ? (
      <Menu position="bottom-end" width={180}>
        <Menu.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t('moreTools', { panel: headline })}
            className={classes.tool}
          >
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {rows && csvName ? (
            <Menu.Item
              leftSection={<IconFileTypeCsv size={18} />}
              onClick={() => download(`${csvName}.csv`, csvOf(rows.columns, rows.rows), 'text/csv')}
            >
              {t('csv')}
            </Menu.Item>
          ) : null}
          {hasPicture && !asTable ? (
            <Menu.Item
              leftSection={<IconPhoto size={18} />}
              onClick={() =>
                void picture.current?.({
                  title: headline,
                  subtitle: [about, shownSubtitle].filter((part) => typeof part === 'string').join(' · '),
                  file: `${csvName ?? 'chart'}.png`,
                })
              }
            >
              {t('png')}
            </Menu.Item>
          ) : null}
        </Menu.Dropdown>
      </Menu>
    ) : null

  return (
    <PictureContext value={pictures}>
      <Panel
        title={
          <>
            {shownTitle}
            {shownDefinition || asked ? (
              <Definition about={headline}>
                {shownDefinition}
                {asked ? <Computed answer={asked} about={headline} /> : null}
              </Definition>
            ) : null}
          </>
        }
        subtitle={shownSubtitle}
        tools={
          <>
            {tools}
            {rows && !listed ? (
              <button
                type="button"
                className={classes.textTool}
                aria-pressed={asTable}
                onClick={() => showTable(!asTable)}
              >
                {asTable ? t('chart') : t('table')}
              </button>
            ) : null}
            {menu}
          </>
        }
      >
        {lead}
        <div className={classes.content} style={data === undefined ? { minHeight } : undefined}>
          <Busy query={query} minHeight={minHeight} />
          {query.isError ? <Failure error={query.error} retry={() => void query.refetch()} /> : null}
          {nothing && !query.isError ? <Missing {...(empty ?? { reason: t('empty') })} /> : null}
          {ready ? (
            <div className={query.isFetching && query.isPlaceholderData ? classes.old : undefined}>
              {asTable && rows ? (
                <DataTable columns={rows.columns} rows={rows.rows} label={headline} dense />
              ) : (
                children(data)
              )}
              {comparison && table && rows ? (
                <ComparedTable comparison={comparison} table={table} now={rows} label={headline} />
              ) : null}
            </div>
          ) : null}
        </div>
      </Panel>
    </PictureContext>
  )
}

/** What an answer is held against, where its question says so; a text of that name is a sentence of the answer's own. */
const comparisonOf = <T,>(data: T): Comparison<T> | undefined =>
  typeof data === 'object' && data !== null && 'compared' in data && typeof data.compared === 'object'
    ? ((data.compared ?? undefined) as Comparison<T> | undefined)
    : undefined

/** The small "i" behind a title: what the number means, on hover, focus or tap. */
export function Definition({ about, children }: { about: string; children: ReactNode }) {
  const t = useTranslations('ui')
  const [pinned, pin] = useState(false)
  const [over, hover] = useState(false)
  return (
    <Popover opened={pinned || over} onChange={pin} width={340} position="bottom-start" withinPortal>
      <Popover.Target>
        <button
          type="button"
          className={classes.definition}
          aria-label={t('definitionOf', { panel: about })}
          onMouseEnter={() => hover(true)}
          onMouseLeave={() => hover(false)}
          onClick={() => pin(!pinned)}
        >
          <IconInfoCircle size={16} aria-hidden />
        </button>
      </Popover.Target>
      <Popover.Dropdown className={classes.definitionText}>{children}</Popover.Dropdown>
    </Popover>
  )
}

/** What to show while there is no data, or while new data comes: nothing, a skeleton, then Cancel. */
function Busy({ query, minHeight }: { query: Answer<unknown>; minHeight: number }) {
  const t = useTranslations('ui')
  const waited = useWaited(query.isFetching)
  const without = query.data === undefined && !query.isError
  if (without && query.fetchStatus === 'idle')
    return (
      <div className={classes.state}>
        <p>{t('cancelled')}</p>
        <Button variant="default" onClick={() => void query.refetch()}>
          {t('again')}
        </Button>
      </div>
    )
  if (!query.isFetching) return null
  return (
    <>
      {without && waited >= 300 ? (
        <div className={classes.skeleton} style={{ height: minHeight }} aria-hidden="true" />
      ) : null}
      {waited >= 2000 ? (
        <div className={classes.slow} role="status">
          <span>{t('slow')}</span>
          {query.cancel ? (
            <Button size="xs" variant="default" onClick={query.cancel}>
              {t('cancel')}
            </Button>
          ) : null}
        </div>
      ) : null}
    </>
  )
}

/** The milliseconds waited so far, in the two steps that change the screen: 300 and 2000. */
function useWaited(waiting: boolean): number {
  const [waited, setWaited] = useState(0)
  useEffect(() => {
    if (!waiting) return
    const timers = [300, 2000].map((step) => setTimeout(() => setWaited(step), step))
    return () => {
      timers.forEach(clearTimeout)
      setWaited(0)
    }
  }, [waiting])
  return waiting ? waited : 0
}
