import { Button, Progress } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslations } from 'use-intl'
import { errorCode, useTRPC } from '../../trpc.ts'
import { useLanguage } from '../../ui/language.tsx'
import { Failure, useErrorText } from '../../ui/panel-states.tsx'
import { Panel } from '../../ui/panel.tsx'
import { useAnswer } from '../../ui/query-panel.tsx'
import classes from './data.module.css'
import { MappingPanel } from './mapping/mapping-panel.tsx'
import { RejectedPanel } from './mapping/rejected-panel.tsx'
import type { StartOrder } from './mapping/mapping.ts'
import { PartsPanel, type SaidOfParts } from './parts-panel.tsx'

/** An upload and what the merchant said of it: of its columns, or of each of the parts that it becomes. */
export interface Chosen extends SaidOfParts {
  readonly uploadId: string
}

/** What becomes of an upload, to be confirmed: one import, or several. */
export function ChosenPanel({
  chosen,
  onChange,
  onStarted,
  onLeave,
}: {
  chosen: Chosen
  onChange: (chosen: Chosen) => void
  onStarted: (runIds: readonly string[], order: StartOrder) => void
  onLeave: () => void
}) {
  const t = useTranslations('data')
  const trpc = useTRPC()
  const { language } = useLanguage()
  const errorText = useErrorText()
  const { uploadId, encodings, maps } = chosen
  const found = useAnswer(trpc.imports.parts.queryOptions({ source: { uploadId }, encodings, language }))
  const joining = useQuery(
    trpc.imports.joining.queryOptions(undefined, {
      enabled: found.isFetching,
      refetchInterval: 500,
      staleTime: 0,
      gcTime: 0,
    }),
  ).data
  if (found.isFetching && joining)
    return (
      <Panel title={t('joining.title', { file: joining.fileName })}>
        <Progress value={100 * joining.share} aria-label={t('joining.label')} transitionDuration={0} />
        <div className={classes.buttons}>
          <Button
            variant="default"
            onClick={() => {
              found.cancel?.()
              onLeave()
            }}
          >
            {t('running.cancel')}
          </Button>
        </div>
      </Panel>
    )
  if (found.isError && errorCode(found.error) === 'PRECONDITION_FAILED')
    return <RejectedPanel sentence={errorText(found.error).sentence} onLeave={onLeave} />
  if (found.isError) return <Failure error={found.error} />
  if (!found.data) return null
  if (found.data.parts.length > 1 || found.data.open.length > 0)
    return (
      <PartsPanel
        uploadId={uploadId}
        found={found.data}
        said={chosen}
        onSaid={(said) => onChange({ ...said, uploadId })}
        onStarted={onStarted}
        onLeave={onLeave}
      />
    )
  return (
    <MappingPanel
      uploadId={uploadId}
      map={maps[alone] ?? {}}
      onMap={(map) => onChange({ ...chosen, maps: { [alone]: map } })}
      onStarted={onStarted}
      onLeave={onLeave}
    />
  )
}

/** What stands for the part of an upload that is one table. */
export const alone = ''
