import { isByHand } from './channel-draft.ts'
import type { Result } from './draft.ts'

/** Whether staff pass on the messages of all of a campaign's steps, of some, or of none. */
export function goesByHand({
  channel,
  standing,
}: Pick<Result['definition'], 'channel' | 'standing'>): 'all' | 'some' | 'none' {
  const later = (standing?.steps ?? []).flatMap(({ action }) =>
    (action.kind === 'coupon' || action.kind === 'message') && action.channel ? [action.channel] : [],
  )
  const hands = [channel, ...later].map(({ kind }) => isByHand(kind))
  if (!hands.includes(true)) return 'none'
  return hands.includes(false) ? 'some' : 'all'
}
