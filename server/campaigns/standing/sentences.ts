import type { Said } from '../../messages/messages.ts'
import { problemsSaid } from '../../segments/refusal.ts'
import type { LiveBlocker, LiveOutcome, LiveTopic } from './go-live.ts'

/** What a person reads of a refusal: what, why, what to do. */
export function liveSaid(outcome: Exclude<LiveOutcome<unknown>, { kind: 'done' }>): Said {
  switch (outcome.kind) {
    case 'not-found':
      return { id: 'no-such-campaign' }
    case 'stands-not':
      return { id: 'standing-none' }
    case 'wrong-state':
      return { id: 'standing-not-so', values: { status: outcome.status } }
    case 'segment-refused':
      return { id: 'segment-refused', values: { problems: problemsSaid(outcome.errors) } }
    case 'moved':
      return { id: 'standing-moved' }
    case 'blocked':
      return { id: 'standing-blocked', values: { blockers: outcome.blockers.map(liveBlockerSaid) } }
    case 'unconfirmed':
      return { id: 'standing-unconfirmed', values: { confirmations: outcome.topics.map(liveTopicSaid) } }
  }
}

export const liveTopicSaid = (topic: LiveTopic): Said => ({ id: `live-${topic}` })

export const liveBlockerSaid = ({ kind, ...values }: LiveBlocker): Said => ({ id: `blocker-${kind}`, values })
