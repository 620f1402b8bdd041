import { setTimeout as pause } from 'node:timers/promises'
import type { Command } from 'commander'
import { answer, type CommonOptions } from '../../command-line/command.ts'
import type { Connection } from '../../command-line/connect.ts'
import { say } from '../../messages/messages.ts'
import { saidRule } from '../said-rule.ts'
import type { Suggestions } from './suggest.ts'

/** `reveille segment suggest`, on a command that takes the workspace. */
export function suggestCommand(command: Command): void {
  command
    .description('segments that part members by how likely they are to return within 90 days')
    .action((options: CommonOptions) => answer(options, ({ client }, signal) => found(client, signal), told))
}

/** Waits until it is learned; begins anew what somebody had stopped before. */
async function found(client: Connection['client'], signal: AbortSignal) {
  const { segmentSuggestions } = client
  let suggestions = await segmentSuggestions.found.query(undefined, { signal })
  if (suggestions.kind === 'stopped')
    suggestions = await segmentSuggestions.begin.mutate(undefined, { signal })
  for (let waitMs = 100; suggestions.kind === 'learning'; waitMs = Math.min(2 * waitMs, 2_000)) {
    await pause(waitMs, undefined, { signal })
    suggestions = await segmentSuggestions.found.query(undefined, { signal })
  }
  return suggestions
}

function told(suggestions: Exclude<Suggestions, { kind: 'learning' }>): string {
  const { learnedOn, triedOn } = suggestions
  switch (suggestions.kind) {
    case 'stopped':
      return say('suggest-stopped')
    case 'too-short':
      return say('suggest-too-short', { days: suggestions.days, needed: suggestions.needed })
    case 'too-few': {
      const { learned, tried, fewest } = suggestions
      return say('suggest-too-few', {
        learnedOn,
        triedOn,
        learned: learned.rows,
        learnedYes: learned.yes,
        tried: tried.rows,
        triedYes: tried.yes,
        needLearned: fewest.learned,
        needLearnedOf: fewest.learnedOfEach,
        needTried: fewest.tried,
        needTriedOf: fewest.triedOfEach,
      })
    }
    case 'nothing':
      return say('suggest-nothing', { ...suggestions.auc })
    case 'found': {
      const { auc, tried, segments } = suggestions
      const { rows, yes } = tried
      return [
        say('suggest-found', { ...auc, rows, yes, base: yes / rows, triedOn }),
        ...segments.map(({ rate, lift, members, expression }) =>
          say('suggest-segment', {
            rated: rate ? 'yes' : 'no',
            ...(rate ?? { share: 0, low: 0, high: 0 }),
            lift: lift ?? 0,
            members,
            expression: saidRule(expression),
          }),
        ),
      ].join('\n')
    }
  }
}
