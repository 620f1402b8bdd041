import { rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Command, Option } from 'commander'
import { answer, type CommonOptions, Refused } from '../command-line/command.ts'
import type { Connection } from '../command-line/connect.ts'
import { say } from '../messages/messages.ts'
import { segmentColumns, segmentExportFormats } from './export-columns.ts'
import { pointed } from './pointed.ts'

interface ExportOptions extends CommonOptions {
  asOf?: string
  format: string
  columns?: string
}

/** `reveille segment export EXPR FILE`, on a command that takes the workspace and the day. */
export function segmentExportCommand(command: Command): void {
  command
    .description('write the members a rule selects into a new file')
    .addOption(new Option('--format <format>', 'kind of file').choices(segmentExportFormats).default('csv'))
    .option('--columns <columns>', `by commas, in the order wanted, of: ${segmentColumns.join(', ')}`)
    .action((expression: string, name: string, options: ExportOptions) =>
      answer(
        options,
        async ({ url, headers, client }, signal) => {
          const file = resolve(name)
          const { asOf, format, columns } = options
          const sent = await intoNewFile(file, async (out) => {
            const said = await fetch(`${url}/export/segment`, {
              method: 'POST',
              headers: { ...headers, 'content-type': 'application/json' },
              body: JSON.stringify({ expression, asOf, format, columns }),
              signal,
            })
            if (!said.ok) throw await exportRefusal(said, client, expression)
            await pipeline(said.body!, out, { signal })
            return said.headers
          })
          return {
            file,
            members: Number(sent.get('x-reveille-members')),
            asOf: sent.get('x-reveille-as-of')!,
          }
        },
        ({ file, members, asOf }) => say('segment-exported', { file, members, asOf }),
      ),
    )
}

/** What a refused export says; where the rule is wrong, with the place marked under it as `segment check` does. */
export async function exportRefusal(
  said: Response,
  client: Connection['client'],
  expression: string,
): Promise<Refused> {
  const { detail } = (await said.json()) as { detail: string }
  return said.status === 400 ? ruleRefusal(detail, client, expression) : new Refused(detail)
}

/** A sentence about a rule, or, where its text is none, each problem with its place marked under it. */
export async function ruleRefusal(
  sentence: string,
  client: Connection['client'],
  expression: string,
): Promise<Refused> {
  const checked = await client.segments.check.query({ expression })
  return new Refused(
    checked.kind === 'refused'
      ? checked.errors.map((error) => pointed(expression, error)).join('\n')
      : sentence,
  )
}

/** Lets `write` fill a file that its owner alone may read; where that breaks off, no file is left. */
export async function intoNewFile<T>(file: string, write: (out: Writable) => Promise<T>): Promise<T> {
  const opened = await open(file, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    const { code } = error
    throw new Refused(
      code === 'EEXIST' ? say('file-exists', { file }) : say('file-unwritable', { file, reason: code! }),
    )
  })
  const out = opened.createWriteStream({ flush: true })
  try {
    return await write(out)
  } catch (error) {
    out.destroy()
    rmSync(file, { force: true })
    throw error
  }
}
