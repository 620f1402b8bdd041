import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { Page } from '../ui/page.tsx'

/** While a page's code comes: nothing, since it takes a moment only. */
export const Waiting = () => null

/** A page that failed while drawing. */
export function Broken() {
  const t = useTranslations('shell')
  return (
    <Page title={t('broken.title')} lead={t('broken.lead')}>
      <div>
        <Button variant="default" onClick={() => location.reload()}>
          {t('broken.reload')}
        </Button>
      </div>
    </Page>
  )
}

/** An address that is no page. */
export function NotFound() {
  const t = useTranslations('shell')
  return (
    <Page title={t('notFound.title')} lead={t('notFound.lead')}>
      <div>
        <Link to="/">{t('notFound.home')}</Link>
      </div>
    </Page>
  )
}
