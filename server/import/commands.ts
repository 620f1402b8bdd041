import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { answer, type CommonOptions, inWorkspace, Refused } from '../command-line/command.ts'
import type { Connection } from '../command-line/connect.ts'
import type { Inspection } from './inspect.ts'
import { MapOverrides } from './mapping.ts'
import { presets } from './presets.ts'
import type { FinalReceipt } from './receipt.ts'
import { inputSentence } from '../messages/input.ts'
import { languageOf, say } from '../messages/messages.ts'

interface ImportOptions extends CommonOptions {
  kind: string
  preset?: string
  map?: string
  dryRun?: boolean
  replace?: boolean
  yes?: boolean
}

/** `import FILE...`, `imports`, `imports undo ID`. */
export function importCommands(program: Command): void {
  inWorkspace(program.command('import <file...>'))
    .description('take in files of orders or order lines (CSV, TSV, .gz)')
    .option('--kind <kind>', 'what the files hold', 'orders')
    .option('--preset <name>', `columns of a platform's export: ${Object.keys(presets).join(', ')}`)
    .option('--map <file>', 'JSON that says what columns mean, over the guess')
    .option('--dry-run', 'say what would happen and change nothing')
    .option('--replace', "a file's fewer lines of an order replace it too")
    .option('--yes', 'take the guessed mapping without asking')
    .action((files: string[], options: ImportOptions) =>
      answer(
        options,
        async (connection, signal) => {
          const receipts: FinalReceipt[] = []
          const map = overridesOf(options)
          for (const file of files) receipts.push(await importFile(connection, file, map, options, signal))
          return receipts.length === 1 ? receipts[0]! : receipts
        },
        (receipts) => [receipts].flat().map(receiptText).join('\n\n'),
      ),
    )
  const imports = inWorkspace(program.command('imports')).description('what has been imported')
  imports.action((options: CommonOptions) =>
    answer(
      options,
      ({ client }) => client.imports.list.query({}),
      (list) =>
        list
          .map(({ importId, fileName, importedAt, undoneAt, receipt }) =>
            [
              importId,
              importedAt.slice(0, 16).replace('T', ' '),
              fileName,
              receipt
                ? `${receipt.imported} imported, ${receipt.unchanged} unchanged, ${receipt.refused} refused`
                : '',
              undoneAt === null ? '' : 'undone',
            ].join('\t'),
          )
          .join('\n'),
    ),
  )
  inWorkspace(imports.command('undo <id>'))
    .description('take an import out again')
    .action((importId: string, options: CommonOptions) =>
      answer(
        options,
        ({ client }) => client.imports.undo.mutate({ importId }),
        ({ orders }) => `Undone. ${orders} orders changed.`,
      ),
    )
}

function overridesOf(options: ImportOptions): MapOverrides {
  const preset = options.preset === undefined ? {} : presets[options.preset]
  if (!preset)
    throw new Refused(
      say('unknown-preset', { preset: options.preset!, known: Object.keys(presets).join(', ') }),
    )
  if (options.map === undefined) return preset
  const bad = (detail: string) => new Refused(say('bad-map', { detail }))
  let given: unknown
  try {
    given = JSON.parse(readFileSync(options.map, 'utf8'))
  } catch (error) {
    throw bad(`${options.map}: ${(error as Error).message}`)
  }
  const read = MapOverrides.safeParse(given)
  if (!read.success) throw bad(inputSentence(languageOf(), read.error))
  return {
    ...preset,
    ...read.data,
    columns: { ...preset.columns, ...read.data.columns },
    states: { ...preset.states, ...read.data.states },
  }
}

const confident = 0.8
const pollMs = 200

async function importFile(
  { client }: Connection,
  file: string,
  map: MapOverrides,
  options: ImportOptions,
  signal: AbortSignal,
): Promise<FinalReceipt> {
  const source = { path: resolve(file) }
  const inspection = await client.imports.inspect.query({ source, map }, { signal })
  process.stderr.write(`${mappingText(inspection)}\n`)
  if (!options.yes && !options.dryRun) await confirm(inspection, map, signal)
  const { runId } = await client.imports.start.mutate({
    source,
    map,
    kind: options.kind,
    dryRun: options.dryRun ?? false,
    replace: options.replace ?? false,
  })
  const cancel = async () => {
    await client.imports.cancel.mutate({ runId })
    signal.throwIfAborted()
  }
  for (;;) {
    if (signal.aborted) await cancel()
    const state = await client.imports.state.query({ runId })
    if (!state) throw new Refused('The import is no longer known to the server.')
    if (process.stderr.isTTY || state.phase === 'done') process.stderr.write(progressText(state))
    switch (state.phase) {
      case 'done':
        return state.receipt!
      case 'refused':
        throw new Refused(state.refusal!)
      case 'cancelled':
        throw new Refused('The import was cancelled.')
      case 'failed':
        throw new Refused('The import failed; nothing was changed. The server says why in its log.')
      default:
        await new Promise((resolve) => {
          const timer = setTimeout(resolve, pollMs)
          signal.addEventListener('abort', () => (clearTimeout(timer), resolve(undefined)), { once: true })
        })
    }
  }
}

/** Asks at a terminal; elsewhere a mapping that is not sure needs --yes or a map. */
async function confirm(inspection: Inspection, map: MapOverrides, signal: AbortSignal): Promise<void> {
  const unsure = inspection.columns.filter(
    ({ field, confidence }) =>
      field !== null && needed.has(field) && confidence < confident && map.columns?.[field] === undefined,
  )
  if (process.stdin.isTTY) {
    const terminal = createInterface({ input: process.stdin, output: process.stderr })
    const said = await terminal.question('Import with this mapping? [y/N] ', { signal })
    terminal.close()
    if (!/^y/i.test(said)) throw new Refused(say('nothing-imported'))
  } else if (unsure.length > 0) throw new Refused(say('unconfirmed'))
}

const needed = new Set(['orderId', 'memberId', 'orderedAt', 'paidAt', 'amount', 'orderTotal', 'unitPrice'])

const separatorName = { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'bars' } as const

function mappingText({ preset, fileName, columns, map, encoding, delimiter, questions }: Inspection): string {
  const rows = columns.flatMap(({ position, header, field, confidence, samples, unread }) => {
    const named = columns.filter((column) => column.header === header).length
    const title = named > 1 ? `${header} (column ${position + 1})` : header
    return [
      `  ${title.padEnd(24)} ${(field ?? '–').padEnd(14)} ${field ? `${Math.round(confidence * 100)} %`.padStart(5) : '     '}  ${samples.join(' | ').slice(0, 60)}`,
      ...(named > 1 && field
        ? [
            `    ${named} columns are called ${header}; this one is taken. To choose another: --map with its number.`,
          ]
        : []),
      ...(unread
        ? [
            `    ${unread.values} of the ${unread.of} sampled values can't be read, "${unread.sample}" among them; such rows are refused.`,
          ]
        : []),
    ]
  })
  const asked = questions.flatMap((question) =>
    question.kind === 'states' ? [`  States not known: ${question.words.join(', ')}`] : [],
  )
  return [
    `${fileName}: ${encoding}, separated by ${separatorName[delimiter]}, dates ${map.dates ?? '–'} in ${map.timeZone}${preset ? `, recognised as ${preset}` : ''}`,
    ...rows,
    ...asked,
  ].join('\n')
}

const progressText = (state: {
  bytes: number
  bytesRead: number
  rows: number
  rowsPerSecond: number
  secondsLeft: number | null
  phase: string
}): string => {
  const share = Math.round((100 * state.bytesRead) / Math.max(1, state.bytes))
  const left = state.secondsLeft === null ? '' : `, ${state.secondsLeft} s left`
  const end = process.stderr.isTTY && state.phase !== 'done' ? '\u001b[K\r' : '\n'
  return `${state.phase} ${share} %, ${state.rows} rows, ${state.rowsPerSecond} rows/s${left}${end}`
}

const receiptText = (receipt: FinalReceipt): string =>
  [
    `${receipt.dryRun ? 'Would import' : 'Imported'} ${receipt.fileName}: ${receipt.read} rows read, ${receipt.imported} imported, ${receipt.unchanged} unchanged, ${receipt.refused} refused.`,
    `${receipt.members} members, ${receipt.orders} qualifying orders, ${receipt.guestOrders} guest orders, ${receipt.duplicates} identical lines kept, rounding ${receipt.roundingMinor} minor units.`,
    ...(receipt.fewerLines > 0
      ? [
          `${receipt.fewerLines} orders have fewer lines here than before and were left; --replace applies them.`,
        ]
      : []),
    ...receipt.reasons.map(({ reason, rows }) => `  ${rows} × ${reason}`),
    ...(receipt.refusedFile ? [`Refused rows: ${receipt.refusedFile}`] : []),
    ...(receipt.alreadyThere ? [`The same file was imported before as ${receipt.importId}.`] : []),
  ].join('\n')
