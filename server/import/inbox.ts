import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Language, sentence } from '../messages/messages.ts'
import type { Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { unsureColumns } from './inspect.ts'
import { type Refusal, refusal } from './refusal.ts'
import { hasEnded, importRuns, inspectIn } from './runs.ts'

/** How the audit names who imported what lay in the inbox. */
const actor = 'inbox'
const pollMs = 5_000
/** Files that are still being written, by what copying programs call them. */
const unfinished = /^\.|\.(part|partial|filepart|tmp|crdownload)$/i

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
  const names = existsSync(refused) ? readdirSync(refused).filter((name) => name.endsWith(noteEnding)) : []
  return {
    folder,
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

/** The note beside a refused file holds a line in each language. */
const noteLanguages: readonly Language[] = ['en', 'zh-CN']
const noteEnding = '.reason.txt'
const mostShown = 5

export interface Inbox {
  /** One look into the inboxes of all workspaces; a file is imported when it did not change since the look before. */
  look(): Promise<void>
  /** Ends the import under way, whose file stays, and waits. */
  stop(): Promise<void>
}

/**
 * Imports what is put into the workspaces' inboxes, one file after the other, as the last file with the same
 * columns was confirmed or as the columns say for sure. Looks again every five seconds when `polling`.
 */
export function openInbox(platform: Platform, { polling }: { polling: boolean }): Inbox {
  const stopping = new AbortController()
  /** Size and time of every file at the last look. */
  const seen = new Map<string, string>()

  async function look(): Promise<void> {
    for (const { id } of await platform.workspaces.list()) {
      const workspace = await platform.workspaces.byId(id)
      if (!workspace || stopping.signal.aborted) continue
      const folders = inboxOf(platform, workspace)
      for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true, mode: 0o700 })
      for (const fileName of settledFiles(folders.folder, seen)) {
        if (stopping.signal.aborted) return
        await takeIn(platform, workspace, folders, fileName, stopping.signal)
      }
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

/** Files that were there at the last look and are the same now, the oldest first. */
function settledFiles(folder: string, seen: Map<string, string>): string[] {
  const files = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !unfinished.test(entry.name))
    .map(({ name }) => ({ name, path: join(folder, name), ...statSync(join(folder, name)) }))
    .toSorted((a, b) => a.mtimeMs - b.mtimeMs || a.name.localeCompare(b.name))
  const settled = files.filter(({ path, size, mtimeMs }) => seen.get(path) === `${size} ${mtimeMs}`)
  for (const path of seen.keys()) if (path.startsWith(join(folder, '/'))) seen.delete(path)
  for (const { path, size, mtimeMs } of files) seen.set(path, `${size} ${mtimeMs}`)
  return settled.map(({ name }) => name)
}

async function takeIn(
  platform: Platform,
  workspace: Workspace,
  folders: InboxFolders,
  fileName: string,
  signal: AbortSignal,
): Promise<void> {
  const path = join(folders.folder, fileName)
  const outcome = await imported(platform, workspace, path, fileName, signal)
  if (outcome === 'later') return
  const name = `${platform.clock.now().toISOString().slice(0, 19).replaceAll(':', '-')} ${fileName}`
  if (outcome === 'done') {
    renameSync(path, join(folders.done, name))
    return
  }
  const note = noteLanguages.map((language) => `${sentence(language, outcome.id, outcome.values)}\n`).join('')
  writeFileSync(join(folders.refused, `${name}${noteEnding}`), note)
  renameSync(path, join(folders.refused, name))
}

async function imported(
  platform: Platform,
  workspace: Workspace,
  path: string,
  fileName: string,
  signal: AbortSignal,
): Promise<'done' | 'later' | Refusal> {
  const runs = importRuns(platform)
  if (runs.current(workspace.id)) return 'later'
  const inspected = await inspectIn(workspace, path, fileName, {})
  if ('id' in inspected) return inspected
  const { inspection } = inspected
  if (inspection.otherKinds.length > 0)
    return refusal('inbox-kinds', {
      file: fileName,
      kinds: [inspection.map.kind, ...inspection.otherKinds].join(', '),
    })
  if (unsureColumns(inspection).length > 0) return refusal('inbox-unsure', { file: fileName })
  const started = await runs.start(workspace, {
    path,
    fileName,
    map: {},
    dryRun: false,
    replace: false,
    language: 'en',
    actor,
  })
  if (started.kind === 'refused') return started.id === 'import-running' ? 'later' : started
  const cancel = () => void runs.cancel(workspace.id, started.runId)
  signal.addEventListener('abort', cancel)
  try {
    for await (const state of runs.follow(workspace.id, started.runId, new AbortController().signal)) {
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
