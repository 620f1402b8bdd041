import { randomBytes, randomUUID } from 'node:crypto'
import { createReadStream, mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { importRuns } from '../../import/runs.ts'
import type { Language } from '../../messages/messages.ts'
import type { Platform } from '../../platform.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import type { SegmentError } from '../evaluation.ts'
import { endingOf, type Listed, type SegmentFile, writeSegmentFile } from './segment-file.ts'

/** So long a prepared file waits to be fetched. */
export const waitsForMs = 10 * 60_000
/** So many wait in a workspace; the oldest goes first. */
const mostWaiting = 4

interface Waiting {
  readonly workspaceId: string
  readonly actor: string
  readonly folder: string
  readonly path: string
  readonly fileName: string
  readonly ending: string
  readonly timer: NodeJS.Timeout
}

const waitingOf = new WeakMap<Platform, Map<string, Waiting>>()
function waitingIn(platform: Platform): Map<string, Waiting> {
  const known = waitingOf.get(platform) ?? new Map<string, Waiting>()
  waitingOf.set(platform, known)
  return known
}

export type PreparedOutcome =
  | { kind: 'prepared'; ticket: string; fileName: string; listed: Listed }
  | { kind: 'refused'; errors: readonly SegmentError[] }

/**
 * Writes a file of a segment's members and answers a ticket with which who asked may fetch it, once, for ten minutes:
 * the rule, which may name a member, stands in no address.
 */
export async function prepareFile(
  platform: Platform,
  workspace: Workspace,
  request: {
    expression: string
    asOf?: string | undefined
    file: SegmentFile
    unmasked: boolean
    language: Language
    actor: string
  },
  signal: AbortSignal,
): Promise<PreparedOutcome> {
  const folder = join(importRuns(platform).temporaryFolder, `export-${randomUUID()}`)
  const ending = endingOf(request.file)
  const path = join(folder, `file.${ending}`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const outcome = await writeSegmentFile(platform, workspace, request, path, signal).catch(
    (error: unknown) => {
      rmSync(folder, { recursive: true, force: true })
      throw error
    },
  )
  if (outcome.kind === 'refused') {
    rmSync(folder, { recursive: true, force: true })
    return outcome
  }
  const waiting = waitingIn(platform)
  const others = [...waiting].filter(([, { workspaceId }]) => workspaceId === workspace.id)
  for (const [old] of others.slice(0, Math.max(0, others.length - mostWaiting + 1))) drop(platform, old)
  const ticket = randomBytes(24).toString('base64url')
  const timer = setTimeout(() => drop(platform, ticket), waitsForMs)
  timer.unref()
  const named = { members: 'segment', 'call-lists': 'call-lists', wecom: 'wecom' }[request.file.kind]
  const fileName = `${named}-${outcome.listed.asOf}.${ending}`
  waiting.set(ticket, {
    workspaceId: workspace.id,
    actor: request.actor,
    folder,
    path,
    fileName,
    ending,
    timer,
  })
  return { kind: 'prepared', ticket, fileName, listed: outcome.listed }
}

function drop(platform: Platform, ticket: string): void {
  const waiting = waitingIn(platform)
  const file = waiting.get(ticket)
  if (!file) return
  waiting.delete(ticket)
  clearTimeout(file.timer)
  rmSync(file.folder, { recursive: true, force: true })
}

/** Hands a prepared file to who asked for it; the ticket is used up. Null: no such ticket of theirs. */
export function takeFile(
  platform: Platform,
  ticket: string,
  { workspaceId, actor }: { workspaceId: string; actor: string },
): { content: Readable; bytes: number; fileName: string; ending: string } | null {
  const waiting = waitingIn(platform)
  const file = waiting.get(ticket)
  if (file?.workspaceId !== workspaceId || file.actor !== actor) return null
  waiting.delete(ticket)
  clearTimeout(file.timer)
  const bytes = statSync(file.path).size
  const content = createReadStream(file.path)
  content.once('close', () => rmSync(file.folder, { recursive: true, force: true }))
  return { content, bytes, fileName: file.fileName, ending: file.ending }
}

/** Takes away what waits of a workspace, after a member was deleted. */
export function dropPrepared(platform: Platform, workspaceId: string): void {
  for (const [ticket, file] of waitingIn(platform))
    if (file.workspaceId === workspaceId) drop(platform, ticket)
}
