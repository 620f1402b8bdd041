import type { Command } from 'commander'
import { answer, type CommonOptions, inWorkspace } from '../command-line/command.ts'
import { languageOf, say } from '../messages/messages.ts'
import { moneyText } from '../messages/money.ts'
import type { IdentityPreview, PreviewedMember } from './preview.ts'
import type { ShopFigures } from './shop-figures.ts'

/** `reveille member merge FROM INTO | unmerge ID | merges`. */
export function mergeCommands(member: Command): void {
  const changing = (
    memberId: string,
    into: string | null,
    options: CommonOptions & { yes?: boolean },
  ): Promise<void> =>
    answer(
      options,
      async ({ client }, signal) => {
        const preview = await client.merges.preview.mutate({ memberId, into }, { signal })
        const { currency } = (await client.workspaces.current.query())!
        if (options.yes) await client.merges.change.mutate({ memberId, into, digest: preview.digest })
        return { ...preview, currency, applied: options.yes === true }
      },
      told,
    )
  inWorkspace(member.command('merge <from> <into>'))
    .description('make one id an identity of another member; without --yes only says what would happen')
    .option('--yes', 'do it')
    .action((from: string, into: string, options: CommonOptions & { yes?: boolean }) =>
      changing(from, into, options),
    )
  inWorkspace(member.command('unmerge <id>'))
    .description('make a merged id a member of its own again; without --yes only says what would happen')
    .option('--yes', 'do it')
    .action((id: string, options: CommonOptions & { yes?: boolean }) => changing(id, null, options))
  inWorkspace(member.command('merges'))
    .description('the merges that are live: who says so and since when')
    .action((options: CommonOptions) =>
      answer(
        options,
        ({ client }, signal) => client.merges.list.query({}, { signal }),
        ({ identities }) =>
          identities.length === 0
            ? say('merges-none')
            : identities
                .map(({ id, memberId, source, by, at }) =>
                  say('merges-row', { id, memberId, source, by, day: at.slice(0, 10) }),
                )
                .join('\n'),
      ),
    )
}

type Shown = IdentityPreview & { readonly currency: string; readonly applied: boolean }

function told({ change, before, after, shopBefore, shopAfter, asOf, currency, applied }: Shown): string {
  const money = (minor: number) => moneyText(minor, currency, languageOf())
  const line = (one: PreviewedMember) =>
    say('merge-member', {
      memberId: one.memberId,
      ids: one.ids.length,
      orders: one.orders,
      net: money(one.netMinor),
      first: one.firstDay ?? '–',
      consent: one.consent,
      tags: one.tags.join('、') || '–',
      coupons: one.openCoupons,
    })
  return [
    say('merge-as-of', { asOf }),
    say('merge-before'),
    ...before.map((one) => `  ${line(one)}`),
    say('merge-after'),
    ...after.map((one) => `  ${line(one)}`),
    `${say('merge-shop-before')} ${shopTold(shopBefore, currency)}`,
    `${say('merge-shop-after')} ${shopTold(shopAfter, currency)}`,
    applied
      ? change.into === null
        ? say('separated', { memberId: change.memberId })
        : say('merged', { memberId: change.memberId, into: change.into })
      : say('merge-asks'),
  ].join('\n')
}

/** The shop's figures beside a merge, as the terminal says them. */
export function shopTold(figures: ShopFigures, currency: string): string {
  return say('merge-shop', {
    members: figures.members,
    rate: figures.repurchaseRate ?? 0,
    rated: figures.repurchaseRate === null ? 'no' : 'yes',
    valued: figures.value ? 'yes' : 'no',
    value: figures.value ? moneyText(figures.value.cumulativeMinor, currency, languageOf()) : '',
    months: figures.value?.period ?? 0,
  })
}
