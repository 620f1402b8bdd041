import type { CampaignDefinition } from '../campaigns/definition.ts'
import { printedCode } from '../coupons/code.ts'
import { dayText, offerGives, offerSentence } from '../coupons/offer-sentence.ts'
import { lastDayOf } from '../coupons/said-rule.ts'
import type { Language } from '../messages/messages.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { type CouponMessage, isOfCoupon, type OutboxMessage } from './outbox.ts'
import type { Values } from './template.ts'

/** What a coupon's message may say, beside what is known of the member. */
export function couponValues(
  language: Language,
  workspace: Workspace,
  coupon: Pick<CouponMessage, 'campaign' | 'code' | 'offer' | 'minSpendMinor' | 'validTo'>,
  terms: CampaignDefinition['terms'],
): Values {
  const last = lastDayOf(coupon.validTo, workspace)
  return {
    'coupon.code': printedCode(coupon.code),
    'coupon.offer': offerSentence(language, {
      offer: coupon.offer,
      minSpendMinor: coupon.minSpendMinor,
      terms,
      currency: workspace.currency,
      good: { kind: 'through', last },
    }),
    'coupon.gives': offerGives(language, workspace.currency, coupon.offer),
    'coupon.last_day': dayText(language, last),
    ...plainValues(workspace, coupon),
  }
}

/** What a message without a coupon may say, beside what is known of the member. */
export const plainValues = (workspace: Workspace, { campaign }: Pick<OutboxMessage, 'campaign'>): Values => ({
  'campaign.name': campaign,
  'shop.name': workspace.name,
})

/** What a message of the outbox may say; `terms` are those of its coupon, if it has one. */
export const messageValues = (
  language: Language,
  workspace: Workspace,
  message: OutboxMessage,
  terms: CampaignDefinition['terms'],
): Values =>
  isOfCoupon(message) ? couponValues(language, workspace, message, terms) : plainValues(workspace, message)
