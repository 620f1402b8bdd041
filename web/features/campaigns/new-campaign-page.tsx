import { useSearch } from '@tanstack/react-router'
import { Composer } from './composer.tsx'
import { emptyDraft } from './draft.ts'

/** The composer, filled from an opportunity or a selection of members. */
export function NewCampaignPage() {
  const { segment, name } = useSearch({ from: '/signed-in/shell/campaigns/new' })
  return (
    <Composer
      key={`${segment}\n${name}`}
      initial={{ ...emptyDraft, segment: segment ?? emptyDraft.segment, name: name ?? emptyDraft.name }}
    />
  )
}
