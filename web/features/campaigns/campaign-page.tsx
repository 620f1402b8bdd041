import { useTranslations } from 'use-intl'
import { Page } from '../../ui/page.tsx'

export function CampaignPage() {
  const t = useTranslations('shell')
  return <Page title={t('page.campaigns')} />
}
