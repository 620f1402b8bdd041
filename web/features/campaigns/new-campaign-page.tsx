import { useSearch } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { Page } from '../../ui/page.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Missing } from '../../ui/panel-states.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import { Composer } from './composer.tsx'
import { emptyDraft } from './draft.ts'

/** The composer, filled from an opportunity or a selection of members; who may not plan is told who may. */
export function NewCampaignPage() {
  const t = useTranslations('campaigns')
  const { role } = useWorkspace()
  const { segment, name } = useSearch({ from: '/signed-in/shell/campaigns/new' })
  if (role !== 'owner' && role !== 'marketer')
    return (
      <Page title={t('compose.title')}>
        <Panel>
          <Missing reason={t('compose.noPermission')} />
        </Panel>
      </Page>
    )
  return (
    <Composer
      key={`${segment}\n${name}`}
      initial={{ ...emptyDraft, segment: segment ?? emptyDraft.segment, name: name ?? emptyDraft.name }}
    />
  )
}
