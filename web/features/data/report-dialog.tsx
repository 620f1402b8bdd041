import { Button, Group } from '@mantine/core'
import { useTranslations } from 'use-intl'
import { Dialog } from '../../ui/dialog.tsx'
import { useLanguage } from '../../ui/language.tsx'
import { useFormat } from '../../ui/format.ts'
import classes from './data.module.css'
import { Receipt, type Told } from './receipt.tsx'

/** The receipt of an import, read again; `imported`: as it was written, with what may be done with the import now. */
export function ReportDialog({
  fileName,
  imported,
  refusedRows,
  onUndo,
  told,
  onClose,
}: {
  fileName: string
  imported: { readonly at: string; readonly undoneAt: string | null } | null
  /** Whose refused rows can be had: the id of an import or a check; null: there are none. */
  refusedRows: string | null
  /** Absent where it can't be undone. */
  onUndo?: (() => void) | undefined
  told: Told
  onClose: () => void
}) {
  const t = useTranslations('data.report')
  const { instant } = useFormat()
  const { language } = useLanguage()
  return (
    <Dialog
      opened
      size={960}
      onClose={onClose}
      title={t('title', { file: fileName })}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <p className={classes.note}>
        {told.title === null ? '' : t('kind', { kind: told.title })}
        {imported === null ? '' : t('imported', { at: instant(imported.at) })}
        {imported?.undoneAt ? ` ${t('undone', { at: instant(imported.undoneAt) })}` : ''}
      </p>
      <Receipt told={told} ways={null} />
      {refusedRows !== null || onUndo ? (
        <Group justify="end" gap={8} mt={16}>
          {onUndo ? (
            <Button variant="default" onClick={onUndo}>
              {t('undo')}
            </Button>
          ) : null}
          {refusedRows === null ? null : (
            <Button
              component="a"
              variant="default"
              href={`/api/imports/${refusedRows}/refused?language=${language}`}
              download
            >
              {t('refusedRows')}
            </Button>
          )}
        </Group>
      ) : null}
    </Dialog>
  )
}
