import type { Definition } from './draft.ts'

type Channel = Definition['channel']

/** How a message goes out and what it says, as it stands in the composer's fields. */
export interface ChannelFields {
  readonly channel: Channel['kind']
  readonly url: string
  readonly mailSubject: string
  readonly mailText: string
  /** Empty: made of the text. */
  readonly mailHtml: string
  readonly mailLanguage: 'en' | 'zh-CN'
  readonly smsTemplate: string
  /** A line `name=text` each. */
  readonly smsParams: string
  /** The template's text, for the preview; empty: not known. */
  readonly smsText: string
  readonly wechatTemplate: string
  /** A line `name=text` each. */
  readonly wechatData: string
  /** Empty: a tap leads nowhere. */
  readonly wechatUrl: string
  /** Of a mini program; empty: a tap leads into none. */
  readonly wechatAppId: string
  readonly wechatPage: string
  /** What staff say or write, by hand. */
  readonly handWords: string
}

export const noChannel: ChannelFields = {
  channel: 'csv',
  url: '',
  mailSubject: '',
  mailText: '',
  mailHtml: '',
  mailLanguage: 'en',
  smsTemplate: '',
  smsParams: '',
  smsText: '',
  wechatTemplate: '',
  wechatData: '',
  wechatUrl: '',
  wechatAppId: '',
  wechatPage: '',
  handWords: '',
}

/** Whether staff pass the messages on, from a list. */
export const isByHand = (channel: ChannelFields['channel']): channel is 'calls' | 'wecom' =>
  channel === 'calls' || channel === 'wecom'

export const channelProblems = [
  'url',
  'mailSubject',
  'mailText',
  'smsTemplate',
  'smsParams',
  'wechatTemplate',
  'wechatData',
  'wechatUrl',
  'wechatAppId',
  'wechatPage',
  'handWords',
  'noChannel',
  'namesCoupon',
] as const
export type ChannelProblem = (typeof channelProblems)[number]

/** What is still wrong in the fields. `hasCoupon`: false for a message alone, which needs words and names no coupon. */
export function channelProblemsOf(fields: ChannelFields, hasCoupon: boolean): ChannelProblem[] {
  const [appId, page] = [fields.wechatAppId.trim(), fields.wechatPage.trim()]
  const hasMiniProgram = fields.channel === 'wechat' && (appId !== '' || page !== '')
  const wrong: Partial<Record<ChannelProblem, boolean>> = {
    noChannel: fields.channel === 'csv' && !hasCoupon,
    url: fields.channel === 'webhook' && !isAddress(fields.url),
    mailSubject: fields.channel === 'mail' && !fields.mailSubject.trim(),
    mailText: fields.channel === 'mail' && !fields.mailText.trim(),
    smsTemplate: fields.channel === 'sms' && !/^\w{1,50}$/.test(fields.smsTemplate.trim()),
    smsParams: fields.channel === 'sms' && paramsFrom(fields.smsParams) === null,
    wechatTemplate: fields.channel === 'wechat' && !/^[\w-]{10,100}$/.test(fields.wechatTemplate.trim()),
    wechatData: fields.channel === 'wechat' && paramsFrom(fields.wechatData) === null,
    wechatUrl:
      fields.channel === 'wechat' &&
      fields.wechatUrl.trim() !== '' &&
      !/^https?:\/\/[^\s/{}?#]+([/?#]|$)/.test(fields.wechatUrl.trim()),
    wechatAppId: hasMiniProgram && !/^wx[0-9a-f]{16}$/.test(appId),
    wechatPage: hasMiniProgram && !/^[^\s/{}?#:]+(?:\/[^\s{}?#]+)*(?:[?#].*)?$/.test(page),
    handWords: isByHand(fields.channel) && !fields.handWords.trim(),
    namesCoupon: !hasCoupon && wordsOf(fields).some((text) => /\{\{[^}]*\bcoupon\./.test(text)),
  }
  return channelProblems.filter((problem) => wrong[problem])
}

function wordsOf(fields: ChannelFields): string[] {
  switch (fields.channel) {
    case 'mail':
      return [fields.mailSubject, fields.mailText, fields.mailHtml]
    case 'sms':
      return [fields.smsParams]
    case 'wechat':
      return [fields.wechatData, fields.wechatUrl, fields.wechatPage]
    case 'calls':
    case 'wecom':
      return [fields.handWords]
    case 'csv':
    case 'webhook':
      return []
  }
}

function isAddress(text: string): boolean {
  try {
    return /^https?:$/.test(new URL(text).protocol)
  } catch {
    return false
  }
}

/** The parameters that lines such as `code=…` name; null when a line is none. */
function paramsFrom(text: string): Record<string, string> | null {
  const params: Record<string, string> = {}
  for (const line of text.split('\n').filter((one) => one.trim())) {
    const [, name, value] = /^\s*(\w{1,50})\s*=\s*(\S.*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) return null
    params[name] = value.trim()
  }
  return params
}

const linesOf = (params: Readonly<Record<string, string>>) =>
  Object.entries(params)
    .map(([name, text]) => `${name}=${text}`)
    .join('\n')

/** The channel that fields make in which nothing is wrong. */
export function channelFrom(fields: ChannelFields): Channel {
  const language = fields.mailLanguage
  switch (fields.channel) {
    case 'csv':
      return { kind: 'csv' }
    case 'webhook':
      return { kind: 'webhook', url: fields.url.trim() }
    case 'mail': {
      const html = fields.mailHtml.trim()
      return {
        kind: 'mail',
        subject: fields.mailSubject.trim(),
        text: fields.mailText.trim(),
        ...(html ? { html } : {}),
        language,
      }
    }
    case 'sms': {
      const text = fields.smsText.trim()
      return {
        kind: 'sms',
        templateCode: fields.smsTemplate.trim(),
        params: paramsFrom(fields.smsParams)!,
        ...(text ? { text } : {}),
        language,
      }
    }
    case 'wechat': {
      const url = fields.wechatUrl.trim()
      const appId = fields.wechatAppId.trim()
      return {
        kind: 'wechat',
        templateId: fields.wechatTemplate.trim(),
        data: paramsFrom(fields.wechatData)!,
        ...(url ? { url } : {}),
        ...(appId ? { miniProgram: { appId, path: fields.wechatPage.trim() } } : {}),
        language,
      }
    }
    case 'calls':
    case 'wecom':
      return { kind: fields.channel, words: fields.handWords.trim(), language }
  }
}

/** For an estimate words and addresses don't matter, but whom the channel reaches. */
export function channelToEstimate({ channel, mailLanguage: language }: ChannelFields): Channel {
  switch (channel) {
    case 'csv':
    case 'webhook':
      return { kind: 'csv' }
    case 'mail':
      return { kind: 'mail', subject: '–', text: '–', language }
    case 'sms':
      return { kind: 'sms', templateCode: '_', params: {}, language }
    case 'wechat':
      return { kind: 'wechat', templateId: '__________', data: {}, language }
    case 'calls':
    case 'wecom':
      return { kind: channel, words: '–', language }
  }
}

/** The fields of a channel that was saved. */
export function channelFieldsOf(channel: Channel): ChannelFields {
  const of = { ...noChannel, channel: channel.kind }
  switch (channel.kind) {
    case 'csv':
      return of
    case 'webhook':
      return { ...of, url: channel.url }
    case 'mail':
      return {
        ...of,
        mailSubject: channel.subject,
        mailText: channel.text,
        mailHtml: channel.html ?? '',
        mailLanguage: channel.language,
      }
    case 'sms':
      return {
        ...of,
        smsTemplate: channel.templateCode,
        smsParams: linesOf(channel.params),
        smsText: channel.text ?? '',
        mailLanguage: channel.language,
      }
    case 'wechat':
      return {
        ...of,
        wechatTemplate: channel.templateId,
        wechatData: linesOf(channel.data),
        wechatUrl: channel.url ?? '',
        wechatAppId: channel.miniProgram?.appId ?? '',
        wechatPage: channel.miniProgram?.path ?? '',
        mailLanguage: channel.language,
      }
    case 'calls':
    case 'wecom':
      return { ...of, handWords: channel.words, mailLanguage: channel.language }
  }
}
