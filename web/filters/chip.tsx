import { Popover } from '@mantine/core'
import { IconChevronDown, IconPlus, IconX } from '@tabler/icons-react'
import { useState, type ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import classes from './filter-bar.module.css'

/** A chip that opens a small form. Dashed while it restricts nothing. */
export function Chip({
  label,
  icon,
  off,
  onClear,
  children,
}: {
  label: string
  icon?: ReactNode
  off?: boolean
  onClear?: () => void
  children: (close: () => void) => ReactNode
}) {
  const t = useTranslations('filters')
  const [open, setOpen] = useState(false)
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-start" trapFocus width="auto">
      <span className={classes.pair}>
        <Popover.Target>
          <button
            type="button"
            className={classes.chip}
            data-off={off || undefined}
            data-clearable={onClear ? true : undefined}
            onClick={() => setOpen(!open)}
          >
            {icon ?? (off ? <IconPlus size={16} aria-hidden /> : null)}
            <span className={classes.label}>{label}</span>
            {off && !icon ? null : <IconChevronDown size={16} aria-hidden />}
          </button>
        </Popover.Target>
        {onClear ? (
          <button
            type="button"
            className={classes.clear}
            aria-label={t('clear', { label })}
            onClick={onClear}
          >
            <IconX size={14} aria-hidden />
          </button>
        ) : null}
      </span>
      <Popover.Dropdown className={classes.form}>{children(() => setOpen(false))}</Popover.Dropdown>
    </Popover>
  )
}
