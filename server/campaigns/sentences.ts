import type { Said } from '../messages/messages.ts'
import { problemsSaid } from '../segments/refusal.ts'
import type { ChangeOutcome } from './campaigns.ts'
import type { Clash } from './clashes.ts'
import type { LaunchOutcome } from './launch.ts'
import type { Blocker, Confirmation } from './preview.ts'

/** What a person reads of a refusal: what, why, what to do. */
export function changeSaid(outcome: Exclude<ChangeOutcome, { kind: 'changed' }>): Said {
  if (outcome.kind === 'not-found') return { id: 'no-such-campaign' }
  if (outcome.kind === 'edited-elsewhere') return { id: 'campaign-edited-elsewhere' }
  const { status } = outcome
  return status === 'draft' ? { id: 'campaign-still-draft' } : { id: 'campaign-fixed', values: { status } }
}

export function launchSaid(outcome: Exclude<LaunchOutcome, { kind: 'launched' }>): Said {
  switch (outcome.kind) {
    case 'not-found':
      return { id: 'no-such-campaign' }
    case 'wrong-state':
      return { id: 'campaign-not-launchable', values: { status: outcome.status } }
    case 'stands':
      return { id: 'standing-goes-live' }
    case 'segment-refused':
      return { id: 'segment-refused', values: { problems: problemsSaid(outcome.errors) } }
    case 'moved': {
      const { issued, holdout, asOf } = outcome.preview
      return { id: 'campaign-moved', values: { issued, holdout, asOf } }
    }
    case 'blocked':
      return { id: 'campaign-blocked', values: { blockers: outcome.blockers.map(blockerSaid) } }
    case 'unconfirmed':
      return {
        id: 'campaign-unconfirmed',
        values: { confirmations: outcome.confirmations.map(confirmationSaid) },
      }
  }
}

export const blockerSaid = ({ kind, ...values }: Blocker): Said => ({ id: `blocker-${kind}`, values })

export const confirmationSaid = (confirmation: Confirmation): Said => {
  if (confirmation.topic === 'clash')
    return { id: 'confirm-clash', values: { campaigns: confirmation.campaigns.map(clashSaid) } }
  if (confirmation.topic !== 'feed-gap') {
    const { topic, ...values } = confirmation
    return { id: `confirm-${topic}`, values }
  }
  const stores = confirmation.stores.map((values): Said => ({ id: 'store-stops', values }))
  return { id: 'confirm-feed-gap', values: { asOf: confirmation.asOf, stores } }
}

/** With what it does to the other campaign's proof. */
const clashSaid = ({ campaignId, name, lastDay, heldOut, treated, proof }: Clash): Said => ({
  id: 'campaign-clashes',
  values: {
    campaign: campaignId,
    name,
    until: lastDay === null ? 'open' : 'day',
    lastDay: lastDay ?? '',
    heldOut: heldOut.members,
    allHeldOut: heldOut.of,
    treated: treated.members,
    allTreated: treated.of,
    proof,
  },
})
