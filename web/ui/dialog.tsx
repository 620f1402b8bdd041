import { Modal, type ModalProps } from '@mantine/core'
import { useLayoutEffect } from 'react'
import classes from './dialog.module.css'

/**
 * A modal dialog that gives the focus back to what had it. Mantine's own does so only where a dialog stays
 * mounted and had not taken the focus yet when it looked.
 */
export function Dialog(props: ModalProps) {
  const { opened } = props
  useLayoutEffect(() => {
    if (!opened) return
    const before = document.activeElement
    return () => {
      setTimeout(() => {
        const nowhere = document.activeElement === null || document.activeElement === document.body
        if (nowhere && before instanceof HTMLElement && before.isConnected)
          before.focus({ preventScroll: true })
      })
    }
  }, [opened])
  return <Modal classNames={classes} {...props} />
}
