import { Button } from '@mantine/core'
import { IconDatabaseImport } from '@tabler/icons-react'
import { useRef, useState, type DragEvent, type ReactNode } from 'react'
import classes from './drop-zone.module.css'

/** Where a file of orders, or several tables that belong together, are dropped or chosen; `children` are further buttons. */
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
  const drop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    take(event.dataTransfer.files)
  }
  return (
    <div
      className={classes.drop}
      data-over={over || undefined}
      data-testid="drop-zone"
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
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
