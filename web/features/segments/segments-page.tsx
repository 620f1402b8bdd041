import { Button, SegmentedControl } from '@mantine/core'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { Page } from '../../ui/page.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import { SegmentsPanel } from './segments-panel.tsx'
import { StartersPanel } from './starters-panel.tsx'
import { SuggestionsPanel } from './suggestions-panel.tsx'
import { TagForm } from './tag-forms.tsx'
import { TagGroupsPanel } from './tag-groups-panel.tsx'
import { TagProposalsPanel } from './tag-proposals-panel.tsx'
import { TagsPanel } from './tags-panel.tsx'

const route = '/signed-in/shell/segments'

/** The saved segments, and the tags beside them. */
export function SegmentsPage() {
  const t = useTranslations('segments')
  const { role } = useWorkspace()
  const mayChange = role === 'owner' || role === 'marketer'
  const tab = useSearch({ from: route }).tab ?? 'segments'
  const navigate = useNavigate({ from: '/segments' })
  const [making, setMaking] = useState(false)
  return (
    <Page
      title={t('title')}
      lead={t(`lead.${tab}`)}
      actions={
        tab === 'segments' ? (
          <>
            <Button
              variant="default"
              renderRoot={(props) => <Link to="/segments/compare" {...(props as object)} />}
            >
              {t('list.compare')}
            </Button>
            <Button
              renderRoot={(props) => (
                <Link to="/segments/$segmentId" params={{ segmentId: 'new' }} {...(props as object)} />
              )}
            >
              {t('list.new')}
            </Button>
          </>
        ) : mayChange ? (
          <Button onClick={() => setMaking(true)}>{t('tags.new')}</Button>
        ) : null
      }
    >
      <div>
        <SegmentedControl
          value={tab}
          aria-label={t('tabs')}
          data={(['segments', 'tags'] as const).map((value) => ({ value, label: t(`tab.${value}`) }))}
          onChange={(next) =>
            void navigate({ search: next === 'tags' ? { tab: 'tags' } : {}, replace: true })
          }
        />
      </div>
      {tab === 'segments' ? (
        <>
          <SegmentsPanel />
          <SuggestionsPanel mayChange={mayChange} />
          <StartersPanel mayChange={mayChange} />
        </>
      ) : (
        <>
          <TagsPanel mayChange={mayChange} />
          <TagGroupsPanel mayChange={mayChange} />
          <TagProposalsPanel mayChange={mayChange} />
        </>
      )}
      {making ? <TagForm onClose={() => setMaking(false)} /> : null}
    </Page>
  )
}
