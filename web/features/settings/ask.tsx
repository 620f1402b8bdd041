import { Button, Group } from '@mantine/core'
import { useTranslations } from 'use-intl'
import { Dialog } from '../../ui/dialog.tsx'

/** One question before something that cannot be taken back. */
export function Ask({
  question,
  yes,
  busy,
  onYes,
  onNo,
}: {
  question: string
  yes: string
  busy: boolean
  onYes: () => void
  onNo: () => void
}) {
  const t = useTranslations('settings.team')
  return (
    <Dialog opened onClose={onNo} title={question} closeButtonProps={{ 'aria-label': t('cancel') }}>
      <Group justify="flex-end">
        <Button variant="default" onClick={onNo}>
          {t('cancel')}
        </Button>
        <Button color="red" loading={busy} onClick={onYes}>
          {yes}
        </Button>
      </Group>
    </Dialog>
  )
}
