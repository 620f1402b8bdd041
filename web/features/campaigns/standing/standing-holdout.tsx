import { Radio } from '@mantine/core'
import { useTranslations } from 'use-intl'
import { useFormat } from '../../../ui/format.ts'
import { Panel } from '../../../ui/panel.tsx'
import type { StepProps } from '../composer.tsx'
import classes from '../composer.module.css'

const shares = [0.1, 0.2, 0.3, 0.5, 0]

/** The share of those who come in that get nothing, so that an effect can be seen. */
export function StandingHoldout({ draft, change }: StepProps) {
  const t = useTranslations('standing.holdout')
  const format = useFormat()
  return (
    <Panel title={t('title')} subtitle={t('subtitle')}>
      <Radio.Group
        aria-label={t('title')}
        value={String(draft.holdout)}
        onChange={(share) => change({ holdout: Number(share), holdoutPicked: true })}
      >
        <div className={classes.options}>
          {shares.map((share) => (
            <Radio
              key={share}
              value={String(share)}
              label={share === 0 ? t('none') : format.percentShort(share)}
            />
          ))}
        </div>
      </Radio.Group>
    </Panel>
  )
}
