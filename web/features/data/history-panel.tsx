import { Anchor, Button, Group } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { useLanguage } from '../../ui/language.tsx'
import { QueryPanel, tableOf, useAnswer } from '../../ui/query-panel.tsx'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { StatusChip } from '../../ui/status-chip.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import classes from './data.module.css'
import { ReportDialog } from './report-dialog.tsx'
import type { Told } from './receipt.tsx'
import { UndoQuestion } from './undo-question.tsx'

interface Imported {
  readonly importId: string
  readonly kind: string
  readonly fileName: string
  readonly importedAt: string
  readonly undoneAt: string | null
  /** The newer import under which it is listed, as neither brought anything new. */
  readonly under: string | null
  /** Its file came again and changed nothing. */
  readonly again: { times: number; fileName: string; at: string; unchanged: number; refused: number } | null
  readonly told: Told
  /** Of whichever kind it is; null for sample data. */
  readonly receipt: {
    imported: number
    unchanged: number
    refused: number
    refusedFile: string | null
    reasons: readonly { sentence: string; rows: number }[]
  } | null
}

/**
 * What has been imported: kept, refused and why, with the report of each; each can be undone. Files one after the
 * other that brought nothing new are one line, which opens.
 */
export function HistoryPanel() {
  const t = useTranslations('data')
  const trpc = useTRPC()
  const { language } = useLanguage()
  const { count, instant } = useFormat()
  const { role } = useWorkspace()
  const onPhone = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  const [undoing, setUndoing] = useState<Imported>()
  const [reading, setReading] = useState<Imported>()
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set())
  const toggle = (importId: string) => {
    const next = new Set(opened)
    if (!next.delete(importId)) next.add(importId)
    setOpened(next)
  }
  const list = useAnswer({
    ...trpc.imports.list.queryOptions({ language }),
    select: (rows) =>
      rows.map((row): Imported => ({
        ...row,
        told: row,
        receipt: row.receipt ?? row.membersReceipt ?? row.kindReceipt,
      })),
  })
  const may = role === 'owner' || role === 'marketer'
  const figure = (key: 'imported' | 'unchanged' | 'refused'): Column<Imported> => ({
    key,
    header: t(`history.${key}`),
    align: 'right',
    cell: ({ receipt }) => count(receipt?.[key] ?? null),
    value: ({ receipt }) => receipt?.[key] ?? null,
  })
  /** Of batches from before theirs were kept, rows that were refused before they were rows are in no file. */
  const mayRefused = ({ receipt, undoneAt }: Imported) =>
    may && undoneAt === null && receipt !== null && receipt.refusedFile !== null
  const whyRefused = (row: Imported) =>
    row.receipt && row.receipt.refused > 0 ? (
      <>
        {row.receipt.reasons.map(({ sentence, rows }) => `${count(rows)} × ${sentence}`).join(' ')}{' '}
        {mayRefused(row) ? (
          <Anchor size="sm" href={`/api/imports/${row.importId}/refused?language=${language}`} download>
            {t('receipt.download')}
          </Anchor>
        ) : null}
      </>
    ) : (
      ''
    )
  const againOf = ({ again }: Imported) =>
    again ? (
      <div className={classes.when}>
        {t('history.again', {
          times: again.times,
          file: again.fileName,
          at: instant(again.at),
          unchanged: count(again.unchanged),
          refused: again.refused,
        })}
      </div>
    ) : null
  const underOf = ({ importId, fileName }: Imported) => {
    const under = (list.data ?? []).filter((one) => one.under === importId)
    if (under.length === 0) return null
    const shown = opened.has(importId)
    return (
      <div className={classes.when}>
        {t('history.nothingNew', { count: under.length, since: instant(under.at(-1)!.importedAt) })}{' '}
        <Anchor
          component="button"
          type="button"
          size="sm"
          aria-expanded={shown}
          aria-label={t(shown ? 'history.hideUnder' : 'history.showUnder', { file: fileName })}
          onClick={() => toggle(importId)}
        >
          {t(shown ? 'history.hide' : 'history.show')}
        </Anchor>
      </div>
    )
  }
  const columns: Column<Imported>[] = [
    {
      key: 'file',
      header: t('history.file'),
      cell: (row) =>
        onPhone ? (
          <div className={row.under === null ? undefined : classes.under}>
            <div className={classes.fileName}>{row.fileName}</div>
            <div className={classes.when}>
              {row.told.title === null ? '' : `${row.told.title} · `}
              {instant(row.importedAt)}
            </div>
            <div className={classes.when}>{whyRefused(row)}</div>
            {againOf(row)}
            {underOf(row)}
          </div>
        ) : (
          <div className={row.under === null ? undefined : classes.under}>
            {row.fileName}
            {againOf(row)}
            {underOf(row)}
          </div>
        ),
      value: ({ fileName }) => fileName,
    },
    {
      key: 'kind',
      header: t('history.kind'),
      cell: ({ told }) => <span className={classes.line}>{told.title}</span>,
      value: ({ kind }) => kind,
    },
    {
      key: 'imported_at',
      header: t('history.at'),
      cell: ({ importedAt }) => <span className={classes.line}>{instant(importedAt)}</span>,
      value: ({ importedAt }) => importedAt,
    },
    figure('imported'),
    figure('unchanged'),
    figure('refused'),
    {
      key: 'reasons',
      header: t('history.why'),
      cell: whyRefused,
      value: ({ receipt }) =>
        receipt?.reasons.map(({ sentence, rows }) => `${rows} × ${sentence}`).join(' ') ?? null,
    },
    {
      key: 'undo',
      header: '',
      cell: (row) =>
        row.kind === 'demo' ? (
          t('history.sample')
        ) : (
          <Group gap={8} wrap={onPhone ? 'wrap' : 'nowrap'}>
            <Button
              size="xs"
              variant="default"
              aria-label={t('history.reportOf', { file: row.fileName })}
              onClick={() => setReading(row)}
            >
              {t('history.report')}
            </Button>
            {row.undoneAt !== null ? (
              <StatusChip tone="off">{t('history.undone')}</StatusChip>
            ) : may ? (
              <Button
                size="xs"
                variant="default"
                aria-label={t('history.undoOf', { file: row.fileName })}
                onClick={() => setUndoing(row)}
              >
                {t('history.undo')}
              </Button>
            ) : null}
          </Group>
        ),
      value: ({ undoneAt }) => undoneAt,
    },
  ]
  return (
    <>
      <QueryPanel
        title={t('history.title')}
        query={list}
        isEmpty={(rows) => rows.length === 0}
        empty={{ reason: t('history.empty') }}
        table={(rows) =>
          tableOf(
            columns.filter(({ key }) => key !== 'undo'),
            rows,
          )
        }
        listed
        csvName="imports"
        minHeight={80}
      >
        {(rows) => (
          <DataTable
            columns={
              onPhone ? columns.filter(({ key }) => ['file', 'imported', 'undo'].includes(key)) : columns
            }
            rows={rows
              .filter(({ under }) => under === null)
              .flatMap((row) =>
                opened.has(row.importId)
                  ? [row, ...rows.filter(({ under }) => under === row.importId)]
                  : [row],
              )}
            rowKey={({ importId }) => importId}
            label={t('history.title')}
          />
        )}
      </QueryPanel>
      {reading ? (
        <ReportDialog
          fileName={reading.fileName}
          imported={{ at: reading.importedAt, undoneAt: reading.undoneAt }}
          refusedRows={mayRefused(reading) ? reading.importId : null}
          onUndo={
            may && reading.undoneAt === null
              ? () => {
                  setReading(undefined)
                  setUndoing(reading)
                }
              : undefined
          }
          told={reading.told}
          onClose={() => setReading(undefined)}
        />
      ) : null}
      {undoing ? <UndoQuestion undone={undoing} onClose={() => setUndoing(undefined)} /> : null}
    </>
  )
}
