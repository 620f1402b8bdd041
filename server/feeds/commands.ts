import type { Command } from 'commander'
import { addDays } from '../../analytics/calendar/calendar.ts'
import type { FeedHealth } from '../../analytics/relations/feed-health.ts'
import { answer, type CommonOptions, inWorkspace } from '../command-line/command.ts'
import { say } from '../messages/messages.ts'
import type { Feeds } from './health.ts'

/** `feeds`: whether orders keep coming in. */
export function feedCommands(program: Command): void {
  inWorkspace(program.command('feeds'))
    .description('whether orders keep coming in, from the shop and each store')
    .option('--as-of <day>', 'judge at this day instead of today (YYYY-MM-DD)')
    .action((options: CommonOptions & { asOf?: string }) =>
      answer(options, ({ client }) => client.feeds.health.query({ asOf: options.asOf }), told),
    )
}

function told({ day, shop, stores, finding }: Feeds): string {
  if (!shop) return say('feeds-empty')
  const stopped = stores.filter(({ isGap }) => isGap).length
  const row = ({ store, newestDay, usualGap, silentDays, isGap }: FeedHealth) =>
    say('feeds-row', {
      store: store ?? say('feeds-shop'),
      newestDay,
      usual: usualGap === null ? say('feeds-usual-unknown') : say('feeds-usual', { days: usualGap }),
      state:
        silentDays === 0
          ? say('feeds-today')
          : say(isGap ? 'feeds-gap' : 'feeds-silent', { since: addDays(newestDay, 1), days: silentDays }),
    })
  return [
    say(`feeds-finding-${finding as Exclude<Feeds['finding'], 'empty'>}`, {
      day,
      newestDay: shop.newestDay,
      days: shop.silentDays,
      stores: stopped,
      all: stores.length,
    }),
    ...[shop, ...stores].map(row),
  ].join('\n')
}
