import { expect, test } from 'vitest'
import { QueryCancelled } from '../analytics/engine/engine.ts'
import { type Context, createCallerFactory, router, signedInProcedure } from './trpc.ts'

const asking = createCallerFactory(
  router({
    ask: signedInProcedure.query(() => {
      throw new QueryCancelled('interrupted')
    }),
  }),
)
const context = { actor: { kind: 'local' }, language: 'en' } as Context

test('a question that ends because its page was left is no error; one that ends so by itself is', async () => {
  const left = asking(context, { signal: AbortSignal.abort() }).ask()
  await expect(left).rejects.toMatchObject({ code: 'CLIENT_CLOSED_REQUEST', id: 'question-cancelled' })
  const waits = asking(context, { signal: new AbortController().signal }).ask()
  await expect(waits).rejects.toMatchObject({ code: 'INTERNAL_SERVER_ERROR' })
})
