import type { CampaignDefinition } from '../campaigns/definition.ts'
import { printedCode } from '../coupons/code.ts'
import { dayText, offerGives, offerSentence } from '../coupons/offer-sentence.ts'
import { lastDayOf } from '../coupons/said-rule.ts'
import type { Language } from '../messages/messages.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { CouponMessage } from './outbox.ts'
import type { Values } from './template.ts'

/** What a coupon's message may say, beside what is known of the member. */
export function couponValues(
  language: Language,
  workspace: Workspace,
  coupon: Pick<CouponMessage, 'campaign' | 'code' | 'offer' | 'minSpendMinor' | 'validTo'> & {
    terms: CampaignDefinition['terms']
  },
): Values {
  const last = lastDayOf(coupon.validTo, workspace)
  return {
    'coupon.code': printedCode(coupon.code),
    'coupon.offer': offerSentence(language, {
      offer: coupon.offer,
      minSpendMinor: coupon.minSpendMinor,
      terms: coupon.terms,
      currency: workspace.currency,
      good: { kind: 'through', last },
    }),
    'coupon.gives': offerGives(language, workspace.currency, coupon.offer),
    'coupon.last_day': dayText(language, last),
    'campaign.name': coupon.campaign,
    'shop.name': workspace.name,
  }
}
