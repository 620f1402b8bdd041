import { rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { finished, pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { worded } from '../../messages/messages.ts'
import { ZipSink } from '../../export/zip.ts'
import type { Language } from '../../messages/messages.ts'
import type { Platform } from '../../platform.ts'
import { recordAudit } from '../../settings/audit.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import type { SegmentError } from '../evaluation.ts'
import { exportSegment } from '../export.ts'
import { segmentColumns, segmentExportFormats } from '../export-columns.ts'
import { writeCallLists } from './call-lists.ts'
import type { LeftOut } from './contacts.ts'
import { writeWecomList } from './wecom-list.ts'

/** What can be written of a segment's members as one file. */
export const SegmentFile = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('members'),
    format: z.enum(segmentExportFormats),
    columns: z
      .array(z.enum(segmentColumns))
      .min(1)
      .refine((columns) => new Set(columns).size === columns.length, worded('column-twice')),
  }),
  z.strictObject({ kind: z.literal('call-lists'), includeUnknown: z.boolean().default(false) }),
  z.strictObject({ kind: z.literal('wecom'), includeUnknown: z.boolean().default(false) }),
])
export type SegmentFile = z.output<typeof SegmentFile>

/** What was written. */
export interface Listed {
  readonly asOf: string
  readonly dataVersion?: number
  /** In the segment. */
  readonly members: number
  /** In the file. */
  readonly listed: number
  readonly leftOut: readonly LeftOut[]
  /** Call lists, or tasks of 企业微信; 1 for a file of members. */
  readonly files: number
}

export type SegmentFileOutcome =
  | { kind: 'written'; listed: Listed }
  | { kind: 'refused'; errors: readonly SegmentError[] }

/** The ending of a kind of file. */
export const endingOf = (file: SegmentFile): string => (file.kind === 'members' ? file.format : 'zip')

const audited = { 'call-lists': 'call-lists-exported', wecom: 'send-list-exported' } as const

/**
 * Writes a segment's members into a new file at `path`, which its owner alone may read; lists of people to contact
 * are a zip. Noted under `actor`. Where it breaks off or is refused no file is left.
 */
export async function writeSegmentFile(
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
  path: string,
  signal: AbortSignal,
): Promise<SegmentFileOutcome> {
  const { file, actor } = request
  const opened = await open(path, 'wx', 0o600)
  const out = opened.createWriteStream({ flush: true })
  const discard = () => {
    out.destroy()
    rmSync(path, { force: true })
  }
  try {
    if (file.kind === 'members') {
      const outcome = await exportSegment(platform, workspace, { ...request, ...file }, signal)
      if (outcome.kind === 'refused') {
        discard()
        return outcome
      }
      const { asOf, members, content } = outcome
      await pipeline(content, out, { signal })
      return { kind: 'written', listed: { asOf, members, listed: members, leftOut: [], files: 1 } }
    }
    const failed = new Promise<never>((_, reject) => out.once('error', reject))
    failed.catch(() => undefined) // also told by the writing
    const sink = new ZipSink(out, platform.clock.now(), signal)
    const write = file.kind === 'wecom' ? writeWecomList : writeCallLists
    const asked = { ...request, includeUnknown: file.includeUnknown }
    const outcome = await Promise.race([write(platform, workspace, asked, sink, signal), failed])
    if (outcome.kind === 'refused') {
      discard()
      return outcome
    }
    out.end()
    await finished(out)
    const note = { workspaceId: workspace.id, actor, at: platform.clock.now() }
    await recordAudit(platform.store, {
      ...note,
      action: audited[file.kind],
      // that people of unknown consent were asked for is kept with it
      subject: file.includeUnknown ? `${outcome.listed.asOf} unknown-consent` : outcome.listed.asOf,
    })
    return { kind: 'written', listed: outcome.listed }
  } catch (error) {
    discard()
    throw error
  }
}
