import type { FastifyInstance } from 'fastify'
import type { Kysely } from 'kysely'
import { z } from 'zod'
import type { Platform } from '../platform.ts'
import type { StoreSchema } from '../store/schema.ts'
import { keptError } from './errors.ts'
import {
  addressDigest,
  readPushToken,
  suppress,
  suppressionKey,
  type SuppressionReason,
} from './suppressions.ts'

/** What became of messages, as Alibaba Cloud pushes it (SmsReport, HTTP batches). */
const Report = z.object({
  phone_number: z.string().max(40),
  success: z.boolean(),
  err_code: z.string().max(100).nullish(),
  err_msg: z.string().max(500).nullish(),
  /** The delivery id. */
  out_id: z.string().max(100).nullish(),
})
const Reports = z.array(Report).max(1000)
type Report = z.output<typeof Report>

/**
 * `POST /sms-reports/TOKEN`: the carriers' receipts, pushed by the platform to the address that Settings shows. A message
 * that did not arrive becomes a dead letter with the receipt's code; a number that there is none of, and one whose owner
 * refuses messages, is written to no more. The same receipt again changes nothing. While a message's own answer is still
 * awaited the receipt is asked for again later: by the status alone, as the platform pushes again, after 1, 5 and 10
 * minutes, what is not answered with 200, whatever the code in the answer says.
 * Source: https://help.aliyun.com/zh/sms/developer-reference/smsreport-2
 */
export async function smsReportRoutes(
  app: FastifyInstance,
  { platform }: { platform: Platform },
): Promise<void> {
  app.post<{ Params: { token: string } }>('/:token', async (request, reply) => {
    const { store, clock } = platform
    const workspaceId = await readPushToken(store, request.params.token, 'sms-reports')
    if (workspaceId === null) return reply.code(404).send({ code: 404, msg: 'unknown' })
    const reports = Reports.safeParse(request.body)
    if (!reports.success) return reply.code(400).send({ code: 400, msg: 'malformed' })
    const key = await suppressionKey(store, workspaceId)
    const waiting = await store.transaction().execute(async (tx) => {
      let count = 0
      for (const report of reports.data) {
        const of = { workspaceId, key, at: clock.now() }
        if (!(await takeReport(tx, of, report))) count++
      }
      return count
    })
    if (waiting > 0) return reply.code(503).send({ code: 1, msg: 'again later' })
    return { code: 0, msg: 'OK' }
  })
}

/** False: the message's answer is still awaited. */
async function takeReport(
  tx: Kysely<StoreSchema>,
  { workspaceId, key, at }: { workspaceId: string; key: Buffer; at: Date },
  report: Report,
): Promise<boolean> {
  const row = await tx
    .selectFrom('outbox')
    .select(['id', 'state', 'lease', 'member_id'])
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', report.out_id ?? '')
    .executeTakeFirst()
  if (!row) return true
  if (row.state === 'queued' && row.lease !== null) return false
  const its = tx.updateTable('outbox').where('id', '=', row.id)
  if (report.success) {
    // the answer was lost, but the message arrived: it is not sent again
    if (row.state === 'queued' || row.state === 'dead')
      await its.set({ state: 'delivered', delivered_at: at.toISOString(), last_error: null }).execute()
    return true
  }
  if (row.state === 'queued' || row.state === 'delivered')
    await its
      .set({
        state: 'dead',
        delivered_at: null,
        last_error: keptError({ id: 'sms-reported', values: { code: report.err_code ?? '–' } }),
      })
      .execute()
  const reason = reasonOf(report)
  if (reason && /^\+?\d{6,20}$/.test(report.phone_number))
    await suppress(tx, workspaceId, {
      channel: 'sms',
      digest: addressDigest(key, 'sms', report.phone_number),
      reason,
      memberId: row.member_id,
      at,
    })
  return true
}

/**
 * Why a number is written to no more; null: it may be tried again. Carriers name off, out of range and suspended phones
 * with the same codes as numbers that there are none of (MOBILE_NOT_ON_SERVICE): only a receipt that says 空号 and
 * nothing else means those.
 */
export function reasonOf({
  err_code: code,
  err_msg: said,
}: Pick<Report, 'err_code' | 'err_msg'>): SuppressionReason | null {
  const words = said ?? ''
  if (code === 'USER_REJECT' || /退订|拒收/.test(words)) return 'unsubscribed'
  return /空号/.test(words) && !/停机|关机|暂停|服务区|欠费/.test(words) ? 'bounced' : null
}
