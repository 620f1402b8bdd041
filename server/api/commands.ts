import type { Command } from 'commander'
import { answer, inWorkspace, Refused, type CommonOptions } from '../command-line/command.ts'
import { say } from '../messages/messages.ts'
import { type Scope, scopes } from './keys.ts'

const isScope = (text: string): text is Scope => scopes.some((scope) => scope === text)

export function keyCommands(program: Command): void {
  const key = program.command('key').description('keys for tills and shops')
  inWorkspace(key.command('create <name>'))
    .description('make an API key; it is shown this once')
    .requiredOption('--scope <scopes>', `what it may do, by commas: ${scopes.join(', ')}`)
    .action((name: string, options: CommonOptions & { scope: string }) =>
      answer(
        options,
        async ({ client }) => {
          const wanted = options.scope.split(',').map((scope) => scope.trim())
          const wrong = wanted.find((scope) => !isScope(scope))
          if (wrong !== undefined)
            throw new Refused(say('no-such-scope', { scope: wrong, known: { listed: scopes } }))
          const { key } = await client.keys.create.mutate({ name, scopes: wanted.filter(isScope) })
          return { key }
        },
        ({ key }) => key,
      ),
    )
}
