import { resolve } from 'node:path'
import { z } from 'zod'
import { AskedDay } from '../../analytics/calendar/day.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { type Language, phrase, sentence } from '../messages/messages.ts'
import { refused } from '../messages/refused.ts'
import { auditName, passAudit } from '../settings/audit.ts'
import { type Context, marketerProcedure, readerProcedure, router } from '../trpc.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { peopleOfMembers, peopleOfOrders } from '../identity/told.ts'
import { encodings } from './encoding/encoding.ts'
import { importKinds, kindTitle, kindToSay } from './import-kinds.ts'
import { allKinds, kindNamed } from './kinds/catalogue.ts'
import { fieldsOf, keysOf, plainType, tellsPeople } from './kinds/kind.ts'
import type { KindReceipt } from './kinds/receipt.ts'
import { toldKind } from './kinds/told.ts'
import { reasonsInWords } from './refused/refused-file.ts'
import type { MembersReceipt } from './members/receipt.ts'
import { MapOverrides } from './columns/mapping.ts'
import type { Receipt } from './receipts/receipt.ts'
import { refundSentence } from './platforms/refund-check.ts'
import { refundDoubtsInWords } from './receipts/refund-doubts.ts'
import type { Refusal } from './refusal.ts'
import { moneyText } from '../messages/money.ts'
import type { Again } from './receipts/again.ts'
import { broughtNothing, foldedUnder } from './receipts/history.ts'
import { inboxState } from './inbox.ts'
import { forgetMapping, savedMappings } from './columns/remembered.ts'
import { restatedCohorts, restatedMonths, restatedPeriods } from './orders/restatements.ts'
import { isPartOfOrders } from './inspect.ts'
import { foreignAmounts, inspectIn, ordersOf, partsIn } from './reading/ready-to-read.ts'
import type { ImportOrder, RunState } from './run-state.ts'
import { importRuns } from './runs.ts'
import { type GivenFile, givenFiles, joiningIn, mostTables } from './tables/joined.ts'
import { sameNames } from './columns/same-names.ts'
import { tableNotes, unusedNote } from './tables/told.ts'
import { undoEffect, undoImport } from './undo.ts'
import { uploadedFile } from './uploads.ts'

/** The reader's; without one, that of the request. */
const Language = z.enum(['en', 'zh-CN']).optional()
/** A file that was uploaded, or, for the owner of the files, one named by its path, or several that belong together. */
const Source = z.union([
  z.strictObject({ uploadId: z.uuid() }),
  z.strictObject({ path: z.string() }),
  z.strictObject({ paths: z.array(z.string()).min(2).max(mostTables) }),
])
/** What tables are written in that leave it open: each by its part, or all of them. */
const Encodings = z
  .object({ all: z.enum(encodings).optional(), parts: z.record(z.string(), z.enum(encodings)).optional() })
  .optional()
const Start = z.object({
  source: Source,
  encodings: Encodings,
  /** Of files given together: the parts to import, each as was said of it; without it all. */
  parts: z
    .array(z.object({ part: z.string(), map: MapOverrides.default({}) }))
    .min(1)
    .max(mostTables)
    .optional(),
  kind: z.string().optional(),
  map: MapOverrides.default({}),
  dryRun: z.boolean().default(false),
  replace: z.boolean().default(false),
  language: Language,
})

export const importsRouter = router({
  /** What becomes of files that are given together, and why some of it can't be taken; without parts it is one table. Changes nothing. */
  parts: marketerProcedure
    .input(
      z.object({
        source: Source,
        encodings: Encodings,
        /** What the file is said to be of: then it is nothing besides. */
        kind: z.enum(importKinds).optional(),
        language: Language,
      }),
    )
    .query(async ({ ctx, input, signal }) => {
      const language = input.language ?? ctx.language
      const folder = importRuns(ctx.platform).joinedFolder(ctx.workspace.id)
      const given = { ...found(ctx, input.source), encodings: input.encodings }
      const outcome = await partsIn(ctx.workspace, given, folder, { signal, as: input.kind })
      if (outcome && 'id' in outcome) throw stopped(outcome)
      const { parts, unused, open } = outcome ?? { parts: [], unused: [], open: [] }
      return {
        fileName: given.fileName,
        parts: parts.map(({ part, fileName, kind, names, rows, refusal, ofMembers }) => ({
          part,
          /** Of tags: the part of the members, in the same file, who carry them. */
          ofMembers: ofMembers ?? null,
          fileName,
          kind,
          title: phrase(language, kindTitle(kind)),
          names,
          rows,
          refusal: refusal && sentence(language, refusal.id, refusal.values),
        })),
        unused: unused.map((one) => unusedNote(one)).map(({ id, values }) => sentence(language, id, values)),
        open,
      }
    }),

  /** Reads a file's beginning: what each column seems to mean, with samples and how sure that is. Changes nothing. */
  inspect: marketerProcedure
    .input(
      z.object({
        source: Source,
        /** Of files given together; the first unless told. */
        part: z.string().optional(),
        encodings: Encodings,
        map: MapOverrides.default({}),
        language: Language,
      }),
    )
    .query(async ({ ctx, input, signal }) => {
      const { part, encodings, map } = input
      const folder = importRuns(ctx.platform).joinedFolder(ctx.workspace.id)
      const given = { ...found(ctx, input.source), part, encodings }
      const inspected = await inspectIn(ctx.workspace, given, map, folder, signal)
      if ('id' in inspected) throw stopped(inspected)
      const { tables, ...inspection } = inspected.inspection
      return {
        ...inspection,
        partOfOrders: isPartOfOrders(inspected.inspection),
        otherCurrency: foreignAmounts(inspected.inspection, ctx.workspace.currency),
        tables: tableNotes(input.language ?? ctx.language, tables),
        repeated: sameNames(
          input.language ?? ctx.language,
          inspection.columns,
          ctx.actor.kind === 'local' ? 'terminal' : 'screen',
        ),
        /** Several tables are read as one. */
        joined: tables !== null && tables.alone === undefined,
        /** Of one table that was read beside others: what it is written in. */
        alone: tables?.alone ?? null,
      }
    }),

  /** Tables that are being joined now before they can be looked at, and how far that is; null: none are. */
  joining: marketerProcedure.query(({ ctx }) =>
    joiningIn(importRuns(ctx.platform).joinedFolder(ctx.workspace.id)),
  ),

  /** The kinds of file besides orders and members, with their fields, in the reader's language. */
  kinds: readerProcedure.input(z.object({ language: Language }).default({})).query(({ ctx, input }) => {
    const language = input.language ?? ctx.language
    return allKinds.map((kind) => ({
      name: kind.name,
      title: phrase(language, kind.title),
      about: phrase(language, kind.about),
      fields: fieldsOf(kind).map(([name, { type, label, meaning, needed, member }]) => ({
        name,
        type: type === 'rest' ? ('rest' as const) : plainType(type),
        label: phrase(language, label),
        meaning: phrase(language, meaning),
        needed: needed !== undefined,
        /** Decides what a row is: a merchant is to see it without looking for it. */
        asked: needed !== undefined || member === true || keysOf(kind).some((key) => key.includes(name)),
        /** The member's number, in the place of which a phone, openid or e-mail may tell who it is. */
        tellsMember: member === true && tellsPeople(kind),
      })),
    }))
  }),

  /**
   * Begins an import, or a dry run, and answers at once. Files that are given together may become several, each a run of its own, in the
   * order of `runIds`; `runId` is the first.
   */
  start: marketerProcedure.input(Start).mutation(async ({ ctx, input, signal }) => {
    const kind = importKinds.find((one) => one === input.kind)
    if (input.kind !== undefined && !kind)
      throw refused('PRECONDITION_FAILED', 'unknown-kind', {
        kind: input.kind,
        known: { named: importKinds.map(kindToSay) },
      })
    const { parts, source, kind: _, ...asked } = input
    const runs = importRuns(ctx.platform)
    const order: ImportOrder = {
      ...asked,
      map: { ...input.map, ...(kind ? { kind } : {}) },
      ...found(ctx, source),
      language: input.language ?? ctx.language,
      actor: auditName(ctx.actor),
    }
    const several = await partsIn(
      ctx.workspace,
      { ...order, encodings: order.encodings ?? { all: order.map.encoding } },
      runs.joinedFolder(ctx.workspace.id),
      { signal, as: parts ? undefined : order.map.kind },
    )
    if (several && 'id' in several) throw stopped(several)
    if (several && (parts || several.parts.length > 1)) {
      const orders = ordersOf(order, several, parts)
      if (orders.length < (parts?.length ?? 1))
        throw refused('PRECONDITION_FAILED', 'unknown-part', { file: order.fileName })
      const set = runs.startSet(ctx.workspace, orders)
      if (set.kind === 'refused') throw stopped(set)
      return { runId: set.runIds[0]!, runIds: set.runIds }
    }
    const started = await runs.start(ctx.workspace, order)
    if (started.kind === 'refused') throw stopped(started)
    return { runId: started.runId, runIds: [started.runId] }
  }),

  /** Where an import stands. */
  state: readerProcedure
    .input(z.object({ runId: z.uuid(), language: Language }))
    .query(({ ctx, input }) =>
      told(
        importRuns(ctx.platform).state(ctx.workspace.id, input.runId),
        ctx.workspace,
        input.language ?? ctx.language,
      ),
    ),

  /** The import that runs in this workspace now, or null. */
  current: readerProcedure
    .input(z.object({ language: Language }))
    .query(({ ctx, input }) =>
      told(importRuns(ctx.platform).current(ctx.workspace.id), ctx.workspace, input.language ?? ctx.language),
    ),

  /** Where an import stands, again after every change, until it has ended. */
  progress: readerProcedure
    .input(z.object({ runId: z.uuid(), language: Language }))
    .subscription(async function* ({ ctx, input, signal }) {
      const runs = importRuns(ctx.platform)
      for await (const state of runs.follow(
        ctx.workspace.id,
        input.runId,
        signal ?? new AbortController().signal,
      ))
        yield told(state, ctx.workspace, input.language ?? ctx.language)!
    }),

  /** Stops an import: when this answers nothing of it is left, or it commits and can't be stopped any more. */
  cancel: marketerProcedure.input(z.object({ runId: z.uuid() })).mutation(async ({ ctx, input }) => {
    await importRuns(ctx.platform).cancel(ctx.workspace.id, input.runId)
  }),

  /** The folder whose files are imported by themselves, and the newest that were refused, with why. */
  inbox: marketerProcedure
    .input(z.object({ language: Language }).default({}))
    .query(({ ctx, input }) => inboxState(ctx.platform, ctx.workspace, input.language ?? ctx.language)),

  /** By which columns the next files are read without a question, the newest first. */
  mappings: marketerProcedure
    .input(z.object({ language: Language }).default({}))
    .query(async ({ ctx, input }) => {
      const language = input.language ?? ctx.language
      const saved = await savedMappings(ctx.workspace.engine)
      return saved.map(({ kind, columns, ...one }) => {
        const further = kindNamed(kind)
        return {
          ...one,
          kind,
          title: further ? phrase(language, further.title) : null,
          columns: columns.map(({ field, column }) => ({
            field,
            /** Of fields that the dashboard has no word for. */
            label: further?.fields[field] ? phrase(language, further.fields[field].label) : null,
            column,
          })),
        }
      })
    }),

  /** Files with these columns are guessed anew from now on. */
  forgetMapping: marketerProcedure
    .input(z.object({ kind: z.enum(importKinds), headers: z.string().max(100) }))
    .mutation(async ({ ctx, input }) => {
      const known = await forgetMapping(ctx.workspace.engine, input, {
        actor: auditName(ctx.actor),
        at: ctx.platform.clock.now(),
      })
      if (!known) throw refused('NOT_FOUND', 'unknown-mapping')
      await passAudit(ctx.platform.store, ctx.workspace)
    }),

  /** All imports of the workspace, newest first, with their receipts. */
  list: readerProcedure.input(z.object({ language: Language }).default({})).query(async ({ ctx, input }) => {
    const rows = await ctx.workspace.engine.rows(
      sql`select import_id, kind, file_name, imported_at, undone_at, mapping, report from imports order by import_seq desc`,
    )
    const under = foldedUnder(
      rows.map(({ importId, kind, importedAt, undoneAt, mapping, report }) => ({
        importId: String(importId),
        kind: String(kind),
        importedAt: String(importedAt),
        undoneAt: undoneAt as string | null,
        headers: (JSON.parse(String(mapping)) as { headers?: string }).headers ?? null,
        report: JSON.parse(String(report)) as Record<string, unknown>,
      })),
    )
    const titleOf = (kind: unknown) => {
      const known = importKinds.find((one) => one === kind)
      return known ? phrase(input.language ?? ctx.language, kindTitle(known)) : null
    }
    return rows.map((row) => ({
      importId: String(row.importId),
      kind: String(row.kind),
      /** What the file held, in the reader's language; null: sample data. */
      title: titleOf(row.kind),
      fileName: String(row.fileName),
      importedAt: String(row.importedAt),
      undoneAt: row.undoneAt as string | null,
      /** The newer import that it is listed under, because both brought nothing new; null: it has a line of its own. */
      under: under.get(String(row.importId)) ?? null,
      /** How often its file came again and changed nothing, and when last; null: never. */
      again: (JSON.parse(String(row.report)) as { again?: Again }).again ?? null,
      receipt:
        row.kind === 'orders' || row.kind === 'refunds'
          ? inWords(receiptOf(String(row.report)), ctx.workspace, input.language ?? ctx.language)
          : null,
      membersReceipt:
        row.kind === 'members'
          ? withSentences(JSON.parse(String(row.report)) as MembersReceipt, input.language ?? ctx.language)
          : null,
      kindReceipt: kindNamed(String(row.kind))
        ? toldKind(JSON.parse(String(row.report)) as KindReceipt, input.language ?? ctx.language)
        : null,
    }))
  }),

  /** Months of which a figure was restated in the last 60 days, with the cause. */
  restated: readerProcedure.query(({ ctx }) => restatedMonths(ctx.workspace.engine, toldSince(ctx))),

  /** What first-purchase months did in months, where it was restated in the last 60 days, with the cause. */
  restatedCohorts: readerProcedure.query(({ ctx }) => restatedCohorts(ctx.workspace.engine, toldSince(ctx))),

  /** Of shorter periods that a page draws, such as weeks, those that were restated in the last 60 days, with the cause. */
  restatedPeriods: readerProcedure
    .input(z.object({ periods: z.array(z.object({ from: AskedDay, to: AskedDay })).max(120) }))
    .query(({ ctx, input }) => restatedPeriods(ctx.workspace.engine, toldSince(ctx), input.periods)),

  /** What an undoing would change, in orders, members and months. Changes nothing. */
  undoEffect: marketerProcedure
    .input(z.object({ importId: z.string() }))
    .query(async ({ ctx, input, signal }) => {
      const outcome = await undoEffect(ctx.platform, ctx.workspace, input.importId, signal)
      if (outcome.kind === 'refused') throw stopped(outcome)
      return outcome.effect
    }),

  /** Takes an import out again; the orders it touched are as the other imports say. */
  undo: marketerProcedure
    .input(z.object({ importId: z.string() }))
    .mutation(async ({ ctx, input, signal }) => {
      const outcome = await undoImport(
        ctx.platform,
        ctx.workspace,
        { importId: input.importId, actor: auditName(ctx.actor) },
        signal,
      )
      if (outcome.kind === 'refused') throw stopped(outcome)
      return { importId: input.importId, ...outcome.undone }
    }),
})

/** Since when restatements are told: for 60 days. */
const toldSince = ({ platform }: Context) =>
  new Date(platform.clock.now().getTime() - 60 * 86_400_000).toISOString()

/** A run for the one who looks at it: refusals and reasons as sentences, the share of the file that is read. */
const told = (state: RunState | null, workspace: Workspace, language: Language) =>
  state && {
    ...state,
    /** What the file holds, in the reader's language. */
    title: state.kind && phrase(language, kindTitle(state.kind)),
    share: state.bytes === 0 ? 0 : state.bytesRead / state.bytes,
    refusal: state.refusal && sentence(language, state.refusal.id, state.refusal.values),
    receipt: state.receipt && inWords(state.receipt, workspace, language),
    membersReceipt: state.membersReceipt && withSentences(state.membersReceipt, language),
    kindReceipt: state.kindReceipt && toldKind(state.kindReceipt, language),
  }

type InWords<R extends Receipt> = Omit<R, 'reasons' | 'tables' | 'refundDoubts'> & {
  /** What became of tables that were joined, in sentences. */
  readonly tables: readonly string[]
  readonly reasons: readonly (Receipt['reasons'][number] & { readonly sentence: string })[]
  /** The rounding difference in the currency, with the decimals it needs. */
  readonly rounding: string
  /** What the file's orders come to. Of imports from before this was counted null. */
  readonly net: string | null
  readonly currency: string
  /** Whether amounts are net of refunds, and what says so; null where no row is refunded. */
  readonly refunds: string | null
  /** What the states of refunds leave open, in sentences. */
  readonly refundDoubts: readonly string[]
  /** How the rows were matched to people, in sentences. */
  readonly people: readonly string[]
  /** All that it says was there already. */
  readonly nothingNew: boolean
}

/** The receipt of an import of orders or refunds. */
function receiptOf(report: string): Receipt {
  return JSON.parse(report) as Receipt
}

const inWords = <R extends Receipt>(receipt: R, { currency }: Workspace, language: Language): InWords<R> => ({
  ...receipt,
  tables: tableNotes(language, receipt.tables, receipt.files),
  givenBack: receipt.givenBack ?? null, // receipts from before there were files of refunds have none
  reasons: reasonsInWords(language, receipt.reasons),
  nothingNew: broughtNothing(receipt),
  rounding: moneyText(receipt.roundingMinor, currency, language),
  net: receipt.netMinor === undefined ? null : moneyText(receipt.netMinor, currency, language),
  currency,
  refunds: receipt.refundCheck ? refundSentence(language, receipt.refundCheck) : null,
  refundDoubts: refundDoubtsInWords(language, receipt.refundDoubts, receipt.files),
  people: peopleOfOrders(language, receipt),
})

/** A receipt of members with the reasons as sentences. */
const withSentences = (receipt: MembersReceipt, language: Language) => ({
  ...receipt,
  tables: tableNotes(language, receipt.tables, receipt.files),
  people: peopleOfMembers(language, receipt),
  reasons: reasonsInWords(language, receipt.reasons),
  nothingNew: broughtNothing(receipt),
})

const stopped = ({ id, values }: Refusal) => refused('PRECONDITION_FAILED', id, values)

function found(
  ctx: Context & { readonly workspace: Workspace },
  source: z.infer<typeof Source>,
): GivenFile & Pick<ImportOrder, 'together'> {
  if (!('uploadId' in source)) {
    if (ctx.actor?.kind !== 'local') throw refused('FORBIDDEN', 'paths-from-command-line')
    const given = (path: string) => ({ path: resolve(path), fileName: path.split(/[\\/]/).at(-1)! })
    if ('path' in source) return given(source.path)
    const [first, ...others] = source.paths.map(given)
    return givenFiles([first!, ...others])
  }
  const upload = uploadedFile(ctx.platform, ctx.workspace.id, source.uploadId)
  if (!upload) throw refused('PRECONDITION_FAILED', 'unknown-upload')
  return upload
}
