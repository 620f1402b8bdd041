import type { Command } from 'commander'
import { setTimeout as pause } from 'node:timers/promises'
import { answer, type CommonOptions, inWorkspace } from '../../command-line/command.ts'
import { languageOf, say } from '../../messages/messages.ts'
import { moneyText } from '../../messages/money.ts'
import type { ProvingPlan } from './plan.ts'
import { liveBlockerSaid, liveTopicSaid } from './sentences.ts'

const collect = (value: string, before: string[]) => [...before, value]
/** How often the simulation is asked whether it is done. */
const askMs = 500

/** What the campaign's holdout proves and when, and which one is recommended. */
function provingSaid(
  { options, recommended, membersPerWeek, effect }: ProvingPlan,
  holdout: number,
): string[] {
  const own = options.find(({ share }) => share === holdout)
  return [
    ...(own
      ? [
          say('simulation-proving', {
            members: Math.round(membersPerWeek),
            share: holdout,
            effect: effect * 100,
            proves: own.weeks === null ? 'no' : 'yes',
            weeks: own.weeks ?? 0,
            shows: own.afterYear === null ? 'no' : 'yes',
            year: (own.afterYear ?? 0) * 100,
          }),
        ]
      : []),
    recommended.proves
      ? say('simulation-recommended', { share: recommended.share })
      : say('simulation-none-proves', { effect: effect * 100 }),
  ]
}

/** Commands for campaigns that stand, below `campaign`. */
export function standingCommands(campaign: Command): void {
  inWorkspace(
    campaign
      .command('simulate <id>')
      .description('what a standing campaign would have done in the last year'),
  ).action((campaignId: string, options: CommonOptions) =>
    answer(
      options,
      async ({ client }) => {
        for (;;) {
          const shown = await client.standing.preview.query({ campaignId })
          const { simulation } = shown
          if (simulation.kind !== 'running') {
            const workspace = await client.workspaces.current.query()
            const { definition } = await client.campaigns.show.query({ campaignId })
            return { ...shown, holdout: definition.holdout, currency: workspace!.currency }
          }
          if (!options.json)
            process.stderr.write(
              `${say('simulation-progress', { done: simulation.done, of: simulation.of })}\n`,
            )
          await pause(askMs)
        }
      },
      ({ simulation, currency, ...shown }) => {
        const money = (minor: number) => moneyText(minor, currency, languageOf())
        const told =
          simulation.kind === 'done'
            ? [
                say('simulation-done', {
                  from: simulation.simulation.from,
                  to: simulation.simulation.to,
                  coupons: simulation.simulation.coupons,
                  cost: money(simulation.simulation.worstMinor),
                }),
                ...simulation.simulation.months.map(({ month, cameIn, coupons, worstMinor }) =>
                  [month, cameIn, coupons, money(worstMinor)].join('\t'),
                ),
                ...(simulation.simulation.messages === 0
                  ? []
                  : [say('simulation-messages', { messages: simulation.simulation.messages })]),
                ...(simulation.simulation.budgetSpentDay === null
                  ? []
                  : [say('simulation-budget', { day: simulation.simulation.budgetSpentDay })]),
              ]
            : [simulation.kind === 'refused' ? simulation.why : say(`simulation-${simulation.kind}`)]
        return [
          say('live-members', { members: shown.members, today: shown.today }),
          ...told,
          ...(shown.proving === null ? [] : provingSaid(shown.proving, shown.holdout)),
          ...(shown.blockers.length > 0
            ? [say('standing-blocked', { blockers: shown.blockers.map(liveBlockerSaid) })]
            : []),
          ...(shown.confirmations.length > 0
            ? [say('standing-unconfirmed', { confirmations: shown.confirmations.map(liveTopicSaid) })]
            : []),
          say('preview-digest', { digest: shown.digest }),
        ].join('\n')
      },
    ),
  )

  inWorkspace(campaign.command('go-live <id>').description('let a standing campaign go live as it was shown'))
    .requiredOption('--digest <digest>', "the simulation's digest")
    .option('--confirm <topic>', 'say yes to a topic; repeatable', collect, [])
    .action((campaignId: string, options: CommonOptions & { digest: string; confirm: string[] }) =>
      answer(
        options,
        ({ client }) =>
          client.standing.goLive.mutate({ campaignId, digest: options.digest, confirm: options.confirm }),
        ({ now, liveAt }) => say(now ? 'live-done' : 'live-was-done', { at: liveAt }),
      ),
    )

  inWorkspace(
    campaign.command('finish <id>').description('let nobody in any more; who is on the way goes on'),
  ).action((campaignId: string, options: CommonOptions) =>
    answer(
      options,
      ({ client }) => client.standing.finish.mutate({ campaignId }),
      ({ finishedDay }) => say('standing-finished', { day: finishedDay }),
    ),
  )

  inWorkspace(
    campaign.command('runs <id>').description('the days of a standing campaign, newest first'),
  ).action((campaignId: string, options: CommonOptions) =>
    answer(
      options,
      async ({ client }) => {
        const state = await client.standing.runs.query({ campaignId, limit: 400 })
        const workspace = await client.workspaces.current.query()
        return state && { ...state, currency: workspace!.currency }
      },
      (state) =>
        state === null
          ? say('not-launched')
          : [
              ...(state.problem === null ? [] : [state.problem]),
              ...state.runs.map((run) =>
                [
                  say('run-line', {
                    day: run.day,
                    cameIn: run.cameIn,
                    heldOut: run.heldOut,
                    leftOut: run.leftOut.reduce((sum, { members }) => sum + members, 0),
                    coupons: run.coupons,
                    messages: run.messages,
                    cost: moneyText(run.worstMinor, state.currency, languageOf()),
                    waiting: run.waiting,
                  }),
                  ...run.leftOut.map(({ reason, members }) =>
                    say('run-left-out', { reason: { id: `excluded-${reason as 'feed-gap'}` }, members }),
                  ),
                  ...(run.missedDays > 0
                    ? [
                        say('run-missed', {
                          days: run.missedDays,
                          known: run.missedMembers === null ? 'no' : 'yes',
                          members: run.missedMembers ?? 0,
                        }),
                      ]
                    : []),
                ].join('\n'),
              ),
            ].join('\n'),
    ),
  )

  inWorkspace(
    campaign
      .command('member-days <id>')
      .description('the member days of a standing campaign beside days that are like them'),
  ).action((campaignId: string, options: CommonOptions) =>
    answer(
      options,
      ({ client }) => client.standing.memberDays.query({ campaignId }),
      ({ days, together, asOf, currency }) => {
        const money = (minor: number) => moneyText(minor, currency, languageOf())
        if (days.length === 0) return say('member-days-none', { asOf })
        return [
          ...days.map(({ day, netMinor, orders, buyers, comparedWith, usual, usualNetMinor }) =>
            say('member-day-line', {
              day,
              net: money(netMinor),
              orders,
              buyers,
              compared: comparedWith.length,
              usualNet: money(usual?.netMinor ?? 0),
              usualOrders: usual?.orders ?? 0,
              usualBuyers: usual?.buyers ?? 0,
              least: money(usualNetMinor?.least ?? 0),
              most: money(usualNetMinor?.most ?? 0),
            }),
          ),
          ...(together
            ? [
                say('member-days-together', {
                  days: together.days,
                  net: money(together.on.netMinor),
                  usualNet: money(together.usual.netMinor),
                  orders: together.on.orders,
                  usualOrders: together.usual.orders,
                  buyers: together.on.buyers,
                  usualBuyers: together.usual.buyers,
                }),
              ]
            : []),
          say('member-days-no-proof'),
        ].join('\n')
      },
    ),
  )

  inWorkspace(
    campaign.command('path <id> <member>').description("a member's way through a standing campaign"),
  ).action((campaignId: string, memberId: string, options: CommonOptions) =>
    answer(
      options,
      ({ client }) => client.standing.ways.query({ campaignId, memberId }),
      (ways) =>
        ways.length === 0
          ? say('way-none', { memberId })
          : ways
              .map((way) =>
                [
                  say('way-entered', { day: way.enteredDay, arm: way.arm }),
                  ...way.steps.map(({ step, day, kind, reason }) =>
                    reason === null
                      ? say('way-step', { step: step + 1, day, kind })
                      : say('way-left-out', {
                          step: step + 1,
                          day,
                          reason: { id: `excluded-${reason as 'feed-gap'}` },
                        }),
                  ),
                  way.ended
                    ? say('way-ended', { day: way.ended.day, why: way.ended.why.replaceAll('-', '_') })
                    : say('way-next', { step: way.next!.step + 1, day: way.next!.day, kind: way.next!.kind }),
                ].join('\n'),
              )
              .join('\n'),
    ),
  )
}
