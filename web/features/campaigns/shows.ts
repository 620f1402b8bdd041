import { useTranslations } from 'use-intl'
import { useRise } from './rise.ts'

/** Decimals of points up to which two that read alike are told apart. */
const mostDecimals = 3

/** Two sizes of effect, with as many decimals as tell them apart; null in place of the second where none do. */
export function toldApart(
  say: (size: number, digits: number) => string,
  [one, other]: readonly [number, number],
): [string, string | null] {
  for (let digits = 1; digits <= mostDecimals; digits++) {
    const said: [string, string] = [say(one, digits), say(other, digits)]
    if (said[0] !== said[1]) return said
  }
  return [say(one, 1), null]
}

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
    if (proves) return t('shows', { points: rise(detectable) })
    const [points, wanted] = toldApart(rise, [detectable, effect])
    return t('showsOnly', {
      points,
      members: eligible,
      asked: wanted === null ? 'same' : 'more',
      effect: wanted ?? '',
    })
  }
}
