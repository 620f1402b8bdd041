import type { Command } from 'commander'
import { answer, type CommonOptions, inWorkspace, Refused } from '../command-line/command.ts'
import { say } from '../messages/messages.ts'
import { type DeliverySettings, deliveryChannels } from './settings.ts'

const collect = (value: string, before: string[]) => [...before, value]

/** `reveille delivery settings`: when and how fast messages go out. */
export function deliveryCommands(program: Command): void {
  const delivery = program.command('delivery').description('how messages of campaigns go out')
  inWorkspace(
    delivery.command('settings').description('quiet hours and rates; without an option: shows them'),
  )
    .option('--quiet <hours>', 'FROM-TO in the shop’s zone, such as 21:00-08:00, or off')
    .option('--rate <rate>', 'CHANNEL=MESSAGES-A-MINUTE, or CHANNEL=off; repeatable', collect, [])
    .action((options: CommonOptions & { quiet?: string; rate: string[] }) =>
      answer(
        options,
        async ({ client }) => {
          const present = await client.delivery.settings.query()
          if (options.quiet === undefined && options.rate.length === 0) return present
          return client.delivery.change.mutate({
            ...present,
            quiet: options.quiet === undefined ? present.quiet : quietFrom(options.quiet),
            perMinute: options.rate.reduce(withRate, present.perMinute),
          })
        },
        ({ quiet, perMinute }) =>
          say('delivery-settings', {
            quiet: quiet ? `${quiet.from}–${quiet.to}` : say('delivery-always'),
            rates: deliveryChannels
              .map((channel) => `${channel} ${perMinute[channel] ?? say('delivery-unlimited')}`)
              .join(', '),
          }),
      ),
    )
}

function quietFrom(text: string): DeliverySettings['quiet'] {
  if (text === 'off') return null
  const [, from, to] = /^(\d\d:\d\d)[-–](\d\d:\d\d)$/.exec(text) ?? []
  if (from === undefined || to === undefined) throw new Refused(say('quiet-hours-unreadable', { text }))
  return { from, to }
}

function withRate(rates: DeliverySettings['perMinute'], text: string): DeliverySettings['perMinute'] {
  const [, name, rate] = /^(\w+)=(\d{1,6}|off)$/.exec(text) ?? []
  const channel = deliveryChannels.find((one) => one === name)
  if (channel === undefined) throw new Refused(say('rate-unreadable', { text }))
  const { [channel]: _, ...others } = rates
  return rate === 'off' ? others : { ...others, [channel]: Number(rate) }
}
