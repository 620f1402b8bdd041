import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { z } from 'zod'
import { answer, type CommonOptions, inWorkspace, Refused } from '../command-line/command.ts'
import { type ExclusionReason, exclusionReasons } from './audience.ts'
import type { CampaignDefinition } from './definition.ts'
import { languageOf, say } from '../messages/messages.ts'
import { moneyText } from '../messages/money.ts'
import { effectCommands } from './effect-commands.ts'
import { blockerSaid, confirmationSaid } from './sentences.ts'
import { standingCommands } from './standing/commands.ts'

const collect = (value: string, before: string[]) => [...before, value]

export function campaignCommands(program: Command): void {
  const campaign = program.command('campaign').description('coupon campaigns')

  inWorkspace(campaign.command('create').description('make a draft from a file'))
    .requiredOption('--file <file>', 'the campaign as JSON; with `standing` one that goes on by itself')
    .action((options: CommonOptions & { file: string }) =>
      answer(
        options,
        ({ client }) => client.campaigns.create.mutate(readDefinition(options.file)),
        ({ campaignId }) => say('draft-made', { campaignId }),
      ),
    )

  inWorkspace(campaign.command('preview <id>').description('what a launch would do')).action(
    (campaignId: string, options: CommonOptions) =>
      answer(
        options,
        async ({ client }) => {
          const preview = await client.campaigns.preview.query({ campaignId })
          const workspace = await client.workspaces.current.query()
          return { ...preview, currency: workspace!.currency }
        },
        (preview) =>
          [
            say('preview-audience', {
              asOf: preview.asOf,
              members: preview.members,
              issued: preview.issued,
              holdout: preview.holdout,
            }),
            ...preview.excluded.map(({ reason, members }) =>
              say('preview-excluded', { reason: { id: `excluded-${reason}` }, members }),
            ),
            typeof preview.worstCostMinor === 'number'
              ? say('preview-cost', {
                  cost: moneyText(preview.worstCostMinor, preview.currency, languageOf()),
                  lastDay: preview.lastDay,
                })
              : say('preview-unbounded', { lastDay: preview.lastDay }),
            preview.plan.detectable === null
              ? say('preview-no-holdout')
              : say('preview-detectable', { points: preview.plan.detectable * 100 }),
            ...preview.plan.options.map(({ share, members, detectable }) =>
              say('preview-option', {
                share,
                members,
                shows: detectable === null ? 'none' : 'some',
                points: (detectable ?? 0) * 100,
                recommended:
                  preview.plan.recommended.proves && share === preview.plan.recommended.share ? 'yes' : 'no',
              }),
            ),
            ...(preview.blockers.length > 0
              ? [say('campaign-blocked', { blockers: preview.blockers.map(blockerSaid) })]
              : []),
            ...(preview.confirmationDetails.length > 0
              ? [
                  say('campaign-unconfirmed', {
                    confirmations: preview.confirmationDetails.map(confirmationSaid),
                  }),
                ]
              : []),
            say('preview-digest', { digest: preview.digest }),
          ].join('\n'),
      ),
  )

  inWorkspace(campaign.command('launch <id>').description('launch what the preview showed'))
    .requiredOption('--digest <digest>', "the preview's digest")
    .option('--confirm <topic>', 'say yes to a topic of the preview; repeatable', collect, [])
    .action((campaignId: string, options: CommonOptions & { digest: string; confirm: string[] }) =>
      answer(
        options,
        ({ client }) =>
          client.campaigns.launch.mutate({
            campaignId,
            digest: options.digest,
            confirm: options.confirm,
          }),
        ({ now, launchedAt, issued, holdout }) =>
          now
            ? say('launch-done', { issued, holdout })
            : say('launch-was-done', { at: launchedAt, issued, holdout }),
      ),
    )

  inWorkspace(campaign.command('show <id>').description('what came of it')).action(
    (campaignId: string, options: CommonOptions) =>
      answer(
        options,
        ({ client }) => client.campaigns.show.query({ campaignId }),
        (result) =>
          [
            `${result.name}: ${result.status}`,
            say('result-coupons', {
              issued: result.issued,
              delivered: result.delivered,
              redeemed: result.redeemed,
              redeemers: result.redeemers,
            }),
            say('result-arms', {
              treated: result.treated,
              heldOut: result.heldOut,
              verdict: result.measurement
                ? say(`verdict-${result.measurement.verdict}`)
                : say('not-launched'),
            }),
          ].join('\n'),
      ),
  )

  effectCommands(campaign)
  standingCommands(campaign)

  for (const [name, what] of [
    ['pause', 'hold back what has not been sent'],
    ['resume', 'send on'],
  ] as const)
    inWorkspace(campaign.command(`${name} <id>`).description(what)).action(
      (campaignId: string, options: CommonOptions) =>
        answer(
          options,
          ({ client }) => client.campaigns[name].mutate({ campaignId }),
          () => say('done'),
        ),
    )

  inWorkspace(campaign.command('cancel <id>').description('drop what has not been sent, for good'))
    .option('--revoke', 'also take back the coupons that are not used yet')
    .action((campaignId: string, options: CommonOptions & { revoke?: boolean }) =>
      answer(
        options,
        ({ client }) =>
          client.campaigns.cancel.mutate({ campaignId, revokeCoupons: options.revoke === true }),
        ({ revoked }) => (options.revoke ? say('done-revoked', { revoked }) : say('done')),
      ),
    )

  inWorkspace(
    campaign.command('dead-letters <id>').description('messages that were given up, and why'),
  ).action((campaignId: string, options: CommonOptions) =>
    answer(
      options,
      ({ client }) => client.campaigns.deadLetters.query({ campaignId }),
      (letters) =>
        letters.length === 0
          ? say('dead-none')
          : letters.map(({ memberId, error }) => [memberId, error ?? ''].join('\t')).join('\n'),
    ),
  )

  inWorkspace(campaign.command('left-out <id> <reason>'))
    .description(`members who are left out for a reason: ${exclusionReasons.join(', ')}`)
    .action((campaignId: string, reason: ExclusionReason, options: CommonOptions) =>
      answer(
        options,
        ({ client }) => client.campaigns.leftOut.query({ campaignId, reason }),
        ({ members }) => members.join('\n'),
      ),
    )

  inWorkspace(campaign.command('resend <id>').description('queue dead letters again')).action(
    (campaignId: string, options: CommonOptions) =>
      answer(
        options,
        ({ client }) => client.campaigns.resend.mutate({ campaignId }),
        ({ messages }) => say('dead-resent', { messages }),
      ),
  )

  inWorkspace(campaign.command('codes <id>').description('the codes, as CSV')).action(
    (campaignId: string, options: CommonOptions) =>
      answer(
        options,
        async ({ client }) => {
          const { codes, csv } = await client.campaigns.takeCodes.mutate({ campaignId })
          return options.json ? codes : csv
        },
        (taken) => String(taken).trimEnd(),
      ),
  )

  inWorkspace(campaign.command('list').description('every campaign, newest first')).action(
    (options: CommonOptions) =>
      answer(
        options,
        ({ client }) => client.campaigns.list.query(),
        (list) =>
          list
            .map(({ campaignId, status, issued, redeemed, name }) =>
              [campaignId, status, issued, redeemed, name].join('\t'),
            )
            .join('\n'),
      ),
  )

  inWorkspace(campaign.command('secret').description('the secret that signs webhooks, shown once'))
    .option('--renew', 'replace it')
    .action((options: CommonOptions & { renew?: boolean }) =>
      answer(
        options,
        ({ client }) => client.campaigns.signingSecret.mutate({ renew: options.renew === true }),
        ({ secret }) => secret,
      ),
    )
}

/** The server says what is wrong with its content; here only whether it can be read. */
function readDefinition(file: string): z.input<typeof CampaignDefinition> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    throw new Refused(say('campaign-file-unreadable', { file }))
  }
  try {
    return JSON.parse(text) as z.input<typeof CampaignDefinition>
  } catch (error) {
    throw new Refused(say('campaign-file-not-json', { file, detail: (error as Error).message }))
  }
}
