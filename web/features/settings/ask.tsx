import { Button, Group, Modal } from '@mantine/core'
import { useTranslations } from 'use-intl'

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
    <Modal opened onClose={onNo} title={question} closeButtonProps={{ 'aria-label': t('cancel') }}>
      <Group justify="flex-end">
        <Button variant="default" onClick={onNo}>
          {t('cancel')}
        </Button>
        <Button color="red" loading={busy} onClick={onYes}>
          {yes}
        </Button>
      </Group>
    </Modal>
  )
}
