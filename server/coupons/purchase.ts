import { type BasketLine, type Benefit, combined, hindranceOf, isWithin, type Scope } from './combination.ts'
import { isBeside, type Offer, worthOf } from './offer.ts'
import type { Named, OfferTerms } from './terms.ts'

/** What somebody buys, before anything is taken off. Money in minor units. */
export interface Purchase {
  readonly amountMinor: number
  /** Null: the caller names no lines. */
  readonly lines: readonly BasketLine[] | null
  /** A cashier has seen that the amount is of goods that the offer is for, in a store where it is good. */
  readonly scopeSeen: boolean
  readonly storeId: string | null
  /** The delivery fee beside the amount; null: not told. */
  readonly shippingMinor: number | null
  /** The amounts are member prices already. */
  readonly atMemberPrice: boolean
}

/** A purchase of which nothing is known but what it comes to. */
export const purchaseOf = (amountMinor: number, differs: Partial<Purchase> = {}): Purchase => ({
  amountMinor,
  lines: null,
  scopeSeen: false,
  storeId: null,
  shippingMinor: null,
  atMemberPrice: false,
  ...differs,
})

interface Ruled {
  readonly offer: Offer
  readonly minSpendMinor: number
  readonly terms: OfferTerms
}

/** Why an offer is not for a purchase. */
export type NotFor =
  | { kind: 'out_of_scope'; because: 'store' | 'lines' | 'lines-unknown' }
  | { kind: 'min_spend'; missingMinor: number }

/** What an offer gives on a purchase: off the amount, and beside it. */
export interface Given {
  readonly kind: 'given'
  readonly discountMinor: number
  readonly worthMinor: number
}

/** What an offer gives on a purchase, or why it is not for it. */
export function givenOn(rule: Ruled, purchase: Purchase): Given | NotFor {
  if (!purchase.scopeSeen && !isInStore(rule.terms, purchase.storeId))
    return { kind: 'out_of_scope', because: 'store' }
  const lines = linesFor(rule.terms, purchase)
  if (lines === null) return { kind: 'out_of_scope', because: 'lines-unknown' }
  const benefit = benefitOf('', rule, purchase)
  const hindered = hindranceOf(lines, benefit)
  if (hindered?.reason === 'out_of_scope') return { kind: 'out_of_scope', because: 'lines' }
  if (hindered?.reason === 'min_spend') return { kind: 'min_spend', missingMinor: hindered.missingMinor }
  const { steps } = combined(lines, [benefit])
  const { offMinor, worthMinor } = steps[0]!
  return { kind: 'given', discountMinor: Math.min(offMinor, purchase.amountMinor), worthMinor }
}

/** An offer as combinations take it, of a purchase in a store that it is for. `id` names the coupon. */
export function benefitOf(
  id: string,
  { offer, minSpendMinor, terms }: Ruled,
  purchase: Purchase,
  validTo: string | null = null,
): Benefit {
  const scope = scopeOf(terms, purchase)
  return {
    id,
    of: 'coupon',
    gives: isBeside(offer)
      ? { kind: 'worth', worthMinor: worthOf(offer, amountWithin(scope, purchase), purchase.shippingMinor) }
      : offer,
    scope,
    minSpendMinor,
    stackGroup: terms.stackGroup,
    withMemberPrice: terms.withMemberPrice,
    priority: terms.priority,
    validTo,
  }
}

/** Whether it is good in a store. One that is good in some stores only is good in no store that is not named. */
const isInStore = ({ only, except }: OfferTerms, storeId: string | null): boolean =>
  (only?.stores === undefined || (storeId !== null && only.stores.includes(storeId))) &&
  !(except?.stores !== undefined && storeId !== null && except.stores.includes(storeId))

/**
 * The lines that an offer looks at: those of the purchase where its scope names any, else the whole as one. Null: it
 * would need lines.
 */
function linesFor(terms: OfferTerms, purchase: Purchase): readonly BasketLine[] | null {
  const scope = scopeOf(terms, purchase)
  if (scope.only === undefined && scope.except === undefined)
    return [{ sku: null, product: null, category: null, amountMinor: purchase.amountMinor }]
  return purchase.lines
}

const amountWithin = (scope: Scope, { amountMinor, lines }: Purchase): number =>
  lines === null || (scope.only === undefined && scope.except === undefined)
    ? amountMinor
    : lines.reduce(
        (total, line) => total + (line.amountMinor > 0 && isWithin(line, scope) ? line.amountMinor : 0),
        0,
      )

/** The part of a scope that is about lines, where nobody has seen to it yet. */
function scopeOf({ only, except }: OfferTerms, { scopeSeen }: Purchase): Scope {
  if (scopeSeen) return {}
  return {
    ...(only && namesLines(only) ? { only } : {}),
    ...(except && namesLines(except) ? { except } : {}),
  }
}

/** Whether an offer is for some goods only. */
export const needsLines = ({ only, except }: OfferTerms): boolean =>
  (only !== undefined && namesLines(only)) || (except !== undefined && namesLines(except))

/** Whether somebody has to look at a purchase before an offer is good for it: at the goods, the store, the prices. */
export const needsSeeing = ({ only, except, withMemberPrice }: OfferTerms): boolean =>
  only !== undefined || except !== undefined || !withMemberPrice

const namesLines = ({ skus, products, categories }: Named): boolean =>
  skus !== undefined || products !== undefined || categories !== undefined
