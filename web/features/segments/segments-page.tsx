import { useTranslations } from 'use-intl'
import { Page } from '../../ui/page.tsx'

export function SegmentsPage() {
  const t = useTranslations('shell')
  return <Page title={t('page.segments')} />
}
