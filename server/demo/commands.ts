import { type Command, InvalidArgumentError } from 'commander'
import { say } from '../messages/messages.ts'
import { answer, common, type CommonOptions } from '../command-line/command.ts'

export function demoCommands(program: Command): void {
  common(program.command('demo'))
    .description('(re)create the workspace demo: an invented bakery chain')
    .option('--members <n>', 'members, including those who never bought', wholeNumber)
    .option('--seed <s>', 'the same seed gives the same shop', wholeNumber)
    .option('--end <day>', 'YYYY-MM-DD of the newest orders; default yesterday', isoDay)
    .action((options: CommonOptions & { members?: number; seed?: number; end?: string }) =>
      answer(
        options,
        ({ client }) =>
          client.demo.create.mutate({ members: options.members, seed: options.seed, end: options.end }),
        ({ members, orders }) => say('demoMade', { members, orders }),
      ),
    )
}

function wholeNumber(text: string): number {
  if (!/^-?\d+$/.test(text)) throw new InvalidArgumentError('Give a whole number.')
  return Number(text)
}

function isoDay(text: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError('Give a day like 2026-06-30.')
  return text
}
