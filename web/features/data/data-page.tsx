import { Button, Progress } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { DropZone } from '../../ui/drop-zone.tsx'
import { takeHandedFiles } from '../../ui/handed-files.ts'
import { useLanguage } from '../../ui/language.tsx'
import { Page } from '../../ui/page.tsx'
import { Failure } from '../../ui/panel-states.tsx'
import { Panel } from '../../ui/panel.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import classes from './data.module.css'
import { type Chosen, ChosenPanel } from './chosen-panel.tsx'
import { DataLinks } from './data-links.tsx'
import { DifferingPanel } from './differing-panel.tsx'
import { DifferingPointsPanel } from './differing-points-panel.tsx'
import { ElsewherePanel } from './elsewhere-panel.tsx'
import { ExportPanel } from './export-panel.tsx'
import { FeedsPanel } from './feeds-panel.tsx'
import { HistoryPanel } from './history-panel.tsx'
import { InboxPanel } from './inbox-panel.tsx'
import { MappingsPanel } from './mappings-panel.tsx'
import { RejectedPanel } from './mapping/rejected-panel.tsx'
import type { StartOrder } from './mapping/mapping.ts'
import { RestatementsPanel } from './restatements-panel.tsx'
import { SampleNotice } from './sample-notice.tsx'
import { RunPanel } from './run-panel.tsx'
import { RunsPanel } from './runs-panel.tsx'
import { Steps } from './steps.tsx'
import { TiesPanel } from './ties-panel.tsx'
import { WhoIsWhoPanel } from './who-is-who-panel.tsx'
import { type Upload, upload, UploadFailed } from './upload.ts'

type Step =
  | { kind: 'start' }
  | { kind: 'uploading'; fileName: string; share: number }
  | { kind: 'rejected'; sentence: string }
  | { kind: 'mapping'; chosen: Chosen }
  | { kind: 'running'; runIds: readonly string[]; chosen?: Chosen; order?: StartOrder }

/** From a file to a receipt, and what has been imported so far. */
export function DataPage() {
  const trpc = useTRPC()
  const { language } = useLanguage()
  // An import goes on while nobody looks; who comes back sees it.
  const current = useQuery(trpc.imports.current.queryOptions({ language }, { staleTime: 0, gcTime: 0 }))
  if (current.isPending) return null
  const { runId, set = [] } = current.data ?? {}
  return <DataFlow running={set.length > 0 ? set : runId === undefined ? undefined : [runId]} />
}

function DataFlow({ running }: { running: readonly string[] | undefined }) {
  const t = useTranslations('data')
  const trpc = useTRPC()
  const { language } = useLanguage()
  const { role } = useWorkspace()
  const [step, setStep] = useState<Step>(running ? { kind: 'running', runIds: running } : { kind: 'start' })
  const sending = useRef<Upload>(null)
  useEffect(() => () => sending.current?.cancel(), [])
  const history = useQuery(trpc.imports.list.queryOptions({ language }))
  const first = history.data?.length === 0
  const isSample = history.data?.some(({ kind, undoneAt }) => kind === 'demo' && undoneAt === null)

  // Several files are tables that belong together: one upload.
  const send = async (files: readonly File[]) => {
    let uploadId: string | undefined
    try {
      for (const [sent, file] of files.entries()) {
        const tell = (share: number) =>
          setStep({ kind: 'uploading', fileName: file.name, share: (sent + share) / files.length })
        tell(0)
        sending.current = upload(file, uploadId, tell)
        uploadId = await sending.current.done
      }
      if (uploadId !== undefined)
        setStep({ kind: 'mapping', chosen: { uploadId, maps: {}, left: [], encodings: { parts: {} } } })
    } catch (error) {
      if (!(error instanceof UploadFailed)) throw error
      setStep({ kind: 'rejected', sentence: error.sentence ?? t('rejected.offline') })
    }
  }
  const start = useMutation(
    trpc.imports.start.mutationOptions({
      onSuccess: ({ runIds }) => setStep((now) => ({ ...now, kind: 'running', runIds })),
    }),
  )
  const restart = () => setStep({ kind: 'start' })
  const waysOf = ({ chosen, order }: Extract<Step, { kind: 'running' }>) => ({
    onLeave: restart,
    onColumns: chosen && (() => setStep({ kind: 'mapping', chosen })),
    onImport: order && (() => start.mutate({ ...order, dryRun: false })),
  })
  const may = role === 'owner' || role === 'marketer'
  // Put off, because in development React leaves a page at once and comes back: the file is taken once.
  useEffect(() => {
    const later = setTimeout(() => {
      const files = takeHandedFiles()
      if (may && !running) void send(files)
    })
    return () => clearTimeout(later)
    // oxlint-disable-next-line react/exhaustive-deps -- files are handed over once, on arrival
  }, [])

  return (
    <Page
      title={t(first ? 'first.title' : 'title')}
      lead={t(first ? 'first.lead' : 'lead')}
      actions={<DataLinks mayImport={may} />}
    >
      {!may ? (
        <Panel>
          <p>{t('noPermission')}</p>
        </Panel>
      ) : step.kind === 'start' ? (
        <DropZone
          title={t('drop.title')}
          note={t('drop.note')}
          choose={t('drop.choose')}
          onFiles={(files) => void send(files)}
        />
      ) : step.kind === 'uploading' ? (
        <Panel title={t('uploading.title', { file: step.fileName })}>
          <Progress value={100 * step.share} aria-label={t('uploading.label')} transitionDuration={0} />
          <div className={classes.buttons}>
            <Button
              variant="default"
              onClick={() => {
                sending.current?.cancel()
                restart()
              }}
            >
              {t('running.cancel')}
            </Button>
          </div>
        </Panel>
      ) : step.kind === 'rejected' ? (
        <RejectedPanel sentence={step.sentence} onLeave={restart} />
      ) : step.kind === 'mapping' ? (
        <>
          {isSample ? <SampleNotice /> : null}
          <ChosenPanel
            chosen={step.chosen}
            onChange={(chosen) => setStep({ kind: 'mapping', chosen })}
            onStarted={(runIds, order) => setStep({ kind: 'running', runIds, order, chosen: step.chosen })}
            onLeave={restart}
          />
        </>
      ) : step.runIds.length > 1 ? (
        <RunsPanel key={step.runIds[0]} runIds={step.runIds} {...waysOf(step)} />
      ) : (
        <RunPanel key={step.runIds[0]} runId={step.runIds[0]!} {...waysOf(step)} />
      )}
      {start.isError ? <Failure error={start.error} /> : null}
      {first && step.kind === 'start' ? <Steps /> : null}
      {first ? null : (
        <>
          <FeedsPanel />
          <WhoIsWhoPanel />
          <TiesPanel />
          <ElsewherePanel />
          <DifferingPanel />
          <DifferingPointsPanel />
          <HistoryPanel />
          <RestatementsPanel />
        </>
      )}
      {first || !may ? null : <MappingsPanel />}
      {first || !may ? null : <InboxPanel />}
      {first ? null : <ExportPanel />}
    </Page>
  )
}
