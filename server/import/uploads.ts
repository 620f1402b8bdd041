import { randomUUID } from 'node:crypto'
import { createWriteStream, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Readable as ByteStream } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { problems, sendProblem, switchedProblem } from '../api/problem.ts'
import { isDiskFull } from '../command-line/refusal.ts'
import { contextOf } from '../context.ts'
import type { Platform } from '../platform.ts'
import { importById } from './receipts/history.ts'
import { languageNamed } from '../messages/messages.ts'
import { refusedTold } from './refused/refused-told.ts'
import { refusedFileOf } from './refused/refused-draft.ts'
import type { ImportOrder } from './run-state.ts'
import { importRuns } from './runs.ts'
import { type GivenFile, givenFiles } from './tables/joined.ts'

interface Upload {
  readonly workspaceId: string
  readonly files: readonly [GivenFile, ...GivenFile[]]
}

const uploads = new WeakMap<Platform, Map<string, Upload>>()
const uploadsOf = (platform: Platform): Map<string, Upload> => {
  const known = uploads.get(platform) ?? new Map<string, Upload>()
  uploads.set(platform, known)
  return known
}

/** An uploaded file of the workspace, or the files of one upload, which belong together; or null. */
export function uploadedFile(
  platform: Platform,
  workspaceId: string,
  uploadId: string,
): (GivenFile & Pick<ImportOrder, 'together'>) | null {
  const upload = uploadsOf(platform).get(uploadId)
  if (upload?.workspaceId !== workspaceId || !upload.files.every(({ path }) => existsSync(path))) return null
  return givenFiles(upload.files)
}

/** Takes away what was uploaded to a workspace, unless an import reads it just now; who had chosen a file chooses it again. */
export function forgetUploads(platform: Platform, workspaceId: string): void {
  const runs = importRuns(platform)
  if (runs.current(workspaceId)) return
  rmSync(runs.joinedFolder(workspaceId), { recursive: true, force: true })
  const known = uploadsOf(platform)
  for (const [id, upload] of known)
    if (upload.workspaceId === workspaceId) {
      for (const { path } of upload.files) rmSync(path, { force: true })
      known.delete(id)
    }
}

/** Bytes of the largest file that is taken. */
const largestUpload = 64 * 2 ** 30

/**
 * `POST /api/uploads?name=…` takes a file as the raw body and answers `{ uploadId }`; the file goes
 * when the process ends, or with the workspace's next upload. `&with=ID` puts it to the files of an upload, tables
 * that belong together. `GET /api/imports/ID/refused` is the
 * refused rows of an import. Both for owners and marketers.
 */
export async function uploadRoutes(app: FastifyInstance, platform: Platform): Promise<void> {
  const runs = importRuns(platform) // clears away what a killed process left
  app.addHook('onClose', () => runs.close())
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload))

    scope.post<{ Querystring: { name?: string; with?: string } }>(
      '/api/uploads',
      { bodyLimit: largestUpload },
      async (request, reply) => {
        const allowed = await allowedFor(platform, request, reply)
        if (!allowed) return reply
        const before = uploadsOf(platform).get(request.query.with ?? '')
        const first = before?.workspaceId === allowed.workspaceId ? before.files : null
        const uploadId = first ? request.query.with! : randomUUID()
        const path = join(runs.temporaryFolder, randomUUID())
        try {
          await pipeline(request.body as ByteStream, createWriteStream(path, { mode: 0o600 }))
        } catch (error) {
          rmSync(path, { force: true })
          if (isDiskFull(error)) return sendProblem(reply, problems.diskFull)
          if (request.raw.destroyed) return reply
          throw error
        }
        if (!first) forgetUploads(platform, allowed.workspaceId)
        const fileName = (request.query.name ?? '').split(/[\\/]/).at(-1)!.slice(0, 200) || 'orders.csv'
        const files: Upload['files'] = first ? [...first, { path, fileName }] : [{ path, fileName }]
        uploadsOf(platform).set(uploadId, { workspaceId: allowed.workspaceId, files })
        return reply.code(201).send({ uploadId })
      },
    )

    scope.get<{
      Params: { importId: string }
      Querystring: { language?: string }
    }>('/api/imports/:importId/refused', async (request, reply) => {
      const allowed = await allowedFor(platform, request, reply)
      if (!allowed) return reply
      const { importId } = request.params
      const asked = request.query.language ?? request.headers['accept-language'] ?? ''
      const known = await importById(allowed.workspace, importId)
      // A check without importing is known by its run alone.
      const run = known ? null : runs.state(allowed.workspaceId, importId)
      const path = known
        ? refusedFileOf(platform, importId)
        : (run?.receipt ?? run?.membersReceipt ?? run?.kindReceipt)?.refusedFile
      if (!path || !existsSync(path)) return sendProblem(reply, problems.noRefusedRows)
      return reply
        .type('text/csv; charset=utf-8')
        .header('cache-control', 'no-store')
        .header('content-disposition', attachmentOf(String(known?.fileName ?? run?.fileName), importId))
        .send(ByteStream.from(refusedTold(path, languageNamed(asked)), { objectMode: false }))
    })
  })
}

/** Named after the file whose rows they are, in any script; a client that reads plain names alone gets the import's id. */
const attachmentOf = (fileName: string, importId: string): string => {
  const name = encodeURIComponent(`refused-${fileName.replace(/\.[^.]*$/, '')}.csv`)
  return `attachment; filename="refused-${importId}.csv"; filename*=UTF-8''${name.replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)}`
}

async function allowedFor(platform: Platform, request: FastifyRequest, reply: FastifyReply) {
  const { actor, workspace, role, showsAnother } = await contextOf(platform, request, reply)
  if (!actor) {
    await sendProblem(reply, problems.signInFirst)
    return null
  }
  if (!workspace || (role !== 'owner' && role !== 'marketer')) {
    await sendProblem(reply, problems.wrongRole)
    return null
  }
  if (showsAnother) {
    await sendProblem(reply, switchedProblem(workspace.name))
    return null
  }
  return { workspace, workspaceId: workspace.id }
}
