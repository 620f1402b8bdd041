import { type Command, InvalidArgumentError } from 'commander'
import { answer, type CommonOptions, inWorkspace } from '../command-line/command.ts'
import { outcomeValues } from '../import/kinds/experiments.ts'
import { languageOf, say } from '../messages/messages.ts'
import { moneyText } from '../messages/money.ts'

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
          points: await client.elsewhere.differingPoints.query(),
        }),
        ({ campaigns, coupons, differing, points, ours, arms, currency }) =>
          [
            ...(campaigns.length + coupons.rows + arms.length + points.total === 0
              ? [say('elsewhere-none')]
              : []),
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
                discount: moneyText(one.discountMinor ?? 0, currency, languageOf()),
                ledgerDiscount: moneyText(one.ledgerDiscountMinor ?? 0, currency, languageOf()),
                at: one.usedAt?.slice(0, 16).replace('T', ' ') ?? '–',
              }),
            ),
            ...(differing.total > differing.named.length
              ? [say('elsewhere-differs-more', { count: differing.total - differing.named.length })]
              : []),
            ...(ours.ours > 0
              ? [say('elsewhere-ours', { ours: ours.ours, mismatches: ours.mismatches })]
              : []),
            ...points.named.map((one) => say('elsewhere-points', one)),
            ...(points.total > points.named.length
              ? [say('elsewhere-differs-more', { count: points.total - points.named.length })]
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

/** `experiment NAME`: what came of an imported randomised test. */
export function experimentCommand(program: Command): void {
  inWorkspace(program.command('experiment <name>'))
    .description('what came of an imported randomised test, each arm against the control')
    .option('--control <arm>', 'the arm that got nothing; default: the one whose name says so')
    .option(
      '--share <arm=size>',
      'planned size of an arm, in any unit; repeatable; default: equal',
      shareOf,
      {},
    )
    .action(
      (experiment: string, options: CommonOptions & { control?: string; share: Record<string, number> }) =>
        answer(
          options,
          ({ client }) =>
            client.elsewhere.experiment.query({
              experiment,
              ...(options.control === undefined ? {} : { control: options.control }),
              ...(Object.keys(options.share).length === 0 ? {} : { shares: options.share }),
            }),
          ({ control, subjects, sampleRatioP, alpha, arms }) =>
            [
              say('experiment-title', { experiment, subjects, control }),
              say(sampleRatioP < 0.001 ? 'experiment-uneven' : 'experiment-even', {
                p: sampleRatioP.toFixed(4),
              }),
              ...arms.flatMap(({ arm, subjects: own, differences }) => [
                say('experiment-arm', { arm, subjects: own, isControl: arm === control ? 'yes' : 'no' }),
                ...differences.map(
                  ({ outcome, kind, treated, control: base, difference, low, high, verdict }) => {
                    const text = (value: number | null) =>
                      value === null ? '–' : (kind === 'share' ? value * 100 : value).toFixed(4)
                    return say('experiment-difference', {
                      outcome,
                      kind,
                      treated: text(treated),
                      control: text(base),
                      difference: text(difference),
                      low: text(low),
                      high: text(high),
                      verdict: verdict ? say(`verdict-${verdict}`) : '–',
                    })
                  },
                ),
              ]),
              say('experiment-level', { level: 1 - alpha }),
            ].join('\n'),
        ),
    )
}

function shareOf(value: string, before: Record<string, number>): Record<string, number> {
  const at = value.lastIndexOf('=')
  const size = Number(value.slice(at + 1))
  if (at < 1 || !(size > 0)) throw new InvalidArgumentError(say('share-unreadable'))
  return { ...before, [value.slice(0, at)]: size }
}
