import { resolve } from 'node:path'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Command, Option } from 'commander'
import type { Connection } from '../command-line/connect.ts'
import { languageOf, say } from '../messages/messages.ts'
import { answer, common, type CommonOptions, inWorkspace, Refused } from '../command-line/command.ts'
import { intoNewFile } from '../segments/export-commands.ts'
import { type AnswerFormat, answerFormats } from './answer-formats.ts'
import { outcomeSaid } from './outcome-said.ts'

interface AskOptions extends CommonOptions {
  format: 'table' | 'json' | AnswerFormat
  out?: string
  asOf?: string
  segment?: string
  from?: string
  to?: string
  store?: string[]
  channel?: string[]
  category?: string[]
  tier?: string[]
  region?: string[]
  compare?: string
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
    .option('--tier <name>', 'only members who hold it now; may be given again', gathered)
    .option('--region <name>', 'only members who live there; may be given again', gathered)
    .option('--from <day>', 'first day of the window, YYYY-MM-DD, of metrics that have one')
    .option('--to <day>', 'last day of the window, inclusive')
    .option('--store <name>', 'only orders there; may be given again', gathered)
    .option('--channel <name>', 'only orders through it; may be given again', gathered)
    .option('--category <name>', 'only orders with something of it; may be given again', gathered)
    .option('--compare <what>', 'beside it: previous, year, or another segment as an expression')
    .option('--set <key=value>', 'a setting of the metric', gathered, [])
    .addOption(
      new Option('--format <format>', 'csv, jsonl and parquet are streamed')
        .choices(['table', 'json', ...answerFormats])
        .default('table'),
    )
    .option('--out <file>', 'into a new file')
    .action((name: string, options: AskOptions) => {
      const printed = options.out === undefined
      const format = printed && options.json ? 'json' : options.format
      return answer(
        { ...options, json: options.json || (printed && format === 'json') },
        async (connection, signal): Promise<Asked> => {
          if (printed && format === 'parquet') throw new Refused(say('parquet-needs-file'))
          if (options.compare !== undefined && format !== 'table' && format !== 'json')
            throw new Refused(say('compare-in-table'))
          if (!printed && format === 'table') throw new Refused(say('table-takes-no-file'))
          const { stores, channels, from, to, ...settings } = Object.fromEntries(options.set.map(setting))
          const question = {
            name,
            settings,
            filters: {
              asOf: options.asOf,
              segment: options.segment,
              from: options.from ?? from,
              to: options.to ?? to,
              stores: options.store ?? stores?.split(','),
              channels: options.channel ?? channels?.split(','),
              categories: options.category,
              tiers: options.tier,
              regions: options.region,
              compare: against(options.compare),
            },
          }
          if (format === 'table' || format === 'json') {
            const asked = await connection.client.analytics.metric.query(question, { signal })
            if (options.out === undefined) return asked
            const file = resolve(options.out)
            await intoNewFile(file, (out) => pipeline([`${JSON.stringify(asked)}\n`], out, { signal }))
            return { file, rows: asked.rows.length, asOf: asked.asOf }
          }
          if (options.out === undefined) {
            await fileOf(connection, { ...question, format }, toTerminal(), signal)
            return null
          }
          const file = resolve(options.out)
          const sent = await intoNewFile(file, (out) =>
            fileOf(connection, { ...question, format }, out, signal),
          )
          return {
            file,
            rows: Number(sent.get('x-reveille-rows')),
            asOf: sent.get('x-reveille-as-of')!,
          }
        },
        (asked) => {
          if (asked === null) return null
          if ('file' in asked) return say('metric-written', asked)
          return [
            say('as-of-day', { asOf: asked.asOf }),
            ...(asked.models ? [outcomeSaid(languageOf(), asked.models)] : []),
            table(asked.rows),
            ...comparison(asked.compared),
          ].join('\n')
        },
      )
    })
}

type Answered = Awaited<ReturnType<Connection['client']['analytics']['metric']['query']>>
/** An answer, the file that it went into, or null when it was printed as it came. */
type Asked = Answered | { file: string; rows: number; asOf: string } | null

/** Has the server send an answer as a file, chunk by chunk into `out`. Throws Refused with the server's sentence. */
async function fileOf(
  { url, headers }: Connection,
  question: object,
  out: Writable,
  signal: AbortSignal,
): Promise<Headers> {
  const said = await fetch(`${url}/export/metric`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(question),
    signal,
  })
  if (!said.ok) throw new Refused(((await said.json()) as { detail: string }).detail)
  await pipeline(said.body!, out, { signal })
  return said.headers
}

/** Standard output, which stays open. */
const toTerminal = () =>
  new Writable({
    write: (chunk: Buffer, _encoding, done) =>
      void process.stdout.write(chunk, (error) => done(error ?? null)),
  })

/** The period before, last year, or a segment. */
const against = (what: string | undefined): 'previous' | 'year' | { segment: string } | undefined =>
  what === undefined || what === 'previous' || what === 'year' ? what : { segment: what }

/** What the figures are held against, as lines. */
function comparison(compared: Answered['compared']): string[] {
  if (!compared) return []
  if (compared.kind === 'not-known') return ['', say(`compare-${compared.because}`)]
  const { against: what, asOf, from, to, rows } = compared
  return [
    '',
    say(from === null ? 'compare-as-of' : 'compare-window', { what, asOf, from: from ?? '', to: to ?? '' }),
    table(rows),
  ]
}

const gathered = (one: string, others: string[] = []): string[] => [...others, one]

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
