import { fields, plainHeader } from '../columns/fields.ts'
import { looksLikeKey } from '../columns/person-hint.ts'

/** What is known of a table before it is joined with others. `keys`: what its columns are known by, by position. */
export interface TableFacts {
  readonly name: string
  readonly rows: number
  readonly headers: readonly string[]
  readonly keys: readonly string[]
  /** Of the keys that other tables have too: whether every row has one of its own. */
  readonly unique: ReadonlyMap<string, boolean>
}

const tellsOneOf = (keys: readonly string[], ...names: readonly (keyof typeof fields)[]): boolean =>
  names.some((one) => (fields[one].aliases as readonly string[]).some((alias) => keys.includes(alias)))

/** Says what was sold: goods, pieces or money. */
const sells = ({ keys }: TableFacts): boolean =>
  tellsOneOf(keys, 'amount', 'unitPrice', 'chargedTotal', 'listPrice', 'quantity', 'sku', 'product')

/** Says what orders came to. */
const tellsAmounts = ({ keys }: Pick<TableFacts, 'keys'>): boolean =>
  keys.some(isOrderKey) && tellsOneOf(keys, 'amount', 'unitPrice', 'chargedTotal')

/** Says when orders were and what they came to. */
export const isWhole = (table: Pick<TableFacts, 'keys'>): boolean =>
  tellsAmounts(table) && tellsOneOf(table.keys, 'orderedAt', 'paidAt')

/** Both say what orders came to, one with all columns of the other, as the files of two months: neither says more of the other's rows. */
const isSameTable = (a: Pick<TableFacts, 'keys'>, b: Pick<TableFacts, 'keys'>): boolean => {
  const [few, many] = a.keys.length < b.keys.length ? [a, b] : [b, a]
  return tellsAmounts(a) && tellsAmounts(b) && few.keys.every((key) => many.keys.includes(key))
}

/** Files of several months, where one may lack columns of the other: each says when orders were and what they came to. */
export const mayFollow = (part: Pick<TableFacts, 'keys'>, base: Pick<TableFacts, 'keys'>): boolean =>
  isSameTable(part, base) &&
  part.keys.length <= base.keys.length &&
  isWhole(part) &&
  tellsOneOf(part.keys, 'memberId', 'phone', 'openid', 'email')

/**
 * Rows of one table may be told more by those of the other. Reviews, visits or cards that name an order have nothing
 * sold of their own: with its amounts on each of them sales would be counted several times.
 */
export const mayJoin = (child: TableFacts, parent: TableFacts): boolean =>
  !isSameTable(child, parent) && (sells(child) || !tellsAmounts(parent))

/** Rows of one table that name a row of another by `key`. `filled`: its rows with a value; `found`: those whose value the other has. */
export interface Link {
  readonly child: number
  readonly parent: number
  readonly key: string
  readonly filled: number
  readonly found: number
}

/** Which table gives the rows, and in which order others are joined to what is there. */
export interface JoinPlan {
  readonly base: number
  readonly joins: readonly Link[]
}

const plainIds = ['id', 'no', 'code', 'key', 'uuid', '编号', '号']

/**
 * What a column is known by in other tables: its header without case, blanks and punctuation; `id` of `orders.csv` is
 * what others call `order_id`.
 */
export function keyOf(header: string, table: string): string {
  const plain = plainHeader(header)
  if (!plainIds.includes(plain)) return plain
  const words = plainHeader(table)
  const one = words.endsWith('ies')
    ? `${words.slice(0, -3)}y`
    : words.replace(/(ss|x|ch|sh)es$/, '$1').replace(/(?<!s)s$/, '')
  return one + plain
}

const isOf = (types: readonly string[], key: string): boolean =>
  Object.values(fields).some(
    ({ type, aliases }) => types.includes(type) && (aliases as readonly string[]).includes(key),
  )

/** Names such as an id has: of several possible keys these come first. */
const isNamedKey = (key: string): boolean =>
  isOf(['id'], key) || /(id|no|number|code|key|sku|号|编号|编码)$/.test(key)

/** Amounts, times and numbers of pieces stand in several tables and name nothing; ids may well look like them. */
export const mayBeKey = (key: string, samples: readonly string[]): boolean =>
  key !== '' && !isOf(['number', 'date', 'time'], key) && (isNamedKey(key) || looksLikeKey(samples))

export const isOrderKey = (key: string): boolean =>
  (fields.orderId.aliases as readonly string[]).includes(key)

/** Of fewer than this share of the rows a key that hardly ever finds its row is none. */
const enough = ({ filled, found }: Link): boolean => found > 0 && found * 2 >= filled

/**
 * The table from which most others are reached, each row naming one row of the other at most; where several reach as many,
 * the one that says what orders came to, then the one with most rows. Everything is told from names and counts, so that the same tables are always joined alike.
 */
export function planJoin(tables: readonly TableFacts[], links: readonly Link[]): JoinPlan {
  const usable = links.filter(enough).toSorted(
    (a, b) =>
      Number(isNamedKey(b.key)) - Number(isNamedKey(a.key)) ||
      // shares compared without a division
      b.found * a.filled - a.found * b.filled ||
      tables[a.child]!.keys.indexOf(a.key) - tables[b.child]!.keys.indexOf(b.key),
  )
  const plans = tables.map((_, base): JoinPlan => {
    const joins: Link[] = []
    for (let level = new Set([base]), reached = new Set(level); level.size > 0;) {
      const next: Link[] = []
      for (const link of usable)
        if (level.has(link.child) && !reached.has(link.parent)) {
          next.push(link)
          reached.add(link.parent)
        }
      // the order's own columns come before those of goods and people
      joins.push(
        ...next.toSorted(
          (a, b) => Number(isOrderKey(b.key)) - Number(isOrderKey(a.key)) || a.parent - b.parent,
        ),
      )
      level = new Set(next.map(({ parent }) => parent))
    }
    return { base, joins }
  })
  return plans.reduce((best, plan) => {
    const [one, other] = [plan, best].map(({ base }) => tables[base]!)
    const more =
      plan.joins.length - best.joins.length ||
      Number(tellsAmounts(one!)) - Number(tellsAmounts(other!)) ||
      one!.rows - other!.rows
    return more > 0 ? plan : best
  })
}

/** Why a table is not joined. `empty`: without rows; `no-table`: no columns are told apart in it. */
export type Unused =
  | { readonly name: string; readonly why: 'empty' | 'no-table' | 'no-key' }
  | { readonly name: string; readonly why: 'same-columns'; readonly other: string }
  /** Several of its rows have one value of the column that names it, or some have none. */
  | { readonly name: string; readonly why: 'not-unique'; readonly column: string; readonly other: string }
  | {
      readonly name: string
      readonly why: 'few'
      readonly column: string
      readonly other: string
      readonly filled: number
      readonly found: number
    }

/** Why a plan leaves a table out. */
export function whyUnused(
  tables: readonly TableFacts[],
  links: readonly Link[],
  { base, joins }: JoinPlan,
  table: number,
): Unused {
  const { name, keys, headers, unique } = tables[table]!
  const used = [base, ...joins.map(({ parent }) => parent)]
  const few = links.find(({ child, parent }) => parent === table && used.includes(child))
  const columnOf = (key: string) => headers[keys.indexOf(key)]!
  const same = used.find((one) => one !== table && isSameTable(tables[one]!, tables[table]!))
  if (same !== undefined) return { name, why: 'same-columns', other: tables[same]!.name }
  if (few)
    return {
      name,
      why: 'few',
      column: columnOf(few.key),
      other: tables[few.child]!.name,
      filled: few.filled,
      found: few.found,
    }
  const shared = [...unique.keys()]
    .toSorted((a, b) => Number(isNamedKey(b)) - Number(isNamedKey(a)))
    .flatMap((key) => {
      const other = used.find((one) => tables[one]!.unique.has(key))
      return other === undefined ? [] : [{ key, other }]
    })
  const [first] = shared
  return first
    ? { name, why: 'not-unique', column: columnOf(first.key), other: tables[first.other]!.name }
    : { name, why: 'no-key' }
}
