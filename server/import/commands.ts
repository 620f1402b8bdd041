import { readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { TRPCClientError } from '@trpc/client'
import type { Command } from 'commander'
import { answer, type CommonOptions, exitCode, inWorkspace, Refused } from '../command-line/command.ts'
import type { Connection } from '../command-line/connect.ts'
import { unsureColumns } from './inspect.ts'
import { encodings } from './encoding/encoding.ts'
import { MapOverrides } from './columns/mapping.ts'
import { type ImportKind, importKinds, kindToSay } from './import-kinds.ts'
import { kindReceiptText, type ToldKindReceipt } from './kinds/told.ts'
import { memberPresetNames } from './members/presets.ts'
import { membersReceiptText, type ToldMembersReceipt } from './members/told.ts'
import { presetNames } from './platforms/presets.ts'
import {
  countsOf,
  mappingText,
  monthLines,
  partsText,
  progressText,
  receiptText,
  type ToldInspection,
  type ToldReceipt,
} from './receipts/told.ts'
import { saidOfTags } from './tables/tags-of-members.ts'
import { inputSentence } from '../messages/input.ts'
import { languageOf, say } from '../messages/messages.ts'

/** What came of one of several imports: its receipt, or why it was refused. */
type Outcome = AnyReceipt | { readonly fileName: string; readonly refusal: string }
type AnyReceipt = ToldReceipt | ToldMembersReceipt | ToldKindReceipt

interface ImportOptions extends CommonOptions {
  kind?: string
  preset?: string
  map?: string
  encoding?: string
  guests?: boolean
  dryRun?: boolean
  replace?: boolean
  yes?: boolean
}

/** `import FILE...`, `imports`, `imports undo ID`. */
export function importCommands(program: Command): void {
  inWorkspace(program.command('import <file...>'))
    .description(
      'take in files of orders, order lines, refunds, members and other kinds (CSV, TSV, .xlsx, JSON Lines, Parquet; also in .gz or .zip); tables that belong together (orders, their lines, customers) are joined',
    )
    .option(
      '--kind <kind>',
      `what the files hold, one of ${importKinds.join(', ')}, instead of what their columns say`,
    )
    .option('--preset <name>', `columns of a platform's export: ${allPresets.join(', ')}`)
    .option('--map <file>', 'JSON that says what columns mean, over the guess')
    .option(
      '--encoding <name>',
      `what a file is written in where its content leaves it open: ${encodings.join(', ')}`,
    )
    .option('--guests', 'take all as guest orders: store totals, no member figures')
    .option('--dry-run', 'say what would happen and change nothing')
    .option('--replace', "a file's fewer lines of an order replace it too")
    .option('--yes', 'take the guessed mapping without asking')
    .action((files: string[], options: ImportOptions) =>
      answer(
        options,
        async (connection, signal) => {
          const told: { outcome: Outcome; at: number }[] = []
          const map = overridesOf(options)
          for (const { source, at } of await sourcesOf(connection, files, map, signal))
            try {
              for (const outcome of await importTold(connection, source, map, options, signal))
                told.push({ outcome, at })
            } catch (error) {
              // what had come in before stays, and is told
              if (told.length > 0)
                process.stderr.write(`${told.map(({ outcome }) => outcomeText(outcome)).join('\n\n')}\n`)
              throw error
            }
          // answered in the order in which the files were named
          const outcomes = told.toSorted((a, b) => a.at - b.at).map(({ outcome }) => outcome)
          const [first] = outcomes
          if (outcomes.length === 1 && first) {
            if ('refusal' in first) throw new Refused(first.refusal)
            return first
          }
          if (outcomes.some((one) => 'refusal' in one)) process.exitCode = exitCode.refused
          return outcomes
        },
        (outcomes) => [outcomes].flat().map(outcomeText).join('\n\n'),
      ),
    )
  const imports = program.command('imports').description('what has been imported')
  inWorkspace(imports.command('list', { isDefault: true }))
    .description('the imports of a workspace, newest first')
    .action((options: CommonOptions) =>
      answer(
        options,
        ({ client }) => client.imports.list.query({}),
        (list) =>
          list
            .map(({ importId, fileName, importedAt, undoneAt, ...told }) => {
              const receipt = told.receipt ?? told.membersReceipt ?? told.kindReceipt
              return [
                importId,
                importedAt.slice(0, 16).replace('T', ' '),
                fileName,
                receipt ? say('import-counts', countsOf(receipt)) : '',
                undoneAt === null ? '' : say('was-undone'),
              ].join('\t')
            })
            .join('\n'),
      ),
    )
  inWorkspace(imports.command('undo <id>'))
    .description('take an import out again')
    .option('--dry-run', 'say what that would change, and change nothing')
    .option('--yes', 'at a terminal: do it without showing that and asking')
    .action((importId: string, options: CommonOptions & { dryRun?: boolean; yes?: boolean }) =>
      options.dryRun
        ? undoing(importId, options)
        : answer(
            options,
            async (connection, signal) => {
              if (process.stdin.isTTY && !options.yes) await confirmUndoing(connection, importId, signal)
              return connection.client.imports.undo.mutate({ importId })
            },
            ({ kind, orders, members, rows }) =>
              kind === 'orders'
                ? say('import-undone', { orders })
                : kind === 'refunds'
                  ? say('refunds-undone', { orders })
                  : kind === 'members'
                    ? say('members-undone', { members })
                    : say('kind-undone', { rows }),
          ),
    )
}

/** Says what an undoing would change. */
const undoing = (importId: string, options: CommonOptions): Promise<void> =>
  answer(options, (connection, signal) => undoEffect(connection, importId, signal), undoText)

const undoEffect = async ({ client }: Connection, importId: string, signal: AbortSignal) => ({
  ...(await client.imports.undoEffect.query({ importId }, { signal })),
  currency: (await client.workspaces.current.query())!.currency,
})

const undoText = ({ months, currency, ...effect }: Awaited<ReturnType<typeof undoEffect>>): string =>
  [
    ...(['ordersGone', 'ordersChanged', 'membersGone', 'membersChanged', 'rows'] as const)
      .filter((what) => effect[what] > 0)
      .map((what) =>
        say('undo-would', {
          what: effect.kind === 'refunds' ? what.replace('orders', 'refunds') : what,
          n: effect[what],
        }),
      ),
    ...monthLines({ months, currency }),
  ].join('\n') || say('undo-would-nothing')

/** Shows a person what an undoing changes and asks; scripts, which have no terminal, are not asked. */
async function confirmUndoing(connection: Connection, importId: string, signal: AbortSignal): Promise<void> {
  process.stderr.write(`${undoText(await undoEffect(connection, importId, signal))}\n`)
  await agreed(say('confirm-undo'), say('nothing-undone'), signal)
}

/** Asks at the terminal; who does not say yes is told that nothing was done. */
async function agreed(question: string, otherwise: string, signal: AbortSignal): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const said = await terminal.question(`${question} [y/N] `, { signal })
  terminal.close()
  if (!/^y/i.test(said)) throw new Refused(otherwise)
}

function overridesOf(options: ImportOptions): MapOverrides {
  const preset = allPresets.find((name) => name === options.preset)
  if (options.preset !== undefined && !preset)
    throw new Refused(say('unknown-preset', { preset: options.preset, known: { listed: allPresets } }))
  const kind = importKinds.find((one) => one === options.kind)
  if (options.kind !== undefined && !kind)
    throw new Refused(
      say('unknown-kind', { kind: options.kind, known: { named: importKinds.map(kindToSay) } }),
    )
  const given = options.map === undefined ? {} : mapFile(options.map)
  const encoding = encodings.find((one) => one === options.encoding?.toLowerCase())
  if (options.encoding !== undefined && !encoding)
    throw new Refused(
      say('unknown-encoding-name', { encoding: options.encoding, known: { listed: encodings } }),
    )
  return {
    ...given,
    ...(encoding ? { encoding } : {}),
    ...(kind ? { kind } : {}),
    ...(preset ? { preset } : {}),
    ...(options.guests ? { columns: { ...given.columns, memberId: null } } : {}),
  }
}

function mapFile(path: string): MapOverrides {
  const bad = (detail: string) => new Refused(say('bad-map', { detail }))
  let given: unknown
  try {
    given = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw bad(`${path}: ${(error as Error).message}`)
  }
  const read = MapOverrides.safeParse(given)
  if (!read.success) throw bad(inputSentence(languageOf(), read.error))
  return read.data
}

const allPresets = [...presetNames, ...memberPresetNames]

const pollMs = 200
const joinPollMs = 500

type Source = { path: string } | { paths: string[] }

const outcomeText = (one: Outcome): string =>
  'refusal' in one
    ? say('part-refused', { tables: one.fileName, why: one.refusal })
    : 'counts' in one
      ? kindReceiptText(one)
      : 'newMembers' in one
        ? membersReceiptText(one)
        : receiptText(one)

/** Orders come first, then members and products, then what refers to them. */
const firstKinds: readonly (ImportKind | undefined)[] = ['orders', 'members', 'products']
const rankOf = (kind: ImportKind | undefined): number =>
  firstKinds.includes(kind) ? firstKinds.indexOf(kind) : firstKinds.length

/** The files one by one, orders first; all of them together where one needs another for its orders, which lack what a table beside it may say. */
async function sourcesOf(
  { client }: Connection,
  files: readonly string[],
  map: MapOverrides,
  signal: AbortSignal,
): Promise<{ source: Source; at: number }[]> {
  const paths = files.map((file) => resolve(file))
  const alone: { source: Source; at: number; rank: number }[] = []
  for (const [at, path] of paths.entries()) {
    const source = { path }
    // what is wrong with a file is said when its turn comes
    const inspection =
      paths.length === 1
        ? null
        : await client.imports.inspect.query({ source, map }, { signal }).catch(() => null)
    if (inspection?.partOfOrders) return [{ source: { paths }, at: 0 }]
    alone.push({ source, at, rank: rankOf(inspection?.map.kind) })
  }
  return alone.toSorted((a, b) => a.rank - b.rank)
}

/** What came of a file, or of files given together, also where it was refused; of several an end by the user tells what had come in. */
async function importTold(
  connection: Connection,
  source: Source,
  map: MapOverrides,
  options: ImportOptions,
  signal: AbortSignal,
): Promise<Outcome[]> {
  const fileName = ('path' in source ? [source.path] : source.paths).map((path) => basename(path)).join(' + ')
  try {
    return await importFile(connection, source, map, options, signal)
  } catch (error) {
    const isRefusal =
      error instanceof Refused || (error instanceof TRPCClientError && error.shape !== undefined)
    if (!isRefusal || signal.aborted) throw error
    return [{ fileName, refusal: error.message }]
  }
}

async function importFile(
  connection: Connection,
  source: Source,
  map: MapOverrides,
  options: ImportOptions,
  signal: AbortSignal,
): Promise<Outcome[]> {
  const { client } = connection
  const encodings = { all: map.encoding }
  const told = await whileJoining(
    client,
    client.imports.parts.query({ source, encodings, kind: map.kind }, { signal }),
  )
  const several = told.parts.length > 1
  if (several) process.stderr.write(`${partsText(told)}\n`)
  const looked: { inspection: ToldInspection; own: MapOverrides }[] = []
  for (const [at, { part, refusal, ofMembers }] of (several ? told.parts : [alonePart]).entries()) {
    if (refusal !== null) continue
    const ofFirst = several && ofMembers !== null && ofMembers === told.parts[0]?.part
    const own = at === 0 ? map : ofFirst ? saidOfTags(map) : {}
    const asked = client.imports.inspect.query(
      { source, map: own, ...(several ? { part, encodings } : {}) },
      { signal },
    )
    // why one of several can't be taken is said when its turn comes
    const inspection = await whileJoining(client, several ? asked.catch(() => null) : asked)
    if (!inspection) continue
    process.stderr.write(`${mappingText(inspection)}\n`)
    looked.push({ inspection, own })
  }
  if (several && options.dryRun) process.stderr.write(`${say('parts-checked-apart')}\n`)
  if (!options.yes && !options.dryRun) await confirm(looked, signal)
  const { runIds } = await client.imports.start.mutate({
    source,
    map,
    dryRun: options.dryRun ?? false,
    replace: options.replace ?? false,
  })
  const outcomes: Outcome[] = []
  try {
    for (const runId of runIds) outcomes.push(await followed(client, runId, signal))
  } catch (error) {
    // what had come in before stays, and is told
    if (outcomes.length > 0) process.stderr.write(`${outcomes.map(outcomeText).join('\n\n')}\n`)
    throw error
  }
  return outcomes
}

/** Files that are one table. */
const alonePart = { part: undefined, refusal: null, ofMembers: null }

/** How a run ended. Throws where it was cancelled. */
async function followed(client: Connection['client'], runId: string, signal: AbortSignal): Promise<Outcome> {
  let asked = false
  for (;;) {
    if (signal.aborted && !asked) {
      asked = true
      await client.imports.cancel.mutate({ runId })
    }
    const state = await client.imports.state.query({ runId })
    if (!state) throw new Refused(say('run-gone'))
    if (process.stderr.isTTY || state.phase === 'done') process.stderr.write(progressText(state))
    switch (state.phase) {
      case 'done':
        return (state.receipt ?? state.membersReceipt ?? state.kindReceipt)!
      case 'refused':
        return { fileName: state.fileName, refusal: state.refusal! }
      case 'cancelled':
        throw new Refused(say('import-cancelled'))
      case 'failed':
        return { fileName: state.fileName, refusal: say('import-failed') }
      default:
        await new Promise((resolve) => {
          const timer = setTimeout(resolve, pollMs)
          signal.addEventListener('abort', () => (clearTimeout(timer), resolve(undefined)), { once: true })
        })
    }
  }
}

/** Waits for an answer about files; of tables that have to be joined first it says at a terminal how far that is. */
async function whileJoining<T>(client: Connection['client'], answer: Promise<T>): Promise<T> {
  let ended = false
  const asked = answer.finally(() => (ended = true))
  if (process.stderr.isTTY)
    void (async () => {
      for (;;) {
        await pause(joinPollMs)
        const joining = ended ? null : await client.imports.joining.query().catch(() => null)
        if (ended) return
        if (joining) process.stderr.write(`${say('joining', { share: joining.share })}\u001b[K\r`)
      }
    })()
  return asked
}

/** Asks at a terminal; elsewhere mappings that are not sure need --yes or a map. */
async function confirm(
  looked: readonly { readonly inspection: ToldInspection; readonly own: MapOverrides }[],
  signal: AbortSignal,
): Promise<void> {
  const unsure = looked.some(
    ({ inspection, own }) =>
      inspection.otherKinds.length > 0 ||
      unsureColumns(inspection).some(({ field }) => own.columns?.[field!] === undefined),
  )
  if (process.stdin.isTTY) await agreed(say('confirm-mapping'), say('nothing-imported'), signal)
  else if (unsure) throw new Refused(say('unconfirmed'))
}
