import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { answer, type CommonOptions, inWorkspace, Refused } from '../command-line/command.ts'
import { say } from '../messages/messages.ts'

export function poolCommands(program: Command): void {
  const pool = program.command('pool').description('codes that were made elsewhere')

  inWorkspace(pool.command('add <name>').description('add the codes of a file'))
    .requiredOption('--file <file>', 'one code a line, or a CSV with a column named code')
    .action((name: string, options: CommonOptions & { file: string }) =>
      answer(
        options,
        ({ client }) => client.pools.add.mutate({ name, text: readText(options.file) }),
        ({ added, free, refused, named }) =>
          [say('pool-added', { added, free, refused }), ...named.map(({ said }) => said)].join('\n'),
      ),
    )

  inWorkspace(pool.command('list').description('every pool, with how many codes nobody has yet')).action(
    (options: CommonOptions) =>
      answer(
        options,
        ({ client }) => client.pools.list.query(),
        (pools) => pools.map(({ name, codes, free }) => [name, free, codes].join('\t')).join('\n'),
      ),
  )

  inWorkspace(pool.command('drop <name>').description('forget the codes that nobody has yet')).action(
    (name: string, options: CommonOptions) =>
      answer(
        options,
        ({ client }) => client.pools.dropFree.mutate({ name }),
        () => say('done'),
      ),
  )
}

/** UTF-8, or what Chinese systems write. */
function readText(file: string): string {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(file)
  } catch {
    throw new Refused(say('pool-file-unreadable', { file }))
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('gb18030').decode(bytes)
  }
}
