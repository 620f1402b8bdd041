import { Button } from '@mantine/core'
import { useTranslations } from 'use-intl'
import { useFormat } from '../../ui/format.ts'
import { Panel } from '../../ui/panel.tsx'
import { Rule } from '../../ui/rule.tsx'
import classes from './segments.module.css'

/** Earlier versions of a saved rule, to look at and take up again. */
export function VersionsPanel({
  versions,
  shown,
  onUse,
}: {
  versions: readonly { version: number; expression: string; savedAt: string }[]
  shown: string | null
  onUse: (expression: string) => void
}) {
  const t = useTranslations('segments')
  const format = useFormat()
  return (
    <Panel title={t('versions.title')} subtitle={t('versions.subtitle')}>
      <ul className={classes.versions}>
        {versions.map(({ version, expression, savedAt }) => (
          <li key={version}>
            <div className={classes.versionHead}>
              <span>{t('versions.version', { version, when: format.instant(savedAt) })}</span>
              {expression === shown ? (
                <span>{t('versions.shown')}</span>
              ) : (
                <Button size="compact-sm" variant="default" onClick={() => onUse(expression)}>
                  {t('versions.use')}
                </Button>
              )}
            </div>
            <Rule text={expression} />
          </li>
        ))}
      </ul>
    </Panel>
  )
}
