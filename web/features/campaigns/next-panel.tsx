import { useTranslations } from 'use-intl'
import { useFormat } from '../../ui/format.ts'
import { Panel } from '../../ui/panel.tsx'
import composer from './composer.module.css'
import type { Effect } from './draft.ts'
import { useRise } from './rise.ts'

/** What to try next, the most important first. */
export function NextPanel({ effect }: { effect: Effect | undefined }) {
  const t = useTranslations('campaigns.next-steps')
  const format = useFormat()
  const rise = useRise()
  if (!effect || effect.next.length === 0) return null
  const said = (step: Effect['next'][number]): string => {
    switch (step.kind) {
      case 'budget-spent':
        return t(step.kind, { waiting: step.waiting, members: format.count(step.waiting) })
      case 'wait-for-entries':
        return t(step.kind, { days: step.days })
      case 'more-entries':
        return t(step.kind, {
          members: format.count(step.members),
          had: format.count(step.had),
          points: rise(step.effect),
        })
      case 'wait':
      case 'import-orders':
        return t(step.kind, { day: format.day(step.day) })
      case 'more-members':
        return t('more-members', {
          members: format.count(step.members),
          had: format.count(step.had),
          share: format.percentShort(step.share),
          points: rise(step.effect),
        })
      case 'larger-effect':
        return t('larger-effect', { points: rise(step.effect) })
      case 'later-coupon':
        return t('later-coupon', { orders: step.orders })
      case 'deliver':
        return t('deliver', { messages: step.messages })
      default:
        return t(step.kind)
    }
  }
  return (
    <Panel title={t('title')}>
      <ul className={composer.next}>
        {effect.next.map((step) => (
          <li key={step.kind}>{said(step)}</li>
        ))}
      </ul>
    </Panel>
  )
}
