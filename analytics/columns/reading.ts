import { setImmediate as turn } from 'node:timers/promises'
import type { ScratchSession, Session } from '../engine/engine.ts'
import type { DerivedTables } from '../schema/derived.ts'
import { duckdb as d } from '../sql/duckdb.ts'
import { join, name, type Sql, sql } from '../sql/sql.ts'
import { wordsFor } from './bits.ts'
import { dayNumber, type MemberColumns, mostCodes, type RowColumns, type RowTable } from './columns.ts'

/**
 * By what conditions on rows ask about the column that holds it: what is told together has one dictionary, so that
 * several conditions on it are one.
 */
export const rowColumns: Readonly<Record<RowTable, Readonly<Record<string, string>>>> = {
  orders: {
    local_day: 'day',
    store: 'place',
    channel: 'place',
    local_hour: 'moment',
    discounted: 'moment',
  },
  lines: { local_day: 'day', store: 'place', channel: 'place', category: 'category' },
}

/** The amount of a row is held as it is; its dictionary tells the values that occur in orders. */
export const amountColumn = 'net_minor'
/** True of the line by which an order with its category is counted: a column of the dictionary of categories. */
export const countedColumn = 'opens_category'

/** Facts of members that are held as codes. */
export const factColumns = [
  'region',
  'channel',
  'gender',
  'tier',
  'consent',
  'joined_day',
  'birthday',
  'points',
  'orders',
  'purchase_days',
  'first_day',
  'second_day',
  'last_day',
  'cohort_month',
  'first_seen',
  'main_store',
  'daypart',
] as const

/** Facts of members that are held as they are: a dictionary of so many values would be gone through for each question. */
export const amountFacts = ['net_minor', 'yearly_net_minor', 'stored_value_minor'] as const

/** What conditions ask of members as columns of numbers, of one state of the data. */
export interface HeldColumns extends MemberColumns {
  readonly bytes: number
  /** Of each column of rows, and of each fact as `fact_…`, a relation of `code` and what has it. */
  readonly dictionaries: ReadonlyMap<string, Sql>
  readonly leastAmount: Record<RowTable, number>
  /** Rows of each table that are taken, also by those that are nobody's any more. */
  readonly taken: Record<RowTable, number>
}

const patienceMs = 10 * 60_000
const shared = (bytes: number) => new SharedArrayBuffer(bytes)
/** Room for what comes later: it takes no memory before. */
const withRoom = (count: number) => count + Math.ceil(count / 8) + (1 << 16)
/** The dictionary of a fact. */
export const dictionaryOfFact = (fact: string): string => `fact_${fact}`

/** About how much memory the columns take. */
export async function bytesOfColumns(session: Session, tables: DerivedTables): Promise<number> {
  const [size] = await session.rows(sql`select (select count(*) from ${tables.memberOrders}) as orders,
    (select count(*) from ${tables.orderItems}) as lines, (select max(member_key) from ${tables.memberFacts}) as members`)
  const { orders, lines, members } = size!
  return (Number(orders) + Number(lines)) * bytesOfRow + Number(members) * bytesOfMember
}

/** An amount, a day, two codes. */
const bytesOfRow = 10
/** Where rows begin, how many they are and the newest day, the facts, a bit. */
const bytesOfMember = 20 + 4 * factColumns.length + 8 * amountFacts.length + 1

/** The values with their codes that conditions on a column are asked of. */
export function valuesOf(column: string, { dictionaries }: HeldColumns): Sql {
  const dictionary = dictionaries.get(column)!
  if (column !== 'category') return dictionary
  // each category twice: of the lines by which its orders are counted, and of others
  return sql`(select 2 * code + told as code, category, told = 1 as ${name(countedColumn)} from ${dictionary}
    cross join (values (0), (1)) as flags (told))`
}

interface Reading {
  readonly session: ScratchSession
  readonly tables: DerivedTables
  readonly options: { readonly signal: AbortSignal | undefined; readonly timeoutMs: number }
  /** Told how many rows were read since it was told last. */
  readonly onRows?: (rows: number) => void
}

/**
 * Reads the orders, the lines and the facts of the workspace's own tables into columns, and leaves the dictionaries as
 * tables in `scratch` whose names begin with `prefix`. Null when they can't be held so: a column has too many values, or
 * a day is out of reach. `onRead` is told which share of the rows has been read.
 */
export async function readColumns(
  session: ScratchSession,
  tables: DerivedTables,
  prefix: string,
  { signal, onRead }: { readonly signal?: AbortSignal; readonly onRead?: (share: number) => void } = {},
): Promise<HeldColumns | null> {
  let rows = 0
  const onRows = (more: number) => onRead?.((rows += more) / Math.max(1, extent.orders + extent.lines))
  const reading = { session, tables, options: { signal, timeoutMs: patienceMs }, onRows }
  const extent = await extentOf(reading)
  if (extent.firstDay < 0 || extent.lastDay - extent.firstDay >= mostCodes) return null
  const dictionaries = await makeDictionaries(reading, extent, prefix)
  if (!(await areSmall(reading, dictionaries))) return null
  const members = 32 * wordsFor(withRoom(extent.members))
  const empty = (table: RowTable): RowColumns => {
    const most = withRoom(extent[table])
    return {
      start: new Uint32Array(shared(4 * members)),
      count: new Uint32Array(shared(4 * members)),
      newest: new Uint16Array(shared(2 * members)),
      amount: extent.isSmall ? new Int32Array(shared(4 * most)) : new Float64Array(shared(8 * most)),
      codes: Object.fromEntries(
        [...new Set(Object.values(rowColumns[table]))].map((column) => [
          column,
          new Uint16Array(shared(2 * most)),
        ]),
      ),
    }
  }
  const held: HeldColumns = {
    tables: { orders: empty('orders'), lines: empty('lines') },
    facts: Object.fromEntries(factColumns.map((fact) => [fact, new Int32Array(shared(4 * members))])),
    known: new Uint32Array(shared(4 * wordsFor(members))),
    amounts: Object.fromEntries(amountFacts.map((fact) => [fact, new Float64Array(shared(8 * members))])),
    members,
    firstDay: extent.firstDay,
    leastAmount: { ...extent.least },
    bytes: (extent.orders + extent.lines) * bytesOfRow + extent.members * bytesOfMember,
    dictionaries,
    taken: { orders: 0, lines: 0 },
  }
  for (const table of ['orders', 'lines'] as const) await readRows(reading, held, table)
  await readFacts(reading, held)
  return held
}

/**
 * Brings columns up to date after `changed`, a relation of the members whose rows or facts are others now; nobody may ask
 * them meanwhile. False when they have to be read anew: there is no room left, or something is out of reach. `onRead` is
 * told which share of their rows has been read.
 */
export async function updateColumns(
  session: ScratchSession,
  tables: DerivedTables,
  held: HeldColumns,
  changed: Sql,
  { signal, onRead }: { readonly signal?: AbortSignal; readonly onRead?: (share: number) => void } = {},
): Promise<boolean> {
  const options = { signal, timeoutMs: patienceMs }
  const theirs = await rowsOfChanged(session, tables, changed, options)
  const isDone = await followed({ session, tables: theirs.tables, options }, held, theirs.members, onRead)
  for (const table of theirs.made) await session.run(sql`drop table ${table}`)
  return isDone
}

let followings = 0

/** The tables with the rows of some members alone: they are gone through many times. */
async function rowsOfChanged(
  session: ScratchSession,
  tables: DerivedTables,
  changed: Sql,
  options: Reading['options'],
): Promise<{ tables: DerivedTables; members: Sql; made: readonly Sql[] }> {
  const number = ++followings
  const made = (called: string) => name(`scratch.main.following_${number}_${called}`)
  const [members, memberOrders, orderItems, memberFacts] = [
    made('members'),
    made('orders'),
    made('lines'),
    made('facts'),
  ]
  await session.run(
    sql`create table ${members} as select distinct member_key from ${changed} as changed`,
    options,
  )
  const read = async (table: Sql, from: Sql, columns: readonly string[]) =>
    session.run(
      sql`create table ${table} as select ${join(columns.map(name))} from ${from} as entry where ${among(members)}`,
      options,
    )
  const ofRows = (table: RowTable) => ['member_key', amountColumn, ...Object.keys(rowColumns[table])]
  await read(memberOrders, tables.memberOrders, ofRows('orders'))
  await read(orderItems, tables.orderItems, [...ofRows('lines'), countedColumn])
  await read(memberFacts, tables.memberFacts, ['member_key', ...factColumns, ...amountFacts])
  return {
    tables: { ...tables, memberOrders, orderItems, memberFacts },
    members,
    made: [members, memberOrders, orderItems, memberFacts],
  }
}

/** `asked`: the tables of the changed members alone. */
async function followed(
  asked: Reading,
  held: HeldColumns,
  changed: Sql,
  onRead: ((share: number) => void) | undefined,
): Promise<boolean> {
  const { session, options } = asked
  const extent = await extentOf(asked, changed)
  let rows = 0
  const onRows = (more: number) => onRead?.((rows += more) / Math.max(1, extent.orders + extent.lines))
  const reading = { ...asked, onRows }
  if (extent.members > held.members || extent.firstDay < held.firstDay) return false
  if (extent.lastDay - held.firstDay >= mostCodes) return false
  if (!extent.isSmall && held.tables.orders.amount instanceof Int32Array) return false
  for (const table of ['orders', 'lines'] as const)
    held.leastAmount[table] = Math.min(held.leastAmount[table], extent.least[table])
  await addToDictionaries(reading, held, extent, changed)
  if (!(await areSmall(reading, held.dictionaries))) return false
  const { orders, lines } = held.tables
  for await (const [members] of session.numbers(sql`select member_key from ${changed} as changed`, options))
    for (const member of members!) {
      if (member >= held.members) continue // its rows are another's, who has taken it over
      orders.count[member] = 0
      lines.count[member] = 0
      held.known[member >>> 5]! &= ~(1 << (member & 31))
    }
  for (const table of ['orders', 'lines'] as const)
    if (!(await readRows(reading, held, table, changed))) return false
  await readFacts(reading, held, changed)
  return true
}

interface Extent {
  readonly members: number
  /** Days since 1970, and the first as a date. */
  readonly firstDay: number
  readonly lastDay: number
  readonly from: string
  readonly orders: number
  readonly lines: number
  /** The least amounts; Infinity of no rows. */
  readonly least: Readonly<Record<RowTable, number>>
  /** Every amount fits into four bytes. */
  readonly isSmall: boolean
}

const among = (members: Sql | undefined): Sql =>
  members ? sql`entry.member_key in (select member_key from ${members} as changed)` : sql`true`

/** Of all members, or of some. */
async function extentOf({ session, tables, options }: Reading, members?: Sql): Promise<Extent> {
  const [known] = await session.rows(
    sql`select coalesce(max(member_key), 0) as newest from ${tables.memberFacts}`,
    options,
  )
  const within = async (table: Sql) => {
    const [found] = await session.rows(
      sql`select count(*) as rows, min(net_minor) as least, max(net_minor) as most, min(local_day) as from_day,
        max(local_day) as to_day, max(member_key) as newest from ${table} as entry where ${among(members)}`,
      options,
    )
    return found!
  }
  const orders = await within(tables.memberOrders)
  const lines = await within(tables.orderItems)
  const from = String(orders.fromDay ?? '2000-01-01')
  const largest = [orders.least, orders.most, lines.least, lines.most].map((amount) =>
    Math.abs(Number(amount)),
  )
  return {
    members: Math.max(Number(known!.newest), Number(orders.newest ?? 0)) + 1,
    // no order is none before the first
    firstDay: orders.fromDay === null && members ? Infinity : dayNumber(from),
    lastDay: orders.toDay === null && members ? -Infinity : dayNumber(String(orders.toDay ?? '2000-01-01')),
    from,
    orders: Number(orders.rows),
    lines: Number(lines.rows),
    least: { orders: Number(orders.least ?? Infinity), lines: Number(lines.least ?? Infinity) },
    isSmall: Math.max(...largest) < 2 ** 30,
  }
}

/** The values of a dictionary that grows, of the rows of a relation called `entry`. */
interface Growing {
  readonly columns: readonly Sql[]
  readonly from: Sql
}

function growing({ tables }: Reading): ReadonlyMap<string, Growing> {
  return new Map<string, Growing>([
    ['place', { columns: [sql`store`, sql`channel`], from: tables.memberOrders }],
    ['category', { columns: [sql`category`], from: tables.orderItems }],
    [amountColumn, { columns: [name(amountColumn)], from: tables.memberOrders }],
    ...factColumns.map((fact): [string, Growing] => [
      dictionaryOfFact(fact),
      { columns: [name(fact)], from: tables.memberFacts },
    ]),
  ])
}

const daysFrom = (first: Sql, days: number, before = 0): Sql =>
  sql`select cast(n + ${before} as integer) as code, ${d.addDays(first, sql`n + ${before}`)} as local_day
    from ${d.integers(days)} as numbered`

async function makeDictionaries(
  reading: Reading,
  { from, firstDay, lastDay }: Extent,
  prefix: string,
): Promise<ReadonlyMap<string, Sql>> {
  const { session, options } = reading
  const dictionaries = new Map<string, Sql>()
  const make = async (column: string, query: Sql) => {
    const table = name(`${prefix}${column}`)
    await session.run(sql`create table ${table} as ${query}`, options)
    dictionaries.set(column, table)
  }
  await make('day', daysFrom(d.date(from), lastDay - firstDay + 1))
  await make(
    'moment',
    sql`select cast(3 * n + told as integer) as code, n as local_hour, discounted from ${d.integers(24)} as numbered
      cross join (values (0, null), (1, false), (2, true)) as flags (told, discounted)`,
  )
  for (const [column, { columns, from: rows }] of growing(reading)) {
    const values = sql`select distinct ${join(columns)} from ${rows} as entry`
    await make(
      column,
      sql`select cast(row_number() over () - 1 as integer) as code, ${join(columns)} from (${values}) as known`,
    )
  }
  return dictionaries
}

/** Values that the changed members brought, and days up to theirs. */
async function addToDictionaries(
  reading: Reading,
  { dictionaries, firstDay }: HeldColumns,
  { lastDay }: Extent,
  changed: Sql,
): Promise<void> {
  const { session, options } = reading
  const days = dictionaries.get('day')!
  const [known] = await session.rows(sql`select count(*) as days, min(local_day) as from_day from ${days}`)
  const before = Number(known!.days)
  if (lastDay - firstDay >= before)
    await session.run(
      sql`insert into ${days} ${daysFrom(d.date(String(known!.fromDay)), lastDay - firstDay + 1 - before, before)}`,
      options,
    )
  for (const [column, { columns, from }] of growing(reading)) {
    const dictionary = dictionaries.get(column)!
    await session.run(
      sql`insert into ${dictionary}
        select cast((select coalesce(max(code), -1) from ${dictionary}) + row_number() over () as integer), ${join(columns)}
        from (
          select distinct ${join(columns)} from ${from} as entry where ${among(changed)}
          except select ${join(columns)} from ${dictionary}
        ) as fresh`,
      options,
    )
  }
}

async function areSmall(
  { session, options }: Reading,
  dictionaries: ReadonlyMap<string, Sql>,
): Promise<boolean> {
  for (const [column, most] of [
    ['place', mostCodes],
    ['category', mostCodes / 2],
    ['day', mostCodes],
  ] as const) {
    const [size] = await session.rows(sql`select count(*) as n from ${dictionaries.get(column)!}`, options)
    if (Number(size!.n) > most) return false
  }
  return true
}

/** The code of a row of `entry` in a column, with what has to be joined for it. */
function codeOf(column: string, { dictionaries, firstDay }: HeldColumns, joins: Sql[]): Sql {
  const coded = (...values: string[]): Sql => {
    const of = name(`of_${column}`)
    const same = values.map((value) => sql`${of}.${name(value)} is not distinct from entry.${name(value)}`)
    joins.push(sql`join ${dictionaries.get(column)!} as ${of} on ${join(same, sql` and `)}`)
    return sql`${of}.code`
  }
  switch (column) {
    case 'day':
      return sql`(entry.local_day - ${d.date(isoDay(firstDay))})`
    case 'moment':
      return sql`(3 * cast(entry.local_hour as integer)
        + case when entry.discounted then 2 when not entry.discounted then 1 else 0 end)`
    case 'place':
      return coded('store', 'channel')
    default:
      return sql`(2 * ${coded('category')} + case when entry.opens_category then 1 else 0 end)`
  }
}

const isoDay = (day: number): string => new Date(day * 24 * 60 * 60 * 1000).toISOString().slice(0, 10)

/** Adds the rows of all members, or of some, behind those that there are; false where there is no room for them. */
async function readRows(
  reading: Reading,
  held: HeldColumns,
  table: RowTable,
  members?: Sql,
): Promise<boolean> {
  const { session, tables, options, onRows } = reading
  const { start, count, amount, codes } = held.tables[table]
  const from = table === 'lines' ? tables.orderItems : tables.memberOrders
  const counts = sql`select member_key, cast(count(*) as integer) from ${from} as entry where ${among(members)} group by member_key`
  const changed: number[] = []
  let withRows = 0
  for await (const [some, rows] of session.numbers(counts, options)) {
    withRows += some!.length
    for (let i = 0; i < some!.length; i++) {
      if (members) changed.push(some![i]!)
      count[some![i]!] = rows![i]!
    }
  }
  // members who are asked one after the other have their rows so: memory is read several times as fast
  const inOrder = members ? Int32Array.from(changed).sort() : await allWithRows(count, withRows)
  let coming = 0
  for (const [i, member] of inOrder.entries()) {
    if (i % membersAtOnce === membersAtOnce - 1) await turn()
    coming += count[member]!
  }
  if (held.taken[table] + coming > amount.length)
    held.taken[table] = await closedUp(held.tables[table], inOrder)
  if (held.taken[table] + coming > amount.length) return false
  let taken = held.taken[table]
  for (const [i, member] of inOrder.entries()) {
    if (i % membersAtOnce === membersAtOnce - 1) await turn()
    start[member] = taken
    taken += count[member]!
  }
  const next = new Map<number, number>() // of a few members
  const nextOfAll = members ? null : start.slice()
  const joins: Sql[] = []
  const [first, second, third] = Object.entries(codes).map(([column, into]) => ({
    into,
    code: codeOf(column, held, joins),
  }))
  // two codes in the bits of a whole number of either sign: each column that is read costs more than taking it apart
  const both = (a: Sql, b: Sql) =>
    sql`cast(cast(${a} as bigint) + cast(${b} as bigint) * 65536 - 2147483648 as integer)`
  const amountType = amount instanceof Int32Array ? sql`integer` : sql`double`
  const query = sql`select entry.member_key, cast(entry.net_minor as ${amountType}), ${both(first!.code, second!.code)},
      cast(${third!.code} as integer)
    from ${from} as entry ${join(joins, sql` `)} where ${among(members)}`
  let read = held.taken[table]
  for await (const [some, amounts, words, thirds] of session.numbers(query, options)) {
    read += some!.length
    onRows?.(some!.length)
    for (let i = 0; i < some!.length; i++) {
      const member = some![i]!
      let row: number
      if (nextOfAll) row = nextOfAll[member]!++
      else {
        row = next.get(member) ?? start[member]!
        next.set(member, row + 1)
      }
      amount[row] = amounts![i]!
      const word = words![i]! ^ (1 << 31)
      first!.into[row] = word & 0xffff
      second!.into[row] = word >>> 16
      third!.into[row] = thirds![i]!
    }
  }
  if (read !== taken) throw new Error(`Other ${table} were read than were counted.`)
  held.taken[table] = taken
  await sortByDay(held.tables[table], inOrder)
  return true
}

/** Moves rows over those that are nobody's any more, also over those of members who are read anew; answers how many are left. */
async function closedUp({ start, count, amount, codes }: RowColumns, anew: Int32Array): Promise<number> {
  const isAnew = new Set(anew)
  const byPlace = Array.from({ length: Math.ceil(amount.length / rowsTogether) }, (): number[] => [])
  for (let member = 0; member < count.length; member++) {
    if (member % membersAtOnce === membersAtOnce - 1) await turn()
    if (count[member]! > 0 && !isAnew.has(member))
      byPlace[Math.floor(start[member]! / rowsTogether)]!.push(member)
  }
  let left = 0
  for (const members of byPlace) {
    await turn()
    for (const member of members.sort((a, b) => start[a]! - start[b]!)) {
      const [from, to] = [start[member]!, start[member]! + count[member]!]
      for (const column of [amount, ...Object.values(codes)]) column.copyWithin(left, from, to)
      start[member] = left
      left += to - from
    }
  }
  return left
}

/** Rows whose members are moved before others get a turn. */
const rowsTogether = 1 << 17

/** Members that are gone through before others get a turn. */
const membersAtOnce = 100_000

/** The members that have rows, `many` of them, in the order of their numbers. */
async function allWithRows(count: Uint32Array, many: number): Promise<Int32Array> {
  const members = new Int32Array(many)
  let at = 0
  for (let member = 0; member < count.length; member++) {
    if (member % membersAtOnce === membersAtOnce - 1) await turn()
    if (count[member]! > 0) members[at++] = member
  }
  return members
}

/** Rows that are put in order before others get a turn. */
const rowsAtOnce = 20_000

/** Puts each of the members' rows in the order of their days, and notes the newest. */
async function sortByDay(
  { start, count, newest, amount, codes }: RowColumns,
  members: Int32Array,
): Promise<void> {
  const day = codes.day!
  let sorted = 0
  let keys = new Float64Array(1024)
  let kept = new Float64Array(1024)
  for (const member of members) {
    const from = start[member]!
    const rows = count[member]!
    if ((sorted += rows) > rowsAtOnce) {
      sorted = 0
      await turn()
    }
    if (!isSorted(day, from, rows)) {
      if (rows > keys.length) {
        keys = new Float64Array(2 * rows)
        kept = new Float64Array(2 * rows)
      }
      for (let row = 0; row < rows; row++) keys[row] = day[from + row]! * 2 ** 32 + row
      const order = keys.subarray(0, rows).sort()
      for (const column of [amount, ...Object.values(codes)]) {
        for (let row = 0; row < rows; row++) kept[row] = column[from + (order[row]! >>> 0)]!
        for (let row = 0; row < rows; row++) column[from + row] = kept[row]!
      }
    }
    newest[member] = day[from + rows - 1]!
  }
}

function isSorted(day: Uint16Array, from: number, rows: number): boolean {
  for (let row = from + 1; row < from + rows; row++) if (day[row]! < day[row - 1]!) return false
  return true
}

/** The facts of all members, or of some. */
async function readFacts(
  { session, tables, options }: Reading,
  held: HeldColumns,
  members?: Sql,
): Promise<void> {
  const { known, amounts, facts } = held
  const here = sql`from ${tables.memberFacts} as entry`
  const told = amountFacts.map(
    (fact) => sql`coalesce(cast(entry.${name(fact)} as double), cast('nan' as double))`,
  )
  const query = sql`select ${join([sql`entry.member_key`, ...told])} ${here} where ${among(members)}`
  for await (const [some, ...values] of session.numbers(query, options))
    for (let i = 0; i < some!.length; i++) {
      const member = some![i]!
      known[member >>> 5]! |= 1 << (member & 31)
      for (const [k, fact] of amountFacts.entries()) amounts[fact]![member] = values[k]![i]!
    }
  for (const fact of factColumns) {
    const dictionary = held.dictionaries.get(dictionaryOfFact(fact))!
    const codes = facts[fact]!
    const coded = sql`select entry.member_key, coded.code ${here}
      join ${dictionary} as coded on coded.${name(fact)} is not distinct from entry.${name(fact)} where ${among(members)}`
    for await (const [some, values] of session.numbers(coded, options))
      for (let i = 0; i < some!.length; i++) codes[some![i]!] = values![i]!
  }
}
