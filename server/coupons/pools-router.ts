import { z } from 'zod'
import { saidIn } from '../messages/messages.ts'
import { refused } from '../messages/refused.ts'
import { auditName, recordAudit } from '../settings/audit.ts'
import { marketerProcedure, readerProcedure, router } from '../trpc.ts'
import { addToPool, dropFreeCodes, listPools, readCodesFile, type RefusedCode } from './pools.ts'

const Name = z.string().trim().min(1).max(80)

/** The most refused lines that are answered one by one, beside their count. */
const mostNamed = 1_000

export const poolsRouter = router({
  /** Pools of codes that were made elsewhere, with how many of them nobody has yet. */
  list: readerProcedure.query(({ ctx }) => listPools(ctx.platform.store, ctx.workspace.id)),

  /** Adds the codes of a file's text to a pool, which is made where there is none of that name; says of each refused line why. */
  add: marketerProcedure
    .input(z.object({ name: Name, text: z.string().max(8_000_000) }))
    .mutation(async ({ ctx, input }) => {
      const { store, clock } = ctx.platform
      const file = readCodesFile(input.text)
      if (file.kind === 'unreadable') throw refused('BAD_REQUEST', file.said.id, file.said.values)
      const at = clock.now()
      const { name } = input
      const workspaceId = ctx.workspace.id
      const {
        added,
        refused: known,
        free,
      } = await addToPool(store, { workspaceId, name, codes: file.codes, at })
      if (added > 0)
        await recordAudit(store, {
          workspaceId,
          actor: auditName(ctx.actor),
          action: 'codes-imported',
          subject: name,
          at,
        })
      const all: RefusedCode[] = [...file.refused, ...known].toSorted((one, other) => one.line - other.line)
      return {
        added,
        free,
        refused: all.length,
        named: all.slice(0, mostNamed).map(({ line, said }) => ({ line, said: saidIn(ctx.language, said) })),
      }
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
