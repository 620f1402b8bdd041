import { Button, Checkbox, Modal, SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useWorkspace } from '../../ui/workspace.tsx'
import classes from './segments.module.css'

const formats = ['csv', 'jsonl', 'parquet'] as const
type Format = (typeof formats)[number]

const columns = [
  'member_id',
  'name',
  'phone',
  'status',
  'days_since_order',
  'first_order',
  'last_order',
  'orders',
  'net_minor',
  'value_at_risk_minor',
  'joined',
  'tier',
  'region',
  'channel',
  'main_store',
  'consent',
] as const

/** Asks for the kind of file and its columns, and hands all members of the rule over as one. */
export function ExportDialog({ expression, onClose }: { expression: string; onClose: () => void }) {
  const t = useTranslations('segments')
  const { id, role } = useWorkspace()
  const [format, setFormat] = useState<Format>('csv')
  const [chosen, choose] = useState<readonly string[]>(columns)
  const address = `/export/segment?${new URLSearchParams({
    expression,
    format,
    columns: columns.filter((column) => chosen.includes(column)).join(','),
    shown: id,
  })}`
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('export.title')}
      closeButtonProps={{ 'aria-label': t('dialog.close') }}
    >
      <div className={classes.form}>
        <SegmentedControl
          aria-label={t('export.format')}
          data={[
            { value: 'csv', label: 'CSV' },
            { value: 'jsonl', label: 'JSON Lines' },
            { value: 'parquet', label: 'Parquet' },
          ]}
          value={format}
          onChange={(value) => setFormat(formats.find((one) => one === value)!)}
        />
        <Checkbox.Group
          label={t('export.columns')}
          description={t(role === 'owner' ? 'export.phonesWhole' : 'export.phonesMasked')}
          value={[...chosen]}
          onChange={choose}
          error={chosen.length === 0 ? t('export.noColumn') : null}
        >
          <div className={classes.exportColumns}>
            {columns.map((column) => (
              <Checkbox key={column} value={column} label={t(`export.column.${column}`)} />
            ))}
          </div>
        </Checkbox.Group>
        <div className={classes.formActions}>
          <Button variant="default" onClick={onClose}>
            {t('dialog.cancel')}
          </Button>
          {chosen.length === 0 ? (
            <Button disabled>{t('export.download')}</Button>
          ) : (
            <Button component="a" href={address} download onClick={onClose}>
              {t('export.download')}
            </Button>
          )}
        </div>
      </div>
    </Modal>
  )
}
