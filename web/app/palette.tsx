import '@mantine/spotlight/styles.css'
import { Spotlight, spotlight } from '@mantine/spotlight'
import { IconPlus, IconSearch, IconTicket } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../trpc.ts'
import { allPages } from './navigation.ts'

/** The command palette: jump to a page, the filters it knows handed on. Each rise of `asked` opens it. */
export default function Palette({ asked, handOn }: { asked: number; handOn: (to: string) => object }) {
  const t = useTranslations('shell')
  const navigate = useNavigate()
  useEffect(() => spotlight.open(), [asked])
  const trpc = useTRPC()
  const me = useQuery(trpc.accounts.me.queryOptions())
  const pages = [
    ...allPages,
    { to: '/redeem', name: 'desk', icon: IconTicket } as const,
    ...(me.data?.ownsInstallation
      ? [{ to: '/new-workspace', name: 'newWorkspace', icon: IconPlus } as const]
      : []),
  ]
  return (
    <Spotlight
      shortcut={null}
      nothingFound={t('nothingFound')}
      highlightQuery
      scrollable
      transitionProps={{ duration: 0 }}
      actions={pages.map(({ to, name, icon: Icon }) => ({
        id: to,
        label: t(`page.${name}`),
        leftSection: <Icon size={20} />,
        onClick: () => void navigate({ to: to as never, search: handOn(to) as never }),
      }))}
      searchProps={{
        leftSection: <IconSearch size={20} aria-hidden />,
        placeholder: t('search'),
        'aria-label': t('search'),
      }}
    />
  )
}
