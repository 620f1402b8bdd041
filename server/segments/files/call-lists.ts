import { setImmediate as turn } from 'node:timers/promises'
import type { Row } from '../../../analytics/engine/engine.ts'
import { memberCoupons } from '../../../analytics/relations/member-coupons.ts'
import { compileAnswers } from '../../../analytics/segments/compile.ts'
import { duckdb } from '../../../analytics/sql/duckdb.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import { csvRow } from '../../csv/csv.ts'
import type { Sink } from '../../export/sink.ts'
import { decimalsOf, decimalText } from '../../messages/money.ts'
import { type Language, sentence } from '../../messages/messages.ts'
import { whoSaidNo } from '../../delivery/said-no.ts'
import type { Platform } from '../../platform.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import { type Aside, setAside } from '../aside.ts'
import type { SegmentError } from '../evaluation.ts'
import { prepareSegment } from '../prepare.ts'
import { phoneFor } from '../export-columns.ts'
import { LeftOutCount, type LeftOutReason, mayNotContact } from './contacts.ts'
import { plainName } from './names.ts'
import type { Listed } from './segment-file.ts'
import { askedLeaves, whyIn } from './why-in.ts'

/** What a list is asked with. */
export interface ListRequest {
  readonly expression: string
  readonly asOf?: string | undefined
  /** Members of whom it is not known whether they may be contacted are listed too; who asks has said so. */
  readonly includeUnknown: boolean
  /** Phones are whole for an owner alone. */
  readonly unmasked: boolean
  readonly language: Language
}

export type ListOutcome =
  | { kind: 'listed'; listed: Listed }
  | { kind: 'refused'; errors: readonly SegmentError[] }

/** So many categories and coupons stand in a cell. */
const shown = 3
/** Rows that are made text before others get a turn. */
const sliceRows = 200

/**
 * Call lists for a store's staff (导购): a CSV file for each main store of a rule's members and one for those without,
 * and one that counts. In each who spent most in the year before their last order comes first, with what a caller
 * needs: name, phone, last order, what they buy, which conditions of the rule they meet with their own values, stored
 * balance, coupons that can still be redeemed, and empty columns for the result. Who may not be contacted, or has no
 * phone that could be dialled, stands in none and is counted by the first reason that applies.
 */
export async function writeCallLists(
  platform: Platform,
  workspace: Workspace,
  request: ListRequest,
  sink: Sink,
  signal: AbortSignal,
): Promise<ListOutcome> {
  const { language } = request
  const campaigns = new Map(
    (
      await platform.store
        .selectFrom('campaigns')
        .select(['id', 'name'])
        .where('workspace_id', '=', workspace.id)
        .execute()
    ).map(({ id, name }) => [id, name]),
  )
  const saidNo = await whoSaidNo(platform.store, workspace, 'calls')
  const outcome = await setAside(
    platform,
    workspace,
    request,
    async ({ asOf, memberKeys, rule }, tables) => {
      const leaves = askedLeaves(rule)
      const prepared = await prepareSegment(platform.store, workspace, { ...request, asOf }, signal)
      if (prepared.kind === 'refused') throw new Error('A rule that was evaluated is refused.')
      const answered =
        leaves.length === 0
          ? sql``
          : sql`left join (${compileAnswers(leaves, prepared.setting, duckdb)}) as answers
              on answers.member_key = members.member_key`
      return sql`select * exclude (yearly_net_minor) from (select members.member_id, members.name, ${phoneFor(request.unmasked)} as phone,
          facts.main_store as store, facts.last_day, facts.orders, facts.last_order_net_minor,
          facts.yearly_net_minor, members.stored_value_minor, bought.categories, held.coupons,
          coalesce(${mayNotContact(request.includeUnknown, saidNo)},
            case when members.phone is null or members.phone like '%*%' then 'no-phone' end) as left_out,
          ${leaves.length === 0 ? sql`true` : sql`answers.* exclude (member_key)`}
        from ${memberKeys} as chosen
        join members on members.member_key = chosen.member_key
        join ${tables.memberFacts} as facts on facts.member_key = chosen.member_key
        left join (
          select member_key, to_json(list(category order by net_minor desc, category)[1:${shown}]) as categories from (
            select member_key, coalesce(category, product) as category, sum(net_minor) as net_minor
            from ${tables.orderItems} where coalesce(category, product) is not null
              and member_key in (select member_key from ${memberKeys})
            group by all
          ) as sold group by member_key
        ) as bought on bought.member_key = members.member_key
        left join (
          select coupon.member_key, to_json(list({'campaign': coupon.campaign, 'name': coalesce(elsewhere.name, coupon.label),
            'day': cast(coupon.last_day as varchar)} order by coupon.last_day, coupon.campaign)[1:${shown}]) as coupons
          from ${memberCoupons({ asOf, newest: true, d: duckdb })} as coupon
          left join (select campaign_id, any_value(name) as name from campaigns_elsewhere group by campaign_id)
            as elsewhere on elsewhere.campaign_id = coupon.campaign
          where coupon.state = 'unused' group by coupon.member_key
        ) as held on held.member_key = members.member_key
        ${answered}) as listed
        order by left_out is not null, store nulls last, yearly_net_minor desc, member_id`
    },
    signal,
  )
  if (outcome.kind === 'refused') return outcome
  const { aside } = outcome
  const { asOf, members, dataVersion, rule } = aside.evaluation
  const leaves = askedLeaves(rule)
  try {
    if (aside.rows !== members) throw new Error(`${aside.rows} of ${members} members were written`)
    const decimals = decimalsOf(workspace.currency)
    const say = (id: Parameters<typeof sentence>[1], values = {}) => sentence(language, id, values)
    const between = language === 'en' ? ', ' : '、'
    const couponWords = ({
      campaign,
      name,
      day,
    }: {
      campaign: string | null
      name: string | null
      day: string | null
    }) =>
      say('list.coupon', {
        name: campaigns.get(campaign ?? '') ?? name ?? campaign ?? say('list.some-coupon'),
        dated: day === null ? 'no' : 'yes',
        day: day ?? '',
      })
    const money = (minor: unknown) => (minor === null ? null : decimalText(Number(minor), decimals))
    const why = { asOf, currencyDecimals: decimals, segments: rule.segments, language }
    const line = (row: Row) =>
      csvRow([
        String(row.memberId),
        row.name as string | null,
        row.phone as string | null,
        row.lastDay as string | null,
        Number(row.orders),
        money(row.lastOrderNetMinor),
        (JSON.parse(String(row.categories ?? '[]')) as string[]).join(between),
        leaves.length === 0 ? '' : whyIn(rule.expression, row, why),
        money(row.storedValueMinor),
        (JSON.parse(String(row.coupons ?? '[]')) as Parameters<typeof couponWords>[0][])
          .map(couponWords)
          .join(between),
        null,
        null,
      ])
    const header = `\uFEFF${csvRow([
      say('list.member'),
      say('list.name'),
      say('list.phone'),
      say('list.last-order'),
      say('list.orders'),
      say('list.last-order-net', { currency: workspace.currency }),
      say('list.buys'),
      say('list.why'),
      say('list.stored-value', { currency: workspace.currency }),
      say('list.coupons'),
      say('list.result'),
      say('list.note'),
    ])}`
    const rows = new OneByOne(aside)
    const names = new Set<string>()
    const files: { store: string | null; name: string; members: number }[] = []
    for (let first = await rows.peek(); first && first.leftOut === null; first = await rows.peek()) {
      const store = first.store as string | null
      const name = plainName(store ?? say('list.no-store'), names)
      const file = { store, name: `${name}.csv`, members: 0 }
      await sink.file(
        file.name,
        (async function* () {
          yield header
          for (let text = ''; ; text = '') {
            for (let taken = 0; taken < sliceRows; taken++) {
              const row = await rows.peek()
              if (!row || row.leftOut !== null || row.store !== store) break
              rows.take()
              file.members++
              text += line(row)
            }
            if (text === '') return
            yield text
            await turn()
          }
        })(),
      )
      files.push(file)
    }
    const leftOut = new LeftOutCount()
    for (let row = await rows.peek(); row; row = await rows.peek()) {
      leftOut.add(row.leftOut as LeftOutReason)
      rows.take()
    }
    const counts = leftOut.all()
    const listed = files.reduce((sum, file) => sum + file.members, 0)
    await sink.file(
      `${plainName(say('list.summary'), names)}.csv`,
      (async function* () {
        yield `\uFEFF${csvRow([say('list.store'), say('list.file'), say('list.members')])}`
        for (const { store, name, members: n } of files)
          yield csvRow([store ?? say('list.no-store'), name, n])
        for (const { reason, members: n } of counts) yield csvRow([say(`left-out.${reason}`), null, n])
        yield csvRow([say('list.all', { asOf }), null, members])
      })(),
    )
    await sink.end()
    return {
      kind: 'listed',
      listed: { asOf, dataVersion, members, listed, leftOut: counts, files: files.length },
    }
  } finally {
    aside.remove()
  }
}

/** The rows of what was set aside, one by one. */
class OneByOne {
  readonly #chunks: AsyncIterator<Row[]>
  #chunk: readonly Row[] = []
  #at = 0

  constructor(aside: Aside) {
    this.#chunks = aside.stream()[Symbol.asyncIterator]()
  }

  /** The next row; undefined after the last. */
  async peek(): Promise<Row | undefined> {
    while (this.#at >= this.#chunk.length) {
      const next = await this.#chunks.next()
      if (next.done) return undefined
      this.#chunk = next.value
      this.#at = 0
    }
    return this.#chunk[this.#at]
  }

  take(): void {
    this.#at++
  }
}
