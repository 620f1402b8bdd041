import { Anchor, Button } from '@mantine/core'
import { cloneElement, type ReactElement, type ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { useLanguage } from '../../ui/language.tsx'
import { useFormat } from '../../ui/format.ts'
import { KpiStrip } from '../../ui/kpi-strip.tsx'
import { Panel } from '../../ui/panel.tsx'
import classes from './data.module.css'

/** What the receipts of all kinds of file have. */
interface AnyReceipt {
  readonly importId: string | null
  readonly fileName: string
  readonly tables: readonly string[]
  readonly dryRun: boolean
  readonly alreadyThere: boolean
  /** All that it says was there already. */
  readonly nothingNew: boolean
  readonly read: number
  readonly imported: number
  readonly unchanged: number
  readonly refused: number
  readonly milliseconds: number
  readonly reasons: readonly { readonly sentence: string; readonly rows: number }[]
}

/** What a receipt is shown for, and where one goes from it. */
export interface ReceiptWays {
  readonly runId: string
  /** What the file held. */
  readonly title: string | null
  readonly onLeave: () => void
  /** Back to the columns, and on to the import: where the file is still here. */
  readonly onColumns: (() => void) | undefined
  readonly onImport: (() => void) | undefined
  /** One of several that were imported together: where to go from there stands with them. */
  readonly inSet?: true
}

/** A receipt: rows kept and refused, two figures of the kind, its facts, and what to do next; without `ways`, read again later, without the latter and without a frame. */
export function ReceiptFrame({
  receipt,
  ways,
  figures,
  facts,
  next,
  children,
}: {
  receipt: AnyReceipt
  ways: ReceiptWays | null
  figures: readonly { label: string; value: string; base?: string | undefined }[]
  facts: readonly string[]
  /** Where one looks after an import: a button, filled where it is the only one. */
  next: ReactElement<{ variant?: string }> | null
  children?: ReactNode
}) {
  const t = useTranslations('data')
  const { count } = useFormat()
  const { language } = useLanguage()
  const { dryRun } = receipt
  const reasons = receipt.reasons.map(({ sentence, rows }) =>
    t('receipt.reason', { count: rows, reason: sentence }),
  )
  const subtitle = t('receipt.subtitle', {
    read: receipt.read,
    seconds: Math.max(1, Math.round(receipt.milliseconds / 1000)),
  })
  const nothing = receipt.nothingNew
    ? [t(dryRun ? 'receipt.nothingNew.wouldText' : 'receipt.nothingNew.text')]
    : []
  const refusedRows = receipt.importId ?? ways?.runId
  const told = (
    <>
      <KpiStrip
        items={[
          {
            label: t(dryRun ? 'receipt.wouldKeep' : 'receipt.kept'),
            value: count(receipt.imported),
            base: t('receipt.unchanged', { count: receipt.unchanged }),
          },
          {
            label: t(dryRun ? 'receipt.wouldRefuse' : 'receipt.refused'),
            value: count(receipt.refused),
            base:
              receipt.refused > 0 && ways ? (
                <Anchor size="sm" href={`/api/imports/${refusedRows}/refused?language=${language}`} download>
                  {t('receipt.download')}
                </Anchor>
              ) : undefined,
          },
          ...figures,
        ]}
      />
      <ul className={classes.facts}>
        {[...nothing, ...receipt.tables, ...facts, ...reasons].map((fact) => (
          <li key={fact}>{fact}</li>
        ))}
      </ul>
      {children}
    </>
  )
  if (!ways)
    return (
      <>
        <p className={classes.readAgain}>{subtitle}</p>
        {told}
      </>
    )
  const { title, onLeave, onColumns, onImport, inSet } = ways
  return (
    <Panel
      title={t(
        receipt.nothingNew
          ? dryRun
            ? 'receipt.nothingNew.would'
            : 'receipt.nothingNew.title'
          : dryRun
            ? 'receipt.wouldTitle'
            : 'receipt.title',
        { file: receipt.fileName },
      )}
      subtitle={title === null ? subtitle : t('receipt.ofKind', { kind: title, told: subtitle })}
    >
      {told}
      <div className={classes.buttons}>
        {dryRun ? (
          <>
            {onImport && !receipt.alreadyThere ? (
              <Button onClick={onImport} variant={receipt.nothingNew ? 'default' : undefined}>
                {t('receipt.importNow')}
              </Button>
            ) : null}
            {onColumns ? (
              <Button variant="default" onClick={onColumns}>
                {t('mapping.back')}
              </Button>
            ) : null}
          </>
        ) : (
          next && (inSet ? cloneElement(next, { variant: 'default' }) : next)
        )}
        {inSet ? null : (
          <Button variant="default" onClick={onLeave}>
            {t(dryRun ? 'mapping.other' : 'receipt.another')}
          </Button>
        )}
      </div>
    </Panel>
  )
}
