import { Menu, useMantineColorScheme } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { useTranslations } from 'use-intl'
import { useLanguage } from '../ui/language.tsx'

const languageNames = { en: 'English', 'zh-CN': '中文' } as const

/** Language and light or dark: kept in this browser. */
export function PreferenceItems() {
  const t = useTranslations('shell')
  const { language, choose } = useLanguage()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const mark = (chosen: boolean) => (chosen ? <IconCheck size={16} aria-hidden /> : null)
  return (
    <>
      <Menu.Label>{t('language')}</Menu.Label>
      {(['en', 'zh-CN'] as const).map((each) => (
        <Menu.Item
          key={each}
          lang={each}
          role="menuitemradio"
          aria-checked={language === each}
          rightSection={mark(language === each)}
          onClick={() => choose(each)}
        >
          {languageNames[each]}
        </Menu.Item>
      ))}
      <Menu.Label>{t('scheme.label')}</Menu.Label>
      {(['light', 'dark', 'auto'] as const).map((scheme) => (
        <Menu.Item
          key={scheme}
          role="menuitemradio"
          aria-checked={colorScheme === scheme}
          rightSection={mark(colorScheme === scheme)}
          onClick={() => setColorScheme(scheme)}
        >
          {t(`scheme.${scheme}`)}
        </Menu.Item>
      ))}
    </>
  )
}
