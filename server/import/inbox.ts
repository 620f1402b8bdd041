import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, parse } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { systemCode } from '../command-line/refusal.ts'
import { type Language, sentence } from '../messages/messages.ts'
import type { Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { kindTitle } from './import-kinds.ts'
import { unsureColumns } from './inspect.ts'
import { type Refusal, refusal } from './refusal.ts'
import { inspectIn, ordersOf, partsIn } from './reading/ready-to-read.ts'
import { hasEnded, type ImportOrder } from './run-state.ts'
import { type ImportRuns, importRuns } from './runs.ts'
import { partlyImported } from './tables/told.ts'

/** How the audit names who imported what lay in the inbox. */
const actor = 'inbox'
const pollMs = 5_000
/** So long nothing may have been written to a file that is to be read: a slow copy pauses now and then. */
const quietMs = 15_000
/** An empty file is one that somebody has only begun to write: it waits as many times longer. */
const emptyTimes = 40
/** For so long what was moved away is looked at again: who wrote to it once more had paused for longer than `quietMs`. */
const watchedMs = 60 * 60_000
/** Files that are still being written or only lock another, by what copying programs and offices call them. */
const unfinished = /^\.|^~\$|~$|\.(part|partial|filepart|tmp|temp|crdownload|download|swp)$/i

/** The folders of a workspace's inbox: what lies in `folder` is imported and then moved into `done` or `refused`. */
export interface InboxFolders {
  readonly folder: string
  readonly done: string
  readonly refused: string
}

/** A workspace's inbox in the data folder, by the workspace's name; what no file system takes in names becomes `_`. */
export function inboxOf(
  { dataFolder }: Pick<Platform, 'dataFolder'>,
  workspace: { id: string; name: string },
): InboxFolders {
  // oxlint-disable-next-line no-control-regex -- control characters are what no name may hold
  const plain = workspace.name.replace(/[\\/:*?"<>|\u0000-\u001f]|^\.+|[. ]+$/g, '_')
  const folder = join(
    dataFolder,
    'inbox',
    plain === workspace.name ? plain : `${plain}-${workspace.id.slice(0, 8)}`,
  )
  return { folder, done: join(folder, 'done'), refused: join(folder, 'refused') }
}

/** What a person is shown of an inbox. */
export function inboxState(platform: Platform, workspace: Workspace, language: Language) {
  const { folder, refused } = inboxOf(platform, workspace)
  const trouble = troublesOf(platform).get(workspace.id)
  const shown = { folder, trouble: trouble ? sentence(language, trouble.id, trouble.values) : null }
  let names: string[]
  try {
    names = existsSync(refused) ? readdirSync(refused).filter((name) => name.endsWith(noteEnding)) : []
  } catch {
    return { ...shown, refused: [] } // the trouble says so
  }
  return {
    ...shown,
    refused: names
      .toSorted()
      .toReversed()
      .slice(0, mostShown)
      .map((name) => ({
        fileName: name.slice(0, -noteEnding.length).replace(/^\S+ /, ''),
        at: name.replace(/^(\d{4}-\d{2}-\d{2}T)(\d{2})-(\d{2})-(\d{2}) .*$/, '$1$2:$3:$4Z'),
        reason: readFileSync(join(refused, name), 'utf8').split('\n')[noteLanguages.indexOf(language)] ?? '',
      })),
  }
}

/** What keeps a workspace's inbox from being read now; the files stay where they are. */
const troubles = new WeakMap<Platform, Map<string, Refusal>>()
function troublesOf(platform: Platform): Map<string, Refusal> {
  const known = troubles.get(platform) ?? new Map<string, Refusal>()
  troubles.set(platform, known)
  return known
}

/** The note beside a refused file holds a line in each language. */
const noteLanguages: readonly Language[] = ['en', 'zh-CN']
export const noteEnding = '.reason.txt'
const mostShown = 5
const mostNameBytes = 255 - '2026-01-01T00-00-00 '.length - noteEnding.length

export interface Inbox {
  /** One look into the inboxes of all workspaces; a file is imported when it did not change since the look before, nor a while before. */
  look(): Promise<void>
  /** Ends the import under way, whose file stays, and waits. */
  stop(): Promise<void>
}

/**
 * Imports what is put into the workspaces' inboxes, one file after the other, as the last file with the same
 * columns was confirmed or as the columns say for sure. Looks again every five seconds when `polling`.
 */
export function openInbox(
  platform: Platform,
  { polling, quiet = polling ? quietMs : 0 }: { polling: boolean; quiet?: number },
): Inbox {
  const stopping = new AbortController()
  /** Size and time of every file at the last look. */
  const seen = new Map<string, string>()
  const moved: MovedAway[] = []

  async function look(): Promise<void> {
    for (const { id } of await platform.workspaces.list()) {
      const workspace = await platform.workspaces.byId(id)
      if (!workspace || stopping.signal.aborted) continue
      await lookInto(workspace)
    }
  }

  /** One inbox that can't be read keeps no other from being read. */
  async function lookInto(workspace: Workspace): Promise<void> {
    const folders = inboxOf(platform, workspace)
    const known = troublesOf(platform)
    try {
      for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true, mode: 0o700 })
      bringBack(moved, folders)
      let trouble: Refusal | null = null
      for (const fileName of settledFiles(folders.folder, seen, quiet)) {
        if (stopping.signal.aborted) return
        trouble = await takeIn(platform, workspace, folders, { fileName, moved }, stopping.signal)
        if (trouble) break
      }
      if (trouble) known.set(workspace.id, trouble)
      else known.delete(workspace.id)
    } catch (error) {
      const code = systemCode(error)
      if (!code) throw error
      const trouble = refusal('inbox-unreadable', { folder: folders.folder, reason: code })
      if (known.get(workspace.id)?.values.reason !== code)
        console.error(sentence('en', trouble.id, trouble.values))
      known.set(workspace.id, trouble)
    }
  }

  const loop = (async () => {
    while (polling && !stopping.signal.aborted) {
      await look().catch((error: unknown) => console.error('The inbox could not be read:', error))
      await pause(pollMs, undefined, { signal: stopping.signal }).catch(() => {}) // ends early when stopped
    }
  })()
  return {
    look,
    async stop() {
      stopping.abort()
      await loop
    },
  }
}

/** Files that were there at the last look and are the same now, untouched for `quiet` milliseconds, the oldest first. */
function settledFiles(folder: string, seen: Map<string, string>, quiet: number): string[] {
  const files = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !unfinished.test(entry.name))
    .flatMap(({ name }) => {
      const path = join(folder, name)
      const found = statSync(path, { throwIfNoEntry: false }) // gone again since
      return found ? [{ name, path, size: found.size, mtimeMs: found.mtimeMs }] : []
    })
    .toSorted((a, b) => a.mtimeMs - b.mtimeMs || a.name.localeCompare(b.name))
  const now = Date.now() // of the clock that wrote the files' times
  const settled = files.filter(
    ({ path, size, mtimeMs }) =>
      seen.get(path) === `${size} ${mtimeMs}` &&
      !(now - mtimeMs >= 0 && now - mtimeMs < (size === 0 ? emptyTimes : 1) * quiet),
  )
  for (const path of seen.keys()) if (path.startsWith(join(folder, '/'))) seen.delete(path)
  for (const { path, size, mtimeMs } of files) seen.set(path, `${size} ${mtimeMs}`)
  return settled.map(({ name }) => name)
}

async function takeIn(
  platform: Platform,
  workspace: Workspace,
  folders: InboxFolders,
  { fileName, moved }: { readonly fileName: string; readonly moved: MovedAway[] },
  signal: AbortSignal,
): Promise<Refusal | null> {
  const path = join(folders.folder, fileName)
  const before = versionOf(path)
  const outcome = await imported(platform, workspace, path, fileName, signal)
  if (outcome === 'later') return null
  // taken away, or replaced by another that nobody has read yet: what was read of it stays
  if (before === null || versionOf(path) !== before) return null
  // it stays, and is read once there is room, or the writing of it has ended
  if (outcome !== 'done' && isNoFault(outcome)) return outcome.id === 'changed-while-reading' ? null : outcome
  const name = `${platform.clock.now().toISOString().slice(0, 19).replaceAll(':', '-')} ${fitting(fileName)}`
  if (outcome === 'done') {
    renameSync(path, join(folders.done, name))
    moved.push({ path, to: join(folders.done, name), version: before })
    return null
  }
  const note = noteLanguages.map((language) => `${sentence(language, outcome.id, outcome.values)}\n`).join('')
  writeFileSync(join(folders.refused, `${name}${noteEnding}`), note)
  renameSync(path, join(folders.refused, name))
  moved.push({ path, to: join(folders.refused, name), version: before })
  return null
}

/** A file that was moved away, and how it was then. */
interface MovedAway {
  readonly path: string
  readonly to: string
  readonly version: string
}

/** Size and time of a file, and which it is; null: it is gone. */
function versionOf(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false })
  return found ? `${found.ino} ${found.size} ${found.mtimeMs}` : null
}

/** Puts back what somebody went on writing to after it was moved, without its note: it is read once it is whole. */
function bringBack(moved: MovedAway[], folders: InboxFolders): void {
  for (const one of moved.splice(0)) {
    const { path, to, version } = one
    const now = versionOf(to)
    if (now === null) continue
    if (now === version || dirname(path) !== folders.folder) {
      if (Date.now() - statSync(to).mtimeMs < watchedMs) moved.push(one)
    } else if (versionOf(path) === null) {
      renameSync(to, path)
      rmSync(`${to}${noteEnding}`, { force: true })
    }
  }
}

/** A name that still fits a file system with the moment before it and the ending of its note behind; no two become one. */
function fitting(fileName: string): string {
  if (Buffer.byteLength(fileName) <= mostNameBytes) return fileName
  const { name, ext } = parse(fileName)
  const ending = `~${createHash('sha256').update(fileName).digest('hex').slice(0, 8)}${ext}`
  const letters = [...name]
  while (letters.length > 0 && Buffer.byteLength(letters.join('') + ending) > mostNameBytes) letters.pop()
  return letters.join('') + ending
}

/** Nothing is wrong with the file. */
const isNoFault = ({ id }: Refusal): boolean =>
  id === 'changed-while-reading' || id === 'disk-full' || id === 'folder-unwritable'

async function imported(
  platform: Platform,
  workspace: Workspace,
  path: string,
  fileName: string,
  signal: AbortSignal,
): Promise<'done' | 'later' | Refusal> {
  const runs = importRuns(platform)
  if (runs.current(workspace.id)) return 'later'
  const folder = runs.joinedFolder(workspace.id)
  const order: ImportOrder = {
    path,
    fileName,
    map: {},
    dryRun: false,
    replace: false,
    language: 'en',
    actor,
  }
  const several = await partsIn(workspace, order, folder, { signal })
  if (signal.aborted) return 'later'
  if (several && 'id' in several) return several
  if (!several || several.parts.length === 1) {
    const unclear = await notSure(workspace, order, folder, signal)
    if (signal.aborted) return 'later'
    if (unclear) return unclear
    const started = await runs.start(workspace, order)
    if (started.kind === 'refused') return started.id === 'import-running' ? 'later' : started
    return ended(runs, workspace, started.runId, signal)
  }
  const taken: ImportOrder[] = []
  const not: { fileName: string; refusal: Refusal }[] = []
  for (const one of ordersOf(order, several)) {
    const unclear = await notSure(workspace, one, folder, signal)
    if (signal.aborted) return 'later'
    if (unclear) not.push({ fileName: one.fileName, refusal: unclear })
    else taken.push(one)
  }
  const came: string[] = []
  if (taken.length > 0) {
    const started = runs.startSet(workspace, taken)
    if (started.kind === 'refused') return 'later'
    for (const [at, runId] of started.runIds.entries()) {
      const outcome = await ended(runs, workspace, runId, signal)
      if (outcome === 'later') return 'later'
      if (outcome === 'done') came.push(taken[at]!.fileName)
      else not.push({ fileName: taken[at]!.fileName, refusal: outcome })
    }
  }
  const [first] = not
  if (!first) return 'done'
  if (isNoFault(first.refusal)) return first.refusal
  return partlyImported(fileName, came, not)
}

/** What keeps a file, or a part of it, from being read without a question; null: nothing does. */
async function notSure(
  workspace: Workspace,
  order: ImportOrder,
  folder: string,
  signal: AbortSignal,
): Promise<Refusal | null> {
  const inspected = await inspectIn(workspace, order, order.map, folder, signal)
  if ('id' in inspected) return inspected
  const { inspection } = inspected
  if (inspection.otherKinds.length > 0)
    return refusal('inbox-kinds', {
      file: inspection.fileName,
      kinds: { named: [inspection.map.kind, ...inspection.otherKinds].map(kindTitle) },
    })
  if (unsureColumns(inspection).length > 0) return refusal('inbox-unsure', { file: inspection.fileName })
  return null
}

async function ended(
  runs: ImportRuns,
  workspace: Workspace,
  runId: string,
  signal: AbortSignal,
): Promise<'done' | 'later' | Refusal> {
  const cancel = () => void runs.cancel(workspace.id, runId)
  if (signal.aborted) cancel()
  signal.addEventListener('abort', cancel)
  try {
    for await (const state of runs.follow(workspace.id, runId, new AbortController().signal)) {
      if (!hasEnded(state)) continue
      if (state.phase === 'done') return 'done'
      if (state.phase === 'refused') return state.refusal!
      if (state.phase === 'failed') return refusal('import-failed')
      return signal.aborted ? 'later' : refusal('import-cancelled')
    }
    return 'later'
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}
