import type { CampaignVerdict } from '../campaigns/measurement.ts'
import { type Language, type MessageKey, sentence, type Values } from '../messages/messages.ts'
import type { Opportunity } from '../opportunities/opportunities.ts'
import type { OverviewRow } from '../../analytics/metrics/overview/overview.ts'
import { daysMissing, type DigestFigures, type NoWeek } from './figures.ts'
import { html, plain } from './letter.ts'
import { digestFormat } from './words.ts'

/** What a recipient may see and do: as the role has it on the dashboard. */
export type DigestRole = 'owner' | 'marketer' | 'viewer'

/** A part of a letter, which is written once and rendered as text and as HTML. */
export type Block =
  | { readonly kind: 'title' | 'lead' | 'heading' | 'line' | 'note' | 'warning'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly href: string }
  | {
      readonly kind: 'table'
      readonly head: readonly string[]
      readonly rows: readonly { readonly cells: readonly string[]; readonly href?: string | undefined }[]
    }

export interface Letter {
  readonly subject: string
  readonly text: string
  readonly html: string
}

interface Reader {
  readonly language: Language
  readonly role: DigestRole
  /** What the shop is called, and its currency. */
  readonly shop: string
  readonly currency: string
  /** What the dashboard is reached by, without a slash at its end; null: links are left out. */
  readonly base: string | null
  /** Ends the digest for this reader; null: a file or a preview. */
  readonly unsubscribeUrl: string | null
}

/**
 * A digest as a letter in the reader's language: text, and HTML of tables with inline styles, without a picture. Links
 * name days and campaigns, nobody. What the data does not reach is said, never shown as 0.
 */
export function composeDigest(figures: DigestFigures | NoWeek, reader: Reader): Letter {
  const { subject, blocks } =
    figures.kind === 'week' ? letterOf(figures, reader) : letterWithoutWeek(figures, reader)
  const ending: Block[] =
    reader.unsubscribeUrl === null
      ? []
      : [
          {
            kind: 'link',
            text: sentence(reader.language, 'digest.unsubscribe', { shop: reader.shop }),
            href: reader.unsubscribeUrl,
          },
        ]
  const all = [...blocks, ...ending]
  return { subject, text: plain(all), html: html(subject, all, reader.language) }
}

function letterWithoutWeek({ asOf }: NoWeek, { language, currency, shop, base }: Reader) {
  const { day } = digestFormat(language, currency)
  const say = (id: MessageKey, values?: Values) => sentence(language, id, values)
  const subject = say('digest.no-week-subject', { shop })
  const blocks: Block[] = [
    { kind: 'title', text: subject },
    {
      kind: 'warning',
      text: asOf === null ? say('digest.no-orders') : say('digest.no-week', { asOf: day(asOf) }),
    },
    ...(base === null
      ? []
      : [{ kind: 'link', text: say('digest.open-data'), href: `${base}/data` } as const]),
  ]
  return { subject, blocks }
}

function letterOf(figures: DigestFigures, { language, role, shop, currency, base }: Reader) {
  const say = (id: MessageKey, values?: Values) => sentence(language, id, values)
  const write = digestFormat(language, currency)
  const { week, sales, members, keyFigures: key, feeds } = figures
  const { now, weekBefore, yearBefore } = sales
  const range = write.range(week.from, week.to)
  const link = (path: string) => (base === null ? undefined : `${base}${path}`)
  const asOfWeek = `?asOf=${week.to}`

  const against = (
    before: OverviewRow | null,
    of: (row: OverviewRow) => number,
    text: (n: number) => string,
  ) =>
    before === null ? say('digest.unknown') : `${text(of(before))} (${write.change(of(now), of(before))})`
  const measured = (id: MessageKey, of: (row: OverviewRow) => number, text: (n: number) => string) => ({
    cells: [say(id), text(of(now)), against(weekBefore, of, text), against(yearBefore, of, text)],
  })
  const average = (row: OverviewRow | null) =>
    row === null ? say('digest.unknown') : write.money(row.averageOrder.minor)
  const guests = (row: OverviewRow | null) =>
    row === null ? say('digest.unknown') : write.share(row.guestShare.numerator, row.guestShare.denominator)
  const isNew = (row: OverviewRow) => row.newBuyers + row.firstSeenBuyers

  const change = weekBefore === null ? null : write.change(now.netMinor, weekBefore.netMinor)
  const subject = say('digest.subject', {
    shop,
    range,
    net: write.money(now.netMinor),
    compared: change === null || change === '–' ? 'no' : 'yes',
    change: change ?? '',
  })

  const missing = daysMissing(figures)
  const stopped = feeds.stores.filter(({ isGap }) => isGap)
  const warnings = [
    ...(missing > 0
      ? [
          say('digest.stale', {
            asOf: write.day(figures.asOf),
            lastWeek: write.range(figures.lastWeek.from, figures.lastWeek.to),
            range,
          }),
        ]
      : []),
    ...(feeds.shop?.isGap && missing === 0
      ? [say('digest.gap-shop', { newest: write.day(feeds.shop.newestDay), days: feeds.shop.silentDays })]
      : []),
    ...(stopped.length > 0 && !feeds.shop?.isGap
      ? [
          say('digest.gap-stores', {
            count: stopped.length,
            stores: { listed: stopped.slice(0, 5).map(({ store }) => store ?? '') },
          }),
        ]
      : []),
  ]

  const blocks: Block[] = [
    { kind: 'title', text: say('digest.title', { shop, range }) },
    {
      kind: 'lead',
      text: say('digest.lead', {
        net: write.money(now.netMinor),
        compared: change === null || change === '–' ? 'no' : 'yes',
        change: change ?? '',
        cameBack: members.cameBack,
        goneQuiet: members.goneQuiet,
      }),
    },
    ...warnings.map((text): Block => ({ kind: 'warning', text })),
    { kind: 'heading', text: say('digest.sales') },
    {
      kind: 'table',
      head: ['', range, say('digest.week-before'), say('digest.year-before')],
      rows: [
        measured('digest.net', (row) => row.netMinor, write.money),
        measured('digest.orders', (row) => row.orders, write.count),
        measured('digest.buyers', (row) => row.buyers, write.count),
        measured('digest.new-buyers', isNew, write.count),
        measured('digest.returning-buyers', (row) => row.returningBuyers, write.count),
        { cells: [say('digest.average-order'), average(now), average(weekBefore), average(yearBefore)] },
        { cells: [say('digest.guests'), guests(now), guests(weekBefore), guests(yearBefore)] },
      ],
    },
    { kind: 'heading', text: say('digest.members') },
    {
      kind: 'table',
      head: ['', '', say('digest.change')],
      rows: [
        {
          cells: [say('digest.came-back'), write.count(members.cameBack), ''],
          href: link(`/retention${asOfWeek}`),
        },
        {
          cells: [say('digest.gone-quiet'), write.count(members.goneQuiet), ''],
          href: link(`/retention${asOfWeek}`),
        },
        {
          cells: [
            say('digest.active'),
            write.count(key.active.members),
            key.active.change === null ? say('digest.unknown') : write.countChange(key.active.change),
          ],
          href: link(`/${asOfWeek}`),
        },
        {
          cells: [
            say('digest.repurchase'),
            write.share(key.repurchase.now.numerator, key.repurchase.now.denominator),
            key.repurchase.change === null ? say('digest.unknown') : write.points(key.repurchase.change),
          ],
          href: link(`/retention${asOfWeek}`),
        },
        {
          cells: [
            say('digest.risk', { members: key.valueAtRisk.members }),
            write.money(key.valueAtRisk.nowMinor),
            key.valueAtRisk.changeMinor === null
              ? say('digest.unknown')
              : write.moneyChange(key.valueAtRisk.changeMinor),
          ],
          href: link(`/dormant${asOfWeek}`),
        },
      ],
    },
    { kind: 'heading', text: say('digest.next') },
    ...(figures.opportunities.length === 0
      ? [{ kind: 'line', text: say('digest.next-none') } as const]
      : [
          {
            kind: 'table',
            head: ['', say('digest.at-stake')],
            rows: figures.opportunities.map((one) => ({
              cells: [
                say(opportunityTitles[one.id], { members: one.members }),
                `${write.moneyShort(one.moneyAtStakeMinor)} ${say(moneyKinds[one.moneyKind])}`,
              ],
              href: role === 'viewer' ? undefined : link('/'),
            })),
          } as const,
        ]),
    { kind: 'heading', text: say('digest.campaigns') },
    ...(figures.campaigns.length === 0
      ? [{ kind: 'line', text: say('digest.campaigns-none') } as const]
      : [
          {
            kind: 'table',
            head: ['', say('digest.verdict'), say('digest.redeemed')],
            rows: figures.campaigns.map((one) => ({
              cells: [
                one.name,
                one.verdict === null ? say('digest.unknown') : say(verdicts[one.verdict]),
                say('digest.redeemed-of', {
                  redeemed: one.redeemed,
                  issued: one.issued,
                  share: write.share(one.redeemed, one.issued),
                }),
              ],
              href: link(`/campaigns/${one.campaignId}`),
            })),
          } as const,
        ]),
    {
      kind: 'note',
      text: say('digest.note', { asOf: write.day(week.to), version: figures.dataVersion }),
    },
    ...(base === null
      ? []
      : [{ kind: 'link', text: say('digest.open'), href: `${base}/${asOfWeek}` } as const]),
  ]
  return { subject, blocks }
}

const opportunityTitles: Readonly<Record<Opportunity['id'], MessageKey>> = {
  'quiet-high-value': 'digest.opportunity-quiet-high-value',
  'second-order': 'digest.opportunity-second-order',
  'cooling-regulars': 'digest.opportunity-cooling-regulars',
  birthdays: 'digest.opportunity-birthdays',
  'unspent-points': 'digest.opportunity-unspent-points',
}

const moneyKinds: Readonly<Record<Opportunity['moneyKind'], MessageKey>> = {
  'yearly-net-before-silence': 'digest.money-before-silence',
  'spent-so-far': 'digest.money-so-far',
}

const verdicts: Readonly<Record<CampaignVerdict, MessageKey>> = {
  works: 'verdict-works',
  hurts: 'verdict-hurts',
  'not-proven-yet': 'verdict-not-proven-yet',
  withheld: 'verdict-withheld',
  unknown: 'verdict-unknown',
  'no-data-yet': 'verdict-no-data-yet',
}
