import type { Command } from 'commander'
import { answer, type CommonOptions, inWorkspace, Refused } from '../command-line/command.ts'
import { languageOf, say } from '../messages/messages.ts'
import { moneyText } from '../messages/money.ts'
import { readKinds } from './rule.ts'

/** `reveille identity order [KINDS] | conflicts`. */
export function identityCommands(program: Command): void {
  const identity = program.command('identity').description('what people are known by, and who is who')
  inWorkspace(identity.command('order [kinds]'))
    .description(
      'in which order rows are asked who they are; with kinds, such as id,phone,openid,email, sets it',
    )
    .option('--dry-run', 'say what would change and change nothing')
    .action((asked: string | undefined, options: CommonOptions & { dryRun?: boolean }) =>
      answer(
        options,
        async ({ client }, signal) => {
          if (asked === undefined)
            return { ...(await client.identity.order.query(undefined, { signal })), effect: null }
          const kinds = readKinds(asked)
          if (!kinds) throw new Refused(say('identity-kinds'))
          const effect = options.dryRun
            ? await client.identity.orderEffect.mutate({ kinds }, { signal })
            : await client.identity.changeOrder.mutate({ kinds }, { signal })
          return { kinds, effect }
        },
        ({ kinds, effect }) =>
          [
            say('identity-order', { kinds: { listed: kinds } }),
            ...(effect === null
              ? []
              : [say(options.dryRun ? 'identity-would-move' : 'identity-moved', { ...effect })]),
          ].join('\n'),
      ),
    )
  inWorkspace(identity.command('conflicts'))
    .description('phones, openids and e-mails that several members claim, and the orders that wait for it')
    .action((options: CommonOptions) =>
      answer(
        options,
        async ({ client }, signal) => {
          const found = await client.identity.conflicts.query({}, { signal })
          const { currency } = await client.settings.get.query(undefined, { signal })
          return { ...found, currency }
        },
        ({ conflicts, total, orders, netMinor, currency }) => {
          const money = (minor: number) => moneyText(minor, currency, languageOf())
          if (total === 0) return say('identity-no-conflicts')
          return [
            say('identity-conflicts', { total, orders, net: money(netMinor) }),
            ...conflicts.map((one) =>
              [
                one.kind,
                one.value,
                one.members.map(({ memberId }) => memberId).join(', '),
                say('identity-waiting', {
                  orders: one.orders,
                  net: money(one.netMinor),
                  rows: one.rows.reduce((sum, { rows }) => sum + rows, 0),
                }),
              ].join('\t'),
            ),
            ...(total > conflicts.length ? [`… (+${total - conflicts.length})`] : []),
          ].join('\n')
        },
      ),
    )
}
