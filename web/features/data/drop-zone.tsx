import { Button } from '@mantine/core'
import { IconDatabaseImport } from '@tabler/icons-react'
import { useRef, useState, type DragEvent } from 'react'
import { useTranslations } from 'use-intl'
import classes from './data.module.css'

/** Where a file is dropped or chosen. */
export function DropZone({ onFile }: { onFile: (file: File) => void }) {
  const t = useTranslations('data')
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
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <IconDatabaseImport size={28} stroke={1.5} aria-hidden />
      <h2 className={classes.dropTitle}>{t('drop.title')}</h2>
      <p className={classes.dropNote}>{t('drop.note')}</p>
      <Button onClick={() => input.current?.click()}>{t('drop.choose')}</Button>
      <input
        ref={input}
        type="file"
        hidden
        data-testid="order-file"
        accept=".csv,.tsv,.txt,.gz,text/csv"
        onChange={({ currentTarget }) => {
          const [file] = currentTarget.files ?? []
          if (file) onFile(file)
          currentTarget.value = ''
        }}
      />
    </div>
  )
}

/** What happens with a file, before the first one. */
export function Steps() {
  const t = useTranslations('data')
  return (
    <ol className={classes.steps}>
      {(['map', 'check', 'insight'] as const).map((step, index) => (
        <li key={step} className={classes.step}>
          <span className={classes.stepNumber}>{index + 1}</span>
          <h2 className={classes.stepTitle}>{t(`steps.${step}.title`)}</h2>
          <p className={classes.stepText}>{t(`steps.${step}.text`)}</p>
        </li>
      ))}
    </ol>
  )
}
