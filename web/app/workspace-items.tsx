import { Menu } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'

/** What the workspace menu offers beside preferences: the desk, the workspaces. */
export function WorkspaceItems() {
  const t = useTranslations('shell')
  return (
    <Menu.Item component={Link} to={'/redeem' as never}>
      {t('page.desk')}
    </Menu.Item>
  )
}
