import { Select } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useTranslations } from 'use-intl'
import { type Column, DataTable } from '../../../ui/data-table.tsx'
import classes from '../data.module.css'
import { Sureness } from './sureness.tsx'
import { useColumnTitle } from './column-title.ts'
import {
  fieldOrder,
  memberFieldOrder,
  refundFieldOrder,
  neededRows,
  withColumn,
  type Field,
  type Editing,
  type OfKind,
} from './mapping.ts'

const ownFields = { orders: fieldOrder, refunds: refundFieldOrder, members: memberFieldOrder } as const

export function OtherColumns({ file, further, map, onChange }: Editing & OfKind) {
  const t = useTranslations('data')
  const needed = new Set(neededRows(file, further).map(({ column }) => column?.position))
  const rows = file.columns.filter(({ position }) => !needed.has(position))
  const title = useColumnTitle(file)
  const onPhone = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  if (rows.length === 0) return null
  const meanings: { value: string; label: string }[] = further
    ? further.fields
        .filter((one) => !one.asked && one.type !== 'rest')
        .map(({ name, label }) => ({ value: name, label }))
    : ownFields[file.map.kind as keyof typeof ownFields].map((field) => ({
        value: field,
        label: t(field === 'state' && file.map.kind === 'refunds' ? 'fields.refundState' : `fields.${field}`),
      }))
  const keepsOthers = further?.fields.some(({ type }) => type === 'rest') === true
  const columns: Column<(typeof rows)[number]>[] = [
    { key: 'header', header: t('mapping.column'), cell: ({ position }) => title(position) },
    {
      key: 'meaning',
      header: t('mapping.meaning'),
      cell: ({ position, field, header }) => (
        <Select
          aria-label={t('mapping.meaningOf', { header: title(position) })}
          size={onPhone ? 'sm' : 'xs'}
          data={meanings}
          value={field}
          placeholder={t(keepsOthers && header !== '' ? 'mapping.keptByName' : 'mapping.unused')}
          clearable
          onChange={(chosen) =>
            onChange(
              chosen === null
                ? withColumn(map, file, field as Field, null)
                : withColumn(map, file, chosen as Field, position),
            )
          }
        />
      ),
    },
    {
      key: 'sureness',
      header: t('mapping.sureness'),
      cell: ({ field, confidence }) =>
        field === null ? null : <Sureness found confidence={confidence} without={undefined} />,
    },
    {
      key: 'samples',
      header: t('mapping.samples'),
      cell: ({ samples, unread }) => (
        <span className={classes.samples}>
          {samples.join(' · ')}
          {unread ? <span className={classes.unread}>{t('mapping.unread', { ...unread })}</span> : null}
        </span>
      ),
    },
  ]
  // four columns beside each other leave none wide enough to be read
  const stacked: Column<(typeof rows)[number]> = {
    key: 'header',
    header: t('mapping.column'),
    cell: (row) => (
      <div className={classes.stackedColumn}>
        {columns.map(({ key, cell }) => (
          <div key={key}>{cell!(row)}</div>
        ))}
      </div>
    ),
  }
  return (
    <details className={classes.others}>
      <summary>{t('mapping.others', { count: rows.length })}</summary>
      <DataTable
        label={t('mapping.othersLabel')}
        rows={rows}
        rowKey={({ position }) => String(position)}
        columns={onPhone ? [stacked] : columns}
      />
    </details>
  )
}
