import type { Command } from 'commander'
import { answer, type CommonOptions, Refused } from '../../command-line/command.ts'
import { say } from '../../messages/messages.ts'
import { saidRule } from '../said-rule.ts'

interface CompareOptions extends CommonOptions {
  asOf?: string
  limit?: string
}

/** `reveille segment overlap EXPR...`, on a command that takes the workspace and the day. */
export function overlapCommand(command: Command): void {
  command
    .description('how the members of up to six rules overlap')
    .action((expressions: string[], options: CompareOptions) =>
      answer(
        options,
        ({ client }, signal) =>
          client.segmentCompare.overlap.query({ expressions, asOf: options.asOf }, { signal }),
        ({ asOf, sets, regions, none }) =>
          [
            say('as-of-day', { asOf }),
            ...sets.map(({ members, expression }, i) => [i + 1, members, saidRule(expression)].join('\t')),
            '',
            ...regions.map(({ members, expression }) => `${members}\t${saidRule(expression)}`),
            ...(none ? [`${none.members}\t${say('overlap-none')}`] : []),
          ].join('\n'),
      ),
    )
}

/** `reveille segment compare A [B]`, on a command that takes the workspace and the day. */
export function compareCommand(command: Command): void {
  command
    .description('what tells the members of a rule from those of another, or from all others')
    .option('--limit <number>', 'so many differences, what tells most first', '20')
    .action((a: string, b: string | undefined, options: CompareOptions) =>
      answer(
        options,
        async ({ client }, signal) => {
          const compared = await client.segmentCompare.differences.query(
            { a, b, asOf: options.asOf, limit: Number(options.limit) },
            { signal },
          )
          if (compared.kind !== 'compared') throw new Refused(compared.why)
          return compared
        },
        ({ asOf, compared, finding, differences, telling }) =>
          [
            say('as-of-day', { asOf }),
            compared,
            finding,
            ...differences.map(({ sentence }) => `  ${sentence}`),
            ...(telling > differences.length
              ? [`  ${say('compare-more', { rest: telling - differences.length })}`]
              : []),
          ].join('\n'),
      ),
    )
}
