import { z } from 'zod'
import { saidIn } from '../messages/messages.ts'
import { refused } from '../messages/refused.ts'
import { auditName, recordAudit } from '../settings/audit.ts'
import { type Context, marketerProcedure, readerProcedure, router } from '../trpc.ts'
import type { RefusedCode } from './codes-file.ts'
import {
  beginImport,
  discardImport,
  type ImportRefusal,
  type PoolDesk,
  publishImport,
  takePart,
} from './pool-imports.ts'
import { dropFreeCodes, listPools } from './pools.ts'

const Name = z.string().trim().min(1).max(80)
const ImportId = z.object({ importId: z.uuid() })

/** The most refused lines that are answered one by one, beside their count. */
const mostNamed = 1_000

/** Signs of the largest part: what Fastify takes as one body, in a script of three bytes a sign. */
const longestPart = 250_000

type InWorkspace = Pick<Context, 'platform' | 'language'> & { readonly workspace: { readonly id: string } }

const deskOf = ({ platform: { store, clock }, workspace }: InWorkspace): PoolDesk => ({
  store,
  clock,
  workspaceId: workspace.id,
})

const toldOf = ({ language }: InWorkspace, lines: readonly RefusedCode[]) => ({
  refused: lines.length,
  named: lines.slice(0, mostNamed).map(({ line, said }) => ({ line, said: saidIn(language, said) })),
})

function refusalOf(refusal: ImportRefusal) {
  switch (refusal.kind) {
    case 'gone':
      return refused('NOT_FOUND', 'pool-import-gone')
    case 'out-of-turn':
      return refused('CONFLICT', 'pool-import-turn', { part: refusal.expected })
    case 'unreadable':
      return refused('BAD_REQUEST', refusal.said.id, refusal.said.values)
  }
}

export const poolsRouter = router({
  /** Pools of codes that were made elsewhere, with how many of them nobody has yet. */
  list: readerProcedure.query(({ ctx }) => listPools(ctx.platform.store, ctx.workspace.id)),

  /** Begins to take a file of codes into a pool: its text follows in parts, and nothing of it is there before the end. */
  beginImport: marketerProcedure.input(z.object({ name: Name })).mutation(async ({ ctx, input }) => {
    const begun = await beginImport(deskOf(ctx), input.name)
    if (begun.kind === 'running') throw refused('CONFLICT', 'pool-import-running', { pool: begun.pool })
    return { importId: begun.importId }
  }),

  /** Takes the next part of the text, cut anywhere, and says how far the file has come. The same part again changes nothing. */
  addPart: marketerProcedure
    .input(ImportId.extend({ part: z.int().min(0), text: z.string().max(longestPart) }))
    .mutation(async ({ ctx, input }) => {
      const read = await takePart(deskOf(ctx), input)
      if (read.kind !== 'read') throw refusalOf(read)
      return { lines: read.lines, codes: read.codes, ...toldOf(ctx, read.refused) }
    }),

  /** The text is whole: its codes are there, all at once. */
  endImport: marketerProcedure.input(ImportId).mutation(async ({ ctx, input }) => {
    const ended = await publishImport(deskOf(ctx), input.importId, ctx.actor)
    if (ended.kind !== 'added') throw refusalOf(ended)
    return { added: ended.added, free: ended.free, ...toldOf(ctx, ended.refused) }
  }),

  /** Gives a file up that is on its way: nothing of it stays. */
  cancelImport: marketerProcedure.input(ImportId).mutation(async ({ ctx, input }) => {
    const { store, workspaceId } = deskOf(ctx)
    if (!(await discardImport(store, workspaceId, input.importId))) throw refusalOf({ kind: 'gone' })
    return { done: true as const }
  }),

  /** Forgets the codes of a pool that nobody has yet; those that were issued stay. */
  dropFree: marketerProcedure.input(z.object({ name: Name })).mutation(async ({ ctx, input }) => {
    const { store, clock } = ctx.platform
    const workspaceId = ctx.workspace.id
    if (!(await dropFreeCodes(store, workspaceId, input.name))) throw refused('NOT_FOUND', 'no-such-pool')
    await recordAudit(store, {
      workspaceId,
      actor: auditName(ctx.actor),
      action: 'codes-dropped',
      subject: input.name,
      at: clock.now(),
    })
    return { done: true as const }
  }),
})
