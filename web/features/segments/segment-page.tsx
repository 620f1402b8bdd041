import { Button, Menu } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconDots } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useEffect, useMemo, useState } from 'react'
import { useTranslations } from 'use-intl'
import { parse } from '../../../analytics/segments/parse.ts'
import { print } from '../../../analytics/segments/print.ts'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { useLanguage } from '../../ui/language.tsx'
import { Page } from '../../ui/page.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Failure } from '../../ui/panel-states.tsx'
import { useAnswer } from '../../ui/query-panel.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import { CountUnderWay } from './count-under-way.tsx'
import { DeleteDialog, NameDialog, TagDialog } from './dialogs.tsx'
import { useEdits } from './edits.ts'
import { ExclusionsPanel } from './exclusions-panel.tsx'
import { ExportDialog } from './export-dialog.tsx'
import { HistoryPanel } from './history-panel.tsx'
import { MovementPanel } from './movement-panel.tsx'
import { OutwardPanel } from './outward-panel.tsx'
import { ReferencePanel } from './reference-panel.tsx'
import { type Face, RulePanel } from './rule-panel.tsx'
import { SamplePanel } from './sample-panel.tsx'
import classes from './segments.module.css'
import { useSaving } from './saving.ts'
import { UsesPanel } from './uses.tsx'
import { VersionsPanel } from './versions-panel.tsx'
import { WhyPanel } from './why-panel.tsx'

const route = '/signed-in/shell/segments/$segmentId'

/** One segment, saved or not: its rule in three faces, whom it selects, and why. */
export function SegmentPage() {
  const { segmentId } = useParams({ from: route })
  const isNew = segmentId === 'new'
  const trpc = useTRPC()
  const saved = useQuery({ ...trpc.segments.get.queryOptions({ id: segmentId }), enabled: !isNew })
  if (saved.isError) return <Failed error={saved.error} retry={() => void saved.refetch()} />
  if (!isNew && !saved.data) return null
  return (
    <Editor
      key={segmentId}
      saved={
        saved.data && {
          id: saved.data.id,
          name: saved.data.name,
          expression: saved.data.versions[0]!.expression,
          versions: saved.data.versions,
        }
      }
    />
  )
}

function Failed({ error, retry }: { error: unknown; retry: () => void }) {
  const t = useTranslations('segments')
  return (
    <Page title={t('title')}>
      <Panel>
        <Failure error={error} retry={retry} />
      </Panel>
    </Page>
  )
}

interface Saved {
  readonly id: string
  readonly name: string
  readonly expression: string
  readonly versions: readonly { version: number; expression: string; savedAt: string }[]
}

function Editor({ saved }: { saved: Saved | undefined }) {
  const t = useTranslations('segments')
  const format = useFormat()
  const trpc = useTRPC()
  const { role } = useWorkspace()
  const mayChange = role === 'owner' || role === 'marketer'
  const search = useSearch({ from: route })
  const navigate = useNavigate({ from: '/segments/$segmentId' })
  const { language } = useLanguage()
  const options = { currencyDecimals: format.decimals }
  const inLanguage = (written: string) => {
    const read = parse(written, options)
    return read.kind === 'parsed' ? print(read.expression, language) : written
  }
  const edits = useEdits(() => inLanguage(search.expression ?? saved?.expression ?? ''))
  const { text, change } = edits
  const [writtenIn, setWrittenIn] = useState(language)
  if (writtenIn !== language) {
    setWrittenIn(language)
    change(inLanguage(text))
  }
  const [dialog, setDialog] = useState<'save' | 'rename' | 'delete' | 'tag' | 'export' | null>(null)
  const parsed = useMemo(() => parse(text, { currencyDecimals: format.decimals }), [text, format.decimals])
  const canonical = parsed.kind === 'parsed' ? print(parsed.expression) : null
  // the newest text that was a rule: its members stay on the screen while the next one is being written
  const [rule, setRule] = useState(canonical)
  if (canonical !== null && rule !== canonical) setRule(canonical)
  const [settled] = useDebouncedValue(rule, 350)
  const counted = useAnswer({
    ...trpc.segments.count.queryOptions({ expression: settled ?? '' }, { trpc: { abortOnUnmount: true } }),
    enabled: settled !== null,
  })
  const changed = canonical !== (saved?.expression ?? null)
  // the version that is being changed, which a newer one of somebody else does not move
  const newest = saved?.versions[0]?.version
  const [from, setFrom] = useState(newest)
  if (!changed && from !== newest) setFrom(newest)
  const saving = useSaving()

  // the address follows the rule, so that a link opens what is on the screen
  const shared = settled !== null && settled !== saved?.expression ? settled : undefined
  useEffect(() => {
    if (settled === null || search.expression === shared) return
    void navigate({ search: (old) => ({ ...old, expression: shared }), replace: true })
  }, [settled, shared, search.expression, navigate])

  const ask = (member: string | undefined) =>
    void navigate({ search: (old) => ({ ...old, member }), replace: true })
  const save = () => {
    if (canonical === null) return
    if (saved)
      saving.save({
        id: saved.id,
        name: saved.name,
        expression: canonical,
        ...(from === undefined ? {} : { from }),
      })
    else setDialog('save')
  }
  return (
    <Page
      title={saved?.name ?? t('editor.new')}
      lead={
        canonical === null ? (
          t(text.trim() === '' ? 'editor.begin' : 'editor.unfinished')
        ) : counted.data ? (
          <>
            <span className={classes.lead} data-stale={counted.data.expression !== canonical || undefined}>
              {t('editor.lead', {
                n: counted.data.members,
                members: format.count(counted.data.members),
                share: format.share(counted.data.members, counted.data.all),
                day: format.day(counted.data.asOf),
              })}
            </span>
            <CountUnderWay of={counted} />
          </>
        ) : counted.isError ? (
          t('editor.uncounted')
        ) : (
          <>
            {counted.fetchStatus === 'fetching' ? t('editor.counting') : null}
            <CountUnderWay of={counted} />
          </>
        )
      }
      actions={
        <>
          {canonical === null ? null : (
            <>
              <Button
                variant="default"
                renderRoot={(props) => (
                  <Link to="/members" search={{ segment: canonical }} {...(props as object)} />
                )}
              >
                {t('editor.members')}
              </Button>
              {mayChange ? (
                <Button
                  variant="default"
                  renderRoot={(props) => (
                    <Link
                      to="/campaigns/new"
                      search={{ segment: canonical, ...(saved ? { name: saved.name } : {}) }}
                      {...(props as object)}
                    />
                  )}
                >
                  {t('editor.campaign')}
                </Button>
              ) : null}
            </>
          )}
          {mayChange ? (
            <>
              <Button
                onClick={save}
                loading={saving.isPending}
                disabled={canonical === null || (saved !== undefined && !changed)}
              >
                {t(saved ? 'editor.saveVersion' : 'editor.save')}
              </Button>
              <Menu position="bottom-end">
                <Menu.Target>
                  <Button variant="default" aria-label={t('editor.more')} px={8}>
                    <IconDots size={18} aria-hidden />
                  </Button>
                </Menu.Target>
                <Menu.Dropdown>
                  <Menu.Item disabled={canonical === null} onClick={() => setDialog('tag')}>
                    {t('editor.tagAll')}
                  </Menu.Item>
                  <Menu.Item disabled={canonical === null} onClick={() => setDialog('export')}>
                    {t('editor.export')}
                  </Menu.Item>
                  <Menu.Item
                    disabled={canonical === null}
                    onClick={() =>
                      void navigate({
                        to: '/segments/compare',
                        search: {
                          sets: [
                            saved && !changed ? print({ kind: 'segment', name: saved.name }) : canonical!,
                          ],
                        },
                      })
                    }
                  >
                    {t('editor.compare')}
                  </Menu.Item>
                  <Menu.Item disabled={!saved} onClick={() => setDialog('rename')}>
                    {t('editor.rename')}
                  </Menu.Item>
                  <Menu.Item disabled={!saved} color="red" onClick={() => setDialog('delete')}>
                    {t('editor.delete')}
                  </Menu.Item>
                </Menu.Dropdown>
              </Menu>
            </>
          ) : null}
        </>
      }
    >
      {counted.isError ? (
        <Panel>
          <Failure error={counted.error} retry={() => void counted.refetch()} />
        </Panel>
      ) : null}
      <div className={classes.editor}>
        <div className={classes.side}>
          <RulePanel
            text={text}
            parsed={parsed}
            edits={edits}
            face={(search.face as Face | undefined) ?? 'builder'}
            onFace={(face) => void navigate({ search: (old) => ({ ...old, face }), replace: true })}
          />
          {saved && saved.versions.length > 1 ? (
            <VersionsPanel
              versions={saved.versions}
              shown={canonical}
              onUse={(expression) => change(inLanguage(expression))}
            />
          ) : null}
        </div>
        {settled === null ? null : (
          <div className={classes.side} data-before={canonical === null || undefined}>
            <SamplePanel expression={settled} before={canonical === null} onWhy={ask} />
            <WhyPanel
              expression={settled}
              before={canonical === null}
              member={search.member}
              onMember={ask}
            />
            <ExclusionsPanel expression={settled} before={canonical === null} onWhy={ask} />
          </div>
        )}
      </div>
      {saved ? (
        <>
          <HistoryPanel id={saved.id} />
          <MovementPanel id={saved.id} />
          {mayChange ? <OutwardPanel id={saved.id} /> : null}
          <UsesPanel id={saved.id} />
        </>
      ) : null}
      <ReferencePanel />
      {dialog === 'save' || dialog === 'rename' ? (
        <NameDialog
          title={t(dialog === 'save' ? 'dialog.saveTitle' : 'dialog.renameTitle')}
          action={t(dialog === 'save' ? 'dialog.save' : 'dialog.rename')}
          name={saved?.name ?? ''}
          saving={saving}
          onClose={() => setDialog(null)}
          onName={(name) => {
            const expression = dialog === 'rename' ? saved!.expression : canonical!
            saving.save({ ...(saved ? { id: saved.id } : {}), name, expression }, () => setDialog(null))
          }}
        />
      ) : null}
      {dialog === 'delete' && saved ? <DeleteDialog segment={saved} onClose={() => setDialog(null)} /> : null}
      {dialog === 'export' && canonical !== null ? (
        <ExportDialog expression={canonical} onClose={() => setDialog(null)} />
      ) : null}
      {dialog === 'tag' && canonical !== null ? (
        <TagDialog
          expression={canonical}
          members={counted.data?.members ?? 0}
          onClose={() => setDialog(null)}
        />
      ) : null}
    </Page>
  )
}
