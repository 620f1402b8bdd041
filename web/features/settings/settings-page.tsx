import { useTranslations } from 'use-intl'
import { Page } from '../../ui/page.tsx'

export function SettingsPage() {
  const t = useTranslations('shell')
  return <Page title={t('page.settings')} />
}
