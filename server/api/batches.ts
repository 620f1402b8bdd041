import type { FastifyReply, FastifyRequest } from 'fastify'
import { type RefusedItem, type SentRows, takeBatch } from '../import/batch.ts'
import { reasonSentence } from '../import/refused-file.ts'
import { sentence } from '../messages/messages.ts'
import type { Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { always, problem } from './answers.ts'
import { languageFor, malformed, problems, sendProblem } from './problem.ts'
import { BatchTaken } from './shapes.ts'

/** How large the body of a batch may be. */
export const mostBytes = 8 << 20

/** What a route that takes batches may answer. */
export const batchAnswers = {
  200: BatchTaken,
  422: problem(
    '`malformed` (with `refusedRows` where each of the items was refused), `idempotency_key_missing`, or `idempotency_key_reused`: the key came with another body before.',
  ),
  ...always,
  503: problem('`busy`: another import runs; ask again after Retry-After seconds.'),
  507: problem('`disk_full`: nothing was taken; ask again with the same key when there is room.'),
}

/** Takes what was sent as a batch of its own and answers what became of it. */
export async function takeSent(
  platform: Platform,
  request: FastifyRequest,
  reply: FastifyReply,
  body: unknown,
  sentTo: (workspace: Workspace) => SentRows,
) {
  const { workspaceId, keyId } = request.keyHolder!
  const workspace = (await platform.workspaces.byId(workspaceId))!
  const language = languageFor(request)
  const told = (rows: readonly RefusedItem[]) =>
    rows.map(({ index, field, reason }) => ({
      index,
      field,
      code: reason,
      reason: reasonSentence(language, { reason, value: null }),
    }))
  const outcome = await takeBatch(platform, workspace, {
    key: request.headers['idempotency-key'] as string,
    body,
    sent: sentTo(workspace),
    actor: `key:${keyId}`,
    name: `API ${platform.clock.now().toISOString().slice(0, 19)}Z`,
  })
  switch (outcome.kind) {
    case 'taken':
      return reply.code(200).send({ ...outcome.answer, refusedRows: told(outcome.answer.refusedRows) })
    case 'key-reused':
      return sendProblem(reply, problems.keyReused)
    case 'busy':
      return sendProblem(reply.header('retry-after', '10'), problems.busy)
    case 'refused': {
      const { id, values } = outcome.refusal
      // nothing is wrong with what was sent
      if (id === 'disk-full') return sendProblem(reply, problems.diskFull)
      if (id === 'folder-unwritable') return sendProblem(reply, problems.internal)
      return sendProblem(reply, {
        ...malformed(sentence(language, id, values)),
        ...(outcome.refusedRows.length > 0 ? { refusedRows: told(outcome.refusedRows) } : {}),
      })
    }
  }
}
