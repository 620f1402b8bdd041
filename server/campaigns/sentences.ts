import type { SegmentError } from '../segments/evaluation.ts'
import type { ChangeOutcome } from './campaigns.ts'
import type { LaunchOutcome } from './launch.ts'
import type { Blocker, Confirmation } from './preview.ts'

/** What a person reads of a refusal: what, why, what to do. */
export const noSuchCampaign =
  'This workspace has no such campaign. See: npx reveille campaign list --workspace NAME'

export const segmentSentence = (errors: readonly SegmentError[]): string =>
  `The segment is not understood. ${errors
    .map(
      ({ from, message, suggestion }) =>
        `At character ${from + 1}: ${message}${suggestion ? ` Did you mean ${suggestion}?` : ''}`,
    )
    .join(' ')}`

export function changeSentence(outcome: Exclude<ChangeOutcome, { kind: 'changed' }>): string {
  if (outcome.kind === 'not-found') return noSuchCampaign
  return `This can't be done while the campaign is ${outcome.status}.${outcome.status === 'draft' ? ' Launch it first.' : ' A launched campaign keeps its definition; make a new one instead.'}`
}

export function launchSentence(outcome: Exclude<LaunchOutcome, { kind: 'launched' }>): string {
  switch (outcome.kind) {
    case 'not-found':
      return noSuchCampaign
    case 'wrong-state':
      return `The campaign is ${outcome.status} and can't be launched. Make a new one.`
    case 'segment-refused':
      return segmentSentence(outcome.errors)
    case 'moved':
      return `This is not what the preview showed: the audience, the data, the day or the offer has changed. It would now give ${outcome.preview.issued} coupons and hold out ${outcome.preview.holdout} members, of data up to ${outcome.preview.asOf}. Preview it again and launch with the new digest.`
    case 'blocked':
      return outcome.blockers.map(blockerSentence).join(' ')
    case 'unconfirmed':
      return `Before it launches, confirm: ${outcome.confirmations
        .map((confirmation) => `${confirmationSentence(confirmation)} (--confirm ${confirmation.topic})`)
        .join('; ')}.`
  }
}

export function blockerSentence(blocker: Blocker): string {
  switch (blocker.kind) {
    case 'nobody':
      return 'Nobody would get a coupon: the segment is empty or everyone in it is excluded. Choose another segment.'
    case 'unbounded-cost':
      return 'The cost has no limit: give the percentage a cap (capMinor).'
    case 'over-budget':
      return `The coupons could cost ${blocker.worstCostMinor} minor units and the budget is ${blocker.budgetMinor}: raise the budget, lower the offer or choose fewer members.`
    case 'already-over':
      return `The coupons' last day, ${blocker.lastDay}, is over: choose a later one.`
  }
}

export function confirmationSentence(confirmation: Confirmation): string {
  switch (confirmation.topic) {
    case 'old-data':
      return `the data ends on ${confirmation.asOf} and today is ${confirmation.today}, so members may have bought since`
    case 'unknown-consent':
      return `of ${confirmation.members} members nobody knows whether they may be contacted`
    case 'feed-gap':
      return `orders of ${confirmation.stores
        .map(({ store, newestDay, members }) => `${store} stop on ${newestDay} (${members} members)`)
        .join(', ')} while the data goes to ${confirmation.asOf}`
  }
}
