import { ActionIcon, Menu, useMantineColorScheme } from '@mantine/core'
import { IconCheck, IconDots } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { trpcClient } from '../../trpc.ts'
import { languages, useLanguage } from '../../ui/language.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'

const languageNames = { en: 'English', 'zh-CN': '中文' } as const

/** Language, light or dark, and the way out: the desk has no rail. */
export function DeskMenu() {
  const t = useTranslations('desk')
  const { role } = useWorkspace()
  const { language, choose } = useLanguage()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const signOut = useMutation({
    mutationFn: () => trpcClient.accounts.signOut.mutate(),
    onSuccess: () => location.assign('/sign-in'),
  })
  const mark = (chosen: boolean) => (chosen ? <IconCheck size={16} aria-hidden /> : null)
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size={44} aria-label={t('menu.label')}>
          <IconDots size={24} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {role === 'cashier' ? null : (
          <Menu.Item component={Link} to={'/' as never}>
            {t('menu.dashboard')}
          </Menu.Item>
        )}
        {languages.map((each) => (
          <Menu.Item
            key={each}
            lang={each}
            aria-current={language === each || undefined}
            rightSection={mark(language === each)}
            onClick={() => choose(each)}
          >
            {languageNames[each]}
          </Menu.Item>
        ))}
        <Menu.Divider />
        {(['light', 'dark', 'auto'] as const).map((scheme) => (
          <Menu.Item
            key={scheme}
            aria-current={colorScheme === scheme || undefined}
            rightSection={mark(colorScheme === scheme)}
            onClick={() => setColorScheme(scheme)}
          >
            {t(`menu.${scheme}`)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={() => signOut.mutate()}>{t('menu.signOut')}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
