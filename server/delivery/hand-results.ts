import type { Kysely } from 'kysely'
import { campaignById, type Desk } from '../campaigns/campaigns.ts'
import { channelOf } from '../campaigns/standing/definition.ts'
import { readCsv } from '../csv/read-csv.ts'
import { Stopped } from '../import/refusal.ts'
import { type MessageKey, type Said, sentence } from '../messages/messages.ts'
import { recordAudit } from '../settings/audit.ts'
import type { StoreSchema } from '../store/schema.ts'
import { keptError } from './errors.ts'
import { textOfHandFile } from './hand-file.ts'
import { type HandChannel, handChannels, type HandResult, handResults } from './hand-channels.ts'
import { suppress } from './suppressions.ts'

/** A row of a file of results that was not taken, and why. */
export interface RefusedResult {
  readonly line: number
  readonly said: Said
}

interface ReadResult {
  readonly line: number
  readonly deliveryId: string
  readonly result: HandResult
}

type ResultsFile =
  | { kind: 'read'; results: ReadResult[]; empty: number; refused: RefusedResult[] }
  /** Nothing of it is taken. */
  | { kind: 'unreadable'; said: Said }

/** Written in one transaction, which tills wait for. */
const atOnce = 500
export const mostResults = 100_000

const plain = (text: string) => text.toLowerCase().replaceAll(/[\s_\-–—'’]/g, '')

/** What else staff write, beside the words of the lists in both languages. */
const alsoWritten: Record<HandResult, readonly string[]> = {
  reached: ['answered', 'done', 'yes', '已接通', '接通', '已送达', '已发送', '联系上'],
  'not-reached': ['no answer', 'unreached', '未联系上', '无人接听', '没接', '未送达'],
  refused: ['declined', 'not interested', '不需要', '没兴趣'],
  redeemed: ['used', '已使用', '已用券'],
  'do-not-contact': ['dnc', 'do not contact', '勿扰', '请勿致电', '勿再联系', '拒绝来电'],
  'wrong-contact': ['no such number', 'invalid', '空号', '错号', '非本人'],
}

const resultOf = new Map<string, HandResult>(
  handResults.flatMap((result) =>
    [
      result,
      ...(['en', 'zh-CN'] as const).map((language) => sentence(language, `hand-result.${result}`)),
      ...alsoWritten[result],
    ].map((word) => [plain(word), result] as const),
  ),
)

const titles = {
  deliveryId: ['deliveryid', 'delivery', '送达编号'],
  result: ['result', '结果'],
}

/** Reads a list that came back: a row a delivery, with its result; a row without one is still open. */
function readResults(text: string): ResultsFile {
  const [head, ...rows] = readCsv(text)
  const columnOf = (names: readonly string[]) =>
    head?.cells.findIndex((cell) => names.some((name) => plain(cell).startsWith(name))) ?? -1
  const id = columnOf(titles.deliveryId)
  const said = columnOf(titles.result)
  if (id === -1 || said === -1)
    return {
      kind: 'unreadable',
      said: { id: 'hand-file-columns', values: { columns: head?.cells.join(', ').slice(0, 300) ?? '' } },
    }
  if (rows.length > mostResults)
    return {
      kind: 'unreadable',
      said: { id: 'hand-file-long', values: { rows: rows.length, most: mostResults } },
    }
  const results: ReadResult[] = []
  const refused: RefusedResult[] = []
  const lineOf = new Map<string, number>()
  let empty = 0
  for (const { line, cells } of rows) {
    const deliveryId = cells[id] ?? ''
    const word = cells[said] ?? ''
    const refuse = (why: MessageKey, values: Said['values'] = {}) =>
      refused.push({ line, said: { id: why, values: { line, ...values } } })
    if (deliveryId === '') refuse('hand-no-id')
    else if (lineOf.has(deliveryId)) refuse('hand-twice', { deliveryId, first: lineOf.get(deliveryId)! })
    else {
      lineOf.set(deliveryId, line)
      const result = resultOf.get(plain(word))
      if (word === '') empty++
      else if (result === undefined) refuse('hand-unknown-result', { word: word.slice(0, 40) })
      else results.push({ line, deliveryId, result })
    }
  }
  return { kind: 'read', results, empty, refused }
}

export interface TakenResults {
  /** Rows that brought something new, by result. */
  readonly taken: readonly { readonly result: HandResult; readonly members: number }[]
  /** Rows whose result was known already. */
  readonly unchanged: number
  /** Rows without a result: still open. */
  readonly empty: number
  /** Members of whom the list says redeemed, and the ledger has no redemption. */
  readonly notInLedger: readonly string[]
  readonly refused: readonly RefusedResult[]
}

export type ResultsOutcome =
  | { kind: 'taken'; taken: TakenResults }
  | { kind: 'not-found' }
  | { kind: 'unreadable'; said: Said }

/**
 * Takes the results of a list that staff worked through, by delivery id: a newer file corrects an older one, and the same
 * file twice changes nothing. Who is not to be contacted, and an address that is wrong, are written to no more by this
 * channel; wrong is the address that stood on the list, whatever is known since.
 */
export async function takeResults(
  { platform: { store, clock }, workspace, actor }: Desk,
  campaignId: string,
  { name, bytes }: { readonly name: string; readonly bytes: Buffer },
): Promise<ResultsOutcome> {
  const campaign = await campaignById(store, workspace.id, campaignId)
  if (!campaign) return { kind: 'not-found' }
  const file = await textOfHandFile(bytes, name).then(readResults, (error: unknown): ResultsFile => {
    if (!(error instanceof Stopped)) throw error
    const { id, values } = error.refusal
    return { kind: 'unreadable', said: { id, values } }
  })
  if (file.kind === 'unreadable') return file
  const at = clock.now()
  const refused = [...file.refused]
  const taken = new Map<HandResult, number>()
  const notInLedger: string[] = []
  let unchanged = 0
  for (let from = 0; from < file.results.length; from += atOnce) {
    const some = file.results.slice(from, from + atOnce)
    await store.transaction().execute(async (tx) => {
      const rows = await deliveriesNamed(tx, workspace.id, some)
      const redeemed = await redeemedOf(
        tx,
        [...rows.values()].flatMap(({ coupon_id }) => (coupon_id === null ? [] : [coupon_id])),
      )
      for (const { line, deliveryId, result } of some) {
        const refuse = (id: MessageKey, values: Said['values'] = {}) =>
          refused.push({ line, said: { id, values: { line, deliveryId, ...values } } })
        const row = rows.get(deliveryId)
        if (!row) {
          refuse('hand-unknown-id')
          continue
        }
        if (row.campaign_id !== campaignId) {
          refuse('hand-other-campaign', { campaign: row.campaign })
          continue
        }
        const { kind } = channelOf(campaign.definition, row.step)
        if (!isByHand(kind) || row.handed_to === null) {
          refuse('hand-not-listed')
          continue
        }
        if (result === 'redeemed' && !(row.coupon_id !== null && redeemed.has(row.coupon_id)))
          notInLedger.push(row.member_id)
        if (row.result === result) {
          unchanged++
          continue
        }
        taken.set(result, (taken.get(result) ?? 0) + 1)
        await tx
          .updateTable('outbox')
          .set({
            result,
            ...(row.state === 'dropped' ? {} : stateAfter(result, row.delivered_at ?? at.toISOString())),
          })
          .where('id', '=', deliveryId)
          .execute()
        const reason = suppressedBy[result]
        if (reason)
          await suppress(tx, workspace.id, {
            channel: kind,
            digest: row.handed_to,
            reason,
            memberId: row.member_id,
            at,
          })
      }
    })
  }
  if (taken.size > 0)
    await recordAudit(store, {
      workspaceId: workspace.id,
      actor,
      action: 'hand-results-taken',
      subject: campaignId,
      at,
    })
  return {
    kind: 'taken',
    taken: {
      taken: handResults.flatMap((result) => {
        const members = taken.get(result)
        return members === undefined ? [] : [{ result, members }]
      }),
      unchanged,
      empty: file.empty,
      notInLedger,
      refused: refused.toSorted((one, other) => one.line - other.line),
    },
  }
}

const suppressedBy: Partial<Record<HandResult, 'unsubscribed' | 'bounced'>> = {
  'do-not-contact': 'unsubscribed',
  'wrong-contact': 'bounced',
}

const isByHand = (kind: string): kind is HandChannel => (handChannels as readonly string[]).includes(kind)

/** Who heard of it has the message, whatever they said to it. */
function stateAfter(result: HandResult, deliveredAt: string) {
  switch (result) {
    case 'not-reached':
      return { state: 'queued', delivered_at: null, last_error: null } as const
    case 'wrong-contact':
      return {
        state: 'dead',
        delivered_at: null,
        last_error: keptError({ id: 'message-wrong-contact' }),
      } as const
    default:
      return { state: 'delivered', delivered_at: deliveredAt, last_error: null } as const
  }
}

async function deliveriesNamed(
  tx: Kysely<StoreSchema>,
  workspaceId: string,
  named: readonly { deliveryId: string }[],
) {
  const rows = await tx
    .selectFrom('outbox')
    .innerJoin('campaigns', 'campaigns.id', 'outbox.campaign_id')
    .innerJoin('launches', 'launches.id', 'outbox.launch_id')
    .select([
      'outbox.id',
      'outbox.campaign_id',
      'outbox.member_id',
      'outbox.coupon_id',
      'outbox.state',
      'outbox.result',
      'outbox.handed_to',
      'outbox.delivered_at',
      'launches.step',
      'campaigns.name as campaign',
    ])
    .where('outbox.workspace_id', '=', workspaceId)
    .where(
      'outbox.id',
      'in',
      named.map(({ deliveryId }) => deliveryId),
    )
    .execute()
  return new Map(rows.map((row) => [row.id, row]))
}

/** Coupons that were redeemed, whether or not it was taken back since. */
async function redeemedOf(tx: Kysely<StoreSchema>, couponIds: readonly string[]): Promise<Set<string>> {
  if (couponIds.length === 0) return new Set()
  const rows = await tx
    .selectFrom('ledger')
    .select('coupon_id')
    .distinct()
    .where('coupon_id', 'in', couponIds)
    .where('kind', '=', 'redeemed')
    .execute()
  return new Set(rows.map(({ coupon_id }) => coupon_id))
}
