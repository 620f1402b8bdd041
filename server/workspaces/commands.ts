import type { Command } from 'commander'
import { answer, common, type CommonOptions } from '../command-line/command.ts'
import { say } from '../messages/messages.ts'

export function workspaceCommands(program: Command): void {
  const workspace = program.command('workspace').description('make and list workspaces')
  common(workspace.command('create <name>'))
    .option('--currency <code>', 'ISO 4217', 'CNY')
    .option('--time-zone <zone>', 'IANA name', 'Asia/Shanghai')
    .action((name: string, options: CommonOptions & { currency: string; timeZone: string }) =>
      answer(
        options,
        ({ client }) =>
          client.workspaces.create.mutate({ name, currency: options.currency, timeZone: options.timeZone }),
        (created) => say('workspaceMade', { name: created.name }),
      ),
    )
  common(workspace.command('list')).action((options: CommonOptions) =>
    answer(
      options,
      ({ client }) => client.workspaces.list.query(),
      (list) => list.map(({ name }) => name).join('\n'),
    ),
  )
}
