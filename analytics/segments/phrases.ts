import type { Test } from './ast.ts'

/**
 * How a condition on each field reads as a phrase about members, in both languages. `{}` stands for what
 * is asked: "at least 2 orders", "before 31 Jan 2026", "“Tea” or “Cake”".
 */
export interface Phrase {
  readonly is: string
  /** `!=`, where `{}` alone would read badly. */
  readonly other?: string
  /** `= 0`. */
  readonly none?: string
  /** Any of several listed texts. */
  readonly any?: string
  readonly known?: string
  readonly unknown?: string
  /** NOT around the condition; and around `any`. */
  readonly not?: string
  readonly notAny?: string
  /** Single words that have a phrase of their own. */
  readonly words?: Readonly<Record<string, string>>
  /** NOT around such a word: whoever has no value at all is among them. */
  readonly notWords?: Readonly<Record<string, string>>
}

export const phrases: Readonly<Record<string, { readonly en: Phrase; readonly 'zh-CN': Phrase }>> = {
  orders: {
    en: { is: 'placed {}', none: 'never ordered' },
    'zh-CN': { is: '累计下过{}', none: '从未下单' },
  },
  purchase_days: {
    en: { is: 'bought on {}', none: 'bought on no day' },
    'zh-CN': { is: '购买过{}', none: '没有购买过' },
  },
  net: {
    en: { is: 'spent {} in all', none: 'spent nothing in all' },
    'zh-CN': { is: '累计消费{}', none: '累计消费为零' },
  },
  average_order: {
    en: { is: 'spend {} per order', unknown: 'have no average order yet', known: 'have an average order' },
    'zh-CN': { is: '笔单价{}', unknown: '还没有笔单价', known: '有笔单价' },
  },
  value_at_risk: {
    en: {
      is: 'spent {} in the year before they went quiet',
      none: 'spent nothing in the year before they went quiet',
    },
    'zh-CN': { is: '沉默前一年消费{}', none: '沉默前一年没有消费' },
  },
  first_order: {
    en: { is: 'first ordered {}', known: 'have ordered', unknown: 'have never ordered' },
    'zh-CN': { is: '首单{}', known: '下过单', unknown: '没有下过单' },
  },
  second_order: {
    en: {
      is: 'came back for a second day {}',
      known: 'came back on another day',
      unknown: 'never came back on another day',
    },
    'zh-CN': { is: '第二次购买{}', known: '换一天再次购买过', unknown: '没有换一天再次购买过' },
  },
  last_order: {
    en: { is: 'last ordered {}', known: 'have ordered', unknown: 'have never ordered' },
    'zh-CN': { is: '最近一单{}', known: '下过单', unknown: '没有下过单' },
  },
  days_since_order: {
    en: { is: 'last ordered {} ago', known: 'have ordered', unknown: 'have never ordered' },
    'zh-CN': { is: '最近一单距今{}', known: '下过单', unknown: '没有下过单' },
  },
  status: {
    en: { is: 'are {}', other: 'are anything but {}', words: { 'never bought': 'have never bought' } },
    'zh-CN': { is: '状态为{}', other: '状态不是{}', words: { 'never bought': '从未购买' } },
  },
  first_seen: {
    en: {
      is: 'have “first seen” {}',
      words: {
        true: 'were first seen near the start of the data',
        false: 'were not first seen near the start of the data',
      },
    },
    'zh-CN': { is: '“首次出现”为{}', words: { true: '首单落在数据起始阶段', false: '首单不在数据起始阶段' } },
  },
  store: {
    en: {
      is: 'shop mostly at {}',
      other: 'shop mostly at a store other than {}',
      known: 'have a main store',
      unknown: 'have no main store',
    },
    'zh-CN': { is: '主要门店为{}', other: '主要门店不是{}', known: '有主要门店', unknown: '没有主要门店' },
  },
  joined: {
    en: { is: 'joined {}', known: 'have a known joining day', unknown: 'have no known joining day' },
    'zh-CN': { is: '入会时间{}', known: '入会时间已知', unknown: '入会时间未知' },
  },
  days_since_joined: {
    en: {
      is: 'joined {} ago',
      known: 'have a known joining day',
      unknown: 'have no known joining day',
    },
    'zh-CN': { is: '入会{}', known: '入会时间已知', unknown: '入会时间未知' },
  },
  channel: {
    en: { is: 'joined through {}', other: 'joined through a channel other than {}' },
    'zh-CN': { is: '通过{}入会', other: '通过{}以外的渠道入会' },
  },
  region: {
    en: { is: 'live in {}', other: 'live somewhere other than {}' },
    'zh-CN': { is: '所在地区为{}', other: '所在地区不是{}' },
  },
  tier: {
    en: { is: 'have the tier {}', other: 'have a tier other than {}' },
    'zh-CN': { is: '等级为{}', other: '等级不是{}' },
  },
  points: {
    en: { is: 'have {}', none: 'have no points' },
    'zh-CN': { is: '积分{}', none: '没有积分' },
  },
  stored_value: {
    en: { is: 'have {} stored on their account', none: 'have nothing stored on their account' },
    'zh-CN': { is: '储值余额{}', none: '没有储值余额' },
  },
  gender: {
    en: { is: 'are {}', other: 'are of a gender other than {}' },
    'zh-CN': { is: '性别为{}', other: '性别不是{}' },
  },
  birthday_in: {
    en: { is: 'have a birthday in {}', none: 'have their birthday on the day' },
    'zh-CN': { is: '距生日{}', none: '当天过生日' },
  },
  consent: {
    en: {
      is: 'answered {} when asked for consent',
      other: 'answered something other than {} when asked for consent',
      known: 'said whether they may be contacted',
      unknown: 'were never asked whether they may be contacted',
      words: { granted: 'agreed to be contacted', denied: 'declined contact' },
      notWords: { granted: 'have not agreed to be contacted', denied: 'have not declined contact' },
    },
    'zh-CN': {
      is: '对联系的答复为{}',
      other: '对联系的答复不是{}',
      known: '已表示是否可联系',
      unknown: '是否可联系未知',
      words: { granted: '同意联系', denied: '拒绝联系' },
      notWords: { granted: '未同意联系', denied: '未拒绝联系' },
    },
  },
  tag: {
    en: {
      is: 'carry the tag {}',
      any: 'carry one of the tags {}',
      not: 'don’t carry the tag {}',
      notAny: 'carry none of the tags {}',
      known: 'carry any tag',
      unknown: 'carry no tag',
    },
    'zh-CN': {
      is: '带有标签{}',
      any: '带有标签{}',
      not: '不带标签{}',
      notAny: '不带标签{}',
      known: '带有任一标签',
      unknown: '没有任何标签',
    },
  },
  treated_in: {
    en: {
      is: 'were sent a coupon by the campaign {}',
      any: 'were sent a coupon by one of the campaigns {}',
      not: 'were not sent a coupon by the campaign {}',
      notAny: 'were sent a coupon by none of the campaigns {}',
      known: 'were sent a coupon by any campaign',
      unknown: 'were sent a coupon by no campaign',
    },
    'zh-CN': {
      is: '在活动{}中收到过券',
      any: '在活动{}中收到过券',
      not: '在活动{}中没有收到券',
      notAny: '在活动{}中都没有收到券',
      known: '在任一活动中收到过券',
      unknown: '没有在任何活动中收到过券',
    },
  },
  held_out_of: {
    en: {
      is: 'were held out of the campaign {}',
      any: 'were held out of one of the campaigns {}',
      not: 'were not held out of the campaign {}',
      notAny: 'were held out of none of the campaigns {}',
      known: 'were held out of any campaign',
      unknown: 'were held out of no campaign',
    },
    'zh-CN': {
      is: '在活动{}的对照组中',
      any: '在活动{}的对照组中',
      not: '不在活动{}的对照组中',
      notAny: '都不在活动{}的对照组中',
      known: '在任一活动的对照组中',
      unknown: '不在任何活动的对照组中',
    },
  },
  member: {
    en: {
      is: 'have the member id {}',
      any: 'have one of the member ids {}',
      not: 'have another member id than {}',
      notAny: 'have none of the member ids {}',
    },
    'zh-CN': { is: '会员编号为{}', any: '会员编号为{}', not: '会员编号不是{}', notAny: '会员编号不是{}' },
  },
}

const daysByNumber = (phrase: (number: number) => string) =>
  Object.fromEntries(Array.from({ length: 20 }, (_, i) => [String(i + 1), phrase(i + 1)]))

/** How a condition on an order inside a measure reads: "at “West”", "在“西湖店”". */
export const orderPhrases: Readonly<Record<string, { readonly en: Phrase; readonly 'zh-CN': Phrase }>> = {
  category: {
    en: {
      is: 'with {}',
      other: 'with something other than {}',
      known: 'with a known category',
      unknown: 'without a category',
    },
    'zh-CN': { is: '含{}', other: '含{}以外品类', known: '含已知品类', unknown: '品类未知' },
  },
  store: {
    en: {
      is: 'at {}',
      other: 'at a store other than {}',
      known: 'at a known store',
      unknown: 'at no known store',
    },
    'zh-CN': { is: '在{}', other: '在{}以外的门店', known: '在已知门店', unknown: '在未知门店' },
  },
  channel: {
    en: {
      is: 'through {}',
      other: 'through a channel other than {}',
      known: 'through a known channel',
      unknown: 'through no known channel',
    },
    'zh-CN': { is: '通过{}', other: '通过{}以外的渠道', known: '通过已知渠道', unknown: '通过未知渠道' },
  },
  day: {
    en: { is: '{}', known: 'on a known day', unknown: 'on no known day' },
    'zh-CN': { is: '{}', known: '在已知日期', unknown: '在未知日期' },
  },
  purchase_day: {
    en: {
      is: 'on a purchase day whose number is {}',
      known: 'on a numbered purchase day',
      unknown: 'on no numbered purchase day',
      words: daysByNumber((number) => `on purchase day ${number}`),
    },
    'zh-CN': {
      is: '在编号{}的购买日',
      known: '在有编号的购买日',
      unknown: '在没有编号的购买日',
      words: daysByNumber((number) => `在第 ${number} 个购买日`),
    },
  },
  days_after_previous: {
    en: {
      is: '{} after the purchase day before',
      known: 'opening a purchase day after the first',
      unknown: 'not opening a purchase day after the first',
    },
    'zh-CN': {
      is: '（距上一个购买日{}）',
      known: '（并非首个购买日的当天首单）',
      unknown: '（首个购买日，或当天的后续订单）',
    },
  },
}

/** Which part of a phrase says the test. */
export function partOf(phrase: Phrase, test: Test, negated: boolean): string | undefined {
  switch (test.kind) {
    case 'known':
      return negated ? phrase.unknown : phrase.known
    case 'unknown':
      return negated ? phrase.known : phrase.unknown
    case 'in':
      return negated ? phrase.notAny : (phrase.any ?? phrase.is)
    case 'between':
      return negated ? undefined : phrase.is
    case 'compare': {
      if (negated)
        return test.operator === '=' ? (phrase.notWords?.[String(test.value)] ?? phrase.not) : undefined
      const word =
        typeof test.value === 'boolean'
          ? phrase.words?.[String(test.value === (test.operator === '='))]
          : test.operator === '='
            ? phrase.words?.[test.value]
            : undefined
      if (word !== undefined) return word
      if (test.operator === '=' && test.value === 0 && phrase.none !== undefined) return phrase.none
      return test.operator === '!=' && phrase.other !== undefined ? phrase.other : phrase.is
    }
  }
}
