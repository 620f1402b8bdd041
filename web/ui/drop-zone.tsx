import { Button } from '@mantine/core'
import { IconDatabaseImport } from '@tabler/icons-react'
import { useEffect, useEffectEvent, useRef, useState, type ReactNode } from 'react'
import classes from './drop-zone.module.css'

/**
 * Where a file of orders, or several tables that belong together, are dropped or chosen; `children` are further
 * buttons. Files may be dropped anywhere on its page.
 */
export function DropZone({
  title,
  note,
  choose,
  onFiles,
  children,
}: {
  title: string
  note: string
  choose: string
  onFiles: (files: readonly File[]) => void
  children?: ReactNode
}) {
  const input = useRef<HTMLInputElement>(null)
  const [over, setOver] = useState(false)
  const take = (files: FileList | null) => {
    if (files && files.length > 0) onFiles([...files])
  }
  const drop = useEffectEvent((event: DragEvent) => {
    setOver(false)
    if (!holdsFiles(event)) return
    event.preventDefault()
    take(event.dataTransfer!.files)
  })
  useEffect(() => {
    const listening = new AbortController()
    const { signal } = listening
    document.addEventListener(
      'dragover',
      (event) => {
        if (!holdsFiles(event)) return
        event.preventDefault()
        setOver(true)
      },
      { signal },
    )
    // to another element it leads on; out of the page to none
    document.addEventListener('dragleave', (event) => setOver(event.relatedTarget !== null), { signal })
    document.addEventListener('drop', drop, { signal })
    return () => listening.abort()
  }, [])
  return (
    <div className={classes.drop} data-over={over || undefined} data-testid="drop-zone">
      <IconDatabaseImport size={28} stroke={1.5} aria-hidden />
      <h2 className={classes.title}>{title}</h2>
      <p className={classes.note}>{note}</p>
      <div className={classes.buttons}>
        <Button onClick={() => input.current?.click()}>{choose}</Button>
        {children}
      </div>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        data-testid="order-file"
        accept=".csv,.tsv,.txt,.gz,.zip,.xlsx,.jsonl,.ndjson,.json,.parquet,text/csv"
        onChange={({ currentTarget }) => {
          take(currentTarget.files)
          currentTarget.value = ''
        }}
      />
    </div>
  )
}

const holdsFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') === true

/** Keeps the browser from leaving the page for a file that is dropped where nothing takes it. */
export function refuseStrayFiles(): void {
  for (const name of ['dragover', 'drop'] as const)
    window.addEventListener(name, (event) => {
      if (event.defaultPrevented || !holdsFiles(event)) return
      event.preventDefault()
      event.dataTransfer!.dropEffect = 'none'
    })
}
