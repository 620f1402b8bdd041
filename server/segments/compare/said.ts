import type { Workspace } from '../../workspaces/workspaces.ts'
import { type Language, sentence, type Values } from '../../messages/messages.ts'
import { moneyText } from '../../messages/money.ts'
import type { Difference, Differences, Side } from './differences.ts'

/** Of fewer members a share is told as a count. */
const fewest = 30

const frequencyWords: Readonly<Record<string, string>> = {
  '0': 'none',
  '1': 'once',
  '2': 'twice',
  '3-5': 'few',
  '6-10': 'several',
  '11+': 'many',
}

/** How the sentences call the two sides: a saved segment by its name, everyone else as the others, else by A and B. */
export function sideNames({ a, b }: Pick<Differences, 'a' | 'b'>, language: Language) {
  return {
    a: calledBy(a, 'a', language),
    b: b.expression === 'everyone' ? sentence(language, 'compare-others') : calledBy(b, 'b', language),
  }
}

const calledBy = ({ name }: Side, side: 'a' | 'b', language: Language): string =>
  name === null ? sentence(language, `compare-${side}`) : sentence(language, 'compare-quoted', { name })

/** Who is compared with whom, and what became of members of both. */
export function howCompared(compared: Differences, language: Language): string {
  const { a, b, both, how } = compared
  const forms = { apart: 'apart', 'a-in-b': 'aInB', 'b-in-a': 'bInA', overlapping: 'overlapping' } as const
  const names = { a: calledBy(a, 'a', language), b: calledBy(b, 'b', language) }
  return sentence(language, 'compare-how', {
    how: b.expression === 'everyone' ? 'others' : forms[how],
    ...names,
    both,
    inA: a.members,
    restA: a.compared.members,
    restB: b.compared.members,
  })
}

/** How many things tell the sides apart. */
export const findingOf = ({ telling, looks }: Differences, language: Language): string =>
  sentence(language, telling === 0 ? 'compare-none' : 'compare-some', { telling, looks })

/** One difference in plain words, such as “62.0% of A bought 奶粉, 31.0% of B: 31.0 points more (28.0–34.0)”. */
export function differenceSaid(
  one: Difference,
  compared: Pick<Differences, 'a' | 'b'>,
  { currency }: Pick<Workspace, 'currency'>,
  language: Language,
): string {
  const names = sideNames(compared, language)
  const [low, high] = [Math.abs(one.low), Math.abs(one.high)].toSorted((x, y) => x - y)
  const more = one.difference > 0 ? 'yes' : 'no'
  const decimal = new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
  const percent = new Intl.NumberFormat(language, {
    style: 'percent',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  })
  const points = (value: number) => decimal.format(Math.abs(value) * 100)
  const told = (key: Parameters<typeof sentence>[1], values: Values) => {
    const said = sentence(language, key, values)
    return one.asked ? sentence(language, 'compare-asked', { sentence: said }) : said
  }
  if (one.kind === 'share') {
    const { a, b } = one.counts
    const id = one.id as Exclude<Difference['id'], keyof typeof written>
    const unknown = one.value === null ? `compare-unknown-${id as UnknownTrait}` : undefined
    const value = id === 'frequency' ? frequencyWords[one.value!]! : (one.value ?? '')
    return told('compare-share', {
      ...names,
      smallA: a.of < fewest ? 'yes' : 'no',
      smallB: b.of < fewest ? 'yes' : 'no',
      haveA: a.have!,
      haveB: b.have!,
      ofA: a.of,
      ofB: b.of,
      shareA: percent.format(one.a),
      shareB: percent.format(one.b),
      trait: sentence(language, (unknown ?? `compare-trait-${id}`) as Parameters<typeof sentence>[1], {
        value,
      }),
      points: points(one.difference),
      low: points(low!),
      high: points(high!),
      more,
    })
  }
  const id = one.id as keyof typeof written
  const write = {
    decimal: (value: number) => decimal.format(value),
    money: (value: number) => moneyText(Math.round(value), currency, language),
    share: (value: number) => percent.format(value),
  }[written[id]]
  const between = written[id] === 'share' ? points : write
  return told(`compare-mean-${id}`, {
    ...names,
    valueA: write(one.a),
    valueB: write(one.b),
    by: between(Math.abs(one.difference)),
    low: between(low!),
    high: between(high!),
    more,
  })
}

/** How the values of measured traits are written. */
const written = {
  orders: 'decimal',
  'days-silent': 'decimal',
  net: 'money',
  'average-order': 'money',
  'discounted-share': 'share',
} as const

type UnknownTrait = 'category' | 'store' | 'channel' | 'tier' | 'region' | 'gender' | 'daypart'
