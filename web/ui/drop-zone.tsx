import { Button } from '@mantine/core'
import { IconDatabaseImport } from '@tabler/icons-react'
import { useRef, useState, type DragEvent, type ReactNode } from 'react'
import classes from './drop-zone.module.css'

/** Where a file of orders is dropped or chosen; `children` are further buttons. */
export function DropZone({
  title,
  note,
  choose,
  onFile,
  children,
}: {
  title: string
  note: string
  choose: string
  onFile: (file: File) => void
  children?: ReactNode
}) {
  const input = useRef<HTMLInputElement>(null)
  const [over, setOver] = useState(false)
  const drop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    const [file] = event.dataTransfer.files
    if (file) onFile(file)
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
        hidden
        data-testid="order-file"
        accept=".csv,.tsv,.txt,.gz,.zip,.xlsx,.jsonl,.ndjson,.json,.parquet,text/csv"
        onChange={({ currentTarget }) => {
          const [file] = currentTarget.files ?? []
          if (file) onFile(file)
          currentTarget.value = ''
        }}
      />
    </div>
  )
}
