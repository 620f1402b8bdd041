import type { Command } from 'commander'
import { answer, type CommonOptions, inWorkspace, Refused } from '../command-line/command.ts'
import { say } from '../messages/messages.ts'

/** `reveille member export | delete ID`. */
export function memberCommands(program: Command): void {
  const member = program.command('member').description('give a person what is kept about them, or delete it')
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
