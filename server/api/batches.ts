import type { FastifyReply, FastifyRequest, FastifySchemaCompiler } from 'fastify'
import { validatorCompiler } from 'fastify-type-provider-zod'
import type { Transaction } from 'kysely'
import type { z } from 'zod'
import { localDay, localTime } from '../../analytics/calendar/calendar.ts'
import { type SentRows, takeBatch } from '../import/orders/batch.ts'
import { reasonSentence } from '../import/refused/refused-file.ts'
import { problemWords } from '../messages/input.ts'
import { type Language, sentence } from '../messages/messages.ts'
import type { Platform } from '../platform.ts'
import type { StoreSchema } from '../store/schema.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { always, problem } from './answers.ts'
import { type Items, judged, sentIn, type Unfit } from './items.ts'
import { languageFor, malformed, type Problem, problems, sendProblem } from './problem.ts'
import { BatchTaken } from './shapes.ts'

/** How large the body of a batch may be. */
export const mostBytes = 8 << 20

/** What a route that takes batches may answer. */
export const batchAnswers = {
  200: BatchTaken,
  422: problem(
    '`malformed` (a body that is no batch, or, with `refusedRows`, one of which not one item could be taken), `idempotency_key_missing`, or `idempotency_key_reused`: the key came with another body before.',
  ),
  ...always,
  503: problem('`busy`: another import runs; ask again after Retry-After seconds.'),
  507: problem(
    '`disk_full` or `unwritable`: nothing was taken; ask again with the same key when there is room, or the disk can be written to.',
  ),
}

/** Reads the body of a batch by `frame` alone: its items are judged one by one. The document has them whole. */
export const framedBy =
  (frame: z.ZodType): FastifySchemaCompiler<unknown> =>
  (route) =>
    validatorCompiler({ ...route, schema: route.httpPart === 'body' ? frame : (route.schema as z.ZodType) })

type RefusedRows = NonNullable<Problem['refusedRows']>

/** Takes what was sent as a batch of its own and answers what became of it, item by item. */
export async function takeSent<Item>(
  platform: Platform,
  request: FastifyRequest,
  reply: FastifyReply,
  {
    bodyOf,
    rows,
    onTaken,
    ...items
  }: Items<Item> & {
    /** What the key stands for: the items within what else was sent. */
    readonly bodyOf: (items: readonly unknown[]) => unknown
    readonly rows: (items: readonly Item[], workspace: Workspace) => SentRows
    /** Written together with the first answer: what else follows from the items that were taken. */
    readonly onTaken?: (tx: Transaction<StoreSchema>, items: readonly Item[]) => Promise<unknown>
  },
) {
  const { workspaceId, keyId, name } = request.keyHolder!
  const workspace = (await platform.workspaces.byId(workspaceId))!
  const language = languageFor(request)
  const { fitting, unfit, unfitRows, read } = judged(items)
  const made = rows(
    fitting.map(({ item }) => item),
    workspace,
  )
  const now = platform.clock.now()
  const { calendar } = workspace
  const outcome = await takeBatch(platform, workspace, {
    key: request.headers['idempotency-key'] as string,
    body: bodyOf(read),
    sent: {
      ...made,
      indexOf: (row) => {
        const at = made.indexOf(row)
        return at === null ? null : fitting[at]!.index
      },
    },
    malformed: {
      rows: unfitRows,
      items: unfit.map(({ index, field }) => ({ index, field, item: items.sent[index] })),
    },
    actor: `key:${keyId}`,
    onTaken: async (tx, { refusedRows }) => {
      const refused = new Set(refusedRows.map(({ index }) => index))
      const taken = fitting.filter(({ index }) => !refused.has(index))
      await onTaken?.(
        tx,
        taken.map(({ item }) => item),
      )
    },
    name: `API · ${name} · ${localDay(now, calendar)} ${localTime(now, calendar)}`,
  })
  const unfitSaid: RefusedRows = unfit.map(({ index, field, issue }) => ({
    index,
    field,
    value: sentIn(items.sent[index], field),
    code: 'malformed',
    reason: problemWords(language, issue as never),
  }))
  const told = (refused: readonly Pick<RefusedRows[number], 'index' | 'field' | 'code'>[]): RefusedRows => {
    // an order of several lines is refused once
    const once = new Map(refused.map((one) => [`${one.index} ${one.field} ${one.code}`, one]))
    const judgedLater = [...once.values()].map(({ index, field, code }) => {
      const value = sentIn(items.sent[index], field)
      return { index, field, value, code, reason: reasonSentence(language, { reason: code, value }) }
    })
    return [...unfitSaid, ...judgedLater].toSorted((a, b) => a.index - b.index)
  }
  switch (outcome.kind) {
    case 'taken': {
      const { refusedRows, warnings, ...answer } = outcome.answer
      return reply.code(200).send({
        ...answer,
        refusedRows: told(refusedRows.map(({ reason, ...one }) => ({ ...one, code: reason }))),
        warnings: warnings.map(({ index, field, doubt }) => {
          const value = sentIn(items.sent[index], field)
          return { index, field, value, code: doubt, reason: sentence(language, `doubt.${doubt}`) }
        }),
      })
    }
    case 'key-reused':
      return sendProblem(reply, problems.keyReused)
    case 'busy':
      return sendProblem(reply.header('retry-after', '10'), problems.busy)
    case 'nothing-fits':
      return sendProblem(reply, {
        ...malformed(firstOf(language, unfit)),
        refusedRows: unfitSaid,
      })
    case 'refused': {
      const { id, values } = outcome.refusal
      // nothing is wrong with what was sent
      if (id === 'disk-full') return sendProblem(reply, problems.diskFull)
      if (id === 'folder-unwritable') return sendProblem(reply, problems.unwritable)
      const refusedRows = told(outcome.refusedRows.map(({ reason, ...one }) => ({ ...one, code: reason })))
      return sendProblem(reply, {
        ...malformed(sentence(language, id, values)),
        ...(refusedRows.length > 0 ? { refusedRows } : {}),
      })
    }
  }
}

const mostNamed = 3

/** The first items that do not fit, in words: `0/orderedAt: …`. */
const firstOf = (language: Language, unfit: readonly Unfit[]): string =>
  unfit
    .slice(0, mostNamed)
    .map(({ index, field, issue }) => {
      const place = field === null ? `${index}` : `${index}/${field}`
      const words = problemWords(language, issue as never).replace(/[.。]$/, '')
      return `${place}${language === 'en' ? ': ' : '：'}${words}`
    })
    .join(language === 'en' ? '; ' : '；')
