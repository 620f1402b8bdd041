import type { Command } from 'commander'
import { answer, type CommonOptions, inWorkspace } from '../command-line/command.ts'
import { languageOf, say } from '../messages/messages.ts'
import { moneyText } from '../messages/money.ts'
import type { OutcomeRow } from './measurement.ts'
import type { NextStep } from './next-steps.ts'

const fraction = (value: string) => Number(value)

/** What a campaign did, and how large one has to be. */
export function effectCommands(campaign: Command): void {
  globalHoldoutCommand(campaign)
  inWorkspace(campaign.command('effect <id>').description('what it brought and cost, by segment, afterwards'))
    .option('--no-segments', 'leave out the effect by segment')
    .action((campaignId: string, options: CommonOptions & { segments: boolean }) =>
      answer(
        options,
        async ({ client }) => {
          const { name, measurement } = await client.campaigns.show.query({ campaignId })
          const effect = await client.campaigns.effect.query({ campaignId })
          const parts = options.segments ? await client.campaigns.bySegment.query({ campaignId }) : null
          const workspace = await client.workspaces.current.query()
          return { campaignId, name, measurement, ...effect, parts, currency: workspace!.currency }
        },
        (found) => told(found).join('\n'),
      ),
    )

  inWorkspace(campaign.command('size').description('how many members prove which effect'))
    .requiredOption('--base <share>', 'share of members who buy without a coupon, such as .05', fraction)
    .option('--effect <share>', 'rise worth proving, such as .01', fraction)
    .option('--holdout <share>', 'share held out', fraction)
    .option('--members <count>', 'members of the audience', fraction)
    .option('--alpha <share>', 'chance of seeing an effect where there is none', fraction)
    .option('--power <share>', 'chance of seeing the effect', fraction)
    .action(
      (
        options: CommonOptions & {
          base: number
          effect?: number
          holdout?: number
          members?: number
          alpha?: number
          power?: number
        },
      ) =>
        answer(
          options,
          async ({ client }) => {
            const { base, effect, holdout, members, alpha, power } = options
            const size = await client.campaigns.size.query({ base, effect, holdout, members, alpha, power })
            return { ...size, members: members ?? null }
          },
          ({ asked, membersNeeded, detectable, recommended, members }) =>
            [
              membersNeeded === null
                ? say('size-never', { points: asked.effect * 100 })
                : say('size-needed', {
                    members: membersNeeded,
                    heldOut: Math.floor(membersNeeded * asked.holdout),
                    share: asked.holdout,
                    points: asked.effect * 100,
                  }),
              ...(members === null
                ? []
                : [
                    detectable === null
                      ? say('size-shows-nothing', { members })
                      : say('size-shows', { members, share: asked.holdout, points: detectable * 100 }),
                    recommended!.proves
                      ? say('size-recommended', { share: recommended!.share })
                      : say('size-none-recommended', { points: asked.effect * 100 }),
                  ]),
            ].join('\n'),
        ),
    )
}

/** The members who are sent nothing by any campaign, and what all campaigns together brought beside them. */
function globalHoldoutCommand(campaign: Command): void {
  inWorkspace(
    campaign.command('global-holdout [share]').description('members who are sent nothing by any campaign'),
  )
    .addHelpText('after', '\nWith a share from .01 to .2 sets it from now on; 0 ends it.')
    .action((share: string | undefined, options: CommonOptions) =>
      share === undefined
        ? answer(
            options,
            async ({ client }) => {
              const workspace = await client.workspaces.current.query()
              const together = await client.campaigns.together.query()
              return together && { ...together, currency: workspace!.currency }
            },
            (together) =>
              together === null
                ? say('together-none')
                : [
                    say('together', {
                      share: together.holdout.share,
                      day: together.holdout.startedDay,
                      treated: together.treated,
                      heldOut: together.heldOut,
                      asOf: together.asOf,
                    }),
                    ...outcomesSaid(together.outcomes, together.currency),
                  ].join('\n'),
          )
        : answer(
            options,
            ({ client }) => client.campaigns.setGlobalHoldout.mutate({ share: Number(share) }),
            () => say('together-set', { share: Number(share) }),
          ),
    )
}

type Client = Parameters<Parameters<typeof answer>[1]>[0]['client']
type Found = Awaited<ReturnType<Client['campaigns']['effect']['query']>> & {
  name: string
  measurement: Awaited<ReturnType<Client['campaigns']['show']['query']>>['measurement']
  parts: Awaited<ReturnType<Client['campaigns']['bySegment']['query']>>
  currency: string
}

function told({
  name,
  measurement,
  economics,
  afterwards,
  rates,
  refusals,
  next,
  parts,
  currency,
}: Found): string[] {
  const money = moneyIn(currency)
  return [
    say('effect-title', { name, verdict: say(`verdict-${measurement!.verdict}`) }),
    ...(measurement!.entries
      ? [
          say('effect-entries', {
            counted: measurement!.entries.counted,
            last: measurement!.entries.lastEntry,
            days: measurement!.entries.ownDays,
            shows: measurement!.entries.detectable === null ? 'none' : 'some',
            points: (measurement!.entries.detectable ?? 0) * 100,
          }),
        ]
      : []),
    ...outcomesSaid(measurement!.outcomes, currency),
    ...(economics
      ? [
          say('effect-orders', {
            orders: number(economics.orders.value, 0),
            low: number(economics.orders.low, 0),
            high: number(economics.orders.high, 0),
          }),
          say('effect-money', {
            kind: 'net',
            amount: money(economics.netMinor.value),
            low: money(economics.netMinor.low),
            high: money(economics.netMinor.high),
          }),
          ...(economics.marginMinor
            ? [
                say('effect-money', {
                  kind: 'margin',
                  amount: money(economics.marginMinor.value),
                  low: money(economics.marginMinor.low),
                  high: money(economics.marginMinor.high),
                }),
              ]
            : []),
          say('effect-cost', {
            coupons: money(economics.couponCostMinor),
            messages: economics.messages,
            messageCost: money(economics.messageCostMinor),
            each: money(economics.costPerOrderMinor?.value ?? null),
          }),
        ]
      : []),
    ...(afterwards
      ? [
          say('effect-afterwards', {
            from: afterwards.firstDay,
            to: afterwards.lastDay,
            state: afterwards.state.replaceAll('-', '_'),
            orders: Math.abs(Math.round(afterwards.pulledForward?.value ?? 0)),
          }),
        ]
      : []),
    ...(parts
      ? [
          say('effect-parts', { looks: parts.looks, asOf: parts.asOf }),
          ...parts.parts.map(({ name: part, isSaved, treated, heldOut, buyers }) =>
            say('effect-part', {
              kind: isSaved ? 'saved' : part.replaceAll('-', '_'),
              part,
              treated,
              heldOut,
              difference: points(buyers.difference),
              low: points(buyers.low),
              high: points(buyers.high),
              verdict: buyers.verdict ? say(`verdict-${buyers.verdict}`) : '–',
            }),
          ),
        ]
      : []),
    ...(rates.targeted.campaigns + rates.broadcast.campaigns > 0
      ? [
          say('effect-rates', {
            targeted: rates.targeted.campaigns,
            targetedRate: rates.targeted.value ?? 0,
            broadcast: rates.broadcast.campaigns,
            broadcastRate: rates.broadcast.value ?? 0,
          }),
        ]
      : []),
    ...refusals.map(({ reason, refused }) => say('effect-refused', { reason, refused })),
    ...next.map(nextSaid),
  ]
}

/** A next step as a sentence. */
const nextSaid = ({ kind, ...values }: NextStep): string =>
  say(
    `next-${kind}`,
    'effect' in values
      ? { ...values, points: values.effect * 100 }
      : (values as Record<string, string | number>),
  )

const moneyIn = (currency: string) => (minor: number | null) =>
  minor === null ? '–' : moneyText(Math.round(minor), currency, languageOf())
const number = (value: number | null, digits: number) => (value === null ? '–' : value.toFixed(digits))
const points = (value: number | null) => number(value === null ? null : value * 100, 2)

const outcomesSaid = (outcomes: readonly OutcomeRow[], currency: string): string[] =>
  outcomes.map(({ outcome, treated, heldOut, difference, low, high }) => {
    const isMoney = outcome === 'net' || outcome === 'margin'
    const value = (of: number | null) =>
      outcome === 'buyers' ? points(of) : isMoney ? moneyIn(currency)(of) : number(of, 3)
    return say('effect-outcome', {
      outcome,
      treated: value(treated.value),
      heldOut: value(heldOut.value),
      difference: value(difference),
      low: value(low),
      high: value(high),
    })
  })
