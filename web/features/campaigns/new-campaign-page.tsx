import { useTranslations } from 'use-intl'
import { Page } from '../../ui/page.tsx'

export function NewCampaignPage() {
  const t = useTranslations('shell')
  return <Page title={t('page.campaigns')} />
}
