import type { Clause, Comparator, Expression, Subject, Value } from '../../../analytics/segments/ast.ts'

/**
 * What the tree may ask of a member, as of any day: conditions of the segment language that are met one after the
 * other as a value rises. A member's bin is how many of them are met, so that a split is a condition, and means on
 * every day what the language means by it.
 */
export interface Feature {
  /** From the lowest value on. */
  readonly conditions: readonly Clause[]
  /** The condition for those who do not meet one: where every buyer has a value its opposite, else NOT. */
  readonly otherwise: (condition: Clause) => Expression
  /** Who meets a condition has bought; `both`: who does not meet it, by `otherwise`, has as well. */
  readonly bought: 'from' | 'both' | 'neither'
  /** The values are whole numbers, so that less than 3 is at most 2. */
  readonly whole: boolean
}

/** All questions are about members who have bought. */
export const buyers: Clause = {
  kind: 'clause',
  subject: { kind: 'field', field: 'orders' },
  test: { kind: 'compare', operator: '>=', value: 1 },
}

const field = (name: string): Subject => ({ kind: 'field', field: name })
const ordersWithin = (days: number): Subject => ({
  kind: 'measure',
  measure: 'orders',
  where: [{ kind: 'within', days }],
})

const compared = (subject: Subject, operator: Comparator, value: Value): Clause => ({
  kind: 'clause',
  subject,
  test: { kind: 'compare', operator, value },
})

const opposite = { '>=': '<', '<=': '>' } as const

function ordered(
  subject: Subject,
  values: readonly Value[],
  {
    operator = '>=',
    known,
    bought,
    whole,
  }: { operator?: '>=' | '<='; known: boolean } & Pick<Feature, 'bought' | 'whole'>,
): Feature {
  return {
    bought,
    whole,
    conditions: values.map((value) => compared(subject, operator, value)),
    otherwise: ({ test, ...clause }) =>
      known && test.kind === 'compare'
        ? { ...clause, test: { ...test, operator: opposite[operator] } }
        : { kind: 'not', part: { ...clause, test } },
  }
}

const oneOf = (condition: Clause, bought: Feature['bought']): Feature => ({
  bought,
  whole: false,
  conditions: [condition],
  otherwise: (part) => ({ kind: 'not', part }),
})

const days = [7, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365, 545, 730]
const percents = [10, 20, 30, 40, 50, 60, 70, 80, 90]
const ages = [20, 25, 30, 35, 40, 45, 50, 55, 60, 65]

/** What of the shop's own data the features are made of. */
export interface FoundValues {
  /** Amounts in currency units between which buyers' net spend and average order lie, rising. */
  readonly net: readonly number[]
  readonly averageOrder: readonly number[]
  readonly stores: readonly string[]
  readonly channels: readonly string[]
  readonly categories: readonly string[]
}

/** Every feature, in the order in which equals are preferred. Each field's past is known in full. */
export const featuresOf = (found: FoundValues): Feature[] => [
  ordered(field('days_since_order'), days, { known: true, bought: 'both', whole: true }),
  ordered(field('orders'), [2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50], {
    known: true,
    bought: 'from',
    whole: true,
  }),
  ordered(ordersWithin(90), [1, 2, 3, 4, 5, 6, 8, 10, 15], { known: true, bought: 'from', whole: true }),
  ordered(ordersWithin(365), [1, 2, 3, 4, 5, 6, 8, 10, 15, 20], { known: true, bought: 'from', whole: true }),
  ordered(field('net'), found.net, { known: true, bought: 'neither', whole: false }),
  ordered(field('average_order'), found.averageOrder, { known: true, bought: 'both', whole: false }),
  ordered(
    field('first_order'),
    days.map((back) => `-${back}d`),
    { operator: '<=', known: true, bought: 'both', whole: false },
  ),
  ordered(field('discounted_share'), percents, { known: false, bought: 'from', whole: false }),
  ordered(field('days_since_joined'), days, { known: false, bought: 'neither', whole: true }),
  ordered(field('age'), ages, { known: false, bought: 'neither', whole: true }),
  ...['female', 'male'].map((gender) => oneOf(compared(field('gender'), '=', gender), 'neither')),
  ...['morning', 'noon', 'afternoon', 'evening', 'night'].map((part) =>
    oneOf(compared(field('daypart'), '=', part), 'from'),
  ),
  ...found.stores.map((store) => oneOf(compared(field('store'), '=', store), 'from')),
  ...found.channels.map((channel) => oneOf(compared(field('channel'), '=', channel), 'neither')),
  ...found.categories.map((category) =>
    oneOf(
      {
        kind: 'clause',
        subject: {
          kind: 'measure',
          measure: 'orders',
          where: [
            {
              kind: 'condition',
              field: 'category',
              test: { kind: 'compare', operator: '=', value: category },
            },
          ],
        },
        test: { kind: 'compare', operator: '>=', value: 1 },
      },
      'from',
    ),
  ),
]

/** The amount that begins with the same two digits, at least 1: what people would say. */
export function round(amount: number): number {
  if (amount < 1) return 1
  const step = 10 ** Math.max(0, Math.floor(Math.log10(amount)) - 1)
  return Math.round(amount / step) * step
}
