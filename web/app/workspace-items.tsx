import { Menu } from '@mantine/core'
import { IconCheck, IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { startAgain, useTRPC } from '../trpc.ts'

/** What the workspace menu offers beside preferences: the other workspaces, the desk, the way out. */
export function WorkspaceItems() {
  const t = useTranslations('shell')
  const trpc = useTRPC()
  const me = useQuery(trpc.accounts.me.queryOptions())
  const switched = useMutation(trpc.workspaces.switch.mutationOptions({ onSuccess: () => startAgain('/') }))
  const signOut = useMutation(
    trpc.accounts.signOut.mutationOptions({ onSuccess: () => startAgain('/sign-in') }),
  )
  const { workspaces = [], current } = me.data ?? {}
  return (
    <>
      {workspaces.length > 1 ? (
        <>
          <Menu.Label>{t('workspaces')}</Menu.Label>
          {workspaces.map(({ id, name }) => (
            <Menu.Item
              key={id}
              role="menuitemradio"
              aria-checked={id === current?.id}
              rightSection={id === current?.id ? <IconCheck size={16} aria-hidden /> : null}
              onClick={() => switched.mutate({ id })}
            >
              {name}
            </Menu.Item>
          ))}
        </>
      ) : null}
      {me.data?.ownsInstallation ? (
        <>
          <Menu.Item component={Link} to={'/new-workspace' as never} leftSection={<IconPlus size={16} />}>
            {t('newWorkspace')}
          </Menu.Item>
          <Menu.Divider />
        </>
      ) : workspaces.length > 1 ? (
        <Menu.Divider />
      ) : null}
      <Menu.Item component={Link} to={'/redeem' as never}>
        {t('page.desk')}
      </Menu.Item>
      {me.data?.userId ? (
        <Menu.Item onClick={() => signOut.mutate()}>{t('signOut', { name: me.data.name })}</Menu.Item>
      ) : null}
    </>
  )
}
