import type { Command } from 'commander'
import { answer, type CommonOptions, inWorkspace } from '../command-line/command.ts'
import { outcomeValues } from '../import/kinds/experiments.ts'
import { say } from '../messages/messages.ts'

/** `elsewhere`: campaigns, coupons and tests of other systems, as files tell them. */
export function elsewhereCommands(program: Command): void {
  inWorkspace(program.command('elsewhere'))
    .description(
      'campaigns, coupons and tests of other systems that were imported, held against orders and ledger',
    )
    .action((options: CommonOptions) =>
      answer(
        options,
        async ({ client }) => ({
          ...(await client.elsewhere.overview.query()),
          differing: await client.elsewhere.differing.query(),
        }),
        ({ campaigns, coupons, differing, ours, arms }) =>
          [
            ...(campaigns.length + coupons.rows + arms.length === 0 ? [say('elsewhere-none')] : []),
            ...campaigns.map((one) =>
              say('elsewhere-campaign', {
                campaign: [one.campaignId, one.name ?? one.description]
                  .filter((text) => text !== null)
                  .join(' '),
                targeted: one.targeted,
                redeemers: one.targetedRedeemers,
                ofMembers: one.targeted === 0 ? 'none' : 'some',
                memberRate: one.targeted === 0 ? 0 : one.targetedRedeemers / one.targeted,
                uses: one.uses,
                ofUses: one.issued === null ? 'none' : 'some',
                issued: one.issued ?? 0,
                useRate: one.issued === null || one.issued === 0 ? 0 : one.uses / one.issued,
              }),
            ),
            ...(coupons.rows > 0 ? [say('elsewhere-coupons', { ...coupons })] : []),
            ...differing.named.map((one) =>
              say('elsewhere-differs', {
                finds: one.finds.replace('-', '_'),
                ledgerOrderId: one.ledgerOrderId ?? '–',
                fileName: one.fileName,
                code: one.code ?? '–',
                memberId: one.memberId ?? '–',
                orderId: one.orderId ?? '–',
                owner: one.orderMemberId === null ? 'nobody' : 'somebody',
                orderMemberId: one.orderMemberId ?? '',
                at: one.usedAt?.slice(0, 16).replace('T', ' ') ?? '–',
              }),
            ),
            ...(differing.total > differing.named.length
              ? [say('elsewhere-differs-more', { count: differing.total - differing.named.length })]
              : []),
            ...(ours.ours > 0
              ? [say('elsewhere-ours', { ours: ours.ours, mismatches: ours.mismatches })]
              : []),
            ...arms.map(({ experiment, arm, subjects, outcomes }) =>
              say('elsewhere-arm', {
                experiment,
                arm,
                subjects,
                ...outcomeValues(outcomes),
              }),
            ),
          ].join('\n'),
      ),
    )
}
