import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { localDay } from '../../analytics/calendar/calendar.ts'
import { QueryCancelled, type Session } from '../../analytics/engine/engine.ts'
import { sql } from '../../analytics/sql/sql.ts'
import type { Platform } from '../platform.ts'
import { deletionsOf, isDeletionUnderWay } from '../rights/deletions.ts'
import { pseudonymiseEngine } from '../rights/engine-pseudonyms.ts'
import { forgetDeletedIn, knownTo } from '../rights/refused-rows.ts'
import { leaveAudit, passAudit } from '../settings/audit.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { noteAgain } from './again.ts'
import { type Applied, applyImport, manyRows, type NewImport } from './apply.ts'
import { applyMembers, type AppliedMembers } from './members/apply.ts'
import { applyKind, type AppliedKind } from './kinds/apply.ts'
import type { ImportKind } from './import-kinds.ts'
import { kindNamed } from './kinds/catalogue.ts'
import { kindFacts, type KindReceipt } from './kinds/receipt.ts'
import { type MemberFacts, memberFacts, type MembersReceipt } from './members/receipt.ts'
import type { Readable } from './inspect.ts'
import type { MapOverrides, Mapping } from './mapping.ts'
import { feedGaps } from './feed-gaps.ts'
import { type FileFacts, fileFacts, type FinalReceipt, type Receipt } from './receipt.ts'
import { decimalsOf } from '../messages/money.ts'
import { mixedDates } from './mixed-dates.ts'
import { readyToRead } from './ready-to-read.ts'
import { type JudgedRow, refusedRows } from './refused.ts'
import { reasonOf, type RefusedRow, writeRefused } from './refused-file.ts'
import { headersDigest } from './remembered.ts'
import { type Refusal, refusal } from './refusal.ts'
import type { Language } from '../messages/messages.ts'
import { stage, type Staged } from './staging.ts'
import { storageRefusal } from './storage-refusal.ts'
import type { GivenFile, SaidEncodings } from './tables/joined.ts'

/** What to import, and how. */
export interface ImportOrder {
  readonly path: string
  readonly fileName: string
  /** Where several files are given, which `fileName` names: all of them, tables that belong together. */
  readonly together?: readonly GivenFile[] | undefined
  /** Which of the parts that these become; the first unless told. */
  readonly part?: string | undefined
  /** What it holds, where that is known before it is read. */
  readonly kind?: ImportKind | undefined
  /** What tables are written in that leave it open. */
  readonly encodings?: SaidEncodings | undefined
  readonly map: MapOverrides
  readonly dryRun: boolean
  readonly replace: boolean
  readonly language: Language
  /** Who imports, for the audit. */
  readonly actor: string
  /** Told the refused rows in the order of the file, also where nothing is left to import. */
  readonly onRefused?: (rows: readonly JudgedRow[]) => void
}

/** Where an import stands; once it commits nothing stops it. Times in seconds; `secondsLeft` is null while it can't be told. */
export interface RunState {
  readonly runId: string
  readonly fileName: string
  /** What the file holds; null: not known before it is read. */
  readonly kind: ImportKind | null
  /** The runs that were begun together, in their order; empty: it is alone. */
  readonly set: readonly string[]
  /** `waiting`: for those of its set that come before it. */
  readonly phase:
    | 'waiting'
    | 'reading'
    | 'saving'
    | 'committing'
    | 'done'
    | 'refused'
    | 'cancelled'
    | 'failed'
  readonly bytes: number
  readonly bytesRead: number
  readonly rows: number
  readonly rowsPerSecond: number
  readonly secondsLeft: number | null
  readonly receipt: FinalReceipt | null
  /** Of a file of members, in place of `receipt`. */
  readonly membersReceipt: MembersReceipt | null
  /** Of a file of a further kind, likewise. */
  readonly kindReceipt: KindReceipt | null
  readonly refusal: Refusal | null
}

interface Run {
  state: RunState
  ended: () => void
  readonly cancel: AbortController
  readonly changed: Set<() => void>
  readonly finished: Promise<void>
}

/** As many runs of a workspace are remembered after their end. */
const mostEnded = 50

/** What the name of refused rows ends with until their import is there. */
const unsaved = '.unsaved'

export const hasEnded = ({ phase }: RunState): boolean =>
  !['waiting', 'reading', 'saving', 'committing'].includes(phase)

/** The imports of this process: one at a time in each workspace, so that each sees what the one before left. */
export class ImportRuns {
  readonly #platform: Platform
  readonly #running = new Map<string, Run>()
  /** Who looks now and then hears of the end, also where others, such as batches of the API, follow at once. */
  readonly #byId = new Map<string, { workspaceId: string; run: Run }>()

  constructor(platform: Platform) {
    this.#platform = platform
    // What a killed process left: nothing of it was visible, nothing of it is needed.
    rmSync(join(platform.dataFolder, 'uploads'), { recursive: true, force: true })
  }

  /** Folder of what lives only as long as an upload or an import. */
  get temporaryFolder(): string {
    const folder = join(this.#platform.dataFolder, 'uploads')
    mkdirSync(folder, { recursive: true })
    return folder
  }

  /** Folder of a workspace's tables that were joined: as short-lived as what they were joined of. */
  joinedFolder(workspaceId: string): string {
    return join(this.temporaryFolder, `joined-${workspaceId}`)
  }

  refusedFile(importId: string): string {
    const folder = join(this.#platform.dataFolder, 'imports')
    mkdirSync(folder, { recursive: true })
    return join(folder, `${importId}-refused.csv`)
  }

  /**
   * Of imports and undoings that were killed while they ended: the refused rows of imports that are there are kept,
   * others go. To be called before anybody is served.
   */
  async settleRefused(): Promise<void> {
    const folder = join(this.#platform.dataFolder, 'imports')
    const kept = existsSync(folder) ? readdirSync(folder) : []
    if (kept.length === 0) return
    const there = new Set<string>()
    for (const { id } of await this.#platform.workspaces.list()) {
      const workspace = (await this.#platform.workspaces.byId(id))!
      for (const { importId } of await workspace.engine.rows(
        sql`select import_id from imports where undone_at is null`,
      ))
        there.add(this.refusedFile(String(importId)))
    }
    for (const name of kept) {
      const path = join(folder, name)
      const whole = name.endsWith(unsaved) ? path.slice(0, -unsaved.length) : path
      if (!there.has(whole)) rmSync(path)
      else if (whole !== path) renameSync(path, whole)
    }
  }

  /**
   * Notes in the audit what was done to the data of a workspace by a process that was killed before it could. To be
   * called before anybody is served.
   */
  async settleAudit(): Promise<void> {
    const { store, workspaces } = this.#platform
    for (const { id } of await workspaces.list()) await passAudit(store, (await workspaces.byId(id))!)
  }

  /** Checks the file and its mapping and begins; how it goes on is told by `state` and `follow`. */
  async start(
    workspace: Workspace,
    order: ImportOrder,
    signal?: AbortSignal,
  ): Promise<{ kind: 'started'; runId: string } | Refusal> {
    const readable = await readyToRead(workspace, order, this.joinedFolder(workspace.id), signal)
    if ('id' in readable) return readable
    const busy = this.#running.get(workspace.id)
    if (busy) return refusal('import-running', { fileName: busy.state.fileName })
    const run = this.#newRun(order.fileName, readable.mapping.kind, 'reading')
    run.state = { ...run.state, bytes: readable.opening.bytes }
    this.#remember(workspace, [run])
    this.#running.set(workspace.id, run)
    void this.#end(workspace, order, readable, run).then((end) => {
      if (!order.dryRun) this.#forgetKept(workspace, [readable])
      // Whoever hears of the end may begin the next one.
      this.#running.delete(workspace.id)
      this.#tell(run, end)
      run.ended()
    })
    return { kind: 'started', runId: run.state.runId }
  }

  /**
   * Begins the imports of files that were given together, one after the other: each by itself, so that one that is refused keeps
   * none from coming in. Who cancels one cancels those after it too. Answers their runs, in their order.
   */
  startSet(
    workspace: Workspace,
    orders: readonly ImportOrder[],
  ): { kind: 'started'; runIds: readonly string[] } | Refusal {
    const busy = this.#running.get(workspace.id)
    if (busy) return refusal('import-running', { fileName: busy.state.fileName })
    const planned = orders.map((order) => ({
      order,
      run: this.#newRun(order.fileName, order.kind ?? null, 'waiting'),
    }))
    const runs = planned.map(({ run }) => run)
    const runIds = runs.map(({ state }) => state.runId)
    for (const run of runs) run.state = { ...run.state, set: runIds }
    this.#remember(workspace, runs)
    this.#running.set(workspace.id, runs[0]!)
    void this.#endSet(workspace, planned)
    return { kind: 'started', runIds }
  }

  async #endSet(
    workspace: Workspace,
    planned: readonly { readonly order: ImportOrder; readonly run: Run }[],
  ): Promise<void> {
    const taken: Readable[] = []
    for (const [at, { order, run }] of planned.entries()) {
      const { signal } = run.cancel
      this.#running.set(workspace.id, run)
      let end: Partial<RunState> = { phase: 'cancelled' }
      try {
        const readable = signal.aborted
          ? null
          : await readyToRead(workspace, order, this.joinedFolder(workspace.id), signal)
        if (readable && 'id' in readable) {
          if (!signal.aborted) end = { phase: 'refused', refusal: readable }
        } else if (readable) {
          taken.push(readable)
          this.#tell(run, { phase: 'reading', bytes: readable.opening.bytes })
          end = await this.#end(workspace, order, readable, run)
        }
      } catch (error) {
        if (!signal.aborted) {
          console.error('An import failed:', error)
          end = { phase: 'failed' }
        }
      }
      if (at === planned.length - 1) {
        if (!order.dryRun) this.#forgetKept(workspace, taken)
        this.#running.delete(workspace.id)
      }
      this.#tell(run, end)
      run.ended()
    }
  }

  /** How an import ends, whatever happens in it. */
  #end(workspace: Workspace, order: ImportOrder, readable: Readable, run: Run): Promise<Partial<RunState>> {
    return this.#work(workspace, order, readable, run).catch((error: unknown): Partial<RunState> => {
      if (error instanceof QueryCancelled && run.cancel.signal.aborted) return { phase: 'cancelled' }
      const known = storageRefusal(error, this.#platform.dataFolder, order.fileName)
      if (known) return { phase: 'refused', refusal: known }
      console.error('An import failed:', error)
      return { phase: 'failed' }
    })
  }

  /** What was made of files given together is kept for an import after the check, no longer. */
  #forgetKept({ id }: Workspace, taken: readonly Readable[]): void {
    for (const { opening } of taken) {
      const place = dirname(opening.path)
      if (dirname(place) === this.joinedFolder(id)) rmSync(place, { recursive: true, force: true })
    }
  }

  #newRun(fileName: string, kind: RunState['kind'], phase: RunState['phase']): Run {
    let ended = () => {}
    const finished = new Promise<void>((resolve) => (ended = resolve))
    return {
      state: {
        runId: randomUUID(),
        fileName,
        kind,
        set: [],
        phase,
        bytes: 0,
        bytesRead: 0,
        rows: 0,
        rowsPerSecond: 0,
        secondsLeft: null,
        receipt: null,
        membersReceipt: null,
        kindReceipt: null,
        refusal: null,
      },
      cancel: new AbortController(),
      changed: new Set(),
      finished,
      ended: () => ended(),
    }
  }

  #remember(workspace: Workspace, runs: readonly Run[]): void {
    const before = [...this.#byId].filter(([, known]) => known.workspaceId === workspace.id)
    for (const [id, { run: old }] of before.slice(0, -mostEnded)) {
      forgetCheck(old)
      this.#byId.delete(id)
    }
    for (const run of runs) this.#byId.set(run.state.runId, { workspaceId: workspace.id, run })
  }

  /** Null for a run of another workspace or one that was forgotten. */
  state(workspaceId: string, runId: string): RunState | null {
    return this.#known(workspaceId, runId)?.state ?? null
  }

  /** The import that runs in a workspace now. */
  current(workspaceId: string): RunState | null {
    return this.#running.get(workspaceId)?.state ?? null
  }

  /** The state now and after every change, until it has ended. */
  async *follow(workspaceId: string, runId: string, signal: AbortSignal): AsyncGenerator<RunState> {
    const run = this.#known(workspaceId, runId)
    if (!run) return
    let wake = () => {}
    const changed = () => wake()
    run.changed.add(changed)
    signal.addEventListener('abort', changed)
    try {
      for (;;) {
        const told = run.state
        yield told
        if (hasEnded(told) || signal.aborted) return
        if (run.state === told) await new Promise<void>((resolve) => (wake = resolve))
      }
    } finally {
      run.changed.delete(changed)
      signal.removeEventListener('abort', changed)
    }
  }

  /** Stops a run and waits until nothing of it is left; one that commits goes on, and its phase says so at once. */
  async cancel(workspaceId: string, runId: string): Promise<void> {
    const run = this.#known(workspaceId, runId)
    if (!run || hasEnded(run.state)) return
    const { set } = run.state
    const later = set.slice(set.indexOf(runId) + 1).flatMap((id) => this.#known(workspaceId, id) ?? [])
    for (const { cancel } of later) cancel.abort()
    if (run.state.phase === 'committing') return
    run.cancel.abort()
    await run.finished
  }

  /** Takes away the refused rows of checks without importing. */
  forgetChecks(workspaceId: string): void {
    for (const known of this.#byId.values()) if (known.workspaceId === workspaceId) forgetCheck(known.run)
  }

  /** Stops every run, for the end of the process. */
  async close(): Promise<void> {
    const runs = [...this.#byId.values()].flatMap(({ run }) => (hasEnded(run.state) ? [] : [run]))
    for (const run of runs) run.cancel.abort()
    await Promise.all(runs.map((run) => run.finished))
  }

  #known(workspaceId: string, runId: string): Run | null {
    const known = this.#byId.get(runId)
    return known?.workspaceId === workspaceId ? known.run : null
  }

  #tell(run: Run, change: Partial<RunState>): void {
    run.state = { ...run.state, ...change }
    for (const changed of run.changed) changed()
  }

  async #work(
    workspace: Workspace,
    order: ImportOrder,
    readable: Readable,
    run: Run,
  ): Promise<Partial<RunState>> {
    const { clock } = this.#platform
    const { signal } = run.cancel
    const began = performance.now()
    const now = clock.now()
    const minorDigits = decimalsOf(workspace.currency)
    const folder = join(this.temporaryFolder, run.state.runId)
    const before = writtenAt(order)
    let staged: Staged | undefined
    let refusedDraft: string | null = null
    let committed = false
    try {
      const outcome = await stage(
        readable,
        {
          mapping: readable.mapping,
          currency: workspace.currency,
          minorDigits,
          timeZone: workspace.calendar.timeZone,
          fileName: order.fileName,
          replace: order.replace,
          latest: new Date(now.getTime() + 86_400_000).toISOString(),
        },
        folder,
        ({ bytesRead, rows }) => {
          const seconds = (performance.now() - began) / 1000
          const share = bytesRead / Math.max(1, run.state.bytes)
          this.#tell(run, {
            bytesRead,
            rows,
            rowsPerSecond: Math.round(rows / seconds),
            secondsLeft: share > 0 ? Math.ceil((seconds / share) * (1 - share)) : null,
          })
        },
        signal,
      )
      if ('kind' in outcome) return { phase: 'refused', refusal: outcome }
      staged = outcome
      const mixed = order.map.dates === undefined ? await mixedDates(staged, readable, signal) : null
      if (mixed) return { phase: 'refused', refusal: mixed }
      const after = writtenAt(order)
      if (before === null || after !== before)
        return {
          phase: 'refused',
          refusal: refusal('changed-while-reading', { file: order.fileName }),
        }
      const readingMilliseconds = Math.round(performance.now() - began)
      this.#tell(run, { phase: 'saving', secondsLeft: null })

      const ofMembers = readable.mapping.kind === 'members'
      const kind = kindNamed(readable.mapping.kind)
      const ofKind = kind && (await kindFacts(kind, staged))
      const facts =
        ofKind ??
        (ofMembers
          ? await memberFacts(staged)
          : await fileFacts(staged, minorDigits, workspace.calendar.timeZone, signal))
      const importId = randomUUID()
      if (facts.refused > 0 && order.onRefused)
        for await (const rows of refusedRows(staged, signal)) order.onRefused(rows)
      if (facts.refused === facts.read && facts.read + staged.passed === facts.refused) {
        const first = await firstRefused(staged, signal)
        const reason = first ? reasonOf(first) : ''
        return {
          phase: 'refused',
          refusal: refusal('nothing-accepted', { file: order.fileName, line: first?.line ?? 1, reason }),
        }
      }
      const deleted = facts.refused > 0 ? await deletionsOf(this.#platform.store, workspace.id) : []
      if (facts.refused > 0) {
        refusedDraft = order.dryRun
          ? join(this.temporaryFolder, `${importId}-refused.csv`)
          : `${this.refusedFile(importId)}${unsaved}`
        await writeRefused(
          refusedDraft,
          readable,
          withHeaders(staged, readable, signal),
          order.language,
          signal,
          knownTo(workspace, deleted),
        )
      }
      if (signal.aborted) throw new QueryCancelled('The import was cancelled.')
      await staged.engine.close() // its memory is needed for what follows, which reads its files alone
      const about = (sameAs: string | null) => ({
        importId: order.dryRun ? null : (sameAs ?? importId),
        fileName: order.fileName,
        tables: readable.inspection.tables,
        refusedFile: order.dryRun ? refusedDraft : refusedDraft && this.refusedFile(sameAs ?? importId),
        alreadyThere: sameAs !== null,
        dryRun: order.dryRun,
        milliseconds: Math.round(performance.now() - began),
        readingMilliseconds,
      })
      const receipt = ({ sameAs, ...applied }: Applied): Receipt => ({
        ...about(sameAs),
        ...(facts as FileFacts),
        ...applied,
        unchanged: applied.unchanged + outcome.repeated,
        ...(outcome.superseded > 0 ? { superseded: outcome.superseded } : {}),
        ...(applied.matched ? { members: applied.matched.people, guestRows: applied.matched.nobody } : {}),
      })
      const membersReceipt = ({ sameAs, ...applied }: AppliedMembers): MembersReceipt => ({
        ...about(sameAs),
        ...(facts as MemberFacts),
        ...applied,
        ...namedMembers(facts, applied),
      })
      const kindReceipt = ({ sameAs, ...applied }: AppliedKind): KindReceipt => {
        const { accepted, ...ofFile } = ofKind!
        return {
          ...about(sameAs),
          kind: kind!.name,
          ...ofFile,
          ...applied,
          unchanged: accepted - applied.imported,
        }
      }
      const coming: NewImport = {
        importId,
        kind: readable.mapping.kind,
        identity: identityOf(readable.mapping),
        fileName: order.fileName,
        fileHash: staged.hash,
        mapping: JSON.stringify({
          ...readable.inspection.map,
          replace: order.replace,
          headers: headersDigest(readable.inspection.headers),
          by: order.actor,
          ...(readable.inspection.tables?.encodings ? { tables: readable.inspection.tables.encodings } : {}),
          // What a shop's system sends says itself what its columns are.
          ...(order.onRefused ? { batch: true } : {}),
          ...(readable.mapping.passedWithout ? { beside: true } : {}),
        }),
        replace: order.replace,
        importedAt: now.toISOString(),
      }
      const home = { currency: workspace.currency, timeZone: workspace.calendar.timeZone }
      const settings = {
        timeZone: workspace.calendar.timeZone,
        today: localDay(now, workspace.calendar),
        dryRun: order.dryRun,
        signal,
        commits: async (session: Session) => {
          await leaveAudit(session, {
            actor: order.actor,
            action: 'import-applied',
            subject: importId,
            at: clock.now(),
          })
          if (signal.aborted) throw new QueryCancelled('The import was cancelled.')
          this.#tell(run, { phase: 'committing' })
        },
        aside: staged.read > manyRows,
        deletions: async (session: Session) => {
          const { store } = this.#platform
          const list = await deletionsOf(store, workspace.id)
          // the member becomes the pseudonym before rows under it come, or these would be somebody else
          if (await isDeletionUnderWay(store, workspace.id))
            await pseudonymiseEngine(session, list, home, settings.today)
          return list
        },
        home,
      }
      const applied = kind
        ? await applyKind(workspace.engine, kind, coming, staged.lines, settings, (outcome) =>
            JSON.stringify(kindReceipt(outcome)),
          )
        : ofMembers
          ? await applyMembers(workspace.engine, coming, staged.lines, settings, (outcome) =>
              JSON.stringify(membersReceipt(outcome)),
            )
          : await applyImport(workspace.engine, coming, staged.lines, settings, (outcome) =>
              JSON.stringify(receipt(outcome)),
            )
      committed = !order.dryRun && applied.sameAs === null
      if (refusedDraft && !order.dryRun)
        renameSync(refusedDraft, this.refusedFile(applied.sameAs ?? importId))
      if (refusedDraft) {
        // who was deleted meanwhile is taken out of it too
        const list = await deletionsOf(this.#platform.store, workspace.id)
        const known = list.length === deleted.length ? null : knownTo(workspace, list)
        if (known)
          await forgetDeletedIn(
            order.dryRun ? refusedDraft : this.refusedFile(applied.sameAs ?? importId),
            known,
          )
      }
      if (applied.sameAs !== null && !order.dryRun)
        await noteAgain(
          workspace,
          applied.sameAs,
          {
            fileName: order.fileName,
            at: now.toISOString(),
            unchanged: facts.read - facts.refused,
            refused: facts.refused,
          },
          await deletionsOf(this.#platform.store, workspace.id),
        )
      if (committed) await passAudit(this.#platform.store, workspace)
      if ('counts' in applied) return { phase: 'done', kindReceipt: kindReceipt(applied) }
      if ('newMembers' in applied) return { phase: 'done', membersReceipt: membersReceipt(applied) }
      const gaps = await feedGaps(workspace.engine)
      return { phase: 'done', receipt: { ...receipt(applied), gaps } }
    } catch (error) {
      // nobody may be told that nothing changed
      if (committed) throw new Error('An import is there, but what follows it failed.', { cause: error })
      if (refusedDraft) rmSync(refusedDraft, { force: true })
      throw error
    } finally {
      await staged?.engine.close()
      await rm(folder, { recursive: true, force: true })
    }
  }
}

/** Takes away the refused rows of a check, which its run alone leads to. */
function forgetCheck({ state: { receipt, membersReceipt, kindReceipt } }: Run): void {
  const told = receipt ?? membersReceipt ?? kindReceipt
  if (told?.dryRun && told.refusedFile) rmSync(told.refusedFile, { force: true })
}

/** Sizes and times of the files as they lie there; null where one is gone. */
function writtenAt({ path, together }: Pick<ImportOrder, 'path' | 'together'>): string | null {
  const found = (together ?? [{ path }]).map((one) => statSync(one.path, { throwIfNoEntry: false }))
  if (found.includes(undefined)) return null
  return found.map((one) => `${one!.size} ${one!.mtimeMs}`).join()
}

/** How many members the rows of a file are, now that it is known who they are. */
function namedMembers(
  { read, refused }: { readonly read: number; readonly refused: number },
  { newMembers, changedMembers, unchangedMembers, conflictingRows }: Omit<AppliedMembers, 'sameAs'>,
) {
  const members = newMembers + changedMembers + unchangedMembers
  return { members, repeatedRows: read - refused - conflictingRows - members }
}

/** What the rows of a file are told apart by. */
const identityOf = ({ kind, columns }: Mapping): NewImport['identity'] => {
  if (kindNamed(kind)) return 'key'
  if (kind === 'members') return 'member'
  return (kind === 'refunds' ? columns.refundId : columns.orderId) === undefined ? 'row' : 'order'
}

async function firstRefused(staged: Staged, signal: AbortSignal) {
  for await (const [first] of refusedRows(staged, signal)) return first
  return undefined
}

async function* withHeaders(
  staged: Staged,
  { inspection, mapping }: Readable,
  signal: AbortSignal,
): AsyncGenerator<RefusedRow[]> {
  for await (const rows of refusedRows(staged, signal))
    yield rows.map(({ line, reason, field, value }) => {
      const position = field === null ? undefined : (mapping.columns as Record<string, number>)[field]
      return { line, reason, value, header: position === undefined ? null : inspection.headers[position]! }
    })
}

/** Whether the workspace has a fact about an import: its file, whether it is undone. */
export async function importById(workspace: Workspace, importId: string) {
  const [row] = await workspace.engine.rows(
    sql`select import_id, kind, file_name, undone_at, cast(json_extract_string(report, '$.read') as bigint) as read
      from imports where import_id = ${importId}`,
  )
  return row ?? null
}

const desks = new WeakMap<Platform, ImportRuns>()

/** The imports of an open platform. */
export function importRuns(platform: Platform): ImportRuns {
  const known = desks.get(platform)
  if (known) return known
  const made = new ImportRuns(platform)
  desks.set(platform, made)
  return made
}
