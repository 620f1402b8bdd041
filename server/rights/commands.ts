import type { Command } from 'commander'
import { answer, type CommonOptions, inWorkspace, Refused } from '../command-line/command.ts'
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
        async ({ client }) => {
          if (!options.yes) {
            const { orders, refunds, coupons } = await client.rights.deletionOf.mutate({ memberId })
            throw new Refused(say('deletion-asks', { memberId, orders, refunds, coupons }))
          }
          return client.rights.deleteMember.mutate({ memberId, typed: memberId })
        },
        ({ pseudonym }) => say('member-deleted', { pseudonym }),
      ),
    )
}
