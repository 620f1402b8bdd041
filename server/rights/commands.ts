import { setTimeout as pause } from 'node:timers/promises'
import type { Command } from 'commander'
import { answer, type CommonOptions, inWorkspace, Refused } from '../command-line/command.ts'
import type { Connection } from '../command-line/connect.ts'
import { mergeCommands } from '../identity/merge-commands.ts'
import { say } from '../messages/messages.ts'

/** `reveille member export | delete ID`, and what identities bring. */
export function memberCommands(program: Command): void {
  const member = program
    .command('member')
    .description('what is kept about a person: give it to them, delete it, merge ids that are one person')
  mergeCommands(member)
  inWorkspace(member.command('export <id>'))
    .description('everything that is kept about a member, as one JSON document')
    .action((memberId: string, options: CommonOptions) =>
      answer(
        options,
        ({ client }, signal) => client.rights.exportMember.mutate({ memberId }, { signal }),
        (document) => JSON.stringify(document, null, 2),
      ),
    )
  inWorkspace(member.command('delete <id>'))
    .description('delete a member for good; without --yes only says what would happen')
    .option('--yes', 'do it')
    .action((memberId: string, options: CommonOptions & { yes?: boolean }) =>
      answer(
        options,
        async ({ client }, signal) => {
          // read first, which may be called off: the deletion itself does not read them again
          const found = await whileReading(client, client.rights.deletionOf.mutate({ memberId }, { signal }))
          if (!options.yes) {
            const { orders, refunds, coupons } = found
            throw new Refused(
              [say('deletion-asks', { memberId, orders, refunds, coupons }), ...fileLines(found)].join('\n'),
            )
          }
          return client.rights.deleteMember.mutate({ memberId, typed: memberId })
        },
        ({ pseudonym, files, unread }) =>
          [
            say('member-deleted', { pseudonym }),
            ...(files === 0 ? [] : [say('deletion-files-gone', { count: files })]),
            ...fileLines({ files: [], unread }),
          ].join('\n'),
      ),
    )
}

/** Waits for an answer for which files are read; at a terminal it says how far that is. */
async function whileReading<T>(client: Connection['client'], answer: Promise<T>): Promise<T> {
  let ended = false
  const asked = answer.finally(() => (ended = true))
  if (process.stderr.isTTY)
    void (async () => {
      for (;;) {
        await pause(pollMs)
        const reading = ended ? null : await client.rights.reading.query().catch(() => null)
        if (ended) return
        if (reading) process.stderr.write(`${say('deletion-reading', { ...reading })}\u001b[K\r`)
      }
    })()
  return asked
}

const pollMs = 500

/** The files of an inbox that a deletion takes away, and those that it can't read, each by its name. */
function fileLines({ files, unread }: { files: readonly string[]; unread: readonly string[] }): string[] {
  return [
    ...(files.length > 0 ? [say('deletion-files', { count: files.length, files: { listed: files } })] : []),
    ...(unread.length > 0
      ? [say('deletion-files-unread', { count: unread.length, files: { listed: unread } })]
      : []),
  ]
}
