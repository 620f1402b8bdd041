import { useQuery } from '@tanstack/react-query'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { useFormat } from '../../ui/format.ts'
import { Failure } from '../../ui/panel-states.tsx'
import classes from './segments.module.css'

/** Who did what with a tag, when and why, and what its rule changed; newest first. */
export function TagHistory({ tag, onClose }: { tag: string; onClose: () => void }) {
  const t = useTranslations('segments')
  const format = useFormat()
  const trpc = useTRPC()
  const history = useQuery(trpc.tags.history.queryOptions({ tag }))
  const entries = [
    ...(history.data?.changes ?? []).map(({ at, by, reason, action, origin, detail, members }) => ({
      at,
      by: by === 'command-line' ? t('tags.commandLine') : by,
      reason,
      what: t('tags.change', {
        action: action.replaceAll('-', '_'),
        origin,
        detail: detail ?? '',
        n: members,
        members: format.count(members),
      }),
    })),
    ...(history.data?.runs ?? []).map(({ at, asOf, putOn, takenOff }) => ({
      at,
      by: t('tags.byRule'),
      reason: '',
      what: t('tags.run', {
        putOn: format.count(putOn),
        takenOff: format.count(takenOff),
        day: format.day(asOf),
      }),
    })),
  ].toSorted((one, other) => other.at.localeCompare(one.at))
  return (
    <Dialog
      opened
      size="lg"
      onClose={onClose}
      title={t('tags.historyTitle', { tag })}
      closeButtonProps={{ 'aria-label': t('dialog.close') }}
    >
      {history.isError ? <Failure error={history.error} retry={() => void history.refetch()} /> : null}
      {history.data && entries.length === 0 ? <p>{t('tags.historyNone')}</p> : null}
      <ul className={classes.versions}>
        {entries.map(({ at, by, reason, what }, index) => (
          <li key={index}>
            <div className={classes.versionHead}>
              <span>{format.instant(at)}</span>
              <span>{by}</span>
            </div>
            <div>{what}</div>
            {reason === '' ? null : <div className={classes.small}>{t('tags.because', { reason })}</div>}
          </li>
        ))}
      </ul>
    </Dialog>
  )
}
