import { resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { TRPCClientError } from '@trpc/client'
import type { Command } from 'commander'
import { answer, type CommonOptions, Refused } from '../../command-line/command.ts'
import { say } from '../../messages/messages.ts'
import { intoNewFile, ruleRefusal } from '../export-commands.ts'

interface ListOptions extends CommonOptions {
  asOf?: string
  includeUnknown?: boolean
}

/** `reveille segment call-lists EXPR FILE` and `segment wecom EXPR FILE`; `asked` adds the workspace and the day. */
export function listCommands(segment: Command, asked: (command: Command) => Command): void {
  for (const { name, kind, description } of lists)
    asked(segment.command(`${name} <expression> <file>`))
      .description(description)
      .option('--include-unknown', 'also members of whom it is not known whether they may be contacted')
      .action((expression: string, fileName: string, options: ListOptions) =>
        answer(
          options,
          async ({ url, headers, client }, signal) => {
            const file = resolve(fileName)
            return intoNewFile(file, async (out) => {
              const asking = {
                expression,
                asOf: options.asOf,
                file: { kind, includeUnknown: options.includeUnknown ?? false },
              }
              const { ticket, listed } = await client.segmentFiles.prepare
                .mutate(asking, { signal })
                .catch(async (error: unknown) => {
                  if (error instanceof TRPCClientError && isBadRequest(error))
                    throw await ruleRefusal(error.message, client, expression)
                  throw error
                })
              const said = await fetch(`${url}/export/prepared/${ticket}`, { headers, signal })
              if (!said.ok) throw new Refused(((await said.json()) as { detail: string }).detail)
              await pipeline(said.body!, out, { signal })
              return { file, ...listed }
            })
          },
          ({ file, asOf, members, listed, leftOut, files }) =>
            [
              say(`${name}-written`, { file, asOf, members, listed, files }),
              ...leftOut.map(({ reason, members: n }) =>
                say('left-out-row', { reason: { id: `left-out.${reason}` }, members: n }),
              ),
            ].join('\n'),
        ),
      )
}

const lists = [
  {
    name: 'call-lists',
    kind: 'call-lists',
    description: 'write a zip with a call list for the staff of each store',
  },
  {
    name: 'wecom',
    kind: 'wecom',
    description: 'write a zip with send lists for 企业微信 (WeCom) by external_userid',
  },
] as const

const isBadRequest = (error: TRPCClientError<never>): boolean =>
  (error.data as { code?: unknown } | undefined)?.code === 'BAD_REQUEST'
