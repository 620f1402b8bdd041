import type { Command } from 'commander'
import { languageOf, say } from '../messages/messages.ts'
import { answer, common, type CommonOptions, inWorkspace, Refused } from '../command-line/command.ts'

interface AskOptions extends CommonOptions {
  asOf?: string
  segment?: string
  set: string[]
}

/** `reveille metric list` and `reveille metric NAME`. */
export function metricCommands(program: Command): void {
  const metric = program.command('metric').description('ask for figures')
  common(metric.command('list'))
    .description('what can be asked')
    .action((options: CommonOptions) =>
      answer(
        options,
        ({ client }) => client.analytics.metrics.query(),
        (list) =>
          list.map(({ name, description }) => `${name.padEnd(14)} ${description[languageOf()]}`).join('\n'),
      ),
    )
  inWorkspace(metric.command('ask <name>', { isDefault: true, hidden: true }))
    .description('the figures of one metric')
    .usage('<name> --workspace <name> [options]')
    .option('--as-of <day>', 'YYYY-MM-DD, inclusive')
    .option('--segment <expression>', 'only these members')
    .option(
      '--set <key=value>',
      'a setting of the metric',
      (pair: string, all: string[]) => [...all, pair],
      [],
    )
    .action((name: string, options: AskOptions) =>
      answer(
        options,
        ({ client }, signal) => {
          const { stores, channels, from, to, ...settings } = Object.fromEntries(options.set.map(setting))
          return client.analytics.metric.query(
            {
              name,
              settings,
              filters: {
                asOf: options.asOf,
                segment: options.segment,
                from,
                to,
                stores: stores?.split(','),
                channels: channels?.split(','),
              },
            },
            { signal },
          )
        },
        ({ rows, asOf }) => `${say('as-of-day', { asOf })}\n${table(rows)}`,
      ),
    )
}

function setting(pair: string): [string, string] {
  const at = pair.indexOf('=')
  if (at < 1) throw new Refused(say('setting-not-a-pair', { pair }))
  return [pair.slice(0, at), pair.slice(at + 1)]
}

/** A ratio is shown by what it comes to; `--json` has its parts. */
function cellText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value ?? '–')
  const { value: share, minor } = value as { value?: number | null; minor?: number | null }
  return String(share ?? minor ?? '–')
}

function table(rows: readonly Record<string, unknown>[]): string {
  if (rows.length === 0) return say('no-result-rows')
  const columns = Object.keys(rows[0]!).filter((column) => !column.endsWith('Expression'))
  return [columns, ...rows.map((row) => columns.map((column) => cellText(row[column])))]
    .map((cells) => cells.join('\t'))
    .join('\n')
}
