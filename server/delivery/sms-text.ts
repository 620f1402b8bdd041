import type { SmsChannel } from './sms-sender.ts'
import type { SmsSettings } from './sms-settings.ts'

/** A short message as the platform puts it together. */
export interface WrittenSms {
  readonly params: Readonly<Record<string, string>>
  /** With the signature before it; null: the campaign does not have the template's text. */
  readonly text: string | null
  /** Messages that it is counted as; null: the text is not known. */
  readonly parts: number | null
  /** Null: the text or the price is not known. */
  readonly costMinor: number | null
  /** Whether it says how to get no more; null: the text is not known. */
  readonly saysOptOut: boolean | null
  /** Names in the text that have no value. */
  readonly unfilled: readonly string[]
}

const longestWhole = 70
const longestPart = 67

/**
 * So many messages a text of the platform is counted as, with its signature: one up to 70 signs, above that one for
 * each 67.
 * Source: https://help.aliyun.com/document_detail/108253.html
 */
export const smsParts = (signs: number): number =>
  signs <= longestWhole ? 1 : Math.ceil(signs / longestPart)

/** `settings` null: short messages are not set up. */
export function writtenSms(
  { text }: Pick<SmsChannel, 'text'>,
  params: Readonly<Record<string, string>>,
  settings: Pick<SmsSettings, 'signName' | 'priceMinor'> | null,
): WrittenSms {
  if (text === undefined)
    return { params, text: null, parts: null, costMinor: null, saysOptOut: null, unfilled: [] }
  const unfilled = new Set<string>()
  const filled = text.replaceAll(/\$\{(\w+)\}/g, (whole, param: string) => {
    if (param in params) return params[param]!
    unfilled.add(param)
    return whole
  })
  const whole = `${settings ? `【${settings.signName}】` : ''}${filled}`
  const parts = smsParts([...whole].length)
  return {
    params,
    text: whole,
    parts,
    costMinor: settings ? parts * settings.priceMinor : null,
    saysOptOut: /退订|拒收|回复?\s*[TtRrNn]|unsubscribe|opt.?out|reply stop/i.test(filled),
    unfilled: [...unfilled],
  }
}
