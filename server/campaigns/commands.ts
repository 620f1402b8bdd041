import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { z } from 'zod'
import { answer, type CommonOptions, inWorkspace, Refused } from '../command-line/command.ts'
import type { CampaignDefinition } from './definition.ts'
import { say } from '../messages/messages.ts'
import { blockerSaid, confirmationSaid } from './sentences.ts'

const collect = (value: string, before: string[]) => [...before, value]

export function campaignCommands(program: Command): void {
  const campaign = program.command('campaign').description('coupon campaigns')

  inWorkspace(campaign.command('create').description('make a draft from a file'))
    .requiredOption('--file <file>', 'the campaign as JSON')
    .action((options: CommonOptions & { file: string }) =>
      answer(
        options,
        ({ client }) => client.campaigns.create.mutate(readDefinition(options.file)),
        ({ campaignId }) => `Draft ${campaignId}. Next: npx reveille campaign preview ${campaignId}`,
      ),
    )

  inWorkspace(campaign.command('preview <id>').description('what a launch would do')).action(
    (campaignId: string, options: CommonOptions) =>
      answer(
        options,
        ({ client }) => client.campaigns.preview.query({ campaignId }),
        (preview) =>
          [
            `Data to ${preview.asOf}: ${preview.members} members, ${preview.issued} coupons, ${preview.holdout} held out.`,
            ...preview.excluded.map(({ reason, members }) => `  left out, ${reason}: ${members}`),
            `At most ${preview.worstCostMinor} minor units; good through ${preview.lastDay}.`,
            preview.plan.detectable === null
              ? 'Without a holdout the effect stays unknown.'
              : `This size shows a rise of ${(preview.plan.detectable * 100).toFixed(1)} points or more.`,
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
            `Digest ${preview.digest}`,
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
        (report) =>
          `${report.now ? 'Launched' : `Was launched at ${report.launchedAt}`}: ${report.issued} coupons, ${report.holdout} members held out.`,
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
            `issued ${result.issued}, delivered ${result.delivered}, redeemed ${result.redeemed} by ${result.redeemers} members`,
            `treated ${result.treated}, held out ${result.heldOut}, effect: ${result.measurement?.verdict ?? 'not launched'}`,
          ].join('\n'),
      ),
  )

  for (const [name, what] of [
    ['pause', 'hold back what has not been sent'],
    ['resume', 'send on'],
  ] as const)
    inWorkspace(campaign.command(`${name} <id>`).description(what)).action(
      (campaignId: string, options: CommonOptions) =>
        answer(
          options,
          ({ client }) => client.campaigns[name].mutate({ campaignId }),
          () => 'Done.',
        ),
    )

  inWorkspace(campaign.command('cancel <id>').description('drop what has not been sent, for good'))
    .option('--revoke', 'also take back the coupons that are not used yet')
    .action((campaignId: string, options: CommonOptions & { revoke?: boolean }) =>
      answer(
        options,
        ({ client }) =>
          client.campaigns.cancel.mutate({ campaignId, revokeCoupons: options.revoke === true }),
        ({ revoked }) => (options.revoke ? `Done, ${revoked} coupons revoked.` : 'Done.'),
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
    throw new Refused(`The file ${file} can't be read. Give the path of a campaign file.`)
  }
  try {
    return JSON.parse(text) as z.input<typeof CampaignDefinition>
  } catch (error) {
    throw new Refused(`${file} is not JSON: ${(error as Error).message}.`)
  }
}
