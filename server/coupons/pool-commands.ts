import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { answer, type CommonOptions, inWorkspace, Refused } from '../command-line/command.ts'
import type { Connection } from '../command-line/connect.ts'
import { say } from '../messages/messages.ts'

export function poolCommands(program: Command): void {
  const pool = program.command('pool').description('codes that were made elsewhere')

  inWorkspace(pool.command('add <name>').description('add the codes of a file'))
    .requiredOption('--file <file>', 'one code a line, or a CSV with a column named code')
    .action((name: string, options: CommonOptions & { file: string }) =>
      answer(
        options,
        (connection, signal) => importCodes(connection, name, readText(options.file), signal),
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

/** Signs that are sent at once. */
const partLength = 100_000
/** The most refused lines that are told one by one. */
const mostTold = 1_000

/** Sends a file's text part by part, says how far it is, and takes it back when it is cancelled. */
async function importCodes({ client }: Connection, name: string, text: string, signal: AbortSignal) {
  const { importId } = await client.pools.beginImport.mutate({ name })
  const told: { line: number; said: string }[] = []
  let refused = 0
  const note = (lines: { refused: number; named: { line: number; said: string }[] }) => {
    refused += lines.refused
    told.push(...lines.named.slice(0, mostTold - told.length))
  }
  try {
    for (let part = 0; part * partLength < text.length; part++) {
      signal.throwIfAborted()
      const from = part * partLength
      const read = await client.pools.addPart.mutate(
        { importId, part, text: text.slice(from, from + partLength) },
        { signal },
      )
      note(read)
      const share = Math.min(100, Math.floor((100 * (from + partLength)) / text.length))
      if (process.stderr.isTTY)
        process.stderr.write(`\r${say('pool-progress', { codes: read.codes, share })}`)
    }
    const ended = await client.pools.endImport.mutate({ importId })
    note(ended)
    return { added: ended.added, free: ended.free, refused, named: told }
  } catch (error) {
    if (signal.aborted) await client.pools.cancelImport.mutate({ importId })
    throw error
  } finally {
    if (process.stderr.isTTY) process.stderr.write('\n')
  }
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
