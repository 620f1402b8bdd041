import { Link } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'

/** What to import where no line says what was sold. */
export function useNothingKnown() {
  const t = useTranslations('products')
  return { reason: t('empty'), action: <Link to="/data">{t('toData')}</Link> }
}
