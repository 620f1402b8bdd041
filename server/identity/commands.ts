import { setTimeout as pause } from 'node:timers/promises'
import type { Command } from 'commander'
import { answer, type CommonOptions, inWorkspace, Refused } from '../command-line/command.ts'
import type { Connection } from '../command-line/connect.ts'
import { languageOf, say } from '../messages/messages.ts'
import { moneyText } from '../messages/money.ts'
import { shopTold } from './merge-commands.ts'
import { readKinds } from './rule.ts'
import type { Ties } from './ties.ts'

/** `reveille identity order [KINDS] | conflicts | ties | merge-ties | dismiss ONE OTHER`. */
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
  inWorkspace(identity.command('ties'))
    .description('pairs of members who may be one person, because rows have a value of each')
    .option('--dismissed', 'those that were said to be two persons')
    .action((options: CommonOptions & { dismissed?: boolean }) =>
      answer(
        options,
        ({ client }, signal) =>
          client.identity.ties.query({ dismissed: options.dismissed === true }, { signal }),
        (found) => tiesTold(found, options.dismissed === true),
      ),
    )
  inWorkspace(identity.command('merge-ties'))
    .description(
      'merge all pairs of which nobody else has the values; without --yes only says what would happen',
    )
    .option('--yes', 'do it')
    .action((options: CommonOptions & { yes?: boolean }) =>
      answer(
        options,
        async ({ client }, signal) => {
          const { total, plain } = await client.identity.ties.query({}, { signal })
          const { currency } = (await client.workspaces.current.query())!
          const left = total - plain
          if (plain === 0) return { preview: null, left, currency, applied: false }
          const pairs = 'plain' as const
          const preview = await whileMerging(
            client,
            client.identity.previewTies.mutate({ pairs }, { signal }),
          )
          if (options.yes) await whileMerging(client, mergePlain(client, preview.digest, signal))
          return { preview, left, currency, applied: options.yes === true }
        },
        ({ preview, left, currency, applied }) =>
          [
            ...(preview === null
              ? [say('identity-ties-none-plain')]
              : [
                  say('merge-as-of', { asOf: preview.asOf }),
                  ...preview.groups.map(({ into, ids, orders }) =>
                    say('identity-ties-group', {
                      into,
                      others: ids.filter((id) => id !== into).join(', '),
                      orders,
                    }),
                  ),
                  ...(preview.total > preview.groups.length
                    ? [`… (+${preview.total - preview.groups.length})`]
                    : []),
                  `${say('merge-shop-before')} ${shopTold(preview.shopBefore, currency)}`,
                  `${say('merge-shop-after')} ${shopTold(preview.shopAfter, currency)}`,
                  applied
                    ? say('identity-ties-merged', { pairs: preview.pairs, members: preview.total })
                    : say('merge-asks'),
                ]),
            ...(left > 0 ? [say('identity-ties-left', { pairs: left })] : []),
          ].join('\n'),
      ),
    )
  inWorkspace(identity.command('dismiss <one> <other>'))
    .description('say that two members whom rows tie are two persons; it is remembered')
    .option('--again', 'list them again')
    .action((one: string, other: string, options: CommonOptions & { again?: boolean }) =>
      answer(
        options,
        async ({ client }, signal) => {
          const dismissed = options.again !== true
          const { pairs } = await client.identity.dismissTies.mutate(
            { pairs: [[one, other]], dismissed },
            { signal },
          )
          if (pairs === 0) throw new Refused(say('identity-ties-not-tied', { one, other }))
          return { one, other, dismissed }
        },
        ({ dismissed }) => say(dismissed ? 'identity-ties-dismissed' : 'identity-ties-again', { one, other }),
      ),
    )
}

/**
 * Merges the plain pairs that a preview showed (`digest`). Whoever calls that off is told that it was called off only
 * where nothing was merged: the request ends at once, and what it asked for may be done by then.
 */
export async function mergePlain(
  client: Connection['client'],
  digest: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await client.identity.mergeTies.mutate({ pairs: 'plain', digest }, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
    while (await client.identity.merging.query()) await pause(progressMs / 10)
    const { plain } = await client.identity.ties.query({})
    if (plain > 0) throw error
  }
}

/** Waits for an answer for which pairs are merged; at a terminal it says how far that is once it takes a second. */
async function whileMerging<T>(client: Connection['client'], answering: Promise<T>): Promise<T> {
  if (!process.stderr.isTTY) return answering
  const ended = new AbortController()
  void (async () => {
    try {
      for (;;) {
        await pause(progressMs, undefined, { signal: ended.signal })
        const merging = await client.identity.merging.query(undefined, { signal: ended.signal })
        if (merging) process.stderr.write(`${say('identity-ties-merging', { step: merging.step })}\u001b[K\r`)
      }
    } catch (error) {
      // what is waited for says what went wrong
      if (ended.signal.aborted) process.stderr.write('\u001b[K')
      else process.stderr.write(`${String(error)}\n`)
    }
  })()
  return answering.finally(() => ended.abort())
}

const progressMs = 1_000

function tiesTold({ ties, total, dismissed, shared }: Ties, ofDismissed: boolean): string {
  return [
    total === 0
      ? say(ofDismissed ? 'identity-ties-none-dismissed' : 'identity-ties-none')
      : say(ofDismissed ? 'identity-ties-of-dismissed' : 'identity-ties', { pairs: total }),
    ...ties.map(({ member, other, by, rows, files, people, plain }) =>
      [
        `${member.memberId} + ${other.memberId}`,
        by
          .slice(0, 3)
          .map(({ told, other: and }) => `${told.kind} ${told.value} + ${and.kind} ${and.value}`)
          .join('; '),
        say('identity-ties-rows', { rows, files: files.map(({ fileName }) => fileName).join(', ') }),
        ...(people > 2
          ? [say('identity-ties-people', { people })]
          : plain
            ? []
            : [say('identity-ties-numbered')]),
      ].join('\t'),
    ),
    ...(total > ties.length ? [`… (+${total - ties.length})`] : []),
    ...shared.map(({ kind, value, memberId, others, otherKind, rows }) =>
      say('identity-shared', { kind, value, memberId, others, otherKind, rows }),
    ),
    ...(dismissed > 0 && !ofDismissed ? [say('identity-ties-hidden', { pairs: dismissed })] : []),
  ].join('\n')
}
