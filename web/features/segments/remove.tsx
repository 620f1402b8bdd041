import { ActionIcon } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import classes from './segments.module.css'

/** The cross that takes a row or group away. */
export function Remove({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <ActionIcon variant="subtle" color="gray" aria-label={label} onClick={onClick} className={classes.remove}>
      <IconX size={16} />
    </ActionIcon>
  )
}
