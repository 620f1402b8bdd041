import { Input, SegmentedControl, useMantineColorScheme, type MantineColorScheme } from '@mantine/core'
import { useTranslations } from 'use-intl'
import { type Language, useLanguage } from '../../ui/language.tsx'
import { Panel } from '../../ui/panel.tsx'
import classes from './settings.module.css'

/** Language and light or dark, for this browser. */
export function LookPanel() {
  const t = useTranslations('settings.look')
  const { language, choose } = useLanguage()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <Panel title={t('title')} subtitle={t('subtitle')}>
      <div className={classes.form}>
        <div>
          <Input.Label>{t('language')}</Input.Label>
          <SegmentedControl
            fullWidth
            aria-label={t('language')}
            value={language}
            onChange={(next) => choose(next as Language)}
            data={[
              { value: 'en', label: 'English' },
              { value: 'zh-CN', label: '中文' },
            ]}
          />
        </div>
        <div>
          <Input.Label>{t('scheme')}</Input.Label>
          <SegmentedControl
            fullWidth
            aria-label={t('scheme')}
            value={colorScheme}
            onChange={(next) => setColorScheme(next as MantineColorScheme)}
            data={(['light', 'dark', 'auto'] as const).map((value) => ({ value, label: t(value) }))}
          />
        </div>
      </div>
    </Panel>
  )
}
