import { Button, Checkbox, NativeSelect, SegmentedControl } from '@mantine/core'
import { useTranslations } from 'use-intl'
import { useWorkspace } from '../../ui/workspace.tsx'
import {
  type ExportColumn,
  exportColumns,
  exportFormats,
  type ExportFormat,
  type FileKind,
  fileKinds,
  furtherColumns,
  usualColumns,
} from './prepared.ts'
import classes from './segments.module.css'

/** A file of a segment's members, as it is being chosen. */
export interface FileChoice {
  readonly kind: FileKind
  readonly format: ExportFormat
  readonly columns: readonly ExportColumn[]
  readonly includeUnknown: boolean
}

export const firstChoice: FileChoice = {
  kind: 'members',
  format: 'csv',
  columns: usualColumns,
  includeUnknown: false,
}

/** What the server is asked to write; null while no column is chosen. */
export function fileOf({ kind, format, columns, includeUnknown }: FileChoice) {
  if (kind !== 'members') return { kind, includeUnknown }
  return columns.length === 0 ? null : { kind, format, columns: [...columns] }
}

/** Chooses between all members, call lists and a send list, with what belongs to each. */
export function FileChooser({
  choice,
  onChange,
  scheduled = false,
}: {
  choice: FileChoice
  onChange: (choice: FileChoice) => void
  scheduled?: boolean
}) {
  const t = useTranslations('segments')
  const out = useTranslations('outward')
  const { role } = useWorkspace()
  const { kind, format, columns, includeUnknown } = choice
  return (
    <>
      <NativeSelect
        label={out('file.what')}
        value={kind}
        data={fileKinds.map((value) => ({ value, label: out(`file.kind.${value}`) }))}
        onChange={({ currentTarget: { value } }) =>
          onChange({ ...choice, kind: fileKinds.find((one) => one === value)! })
        }
      />
      {kind === 'members' ? (
        <>
          <SegmentedControl
            aria-label={t('export.format')}
            data={[
              { value: 'csv', label: 'CSV' },
              { value: 'jsonl', label: 'JSON Lines' },
              { value: 'parquet', label: 'Parquet' },
            ]}
            value={format}
            onChange={(value) => onChange({ ...choice, format: exportFormats.find((one) => one === value)! })}
          />
          <Checkbox.Group
            label={t('export.columns')}
            description={
              scheduled ? undefined : t(role === 'owner' ? 'export.phonesWhole' : 'export.phonesMasked')
            }
            value={[...columns]}
            onChange={(chosen) =>
              onChange({ ...choice, columns: exportColumns.filter((column) => chosen.includes(column)) })
            }
            error={columns.length === 0 ? t('export.noColumn') : null}
          >
            <div className={classes.columnSets}>
              <Button
                variant="default"
                size="compact-sm"
                onClick={() => onChange({ ...choice, columns: usualColumns })}
              >
                {t('export.usualColumns')}
              </Button>
              <Button
                variant="default"
                size="compact-sm"
                onClick={() => onChange({ ...choice, columns: exportColumns })}
              >
                {t('export.allColumns')}
              </Button>
            </div>
            <div className={classes.exportColumns}>
              {usualColumns.map((column) => (
                <Checkbox key={column} value={column} label={t(`export.column.${column}`)} />
              ))}
            </div>
            <p className={classes.furtherColumns}>{t('export.more')}</p>
            <div className={classes.exportColumns}>
              {furtherColumns.map((column) => (
                <Checkbox key={column} value={column} label={t(`export.column.${column}`)} />
              ))}
            </div>
          </Checkbox.Group>
        </>
      ) : (
        <>
          <p className={classes.exportNote}>{out(`file.${kind}Text`)}</p>
          <p className={classes.exportNote}>{out('file.leavesOut')}</p>
          <Checkbox
            label={out('file.includeUnknown')}
            checked={includeUnknown}
            onChange={(event) => onChange({ ...choice, includeUnknown: event.currentTarget.checked })}
          />
          {scheduled ? null : (
            <p className={classes.exportNote}>
              {out(
                kind === 'wecom' ? 'file.noted' : role === 'owner' ? 'file.phonesWhole' : 'file.phonesMasked',
              )}
            </p>
          )}
        </>
      )}
    </>
  )
}
