import { type Language, sentence } from '../messages/messages.ts'
import { moneyText } from '../messages/money.ts'
import type { Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { givenKey, printedCode } from './code.ts'
import { alternatives, type Benefit, bestCombination, type Combination, costOf } from './combination.ts'
import { type KeptCoupon, readCoupons } from './coupons.ts'
import { decide, type Presented, type Refusal } from './decision.ts'
import { offerSentence } from './offer-sentence.ts'
import { benefitOf, needsLines, type Purchase } from './purchase.ts'
import { saidRule } from './said-rule.ts'
import { couponsInWallet, idsOrItself } from './wallet.ts'

/** A basket that somebody asks about. */
export interface QuoteRequest {
  /** Null: nobody said who buys. */
  readonly memberId: string | null
  /** What the customer shows, beside the member's own coupons. */
  readonly codes: readonly string[]
  /** A cashier compared the person with the members of the codes that are shown. */
  readonly confirmed?: boolean
  /** Nothing but these is weighed; null: all that there is. */
  readonly only?: readonly string[] | null
  /** What this order has taken already counts; null: it is not known yet. */
  readonly orderId: string | null
  readonly purchase: Purchase
  /** What the member's tier takes off usual prices. */
  readonly memberPricePercent: number | null
  readonly points: { readonly worthMinor: number; readonly stackGroup: string | null } | null
  readonly language: Language
}

/** A coupon beside a basket. */
export interface QuotedCoupon {
  readonly code: string
  /** The offer; null: there is no such coupon. */
  readonly sentence: string | null
  readonly applies: boolean
  /** It is of the best combination. */
  readonly used: boolean
  readonly aloneMinor: number | null
  readonly reason: Refusal['code'] | 'needless' | null
  readonly missingMinor: number | null
}

/** The least that is to be paid for a basket, and how. */
export interface Quote {
  readonly amountMinor: number
  readonly best: QuotedCombination & { readonly said: string }
  /** Other sets that may be taken together, which come to more; the best of each kind, cheapest first. */
  readonly against: readonly QuotedCombination[]
  readonly coupons: readonly QuotedCoupon[]
}

export interface QuotedCombination {
  readonly steps: readonly {
    readonly kind: Benefit['of']
    readonly code: string | null
    readonly discountMinor: number
    readonly worthMinor: number
    readonly leftMinor: number
  }[]
  readonly codes: readonly string[]
  readonly discountMinor: number
  readonly payableMinor: number
  readonly worthMinor: number
}

/** After all coupons, which are 0 to 100. */
const afterCoupons = 101
const memberPriceId = 'member-price'
const pointsId = 'points'

/**
 * What a basket costs at least with the coupons of a member and those that are shown, the member price and points, and
 * why each coupon is of it or not. Nothing is used and nothing set aside.
 */
export async function quoteOf(
  { store, clock, redemptions, holds }: Platform,
  workspace: Workspace,
  request: QuoteRequest,
): Promise<Quote> {
  const now = clock.now()
  const { memberId, purchase, language } = request
  const ids = memberId === null ? [] : await idsOrItself(workspace, memberId)
  const own = await couponsInWallet(store, workspace.id, ids, now)
  const typed = [...new Map(request.codes.map((code) => [givenKey(code) ?? code, code])).values()]
  const found = await readCoupons(
    store,
    { typed: typed.map((code) => ({ workspaceId: workspace.id, code })) },
    now,
  )
  const shown = typed.flatMap((code) => found.of(workspace.id, code) ?? [])
  const only = request.only && new Set(request.only.map((code) => givenKey(code)))
  const coupons = [...new Map([...own, ...shown].map((one) => [one.couponId, one])).values()].filter(
    ({ code }) => !only || only.has(givenKey(code)),
  )
  const presentedFor = (coupon: Pick<KeptCoupon, 'memberId'>): Presented =>
    memberId === null
      ? { kind: request.confirmed === true ? 'confirmed' : 'nobody' }
      : {
          kind: 'member',
          memberId: coupon.memberId !== null && ids.includes(coupon.memberId) ? coupon.memberId : memberId,
          also: ids,
        }
  const around = await redemptions.surroundings(
    coupons.map((coupon) => ({
      workspaceId: workspace.id,
      orderId: request.orderId ?? '',
      coupons: [coupon],
      presented: presentedFor(coupon),
    })),
  )
  const blocked = await holds.idsIn(workspace.id)
  const isBlocked = ids.some((id) => blocked.has(id))
  const groups = around
    .takenBy(workspace.id, request.orderId ?? '')
    .flatMap(({ stackGroup }) => stackGroup ?? [])

  const alone = (coupon: KeptCoupon): ReturnType<typeof decide> => {
    const presented = presentedFor(coupon)
    const usedByMember = around.usedByMember(coupon, presented)
    const decision = decide(coupon, purchase, presented, now, { isBlocked, usedByMember })
    if (decision.kind === 'refused') return decision
    const { stackGroup } = coupon.terms
    if (stackGroup !== null && groups.some((group) => group !== stackGroup))
      return { kind: 'refused', code: 'stacking', because: 'other-coupon' }
    const left = around.budgetLeftMinor(coupon)
    return left !== null && decision.discountMinor + decision.worthMinor > left
      ? { kind: 'refused', code: 'budget' }
      : decision
  }
  const decided = new Map(coupons.map((coupon) => [coupon.couponId, alone(coupon)]))
  const usable = coupons.filter(({ couponId }) => decided.get(couponId)!.kind === 'granted')
  const lines =
    purchase.lines !== null && usable.some(({ terms }) => needsLines(terms))
      ? purchase.lines
      : [{ sku: null, product: null, category: null, amountMinor: purchase.amountMinor }]
  const benefits = [
    ...usable.map((coupon) => benefitOf(coupon.couponId, coupon, purchase, coupon.validTo)),
    ...besides(request),
  ]
  const mostOff = around.mostOffPercent(workspace.id)
  const best = bestCombination(lines, benefits, mostOff)
  const byId = new Map(coupons.map((coupon) => [coupon.couponId, coupon]))
  const quoted = (combination: Combination) => quotedOf(combination, byId, purchase.amountMinor)
  const others = alternatives(lines, benefits, mostOff).filter(
    (one) => costOf(one) > costOf(best) && one.steps.length > 0,
  )
  return {
    amountMinor: purchase.amountMinor,
    best: {
      ...quoted(best),
      said: arithmetic(language, workspace.currency, purchase.amountMinor, quoted(best), others[0]),
    },
    against: others.slice(0, 3).map(quoted),
    coupons: [
      ...(await Promise.all(
        coupons.map(async (coupon): Promise<QuotedCoupon> => {
          const decision = decided.get(coupon.couponId)!
          const used = best.steps.some(({ id }) => id === coupon.couponId)
          const unused = best.unused.find(({ id }) => id === coupon.couponId)
          return {
            code: coupon.code,
            sentence: offerSentence(language, await saidRule(workspace, store, coupon)),
            applies: decision.kind === 'granted',
            used,
            aloneMinor: decision.kind === 'granted' ? decision.discountMinor : null,
            reason: decision.kind === 'refused' ? decision.code : (unused?.reason ?? null),
            missingMinor:
              decision.kind === 'refused' && decision.code === 'min_spend' ? decision.missingMinor : null,
          }
        }),
      )),
      ...typed
        .filter((code) => found.of(workspace.id, code) === null)
        .map((code): QuotedCoupon => ({
          code,
          sentence: null,
          applies: false,
          used: false,
          aloneMinor: null,
          reason: 'unknown',
          missingMinor: null,
        })),
    ],
  }
}

/** The member price and points, which come after the coupons. */
function besides({ memberPricePercent, points, purchase }: QuoteRequest): Benefit[] {
  const all = { scope: {}, minSpendMinor: 0, stackGroup: null, withMemberPrice: true, validTo: null } as const
  return [
    ...(memberPricePercent === null || purchase.atMemberPrice
      ? []
      : [
          {
            ...all,
            id: memberPriceId,
            of: 'member-price' as const,
            gives: { kind: 'percent' as const, percent: memberPricePercent },
            priority: afterCoupons,
          },
        ]),
    ...(points === null
      ? []
      : [
          {
            ...all,
            id: pointsId,
            of: 'points' as const,
            gives: { kind: 'amount' as const, amountMinor: points.worthMinor },
            stackGroup: points.stackGroup,
            priority: afterCoupons + 1,
          },
        ]),
  ]
}

function quotedOf(
  { steps, paidMinor, worthMinor }: Combination,
  coupons: ReadonlyMap<string, KeptCoupon>,
  amountMinor: number,
): QuotedCombination {
  const named = steps.map(({ id, offMinor, worthMinor: worth, leftMinor }) => {
    const code = coupons.get(id)?.code ?? null
    const kind =
      code !== null ? ('coupon' as const) : id === pointsId ? ('points' as const) : ('member-price' as const)
    return { kind, code, discountMinor: offMinor, worthMinor: worth, leftMinor }
  })
  return {
    steps: named,
    codes: named.flatMap(({ code }) => code ?? []),
    discountMinor: amountMinor - paidMinor,
    payableMinor: paidMinor,
    worthMinor,
  }
}

/** The arithmetic in one sentence: ¥3,000.00 − ¥300.00 (KX7QM-2RTWA-9FHE) − ¥135.00 (member price) = ¥2,565.00. */
function arithmetic(
  language: Language,
  currency: string,
  amountMinor: number,
  { steps, payableMinor, worthMinor }: QuotedCombination,
  next: Combination | undefined,
): string {
  const money = (minor: number) => moneyText(minor, currency, language)
  const named = ({ kind, code }: QuotedCombination['steps'][number]) =>
    code === null
      ? sentence(language, kind === 'points' ? 'quote-points' : 'quote-member-price')
      : printedCode(code)
  const off = steps
    .filter(({ discountMinor }) => discountMinor > 0)
    .map((step) => sentence(language, 'quote-step', { amount: money(step.discountMinor), what: named(step) }))
  const beside = steps
    .filter((step) => step.worthMinor > 0)
    .map((step) => sentence(language, 'quote-worth', { amount: money(step.worthMinor), what: named(step) }))
  const sum =
    off.length === 0
      ? sentence(language, 'quote-nothing-off', { amount: money(amountMinor) })
      : sentence(language, 'quote-sum', {
          amount: money(amountMinor),
          steps: off.join(' '),
          paid: money(payableMinor),
        })
  const clauses = [
    sum,
    ...beside,
    ...(next
      ? [
          sentence(language, 'quote-against', {
            cost: money(payableMinor - worthMinor),
            other: money(costOf(next)),
          }),
        ]
      : []),
  ]
  return `${clauses.join(language === 'en' ? '; ' : '；')}${language === 'en' ? '.' : '。'}`
}
