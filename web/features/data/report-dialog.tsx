import { useTranslations } from 'use-intl'
import { Dialog } from '../../ui/dialog.tsx'
import { useFormat } from '../../ui/format.ts'
import classes from './data.module.css'
import { Receipt, type Told } from './receipt.tsx'

/** The receipt of an import as it was written, read again from the history. */
export function ReportDialog({
  fileName,
  importedAt,
  undoneAt,
  told,
  onClose,
}: {
  fileName: string
  importedAt: string
  undoneAt: string | null
  told: Told
  onClose: () => void
}) {
  const t = useTranslations('data.report')
  const { instant } = useFormat()
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
        {t('imported', { at: instant(importedAt) })}
        {undoneAt === null ? '' : ` ${t('undone', { at: instant(undoneAt) })}`}
      </p>
      <Receipt told={told} ways={null} />
    </Dialog>
  )
}
