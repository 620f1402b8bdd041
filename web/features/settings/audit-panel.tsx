import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'

interface Entry {
  readonly actor: string
  readonly id: string
  readonly action: string
  readonly subject: string
  readonly at: string
  readonly name: string | null
  /** The campaign that it was done to. */
  readonly campaign: string | null
  /** The file that was imported or undone. */
  readonly fileName: string | null
}

/** What people and the command line have changed. */
export function AuditPanel() {
  const t = useTranslations('settings.audit')
  const format = useFormat()
  const trpc = useTRPC()
  const answer = useAnswer(trpc.settings.audit.queryOptions())
  // An action that this version of the page does not know is shown as it is written.
  const what = (action: string) =>
    t.has(`action.${action}` as never) ? t(`action.${action}` as never) : action
  const setting = (subject: string) =>
    t.has(`setting.${subject}` as never) ? t(`setting.${subject}` as never) : null
  const columns: readonly Column<Entry>[] = [
    { key: 'at', header: t('at'), value: (entry) => entry.at, cell: (entry) => format.instant(entry.at) },
    {
      key: 'who',
      header: t('who'),
      cell: (entry) => {
        if (entry.name !== null) return entry.name
        if (entry.actor.startsWith('key:')) return t('key')
        return t(entry.actor === 'inbox' || entry.actor === 'server' ? entry.actor : 'commandLine')
      },
    },
    {
      key: 'what',
      header: t('what'),
      value: (entry) => entry.action,
      cell: (entry) =>
        [
          what(entry.action),
          entry.action === 'setting-changed' ? setting(entry.subject) : (entry.campaign ?? entry.fileName),
        ]
          .filter(Boolean)
          .join(' · '),
    },
  ]
  return (
    <QueryPanel
      title={t('title')}
      subtitle={t('subtitle')}
      query={answer}
      isEmpty={(entries) => entries.length === 0}
      empty={{ reason: t('none') }}
      minHeight={120}
    >
      {(entries) => (
        <DataTable label={t('title')} columns={columns} rows={entries} rowKey={({ id }) => id} dense />
      )}
    </QueryPanel>
  )
}
