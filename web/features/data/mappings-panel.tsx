import { Button } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { useLanguage } from '../../ui/language.tsx'
import { Failure } from '../../ui/panel-states.tsx'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
import classes from './data.module.css'

interface Saved {
  readonly headers: string
  readonly kind: string
  readonly title: string | null
  readonly fileName: string
  readonly importedAt: string
  readonly files: number
  readonly columns: readonly {
    readonly field: string
    readonly label: string | null
    readonly column: string
  }[]
}

/** What was confirmed of files: the next one with the same columns is read by it, until it is forgotten. */
export function MappingsPanel() {
  const t = useTranslations('data')
  const trpc = useTRPC()
  const client = useQueryClient()
  const { language } = useLanguage()
  const { instant } = useFormat()
  const onPhone = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  const saved = useAnswer(trpc.imports.mappings.queryOptions({ language }))
  const forget = useMutation(
    trpc.imports.forgetMapping.mutationOptions({ onSuccess: () => client.invalidateQueries() }),
  )
  const meaning = ({ field, label }: Saved['columns'][number]): string =>
    label ??
    (t.has(`fields.${field}` as never)
      ? t(`fields.${field}` as never)
      : t(`mappings.field.${field}` as never))
  const pairs = (columns: Saved['columns']) => (
    <ul className={classes.pairs}>
      {columns.map((one) => (
        <li key={one.field}>
          <code>{one.column}</code> → {meaning(one)}
        </li>
      ))}
    </ul>
  )
  const columns: Column<Saved>[] = [
    {
      key: 'file',
      header: t('mappings.file'),
      cell: ({ fileName, importedAt, files, kind, title, columns }) => (
        <div className={classes.confirmedFor}>
          <div className={classes.fileName}>{fileName}</div>
          <div className={classes.when}>
            {title ?? t(`mappings.kind.${kind}` as never)} · {instant(importedAt)} ·{' '}
            {t('mappings.files', { files })}
          </div>
          {onPhone ? pairs(columns) : null}
        </div>
      ),
    },
    {
      key: 'columns',
      header: t('mappings.columns'),
      cell: ({ columns }) => pairs(columns),
    },
    {
      key: 'forget',
      header: '',
      cell: ({ kind, headers, fileName }) => (
        <Button
          size="xs"
          variant="default"
          aria-label={t('mappings.forgetOf', { file: fileName })}
          loading={forget.isPending && forget.variables.headers === headers}
          onClick={() => forget.mutate({ kind: kind as never, headers })}
        >
          {t('mappings.forget')}
        </Button>
      ),
    },
  ]
  return (
    <QueryPanel
      title={t('mappings.title')}
      subtitle={t('mappings.subtitle')}
      query={saved}
      isEmpty={(rows) => rows.length === 0}
      empty={{ reason: t('mappings.empty') }}
      listed
      minHeight={80}
    >
      {(rows) => (
        <>
          <DataTable
            columns={onPhone ? columns.filter(({ key }) => key !== 'columns') : columns}
            rows={rows}
            rowKey={({ kind, headers }) => `${kind} ${headers}`}
            label={t('mappings.title')}
          />
          {forget.isError ? <Failure error={forget.error} /> : null}
        </>
      )}
    </QueryPanel>
  )
}
