import { setImmediate as turn } from 'node:timers/promises'
import type { ScratchSession, Session } from '../engine/engine.ts'
import type { DerivedTables } from '../schema/derived.ts'
import { duckdb as d } from '../sql/duckdb.ts'
import { join, name, type Sql, sql } from '../sql/sql.ts'
import { blockRows, type Codes, type NumberColumns } from './tally.ts'

/** The tables of orders that are held as columns, and what of them conditions may ask about beside the amount. */
export const columnTables = {
  orders: ['local_day', 'store', 'channel', 'local_hour', 'discounted'],
  lines: ['local_day', 'store', 'channel', 'category'],
} as const

export type ColumnTable = keyof typeof columnTables

/** The amount is held as it is; its dictionary tells the values that occur in orders. */
export const amountColumn = 'net_minor'

/** Orders and their lines as columns of numbers, of one state of the data. */
export interface OrderColumns {
  readonly tables: Readonly<Record<ColumnTable, NumberColumns>>
  /** A member's number is below it. */
  readonly members: number
  readonly bytes: number
  /** A relation of `code` and the value that has it, for each column with codes. */
  readonly dictionaries: ReadonlyMap<string, Sql>
}

const patienceMs = 10 * 60_000
/** What codes of two bytes tell apart, and days since 1970. */
const mostValues = 1 << 16
const mostOfByte = 1 << 8

/** About how much memory the columns take. */
export async function bytesOfColumns(session: Session, tables: DerivedTables): Promise<number> {
  const [size] = await session.rows(sql`select (select count(*) from ${tables.ordersByMonth}) as orders,
    (select count(*) from ${tables.orderItems}) as lines`)
  // a member, an amount, a day, four codes; of a line one of them is whether it is counted
  return (Number(size!.orders) + Number(size!.lines)) * 14
}

/**
 * Reads the orders and lines of the workspace's own tables into columns, and leaves the dictionaries as tables in
 * `scratch` whose names begin with `prefix`. Null when they can't be held so: a column has too many values, or a day is
 * out of reach.
 */
export async function readColumns(
  session: ScratchSession,
  tables: DerivedTables,
  prefix: string,
  signal?: AbortSignal,
): Promise<OrderColumns | null> {
  const reading = { session, tables, prefix, options: { signal, timeoutMs: patienceMs } }
  const extent = await extentOf(reading)
  if (extent.firstDay < 0 || extent.lastDay >= mostValues) return null
  const { dictionaries, sizes } = await makeDictionaries(reading, extent)
  if ([...sizes].some(([column, size]) => column !== amountColumn && size > mostValues)) return null
  const orders = await readTable({ ...reading, extent, dictionaries, sizes }, 'orders')
  const lines = await readTable({ ...reading, extent, dictionaries, sizes }, 'lines')
  return {
    tables: { orders: orders.columns, lines: lines.columns },
    members: extent.members,
    bytes: orders.bytes + lines.bytes,
    dictionaries,
  }
}

interface Reading {
  readonly session: ScratchSession
  readonly tables: DerivedTables
  readonly prefix: string
  readonly options: { readonly signal: AbortSignal | undefined; readonly timeoutMs: number }
}

interface Extent {
  readonly members: number
  /** Days since 1970, and the first as a date. */
  readonly firstDay: number
  readonly lastDay: number
  readonly from: string
  /** Of each table its rows, and whether every amount fits into four bytes. */
  readonly orders: { readonly rows: number; readonly isSmall: boolean }
  readonly lines: { readonly rows: number; readonly isSmall: boolean }
}

async function extentOf({ session, tables, options }: Reading): Promise<Extent> {
  const [known] = await session.rows(
    sql`select coalesce(max(member_key), 0) as newest from ${tables.memberFacts}`,
    options,
  )
  const within = async (table: Sql) => {
    const [found] = await session.rows(
      sql`select count(*) as rows, min(net_minor) as least, max(net_minor) as most, min(local_day) as from_day,
        max(local_day) as to_day, max(member_key) as newest from ${table}`,
      options,
    )
    const { fromDay, toDay, newest } = found!
    const isSmall = Math.max(-Number(found!.least), Number(found!.most)) < 2 ** 30
    return { rows: Number(found!.rows), isSmall, fromDay, toDay, newest }
  }
  const orders = await within(tables.ordersByMonth)
  const lines = await within(tables.orderItems)
  const from = String(orders.fromDay ?? '2000-01-01')
  return {
    members: Math.max(Number(known!.newest), Number(orders.newest ?? 0)) + 1,
    firstDay: dayNumber(from),
    lastDay: dayNumber(String(orders.toDay ?? '2000-01-01')),
    from,
    orders,
    lines,
  }
}

async function makeDictionaries(
  { session, tables, prefix, options }: Reading,
  { from, firstDay, lastDay }: Extent,
) {
  /** Code 0 is the unknown. */
  const texts = (column: string, table: Sql) => sql`select 0 as code, cast(null as varchar) as value
    union all select row_number() over (order by value), value
    from (select distinct ${name(column)} as value from ${table} where ${name(column)} is not null) as known`
  const values: Record<string, Sql> = {
    store: texts('store', tables.placeTotals),
    channel: texts('channel', tables.placeTotals),
    category: texts('category', tables.categoryTotals),
    local_day: sql`select n as code, ${d.addDays(d.date(from), sql`n`)} as value
      from ${d.integers(lastDay - firstDay + 1)} as numbered`,
    local_hour: sql`select n as code, n as value from ${d.integers(24)} as numbered`,
    discounted: sql`select * from (values (0, null), (1, false), (2, true)) as flags (code, value)`,
    [amountColumn]: sql`select row_number() over (order by value) - 1 as code, value
      from (select distinct net_minor as value from ${tables.ordersByMonth}) as amounts`,
  }
  const dictionaries = new Map<string, Sql>()
  const sizes = new Map<string, number>()
  for (const [column, query] of Object.entries(values)) {
    const table = name(`${prefix}${column}`)
    await session.run(
      sql`create table ${table} as select cast(code as integer) as code, value as ${name(column)} from (${query}) as coded`,
      options,
    )
    const [size] = await session.rows(sql`select count(*) as n from ${table}`, options)
    dictionaries.set(column, table)
    sizes.set(column, Number(size!.n))
  }
  return { dictionaries, sizes }
}

interface TableReading extends Reading {
  readonly extent: Extent
  readonly dictionaries: ReadonlyMap<string, Sql>
  readonly sizes: ReadonlyMap<string, number>
}

async function readTable(reading: TableReading, table: ColumnTable) {
  const { session, tables, extent, sizes, options } = reading
  const { rows, isSmall } = extent[table]
  const columns: readonly string[] = columnTables[table]
  const isLines = table === 'lines'
  const member = new Int32Array(shared(4 * rows))
  const amount = isSmall ? new Int32Array(shared(4 * rows)) : new Float64Array(shared(8 * rows))
  const joins: Sql[] = []
  const fields: Field[] = columns.map((column) => {
    const size = sizes.get(column)!
    const into =
      column === 'local_day' || size > mostOfByte
        ? new Uint16Array(shared(2 * rows))
        : new Uint8Array(shared(rows))
    return { column, value: codeOf(column, reading, joins), bits: bitsFor(size), into }
  })
  if (isLines)
    fields.push({
      column: countedColumn,
      value: sql`case when entry.opens_category then 1 else 0 end`,
      bits: 1,
      into: new Uint8Array(shared(rows)),
    })

  const packed = packedInto(fields)
  const amountType = isSmall ? sql`integer` : sql`double`
  const values = [
    sql`entry.member_key`,
    sql`cast(entry.net_minor as ${amountType})`,
    ...packed.map(
      (some) =>
        sql`cast(${join(
          some.map(({ value, shift }) => sql`(${value} << ${shift})`),
          sql` + `,
        )} as integer)`,
    ),
  ]
  const from = isLines ? tables.orderItems : tables.ordersByMonth
  const places = isLines ? await byCategory(reading) : await byMonth(reading)
  const at = new Uint32Array(chunkRows)
  const codes = new Map(fields.map(({ column, into }) => [column, into]))
  const query = sql`select ${join(values)} from ${from} as entry ${join(joins, sql` `)}`
  for await (const [members, amounts, ...words] of session.numbers(query, options)) {
    places.take(members as Int32Array, words as Int32Array[], packed, at)
    putIntegers(members as Int32Array, member, at)
    if (amount instanceof Int32Array) putIntegers(amounts as Int32Array, amount, at)
    else putDoubles(amounts as Float64Array, amount, at)
    for (const [i, some] of packed.entries())
      for (const { into, shift, bits } of some) {
        if (into instanceof Uint8Array) putBytes(words[i] as Int32Array, shift, bits, into, at)
        else putShorts(words[i] as Int32Array, shift, bits, into, at)
      }
  }
  if (!places.areFull()) throw new Error(`Other rows of ${table} were read than were counted.`)
  const held: NumberColumns = {
    rows,
    member,
    amount,
    day: codes.get('local_day') as Uint16Array,
    firstDay: extent.firstDay,
    ...(isLines && { counted: codes.get(countedColumn) as Uint8Array }),
    codes: Object.fromEntries(
      await Promise.all(
        columns.map(async (column) => [column, await withBlocks(codes.get(column)!)] as const),
      ),
    ),
  }
  const arrays = [member, amount, ...codes.values()]
  return { columns: held, bytes: arrays.reduce((total, { byteLength }) => total + byteLength, 0) }
}

/** True of the line by which an order with its category is counted. */
const countedColumn = 'opens_category'

/** A small whole number of each row, and where it goes. */
interface Field {
  readonly column: string
  readonly value: Sql
  readonly bits: number
  readonly into: Uint8Array | Uint16Array
}

/** A field in the bits of a number with others. */
interface Packed extends Field {
  readonly shift: number
}

const bitsFor = (values: number): number => Math.max(1, Math.ceil(Math.log2(values)))
/** Those of an integer that is not negative. */
const mostBits = 31

/** The fields in as few numbers as they take: each column that is read costs more than taking it apart. */
function packedInto(fields: readonly Field[]): readonly (readonly Packed[])[] {
  const packed: Packed[][] = []
  let used = mostBits
  for (const field of fields) {
    if (used + field.bits > mostBits) {
      packed.push([])
      used = 0
    }
    packed.at(-1)!.push({ ...field, shift: used })
    used += field.bits
  }
  return packed
}

/** The code of a column's value of `entry`, with what has to be joined for it. */
function codeOf(column: string, { extent, dictionaries }: TableReading, joins: Sql[]): Sql {
  switch (column) {
    case 'local_day':
      return sql`(entry.local_day - ${d.date(extent.from)})`
    case 'local_hour':
      return sql`cast(entry.local_hour as integer)`
    case 'discounted':
      return sql`case when entry.discounted then 2 when not entry.discounted then 1 else 0 end`
    default: {
      const of = name(`of_${column}`)
      joins.push(
        sql`left join ${dictionaries.get(column)!} as ${of} on ${of}.${name(column)} = entry.${name(column)}`,
      )
      return sql`coalesce(${of}.code, 0)`
    }
  }
}

/** The engine's chunks have at most so many rows. */
const chunkRows = 2048

/** Where rows are put, so that those that are asked for together lie together. */
class Places {
  readonly #next: Uint32Array
  readonly #ends: Uint32Array
  readonly #column: string
  readonly #partOf: (code: number, member: number) => number

  /** `sizes`: how many rows each part has; a row's part is told by its member and its code of `column`. */
  constructor(sizes: readonly number[], column: string, partOf: (code: number, member: number) => number) {
    this.#next = new Uint32Array(sizes.length)
    this.#ends = new Uint32Array(sizes.length)
    let before = 0
    for (const [part, size] of sizes.entries()) {
      this.#next[part] = before
      this.#ends[part] = before += size
    }
    this.#column = column
    this.#partOf = partOf
  }

  /** The places of a chunk's rows. */
  take(
    members: Int32Array,
    words: readonly Int32Array[],
    packed: readonly (readonly Packed[])[],
    at: Uint32Array,
  ): void {
    const word = packed.findIndex((some) => some.some(({ column }) => column === this.#column))
    const { shift, bits } = packed[word]!.find(({ column }) => column === this.#column)!
    const codes = words[word]!
    const mask = (1 << bits) - 1
    for (let row = 0; row < members.length; row++)
      at[row] = this.#next[this.#partOf((codes[row]! >> shift) & mask, members[row]!)]!++
  }

  areFull(): boolean {
    return this.#next.every((next, part) => next === this.#ends[part])
  }
}

/** Orders of a month together, as they are read: of a span of days the others are passed over. */
async function byMonth({ session, tables, extent, options }: TableReading): Promise<Places> {
  const rows = await session.rows(
    sql`select local_day, count(*) as n from ${tables.ordersByMonth} group by local_day`,
    options,
  )
  const monthOf = new Uint16Array(extent.lastDay - extent.firstDay + 1)
  const first = monthNumber(extent.firstDay)
  for (let day = 0; day < monthOf.length; day++) monthOf[day] = monthNumber(extent.firstDay + day) - first
  const sizes = Array.from({ length: (monthOf.at(-1) ?? 0) + 1 }, () => 0)
  for (const { localDay, n } of rows)
    sizes[monthOf[dayNumber(String(localDay)) - extent.firstDay]!]! += Number(n)
  return new Places(sizes, 'local_day', (day) => monthOf[day]!)
}

/** What is added up of so many members (two to the power of it) stays within reach of a processor. */
const membersTogether = 14

/** Lines of a category together, and in it those of members near each other. */
async function byCategory({ session, tables, extent, dictionaries, sizes, options }: TableReading) {
  const rows = await session.rows(
    sql`select coalesce(of_category.code, 0) as code, counted.part, counted.n from (
        select category, member_key >> ${membersTogether} as part, count(*) as n from ${tables.orderItems}
        group by category, part
      ) as counted left join ${dictionaries.get('category')!} as of_category on of_category.category = counted.category`,
    options,
  )
  const parts = (extent.members >> membersTogether) + 1
  const counts = Array.from({ length: parts * sizes.get('category')! }, () => 0)
  for (const { code, part, n } of rows) counts[Number(code) * parts + Number(part)]! += Number(n)
  return new Places(counts, 'category', (category, member) => category * parts + (member >> membersTogether))
}

// one function a type: a loop over arrays of several types is several times slower

function putBytes(words: Int32Array, shift: number, bits: number, into: Uint8Array, at: Uint32Array): void {
  const mask = (1 << bits) - 1
  for (let row = 0; row < words.length; row++) into[at[row]!] = (words[row]! >> shift) & mask
}

function putShorts(words: Int32Array, shift: number, bits: number, into: Uint16Array, at: Uint32Array): void {
  const mask = (1 << bits) - 1
  for (let row = 0; row < words.length; row++) into[at[row]!] = (words[row]! >> shift) & mask
}

function putIntegers(values: Int32Array, into: Int32Array, at: Uint32Array): void {
  for (let row = 0; row < values.length; row++) into[at[row]!] = values[row]!
}

function putDoubles(values: Float64Array, into: Float64Array, at: Uint32Array): void {
  for (let row = 0; row < values.length; row++) into[at[row]!] = values[row]!
}

const millisecondsOfDay = 24 * 60 * 60 * 1000
/** Days from 1970 to an ISO day. */
export const dayNumber = (day: string): number => Date.parse(day) / millisecondsOfDay

/** Months from 1970 to that of a day. */
function monthNumber(day: number): number {
  const date = new Date(day * millisecondsOfDay)
  return 12 * date.getUTCFullYear() + date.getUTCMonth()
}

const shared = (bytes: number) => new SharedArrayBuffer(bytes)

/** Blocks whose codes are looked at before others get a turn. */
const blocksAtOnce = 256

/** With the least and the largest code of each block. */
async function withBlocks(values: Codes['values']): Promise<Codes> {
  const blocks = Math.ceil(values.length / blockRows)
  const least = new Uint16Array(shared(2 * blocks))
  const most = new Uint16Array(shared(2 * blocks))
  for (let block = 0; block < blocks; block++) {
    if (block % blocksAtOnce === 0) await turn()
    const from = block * blockRows
    const to = Math.min(values.length, from + blockRows)
    const [low, high] =
      values instanceof Uint8Array ? boundsOfBytes(values, from, to) : boundsOfShorts(values, from, to)
    least[block] = low
    most[block] = high
  }
  return { values, least, most }
}

function boundsOfBytes(values: Uint8Array, from: number, to: number): readonly [number, number] {
  let [low, high] = [mostOfByte, 0]
  for (let row = from; row < to; row++) {
    const value = values[row]!
    if (value < low) low = value
    if (value > high) high = value
  }
  return [low, high]
}

function boundsOfShorts(values: Uint16Array, from: number, to: number): readonly [number, number] {
  let [low, high] = [mostValues, 0]
  for (let row = from; row < to; row++) {
    const value = values[row]!
    if (value < low) low = value
    if (value > high) high = value
  }
  return [low, high]
}
