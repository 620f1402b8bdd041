import { Button, Select } from '@mantine/core'
import { useMutation, useQueries } from '@tanstack/react-query'
import type { inferRouterOutputs } from '@trpc/server'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import type { MapOverrides } from '../../../server/import/columns/mapping.ts'
import type { AppRouter } from '../../../server/router.ts'
import { useTRPC } from '../../trpc.ts'
import { DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { useLanguage } from '../../ui/language.tsx'
import { Failure, useErrorText } from '../../ui/panel-states.tsx'
import { Panel } from '../../ui/panel.tsx'
import { StatusChip } from '../../ui/status-chip.tsx'
import classes from './data.module.css'
import { MappingPanel } from './mapping/mapping-panel.tsx'
import {
  encodingNames,
  isOpen,
  type SaidEncodings,
  type StartOrder,
  whoseColumns,
} from './mapping/mapping.ts'

type Found = inferRouterOutputs<AppRouter>['imports']['parts']

/** What was said of the parts of an upload: what tables are written in, what columns mean, which parts are left out. */
export interface SaidOfParts {
  readonly encodings: SaidEncodings
  readonly maps: Readonly<Record<string, MapOverrides>>
  readonly left: readonly string[]
}

/** Which table becomes which import, each with its columns, to be confirmed together. */
export function PartsPanel({
  uploadId,
  found: { fileName, parts, unused, open },
  said,
  onSaid,
  onStarted,
  onLeave,
}: {
  uploadId: string
  found: Found
  said: SaidOfParts
  onSaid: (said: SaidOfParts) => void
  onStarted: (runIds: readonly string[], order: StartOrder) => void
  onLeave: () => void
}) {
  const t = useTranslations('data')
  const trpc = useTRPC()
  const { language } = useLanguage()
  const { count } = useFormat()
  const errorText = useErrorText()
  const source = { uploadId }
  const { encodings, left } = said
  // tags are the members' whose columns they stand beside
  const maps: Readonly<Record<string, MapOverrides>> = Object.fromEntries(
    parts.map(({ part, ofMembers }) => [
      part,
      said.maps[part] ?? (ofMembers === null ? {} : whoseColumns(said.maps[ofMembers] ?? {})),
    ]),
  )
  const readable = parts.filter(({ refusal }) => refusal === null)
  const [chosen, setShown] = useState<string>()
  const shown = readable.find(({ part }) => part === chosen) ?? readable[0]
  const inspections = useQueries({
    queries: readable.map(({ part }) =>
      trpc.imports.inspect.queryOptions({ source, part, encodings, map: maps[part] ?? {}, language }),
    ),
  })
  const start = useMutation(
    trpc.imports.start.mutationOptions({ onSuccess: ({ runIds }, order) => onStarted(runIds, order) }),
  )
  const rows = parts.map((one) => {
    const inspection = inspections[readable.indexOf(one)]
    const file = inspection?.data
    const state =
      one.refusal !== null || inspection?.isError
        ? ('refused' as const)
        : file === undefined
          ? ('looking' as const)
          : isOpen(file, maps[one.part] ?? {})
            ? ('open' as const)
            : ('ready' as const)
    const why = one.refusal ?? (inspection?.isError ? errorText(inspection.error).sentence : null)
    return { ...one, state, why }
  })
  const taken = rows.filter(({ part, state }) => state !== 'refused' && !left.includes(part))
  const waiting = taken.length === 0 || taken.some(({ state }) => state !== 'ready')
  const begin = (dryRun: boolean) =>
    start.mutate({
      source,
      encodings,
      parts: taken.map(({ part }) => ({ part, map: maps[part] ?? {} })),
      dryRun,
      language,
    })
  const selected = new Set(taken.map(({ part }) => part))
  return (
    <>
      <Panel
        title={t('parts.title', { file: fileName, count: readable.length })}
        subtitle={t('parts.subtitle')}
        tools={
          <Button variant="subtle" size="xs" onClick={onLeave}>
            {t('mapping.other')}
          </Button>
        }
      >
        <div className={classes.mapping}>
          <DataTable
            dense
            label={t('parts.label')}
            rows={rows}
            rowKey={({ part }) => part}
            onRow={({ part }) => setShown(part)}
            selection={{
              selected,
              onChange: (now) =>
                onSaid({ ...said, left: rows.flatMap(({ part }) => (now.has(part) ? [] : [part])) }),
            }}
            columns={[
              { key: 'tables', header: t('parts.tables'), cell: ({ names }) => names.join(' + ') },
              { key: 'kind', header: t('parts.kind'), cell: ({ title }) => title },
              {
                key: 'rows',
                header: t('parts.rows'),
                align: 'right',
                cell: (row) => (row.rows === null ? '–' : count(row.rows)),
              },
              {
                key: 'state',
                header: t('parts.state'),
                cell: ({ state }) => (
                  <StatusChip tone={state === 'ready' ? 'good' : state === 'looking' ? 'off' : 'warn'}>
                    {t(`parts.is.${state}`)}
                  </StatusChip>
                ),
              },
            ]}
          />
          {rows.some(({ why }) => why !== null) || unused.length > 0 ? (
            <ul className={classes.facts}>
              {rows.flatMap(({ part, names, why }) =>
                why === null ? [] : [<li key={part}>{t('parts.not', { tables: names.join(', '), why })}</li>],
              )}
              {unused.map((note) => (
                <li key={note}>{note}</li>
              ))}
            </ul>
          ) : null}
          {open.map(({ part, name, readings }) => (
            <Select
              key={part}
              label={t('parts.encoding', { table: name })}
              description={t('mapping.encodingOpen')}
              data={readings.map((reading) => ({
                value: reading.encoding as string,
                label: `${encodingNames[reading.encoding]}: ${reading.sample}`,
              }))}
              value={null}
              placeholder={t('mapping.chooseOne')}
              allowDeselect={false}
              onChange={(encoding) => {
                const one = readings.find((reading) => reading.encoding === encoding)
                // other names of columns: what was said of them is said anew
                if (one)
                  onSaid({
                    ...said,
                    maps: {},
                    encodings: { parts: { ...encodings.parts, [part]: one.encoding } },
                  })
              }}
            />
          ))}
          {start.isError ? <Failure error={start.error} /> : null}
          {waiting && taken.some(({ state }) => state === 'open') ? (
            <p className={classes.note} role="status">
              {t('parts.open')}
            </p>
          ) : null}
          <div className={classes.buttons}>
            <Button onClick={() => begin(false)} disabled={waiting} loading={start.isPending}>
              {t('parts.import', { count: taken.length })}
            </Button>
            <Button variant="default" onClick={() => begin(true)} disabled={waiting || start.isPending}>
              {t('mapping.check')}
            </Button>
          </div>
        </div>
      </Panel>
      {shown ? (
        <>
          <Select
            label={t('parts.columnsOf')}
            data={readable.map(({ part, names, title }) => ({
              value: part,
              label: t('parts.named', { tables: names.join(' + '), kind: title }),
            }))}
            value={shown.part}
            allowDeselect={false}
            onChange={(part) => part && setShown(part)}
          />
          <MappingPanel
            key={shown.part}
            uploadId={uploadId}
            part={shown.part}
            encodings={encodings}
            map={maps[shown.part] ?? {}}
            onMap={(map) => onSaid({ ...said, maps: { ...said.maps, [shown.part]: map } })}
            onLeave={onLeave}
          />
        </>
      ) : null}
    </>
  )
}
