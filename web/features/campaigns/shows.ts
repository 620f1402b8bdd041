import { useTranslations } from 'use-intl'
import { useRise } from './rise.ts'

/** What a holdout would show, in one sentence: the same wherever a campaign that is not launched is described. */
export function useShows() {
  const t = useTranslations('campaigns.holdoutStep')
  const rise = useRise()
  return (
    planned: { detectable: number | null; proves: boolean } | null,
    { effect, eligible }: { effect: number; eligible: number },
  ): string => {
    if (planned === null) return t('noneHelp')
    const { detectable, proves } = planned
    if (detectable === null) return t('showsNothing')
    return proves
      ? t('shows', { points: rise(detectable) })
      : t('showsOnly', { points: rise(detectable), effect: rise(effect), members: eligible })
  }
}
