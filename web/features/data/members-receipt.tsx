import { Anchor, Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { useFormat } from '../../ui/format.ts'
import { KpiStrip } from '../../ui/kpi-strip.tsx'
import { Panel } from '../../ui/panel.tsx'
import classes from './data.module.css'

type MembersReceipt = NonNullable<
  NonNullable<inferRouterOutputs<AppRouter>['imports']['state']>['membersReceipt']
>

/** What came of a file of members. */
export function MembersReceiptPanel({
  runId,
  receipt,
  onLeave,
  onColumns,
  onImport,
}: {
  runId: string
  receipt: MembersReceipt
  onLeave: () => void
  onColumns: (() => void) | undefined
  onImport: (() => void) | undefined
}) {
  const t = useTranslations('data')
  const { count } = useFormat()
  const { dryRun } = receipt
  const facts = [
    t('membersReceipt.unchangedMembers', { count: receipt.unchangedMembers }),
    t('membersReceipt.neverBought', { count: receipt.neverBought }),
    ...(receipt.repeatedRows > 0 ? [t('membersReceipt.repeated', { count: receipt.repeatedRows })] : []),
    ...(receipt.maskedPhones > 0 ? [t('membersReceipt.masked', { count: receipt.maskedPhones })] : []),
    ...(receipt.sharedPhones > 0 ? [t('membersReceipt.shared', { count: receipt.sharedPhones })] : []),
    ...(receipt.consentKept > 0 ? [t('membersReceipt.consentKept', { count: receipt.consentKept })] : []),
    ...(receipt.alreadyThere ? [t('receipt.alreadyThere')] : []),
    ...receipt.reasons.map(({ sentence, rows }) => t('receipt.reason', { count: rows, reason: sentence })),
  ]
  return (
    <Panel
      title={t(dryRun ? 'receipt.wouldTitle' : 'receipt.title', { file: receipt.fileName })}
      subtitle={t('receipt.subtitle', {
        read: receipt.read,
        seconds: Math.max(1, Math.round(receipt.milliseconds / 1000)),
      })}
    >
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
              receipt.refused > 0 ? (
                <Anchor size="sm" href={`/api/imports/${receipt.importId ?? runId}/refused`} download>
                  {t('receipt.download')}
                </Anchor>
              ) : undefined,
          },
          { label: t('membersReceipt.new'), value: count(receipt.newMembers) },
          { label: t('membersReceipt.changed'), value: count(receipt.changedMembers) },
        ]}
      />
      <ul className={classes.facts}>
        {facts.map((fact) => (
          <li key={fact}>{fact}</li>
        ))}
      </ul>
      <div className={classes.buttons}>
        {dryRun ? (
          <>
            {onImport && !receipt.alreadyThere ? (
              <Button onClick={onImport}>{t('receipt.importNow')}</Button>
            ) : null}
            {onColumns ? (
              <Button variant="default" onClick={onColumns}>
                {t('mapping.back')}
              </Button>
            ) : null}
          </>
        ) : (
          <Button renderRoot={(props) => <Link to="/members" {...props} />}>
            {t('membersReceipt.toMembers')}
          </Button>
        )}
        <Button variant="default" onClick={onLeave}>
          {t(dryRun ? 'mapping.other' : 'receipt.another')}
        </Button>
      </div>
    </Panel>
  )
}
