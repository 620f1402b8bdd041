import { Button, Select } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useTranslations } from 'use-intl'
import type { MapOverrides } from '../../../../server/import/columns/mapping.ts'
import { errorCode, useTRPC } from '../../../trpc.ts'
import { useLanguage } from '../../../ui/language.tsx'
import { useFormat } from '../../../ui/format.ts'
import { Failure, useErrorText } from '../../../ui/panel-states.tsx'
import { QueryPanel, useAnswer } from '../../../ui/query-panel.tsx'
import { useWorkspace } from '../../../ui/workspace.tsx'
import classes from '../data.module.css'
import { ReadAs } from './read-as.tsx'
import { WrittenIn, TimesIn, Questions, RefundsTaken } from './file-questions.tsx'
import { NeededColumns } from './needed-columns.tsx'
import { OtherColumns } from './other-columns.tsx'
import { RejectedPanel } from './rejected-panel.tsx'
import { everyRowRefused, isOfNoKind, isOpen, type SaidEncodings, type StartOrder } from './mapping.ts'

/**
 * Guessed columns for confirmation: the four that matter first, each with samples and how sure the guess is. `part`: of
 * which part of files given together; without `onStarted` it is imported with the others, from elsewhere.
 */
export function MappingPanel({
  uploadId,
  part,
  encodings,
  map,
  onMap: setMap,
  onStarted,
  onLeave,
}: {
  uploadId: string
  part?: string
  encodings?: SaidEncodings
  map: MapOverrides
  onMap: (map: MapOverrides) => void
  onStarted?: (runIds: readonly string[], order: StartOrder) => void
  onLeave: () => void
}) {
  const t = useTranslations('data')
  const trpc = useTRPC()
  const { language } = useLanguage()
  const { instant } = useFormat()
  const { currency } = useWorkspace()
  const errorText = useErrorText()
  const source = { uploadId }
  const kinds = useAnswer(trpc.imports.kinds.queryOptions({ language })).data ?? []
  const inspection = useAnswer(trpc.imports.inspect.queryOptions({ source, part, encodings, map, language }))
  const start = useMutation(
    trpc.imports.start.mutationOptions({ onSuccess: ({ runIds }, order) => onStarted?.(runIds, order) }),
  )
  const begin = (dryRun: boolean) => start.mutate({ source, map, dryRun, language })

  // A file that can't be read is refused as often as it is asked: the sentence says what to do instead.
  if (inspection.isError && errorCode(inspection.error) === 'PRECONDITION_FAILED')
    return (
      <RejectedPanel
        sentence={errorText(inspection.error).sentence}
        onBack={Object.keys(map).length > 0 ? () => setMap({}) : undefined}
        onLeave={onLeave}
      />
    )

  return (
    <QueryPanel
      name={t('mapping.title')}
      title={t('mapping.title')}
      subtitle={(file) => t('mapping.subtitle', { file: file.fileName, rows: file.sampled })}
      query={inspection}
      tools={
        onStarted ? (
          <Button variant="subtle" size="xs" onClick={onLeave}>
            {t('mapping.other')}
          </Button>
        ) : undefined
      }
    >
      {(file) => {
        const noKind = isOfNoKind(file, map)
        const open = isOpen(file, map)
        const further = kinds.find(({ name }) => name === file.map.kind)
        const refused = noKind ? null : everyRowRefused(file, further)
        const titleOf = (kind: typeof file.map.kind) =>
          kind === 'orders' || kind === 'refunds' || kind === 'members'
            ? t(`kind.${kind}`)
            : (kinds.find(({ name }) => name === kind)?.title ?? kind)
        return (
          <div className={classes.mapping}>
            {file.remembered ? (
              <p className={classes.note}>
                {t('remembered', {
                  file: file.remembered.fileName,
                  time: instant(file.remembered.importedAt),
                })}
              </p>
            ) : null}
            <Select
              label={t('kind.label')}
              data={[
                ...(['orders', 'refunds', 'members'] as const).map((kind) => ({
                  value: kind as string,
                  label: t(`kind.${kind}`),
                })),
                ...kinds.map(({ name, title }) => ({ value: name as string, label: title })),
              ]}
              // While it is open none stands there: who means the first one has to be able to choose it.
              value={(noKind || file.otherKinds.length > 0) && map.kind === undefined ? null : file.map.kind}
              placeholder={t('kind.choose')}
              allowDeselect={false}
              onChange={(kind) => kind && setMap({ kind: kind as typeof file.map.kind })}
            />
            {further ? <p className={classes.note}>{further.about}</p> : null}
            {noKind ? (
              <p className={classes.note} role="status">
                {t('kind.none')}
              </p>
            ) : null}
            {file.otherKinds.length > 0 ? (
              <p className={classes.note} role="status">
                {t('kind.open', { kinds: [file.map.kind, ...file.otherKinds].map(titleOf).join(' · ') })}
              </p>
            ) : null}
            {file.preset ? <p className={classes.note}>{t(`preset.${file.preset}`)}</p> : null}
            {file.personHint ? (
              <p className={classes.note} role="status">
                {file.personHint.other === null
                  ? t('personHint', { header: file.personHint.header, rows: file.sampled })
                  : t(file.personHint.otherIs === null ? 'personHintOther' : 'personHintKind', {
                      header: file.personHint.header,
                      other: file.personHint.other,
                      rows: file.sampled,
                    })}
              </p>
            ) : null}
            <ReadAs file={file} />
            <WrittenIn file={file} map={map} onChange={setMap} />
            {file.tables.length > 0 ? (
              <ul className={classes.facts}>
                {file.tables.map((note) => (
                  <li key={note}>{note}</li>
                ))}
              </ul>
            ) : null}
            {file.repeated.map((note) => (
              <p key={note} className={classes.note} role="status">
                {note}
              </p>
            ))}
            {file.otherCurrency ? (
              <p className={classes.unread} role="status">
                {t('mapping.otherCurrency', { ...file.otherCurrency, currency })}
              </p>
            ) : null}
            {file.partOfOrders && !noKind ? (
              <p className={classes.note} role="status">
                {t('mapping.partOfOrders')}
              </p>
            ) : null}
            {noKind ? null : (
              <>
                <NeededColumns file={file} further={further} map={map} onChange={setMap} />
                <RefundsTaken file={file} map={map} onChange={setMap} />
                <TimesIn file={file} further={further} map={map} onChange={setMap} />
                <Questions file={file} map={map} onChange={setMap} />
                <OtherColumns file={file} further={further} map={map} onChange={setMap} />
              </>
            )}
            {start.isError ? <Failure error={start.error} /> : null}
            {refused ? (
              <p className={classes.unread} role="status">
                {t('mapping.everyRow', { ...refused, kind: file.map.kind })}
              </p>
            ) : null}
            {open && !noKind ? <p className={classes.note}>{t('mapping.open')}</p> : null}
            {onStarted ? (
              <div className={classes.buttons}>
                <Button
                  onClick={() => begin(false)}
                  disabled={open || refused !== null}
                  loading={start.isPending}
                >
                  {t('mapping.import')}
                </Button>
                <Button variant="default" onClick={() => begin(true)} disabled={open || start.isPending}>
                  {t('mapping.check')}
                </Button>
              </div>
            ) : null}
          </div>
        )
      }}
    </QueryPanel>
  )
}
